"""One receiver a store: a lock file that names its holder and ends with it."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from viewer.errors import ViewerError
from viewer.library.safe_files import CLOSE_ON_EXEC, PRIVATE_FILE

LOCK_NAME = "receiver.lock"
_POLL_S = 0.05


class StoreBusyError(ViewerError):
    """Another receiver works on this store."""


class StoreLock:
    """Held by the one receiver of a store, and by the processes it hands it to.

    The lock is the operating system's on an open file, so it ends with its last holder, kill -9
    included; a lock file that is left over means nothing. The process number in it is for people.

    Args:
        folder: the store's.
        wait_s: how long to wait for a holder that is just ending.

    Attributes:
        fd: the open file; a process that inherits it holds the lock too.

    Raises:
        StoreBusyError: another receiver holds it.
        ViewerError: the file cannot be made.
    """

    def __init__(self, folder: Path, wait_s: float = 3.0) -> None:
        try:
            self.fd = os.open(
                folder / LOCK_NAME, os.O_RDWR | os.O_CREAT | CLOSE_ON_EXEC, PRIVATE_FILE
            )
        except OSError as error:
            raise ViewerError(
                "The folder for received studies cannot be written.",
                "Choose another folder, or give it back its permissions.",
            ) from error
        deadline = time.monotonic() + wait_s
        while not _lock(self.fd):
            if time.monotonic() > deadline:
                holder = os.read(self.fd, 20).decode("ascii", "replace").strip()
                os.close(self.fd)
                raise StoreBusyError(
                    f"Another receiver (process {holder or 'unknown'}) uses this folder.",
                    "Stop it first, or choose another folder for this one.",
                )
            time.sleep(_POLL_S)
        os.ftruncate(self.fd, 0)
        os.write(self.fd, f"{os.getpid()}\n".encode("ascii"))

    def release(self) -> None:
        """Give it back; twice is harmless."""
        if self.fd >= 0:
            # Not unlinked: another receiver may be waiting for this very file.
            with contextlib.suppress(OSError):
                os.close(self.fd)
            self.fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


if sys.platform != "win32":
    import fcntl

    def _lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:  # a file system that knows no locks
            return True
        return True

else:
    import msvcrt

    _FAR = 1 << 30  # beyond the text: a locked byte could not be read by others

    def _lock(fd: int) -> bool:
        os.lseek(fd, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(fd, 0, os.SEEK_SET)
        return True
