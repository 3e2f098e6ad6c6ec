"""Brings the list and the stored files together: after a crash, and after the list was lost.

Generators: each step is short, and closing one stops it at a state from which the next start
goes on.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Protocol

from viewer.errors import Problem, Severity, ViewerError
from viewer.library.index import Index, batches
from viewer.library.rows import Item
from viewer.library.stored_files import FOLDER, stored_item, study_part
from viewer.library.writing import prune, sum_up

STEP = 200  # files between two reports: some 50 ms

_STORED_PATHS = "SELECT path, missing FROM instances WHERE stored = 1"
_MISS = "UPDATE instances SET missing = ? WHERE path = ? AND member = '' AND missing <> ?"
_BLANK_STUDIES = """
    UPDATE studies SET birth_date = '', sex = '', study_date = '', study_time = '',
        accession = '', study_id = '', description = '', added_ns = 0
    WHERE id IN (SELECT study FROM series JOIN instances ON instances.series = series.id
        WHERE path >= ? AND path < ?)
"""
_BLANK_SERIES = """
    UPDATE series SET number = NULL, modality = '', description = '', body_part = '', date = '',
        time = '', source = ''
    WHERE id IN (SELECT series FROM instances WHERE path >= ? AND path < ?)
"""
_PATHS_BELOW = "SELECT path FROM instances WHERE path >= ? AND path < ? AND stored = 1"
_STUDIES_BELOW = """
    SELECT DISTINCT study FROM series JOIN instances ON instances.series = series.id
    WHERE path >= ? AND path < ?
"""
_REMOVE = "DELETE FROM instances WHERE path = ? AND stored = 1"


class StoredFiles(Protocol):
    """What a store is asked: all of its files."""

    def files(self) -> Iterator[Path]: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is.

    Attributes:
        looked: files seen so far.
        added, missing: files that were not listed; listed files that are gone.
        problems: files that could not be read, since the last report.
    """

    looked: int
    added: int = 0
    missing: int = 0
    problems: tuple[Problem, ...] = ()


def reconcile(index: Index, store: StoredFiles) -> Generator[Progress, None, None]:
    """Find what a crash left between store and index; files that are listed are not opened."""
    # The list first: a file that arrives meanwhile is then listed twice, which does no harm.
    with index.database.reading() as connection:
        known: dict[bytes, int] = dict(connection.execute(_STORED_PATHS).fetchall())
    looked = added = 0
    there: set[bytes] = set()
    for paths in batches(_relative(store), STEP):
        looked += len(paths)
        there.update(paths)
        items, problems = _read(index, [path for path in paths if path not in known])
        index.put(items)
        added += len(items)
        yield Progress(looked, added, 0, problems)
    gone = [path for path in known if path not in there]
    _mark(index, [path for path in gone if not known[path]], missing=True)
    _mark(index, [path for path, missing in known.items() if missing and path in there])
    yield Progress(looked, added, len(gone))


def rebuild(index: Index, store: StoredFiles) -> Generator[Progress, None, None]:
    """Make all rows of stored files anew from the files, and drop those without one.

    Opened studies and what was looked at stay. Receivers may go on meanwhile: nothing is
    removed but rows whose file is gone.
    """
    with index.database.reading() as connection:
        known = {study_part(row[0]) for row in connection.execute(_STORED_PATHS)}
    looked = 0
    for part, paths in groupby(_relative(store), key=study_part):
        known.discard(part)
        _blank(index, part)
        there: set[bytes] = set()
        for batch in batches(paths, STEP):
            items, problems = _read(index, batch)
            index.put(items)
            there.update(batch)
            looked += len(batch)
            yield Progress(looked, looked, 0, problems)
        _settle(index, part, there)
    for part in known:
        _settle(index, part, set())
    yield Progress(looked, looked)


def _relative(store: StoredFiles) -> Iterator[bytes]:
    """The paths of all stored files inside the data folder."""
    separator = os.fsencode(os.sep)
    for path in store.files():
        yield FOLDER + b"/".join(os.fsencode(path).rsplit(separator, 3)[1:])


def _blank(index: Index, part: bytes) -> None:
    """Forget the texts of a study, so that the files alone say what they are."""
    with index.database.writing() as connection:
        connection.execute(_BLANK_STUDIES, _span(part))
        connection.execute(_BLANK_SERIES, _span(part))


def _settle(index: Index, part: bytes, there: set[bytes]) -> None:
    """End with one folder: what is listed and was not seen is gone, or has just come."""
    with index.database.reading() as connection:
        rows = connection.execute(_PATHS_BELOW, _span(part)).fetchall()
    unseen = [path for (path,) in rows if path not in there]
    gone = [path for path in unseen if not os.path.exists(index.folder.outside(path))]
    index.put(_read(index, [path for path in unseen if path not in gone])[0])
    with index.database.writing() as connection:
        studies = connection.execute(_STUDIES_BELOW, _span(part)).fetchall()
        connection.executemany(_REMOVE, [(path,) for path in gone])
        prune(connection)
        for (study,) in studies:
            sum_up(connection, study)


def _span(part: bytes) -> tuple[bytes, bytes]:
    """First path below a folder, and the first beyond it."""
    return part, part[:-1] + b"0"  # "0" follows "/"


def _read(index: Index, paths: list[bytes]) -> tuple[list[Item], tuple[Problem, ...]]:
    items: list[Item] = []
    problems: list[Problem] = []
    for path in paths:
        try:
            items.append(stored_item(index.folder, path))
        except ViewerError as error:
            where = path.rsplit(b"/", 1)[-1].decode("ascii", "replace")
            problems.append(Problem(where, str(error), error.advice, Severity.ERROR))
    return items, tuple(problems)


def _mark(index: Index, paths: list[bytes], *, missing: bool = False) -> None:
    for batch in batches(paths, STEP):
        with index.database.writing() as connection:
            connection.executemany(_MISS, [(missing, path, missing) for path in batch])
