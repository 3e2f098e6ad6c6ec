"""One at a time: a lock on a folder that the system takes back when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from viewer.dicom.files.closing import Closing
from viewer.library.trouble import LibraryError, unavailable

if sys.platform == "win32":
    import msvcrt

    def _take(fd: int, wait: bool) -> None:
        msvcrt.locking(fd, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(fd: int, wait: bool) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


class FolderInUseError(LibraryError):
    """Another process holds the folder in the same role."""


class FolderLock(Closing):
    """Held until closed or until the process ends, however it ends: no lock is ever stale.

    Args:
        folder: what is locked; it has to be there.
        role: who may be there only once ("window", "receiver"); also the name of the lock file.
        wait: wait for the other one instead of refusing.

    Raises:
        FolderInUseError: another process holds it; names its process number.
        LibraryUnavailableError: the folder cannot be written.
    """

    def __init__(self, folder: Path, role: str, *, wait: bool = False) -> None:
        path = folder / f".{role}.lock"
        try:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)
            self._fd = os.open(path, flags, 0o600)
            if os.name == "posix":
                os.fchmod(self._fd, 0o600)
        except OSError as error:
            raise unavailable(error) from error
        try:
            _take(self._fd, wait)
        except OSError as error:
            holder = self._holder()
            self.close()
            raise FolderInUseError(
                f"Another Lightbox ({role}{holder}) uses this library.",
                "Close the other one, or choose another folder for the library.",
            ) from error
        with contextlib.suppress(OSError):  # the number is only for the message: a full disk may
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)
            os.write(self._fd, b"%d\n" % os.getpid())

    def fileno(self) -> int:
        """The open file: a process that inherits it holds the lock too. -1 when let go."""
        return self._fd

    def close(self) -> None:
        """Let go; harmless when done before. The file stays: removing it would be a race."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _holder(self) -> str:
        with contextlib.suppress(OSError):
            number = os.read(self._fd, 20).strip()
            if number.isdigit():
                return f", process {number.decode('ascii')}"
        return ""
