"""Files that are there whole or not at all, and private from their first moment."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sys
import threading

if sys.platform != "win32":
    import fcntl

CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
MANY_FOLDERS = 10_000
PIECE = 1 << 20
_PASS_ON = {errno.ENOENT, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO}


def new_file(path: str) -> int:
    """Create a file that only this user reads, whatever the umask; the descriptor of it."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | CLOSE_ON_EXEC, PRIVATE_FILE)


def hold(fd: int) -> None:
    """Mark a file as being written while it stays open; the system ends it with the process."""
    if sys.platform != "win32":  # there, an open file cannot be removed anyway
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(fd, fcntl.LOCK_EX)


def is_held(path: str) -> bool:
    """Whether somebody is writing this file.

    A process number in its name would not tell: numbers come again, in containers at once.

    Raises:
        OSError
    """
    fd = os.open(path, os.O_RDWR | CLOSE_ON_EXEC)
    try:
        if sys.platform != "win32":
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # a file system without locks: as if there were none
        return False
    finally:
        os.close(fd)
    return False


def sync_folder(folder: str) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY | CLOSE_ON_EXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class DurableFolders:
    """Makes folders whose names survive a power cut; each is looked at once.

    Args:
        root: everything is made below it; it is made as well.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self.make(root)

    def make(self, folder: str) -> None:
        """Have the folder, with all above it up to the root, private and durable.

        Raises:
            OSError
        """
        if folder not in self._known:
            # A second thread must not use a folder whose name is not safe yet.
            with self._lock:
                self._make(folder)

    def forget(self) -> None:
        """Some have been deleted: look at all of them again."""
        with self._lock:
            self._known.clear()

    def _make(self, folder: str) -> None:
        if folder in self._known:
            return
        above = os.path.dirname(folder)
        if folder == self._root:
            _make_private(folder)
            with contextlib.suppress(PermissionError):  # the folder above may be anybody's
                sync_folder(above)
        else:
            self._make(above)
            _make_private(folder)
            # Also when it was there: its maker may have been killed before this.
            sync_folder(above)
        if len(self._known) >= MANY_FOLDERS:
            self._known.clear()
        self._known.add(folder)


def _make_private(folder: str) -> None:
    """Like os.makedirs, with a private mode for every folder that was missing."""
    missing = []
    while not os.path.isdir(folder):
        missing.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, PRIVATE_FOLDER)


_renaming = threading.Lock()


def give_name(part: str, name: str) -> bool:
    """Give a complete file its name in one step; False when there is such a file already.

    Raises:
        OSError
    """
    try:
        os.link(part, name)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno in _PASS_ON:
            raise
        return _rename_without_links(part, name)
    return True


def _rename_without_links(part: str, name: str) -> bool:
    """For file systems without hard links; the store's lock keeps other processes away."""
    with _renaming:
        if os.path.lexists(name):
            return False
        os.rename(part, name)
    return True


def data_set_digest(path: str) -> str:
    """SHA-256 of a stored file less preamble and file meta: the sender's title may differ."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        head = file.read(144)
        file.seek(144 + int.from_bytes(head[140:144], "little"))
        while piece := file.read(PIECE):
            digest.update(piece)
    return digest.hexdigest()
