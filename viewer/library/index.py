"""Which studies there are: those received into the store and those opened from elsewhere.

The files are the truth: what concerns stored files can always be made anew from them
(viewer.library.reconcile). Known here alone are where opened files were, and what was looked at.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from viewer.dicom.files.source import FileRef
from viewer.dicom.headers.header import Header
from viewer.dicom.incoming import Offer, Outcome, Saved, StoreFullError
from viewer.errors import Problem
from viewer.library import entries
from viewer.library.database import Database
from viewer.library.entries import Order, SeriesEntry, StudyEntry, Totals
from viewer.library.query import Query
from viewer.library.rows import Item, SeriesTexts, StudyTexts, item_of
from viewer.library.stored_files import DataFolder, stored, stored_item
from viewer.library.trouble import LibraryError, plainly
from viewer.library.writing import prune, put

NAME: Final = "index.sqlite"
BATCH: Final = 500  # objects in one transaction, so that receivers are not kept waiting
_EVERYTHING: Final = Query()
_ITEMS_OF_UID = """
    SELECT studies.uid, patient,
        patient_name, patient_id, issuer, birth_date, sex, study_date, study_time, accession,
            study_id, studies.description,
        series.uid, series.number,
        modality, series.description, body_part, date, time, source,
        sop_uid, version, sop_class, instances.number, frames, path, member, instances.stored,
            instances.missing, instances.nbytes, instances.added_ns
    FROM studies JOIN series ON series.study = studies.id
        JOIN instances ON instances.series = series.id
    WHERE studies.uid = ? ORDER BY instances.id
"""
_VIEWED_OF_UID = "SELECT patient, viewed_ns FROM studies WHERE uid = ? AND viewed_ns > 0"
_FORGET_INSTANCES = """
    DELETE FROM instances WHERE series IN (
        SELECT series.id FROM series JOIN studies ON studies.id = study WHERE studies.uid = ?)
"""
_FIRST_OPENED = """
    SELECT path FROM instances JOIN series ON series.id = series
    WHERE study = ? AND stored = 0 ORDER BY instances.id LIMIT 1
"""
_MISS_OPENED = """
    UPDATE instances SET missing = ? WHERE stored = 0 AND missing <> ?
        AND series IN (SELECT id FROM series WHERE study = ?)
"""
_VIEW = "UPDATE studies SET viewed_ns = ? WHERE id = ?"
_VIEW_AGAIN = "UPDATE studies SET viewed_ns = max(viewed_ns, ?) WHERE uid = ? AND patient = ?"


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What the index knew of a study that it forgot: enough to know it again."""

    uid: str
    items: tuple[Item, ...]
    viewed: tuple[tuple[str, int], ...]  # patient, ns


