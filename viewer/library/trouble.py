"""What can go wrong with the library's index, in sentences a user can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from viewer.errors import ViewerError


class LibraryError(ViewerError):
    """The index of studies cannot do what was asked."""


class LibraryFullError(LibraryError):
    """No room on the disk; nothing of the transaction is left."""


class LibraryBusyError(LibraryError):
    """Another process holds the index longer than anybody should wait."""


class LibraryDamagedError(LibraryError):
    """The index is damaged; the studies are not: it is made anew at the next start."""


class LibraryUnavailableError(LibraryError):
    """The folder of the index is gone, or cannot be written."""


class NewerLibraryError(LibraryError):
    """A newer version of this program wrote the index; it is left as it is."""


# Primary result codes: https://sqlite.org/rescode.html
_FULL = {sqlite3.SQLITE_FULL}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_UNAVAILABLE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
}


def is_damage(error: sqlite3.Error) -> bool:
    """Whether SQLite says that the file itself is bad."""
    return _code(error) in _DAMAGED


def unavailable(error: Exception) -> LibraryUnavailableError:
    """The sentence for a folder or file that the system refuses."""
    failure = LibraryUnavailableError(
        "The list of studies cannot be written.",
        "Is its disk still there, and may you write to the folder of the library?",
    )
    failure.__cause__ = error
    return failure


@contextmanager
def plainly() -> Iterator[None]:
    """Turns what SQLite and the system report into a LibraryError; defects pass unchanged."""
    try:
        yield
    except OSError as error:
        raise unavailable(error) from error
    except sqlite3.Error as error:
        failure = _failure(_code(error))
        if failure is None:
            raise
        raise failure from error


def _failure(code: int) -> LibraryError | None:
    if code in _FULL:
        return LibraryFullError(
            "The disk of the library is full.", "Delete studies, or make room on the disk."
        )
    if code in _BUSY:
        return LibraryBusyError(
            "Another program keeps the list of studies busy.", "Try again in a moment."
        )
    if code in _DAMAGED:
        return LibraryDamagedError(
            "The list of studies is damaged; the studies themselves are not.",
            "Start the program again: the list is made anew from the files.",
        )
    if code in _UNAVAILABLE:
        return LibraryUnavailableError(
            "The list of studies cannot be read or written.",
            "Is its disk still there, and may you write to the folder of the library?",
        )
    return None


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF
