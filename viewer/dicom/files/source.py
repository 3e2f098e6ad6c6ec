"""Where the bytes are: a file, or a member of a ZIP archive."""

from __future__ import annotations

import errno
import os
import stat
from types import TracebackType
from typing import NamedTuple, Protocol, Self

from viewer.dicom.files.closing import Closing
from viewer.errors import UnreadableFileError

Stamp = tuple[int, int]
"""Size in bytes and time of last change in ns; differs when the file was replaced."""

# Absent on Windows, where nothing a path can name makes open() wait.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


class FileRef(NamedTuple):
    """Names one DICOM file without opening it.

    Attributes:
        path: the file's path as the operating system gave it (`os.fsencode`); bytes, because
            names on old discs are in any encoding.
        member: name inside the ZIP archive at `path`, or empty for a plain file.
    """

    path: bytes
    member: str = ""

    @property
    def text(self) -> str:
        """The path for the screen only: undecodable bytes become marks, never an exception."""
        path = os.fsdecode(self.path).encode("utf-8", "replace").decode("utf-8")
        return f"{path}!{self.member}" if self.member else path

    @property
    def name(self) -> str:
        """The last part of the path, for the screen only."""
        if self.member:
            return self.member.rsplit("/", 1)[-1]
        return os.path.basename(self.text)


class FrameRef(NamedTuple):
    """One frame of one file; `frame` counts from 0 (DICOM's frame numbers count from 1).

    A tuple, because stacks of 100,000 frames are looked up by them: its hash and its comparison
    cost a fifth of a dataclass's.
    """

    file: FileRef
    frame: int = 0


class Source(Protocol):
    """Bytes that can be read at any place. A context manager; not for two threads at once.

    Attributes:
        size: length in bytes.
        stamp: differs when the file was changed or replaced.
    """

    size: int
    stamp: Stamp

    def read_at(self, offset: int, count: int) -> bytes:
        """Up to `count` bytes from `offset`; fewer only where the file ends.

        Raises:
            UnreadableFileError: the medium failed or is gone.
        """
        ...

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class FileSource(Closing):
    """A regular file, read by position: no memory map, which dies when a medium is pulled."""

    __slots__ = ("_fd", "identity", "size", "stamp")

    def __init__(self, path: bytes) -> None:
        try:
            fd = os.open(path, _FLAGS)
        except (OSError, ValueError) as error:
            raise unreadable(error) from error
        self._fd = fd
        info = os.fstat(fd)
        if not stat.S_ISREG(info.st_mode):
            self.close()
            raise UnreadableFileError(
                "It is a folder." if stat.S_ISDIR(info.st_mode) else "It is not a regular file.",
                "Choose a file.",
            )
        self.size: int = info.st_size
        self.stamp: Stamp = (info.st_size, info.st_mtime_ns)
        self.identity: tuple[int, int] = (info.st_dev, info.st_ino)

    if hasattr(os, "pread"):

        def read_at(self, offset: int, count: int) -> bytes:
            try:
                data = os.pread(self._fd, count, offset)
                if len(data) < count and offset + len(data) < self.size and data:
                    data = self._rest(data, offset, count)
            except (OSError, OverflowError) as error:
                raise unreadable(error) from error
            return data

        def _rest(self, data: bytes, offset: int, count: int) -> bytes:
            """Network file systems, and Linux above 2 GiB, may give less than asked."""
            parts = [data]
            done = len(data)
            while done < count and (part := os.pread(self._fd, count - done, offset + done)):
                parts.append(part)
                done += len(part)
            return b"".join(parts)

    else:  # Windows

        def read_at(self, offset: int, count: int) -> bytes:
            parts: list[bytes] = []
            try:
                os.lseek(self._fd, offset, os.SEEK_SET)
                while count > 0 and (part := os.read(self._fd, min(count, 1 << 30))):
                    parts.append(part)
                    count -= len(part)
            except (OSError, OverflowError) as error:
                raise unreadable(error) from error
            return b"".join(parts)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            os.close(self._fd)


def open_source(ref: FileRef) -> Source:
    """Open what `ref` names.

    Raises:
        UnreadableFileError: it cannot be read, with a sentence that says why.
    """
    if ref.member:
        from viewer.dicom.files.zip_archive import open_member  # zipfile costs 20 ms to import

        return open_member(ref)
    return FileSource(ref.path)


_NOT_THERE = (
    "It is not there: removed, misspelt, or its medium is gone.",
    "Check the name, or insert the medium again.",
)
_REASONS = {
    errno.ENOENT: _NOT_THERE,
    errno.ENOTDIR: _NOT_THERE,
    errno.EACCES: ("You have no permission to read it.", "Ask its owner for permission."),
    errno.EPERM: ("You have no permission to read it.", "Ask its owner for permission."),
    errno.EISDIR: ("It is a folder.", "Choose a file."),
    errno.ELOOP: ("Its link leads back to itself.", "Open the file the link stands for."),
    errno.ENAMETOOLONG: (
        "Its path is too long for this system.",
        "Move the folder nearer to the top of the disk.",
    ),
    errno.ENXIO: ("It is not a regular file.", "Choose a file."),
    errno.EIO: (
        "Its medium cannot be read at this place.",
        "Clean the disc or copy it on another drive.",
    ),
    errno.ESTALE: ("Its network folder is gone.", "Connect the network folder again."),
    errno.ENODEV: ("Its medium is gone.", "Insert the medium again."),
    errno.EMFILE: ("Too many files are open.", "Close other programs and try again."),
    errno.ENFILE: ("Too many files are open.", "Close other programs and try again."),
    errno.EBUSY: ("Another program is using it.", "Close the other program and try again."),
}


def unreadable(error: Exception) -> UnreadableFileError:
    """The sentence for a failed call of the operating system; no path in it."""
    number = error.errno if isinstance(error, OSError) else errno.ENOENT
    message, advice = _REASONS.get(
        number or 0,
        (f"The system cannot read it ({errno.errorcode.get(number or 0, number)}).", "Try again."),
    )
    return UnreadableFileError(message, advice)
