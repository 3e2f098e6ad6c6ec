"""Brings the file of the index into a state that can be used, and destroys nothing on the way.

A file that is damaged or not ours is renamed aside; one of a newer version is refused; one of an
older version is copied, then migrated. A new one is complete before it gets its name, so that a
crash never leaves an empty file.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Sequence
from enum import Enum
from pathlib import Path

from viewer.errors import Problem, Severity
from viewer.library.folder_lock import FolderLock
from viewer.library.safe_files import new_file, sync_folder
from viewer.library.schema import APPLICATION_ID, Migration
from viewer.library.trouble import NewerLibraryError, is_damage, plainly

BUSY_TIMEOUT_S = 5.0
COPIES = ("aside", "backup")  # in the names of files that are kept beside the index


class _State(Enum):
    ABSENT = "absent"
    OURS = "ours"
    DAMAGED = "damaged"
    FOREIGN = "foreign"


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an existing file; transactions are begun by hand."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA temp_store = MEMORY")  # names must not reach /tmp
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA secure_delete = ON")
    return connection


def prepare(path: Path, migrations: Sequence[Migration]) -> list[Problem]:
    """Make sure that a sound index of the newest version is at `path`; tell what was odd.

    Raises:
        NewerLibraryError: a newer version of the program wrote it.
        LibraryError: the folder cannot be used.
    """
    problems: list[Problem] = []
    with plainly():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Several receiver processes start at once; one of them prepares, the others find it done.
    with FolderLock(path.parent, "opening", wait=True), plainly():
        state = _judge(path, migrations)
        if state in (_State.DAMAGED, _State.FOREIGN):
            problems.append(_told(state, set_aside(path)))
        if state is _State.OURS:
            _make_private(path)
            _migrate(path, migrations)
        else:
            _create(path, migrations)
    return problems


def set_aside(path: Path) -> Path:
    """Rename the file and what belongs to it; returns the new name."""
    number = 1
    while (aside := path.with_name(f"{path.stem}.aside-{number}{path.suffix}")).exists():
        number += 1
    for tail in ("-wal", "-shm", ""):
        source = path.with_name(path.name + tail)
        if source.exists():
            source.rename(aside.with_name(aside.name + tail))
    return aside


def remove_copies(path: Path) -> None:
    """Remove what was set aside and what was copied: they hold what a deletion has to remove."""
    for kind in COPIES:
        for copy in path.parent.glob(f"{path.stem}.{kind}-*"):
            copy.unlink(missing_ok=True)


def _judge(path: Path, migrations: Sequence[Migration]) -> _State:
    if not path.exists():
        return _State.ABSENT
    if path.stat().st_size == 0:
        return _State.DAMAGED
    try:
        with contextlib.closing(connect(path)) as connection:
            if _number(connection, "PRAGMA application_id") != APPLICATION_ID:
                return _State.FOREIGN
            version = _number(connection, "PRAGMA user_version")
            if version > migrations[-1].version:
                raise NewerLibraryError(
                    "A newer version of Lightbox wrote this list of studies.",
                    "Start that version, or choose another folder for the library.",
                )
            return _State.OURS if version and _is_sound(connection) else _State.DAMAGED
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return _State.DAMAGED if _begins_like_sqlite(path) else _State.FOREIGN


def _is_sound(connection: sqlite3.Connection) -> bool:
    if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
        return False
    try:  # the table behind FTS is blobs to quick_check; this reads them
        connection.execute("INSERT INTO search (search) VALUES ('integrity-check')")
    except sqlite3.Error as error:
        if not is_damage(error):
            raise
        return False
    return True


def _begins_like_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _told(state: _State, aside: Path) -> Problem:
    what = (
        "The list of studies was damaged and is made anew from the stored files."
        if state is _State.DAMAGED
        else "The file of the list of studies was none of ours; a new one was begun."
    )
    return Problem("Library", what, f"The old file was kept as {aside.name}.", Severity.WARNING)


def _create(path: Path, migrations: Sequence[Migration]) -> None:
    if any(path.with_name(path.name + tail).exists() for tail in ("-wal", "-shm")):
        set_aside(path)  # a journal without its file would be played into the new one
    new = path.with_name(path.name + ".new")
    for tail in ("-journal", ""):
        new.with_name(new.name + tail).unlink(missing_ok=True)
    _empty_file(new)
    with contextlib.closing(connect(new)) as connection:
        for migration in migrations:
            _run(connection, migration)
    new.rename(path)
    sync_folder(os.fspath(path.parent))


def _migrate(path: Path, migrations: Sequence[Migration]) -> None:
    with contextlib.closing(connect(path)) as connection:
        version = _number(connection, "PRAGMA user_version")
        missing = [migration for migration in migrations if migration.version > version]
        if missing:
            _back_up(connection, path, version)
        for migration in missing:
            _run(connection, migration)


def _run(connection: sqlite3.Connection, migration: Migration) -> None:
    """All of a migration or nothing, its version number included."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in migration.statements:
            connection.execute(statement)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> None:
    """A whole copy, `-wal` included; the bare file would lack it."""
    backup = path.with_name(f"{path.stem}.backup-{version}{path.suffix}")
    part = backup.with_name(backup.name + ".part")
    part.unlink(missing_ok=True)
    _empty_file(part)
    connection.execute("VACUUM INTO ?", (os.fspath(part),))
    fd = os.open(part, os.O_RDWR)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    part.replace(backup)
    sync_folder(os.fspath(path.parent))


def _empty_file(path: Path) -> None:
    """SQLite gives a file's mode to its journals as well, so that this is enough for them."""
    os.close(new_file(os.fspath(path)))


def _make_private(path: Path) -> None:
    for tail in ("", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + tail).chmod(0o600)


def _number(connection: sqlite3.Connection, statement: str) -> int:
    return int(connection.execute(statement).fetchone()[0])
