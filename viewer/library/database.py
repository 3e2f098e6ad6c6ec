"""One index file, opened: a connection that writes and one that reads, safe for threads.

Several processes write at once (receivers, the window); each transaction is short and waits for
its turn.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

from viewer.errors import Problem, Severity
from viewer.library.opening import connect, prepare
from viewer.library.schema import MIGRATIONS, Migration
from viewer.library.shares import on_network_share
from viewer.library.trouble import plainly

_ON_A_SHARE = Problem(
    "Library",
    "The library lies on a network share, where it is slower.",
    "Keep the library on a disk of this computer.",
    Severity.NOTE,
)


class Database:
    """The open index.

    Args:
        path: the file; made, set aside or migrated as `viewer.library.opening` describes.
        flush_each: a committed transaction survives a power failure. Without it the last ones
            may be lost then (never in a crash of the program): enough for rows that stored files
            can bring back, and sixty times faster.
        migrations: how to get from each version to the next.

    Attributes:
        problems: what was odd at opening, in words.

    Raises:
        LibraryError: it cannot be opened; nothing was changed.
    """

    def __init__(
        self,
        path: Path,
        *,
        flush_each: bool = True,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.path = path
        self._flush_each = flush_each
        self._migrations = migrations
        self._turn = threading.Lock()  # to write
        self._look = threading.Lock()  # to read
        self.problems: list[Problem] = []
        self._open()

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection, None, None]:
        """A transaction that nobody else writes in; all of it is kept, or nothing on an error.

        Raises:
            LibraryError: it could not be begun or kept.
        """
        self._follow()
        with self._turn, plainly():
            connection = self._writer
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:  # on a full disk SQLite has rolled back already
                    connection.execute("ROLLBACK")

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection, None, None]:
        """One consistent state, however much is written meanwhile.

        Raises:
            LibraryError: it cannot be read.
        """
        self._follow()
        with self._look, plainly():
            connection = self._reader
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def scrub(self) -> None:
        """Leave nothing of what was deleted: in the search table, the file or its journal."""
        with self.writing() as connection:
            connection.execute("INSERT INTO search (search) VALUES ('optimize')")
        with self._turn, self._look, plainly():
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Put everything into the one file and let go of it; harmless when done before."""
        with self._turn, self._look:
            self._reader.close()
            with contextlib.suppress(sqlite3.Error):  # full or gone: the journal keeps it all
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._writer.close()

    def _open(self) -> None:
        self.problems += prepare(self.path, self._migrations)
        shared = on_network_share(self.path.parent)
        if shared:
            self.problems.append(_ON_A_SHARE)
        with plainly():
            self._writer = connect(self.path)
            # WAL needs memory that all processes share, which no network share gives.
            if shared:
                self._writer.execute("PRAGMA journal_mode = DELETE")
            else:
                self._writer.execute("PRAGMA journal_mode = WAL")
            if self._flush_each:
                self._writer.execute("PRAGMA synchronous = FULL")
            else:
                self._writer.execute("PRAGMA synchronous = NORMAL")
            self._reader = connect(self.path)
            self._reader.execute("PRAGMA query_only = ON")
            self._identity = self._on_disk()

    def _on_disk(self) -> tuple[int, int]:
        info = os.stat(self.path)
        return info.st_dev, info.st_ino

    def _follow(self) -> None:
        """Open the file anew when another process has replaced it, having found it damaged.

        The old one would take every write, and nobody would ever read it again.
        """
        with plainly():
            if self._on_disk() == self._identity:
                return
        with self._turn, self._look:
            self._identity = (-1, -1)  # should opening fail, the next call tries again
            self._reader.close()
            self._writer.close()
            self._open()