class Index:
    """The list of studies. Safe for threads, and for several processes on one file.

    Args:
        path: the file; its folder is the data folder, the store lies in `studies` beside it.
        flush_each: False where only stored objects are registered: see Database.

    Raises:
        LibraryError: it cannot be opened, in words; nothing was changed.
    """

    def __init__(self, path: Path, *, flush_each: bool = True) -> None:
        self.folder = DataFolder.of(path.parent)
        self.database = Database(path, flush_each=flush_each)

    @property
    def problems(self) -> list[Problem]:
        """What was odd at opening."""
        return self.database.problems

    def close(self) -> None:
        self.database.close()

    def register(self, saved: Saved, header: Header, offer: Offer) -> None:
        """Take in an object that the store has just made safe.

        Raises:
            StoreFullError: it cannot be listed now; the sender has to try again.
        """
        try:
            relative = self.folder.inside(saved.path)
            assert relative is not None, "the index lies beside the store"
            with plainly():
                written_ns = os.stat(saved.path).st_mtime_ns
            if saved.outcome is Outcome.SAME:  # it may have come from somebody else before
                item = stored_item(self.folder, relative)
            else:
                calling = offer.calling_ae.strip()[:16]
                item = stored(header, relative, written_ns, calling)
            with self.database.writing() as connection:
                put(connection, (item,))
        except LibraryError as error:
            raise StoreFullError(str(error), error.advice) from error

    def add_opened(self, headers: Iterable[Header], now_ns: int) -> int:
        """Remember files that were opened, by reference; returns how many.

        Files of the store are left out: they are in the list already.
        """
        count = 0
        for batch in batches(headers, BATCH):
            items = [
                item_of(header, os.path.abspath(header.ref.path), now_ns, stored=False)
                for header in batch
                if self.folder.inside(header.ref.path) is None
            ]
            self.put(items)
            count += len(items)
        return count

    def put(self, items: Iterable[Item]) -> None:
        """Add objects or bring them up to date, BATCH at a time."""
        for batch in batches(items, BATCH):
            with self.database.writing() as connection:
                put(connection, batch)

    def studies(
        self,
        query: Query = _EVERYTHING,
        order: Order = Order.NEWEST,
        *,
        limit: int = -1,
        offset: int = 0,
    ) -> list[StudyEntry]:
        """The studies that match, `limit` of them (-1 for all) from `offset`."""
        values = query.values | {"limit": limit, "offset": offset}
        with self.database.reading() as connection:
            rows = connection.execute(entries.LIST_MATCHING[order], values).fetchall()
        return [StudyEntry(*row) for row in rows]

    def count(self, query: Query = _EVERYTHING) -> int:
        """How many studies match."""
        with self.database.reading() as connection:
            found: tuple[int] = connection.execute(entries.COUNT_MATCHING, query.values).fetchone()
        return found[0]

    def totals(self) -> Totals:
        """How much there is."""
        with self.database.reading() as connection:
            return Totals(*map(int, connection.execute(entries.TOTALS).fetchone()))

    def study(self, study_id: int) -> StudyEntry | None:
        """One study as it is now; None when it was forgotten."""
        with self.database.reading() as connection:
            row = connection.execute(entries.ONE_STUDY, (study_id,)).fetchone()
        return None if row is None else StudyEntry(*row)

    def with_uid(self, uid: str) -> list[StudyEntry]:
        """The study with that UID; more than one where several patients share it (rule 68)."""
        with self.database.reading() as connection:
            rows = connection.execute(entries.STUDIES_WITH_UID, (uid,)).fetchall()
        return [StudyEntry(*row) for row in rows]

    def series(self, study_id: int) -> list[SeriesEntry]:
        """The series of a study, by number."""
        with self.database.reading() as connection:
            rows = connection.execute(entries.SERIES_OF_STUDY, (study_id,)).fetchall()
        return [SeriesEntry(*row) for row in rows]

    def files(self, study_id: int, series_id: int | None = None) -> list[FileRef]:
        """Where the objects of a study, or of one of its series, are; by number."""
        statement = entries.FILES_OF_STUDY if series_id is None else entries.FILES_OF_SERIES
        owner = study_id if series_id is None else series_id
        with self.database.reading() as connection:
            rows = connection.execute(statement, (owner,)).fetchall()
        return [
            FileRef(self.folder.outside(path) if in_store else path, member)
            for path, member, in_store in rows
        ]

    def mark_viewed(self, study_id: int, now_ns: int) -> None:
        """Somebody has looked at it."""
        with self.database.writing() as connection:
            connection.execute(_VIEW, (now_ns, study_id))

    def look_for(self, study_ids: Iterable[int]) -> Generator[tuple[int, bool], None, None]:
        """Look whether the media of opened studies are there; yields (study, present).

        One file of each is looked for. Run it in the background: a dead network drive answers
        late or never.
        """
        for study_id in study_ids:
            with self.database.reading() as connection:
                row = connection.execute(_FIRST_OPENED, (study_id,)).fetchone()
            if row is None:
                continue
            gone = not os.path.exists(row[0])
            with self.database.writing() as connection:
                connection.execute(_MISS_OPENED, (gone, gone, study_id))
            yield study_id, not gone

    def items(self, uid: str) -> list[Item]:
        """All that is known of the objects of a study."""
        with self.database.reading() as connection:
            rows = connection.execute(_ITEMS_OF_UID, (uid,)).fetchall()
        return [_item(row) for row in rows]

    def forget(self, uid: str) -> Forgotten:
        """Remove every row of a study; files are not touched."""
        with self.database.writing() as connection:
            rows = connection.execute(_ITEMS_OF_UID, (uid,)).fetchall()
            viewed = connection.execute(_VIEWED_OF_UID, (uid,)).fetchall()
            connection.execute(_FORGET_INSTANCES, (uid,))
            prune(connection)
        return Forgotten(uid, tuple(map(_item, rows)), tuple(viewed))

    def know_again(self, forgotten: Forgotten) -> None:
        """Undo `forget`."""
        self.put(forgotten.items)
        with self.database.writing() as connection:
            for patient, viewed_ns in forgotten.viewed:
                connection.execute(_VIEW_AGAIN, (viewed_ns, forgotten.uid, patient))


Value = TypeVar("Value")


def batches(values: Iterable[Value], size: int) -> Iterator[list[Value]]:
    """Lists of `size` values, the last one shorter."""
    iterator = iter(values)
    while batch := list(islice(iterator, size)):
        yield batch


def _item(row: Sequence[Any]) -> Item:
    """An Item from the columns of _ITEMS_OF_UID, which stand in the order of its fields."""
    study, series = StudyTexts(*row[2:12]), SeriesTexts(*row[14:20])
    values: list[Any] = [*row[:2], study, *row[12:14], series, *row[20:]]
    return Item(*values)
