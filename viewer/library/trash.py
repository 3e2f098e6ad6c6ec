"""Deleted studies, until the program ends: undo brings them back, the end removes them for good.

<data>/trash/<number>-<study>/      the study's folder, renamed as a whole: there is no half way

Where a folder lies is what counts. The rows follow, and a crash between the two is put right at
the next start.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from viewer.library.index import Forgotten, Index
from viewer.library.opening import remove_copies
from viewer.library.rows import Item
from viewer.library.safe_files import data_set_digest, give_name, sync_folder
from viewer.library.stored_files import FOLDER, stored_item, study_part
from viewer.library.trouble import plainly

_ROWS_BELOW = """
    SELECT DISTINCT studies.uid FROM studies JOIN series ON study = studies.id
        JOIN instances ON instances.series = series.id
    WHERE path >= ? AND path < ?
"""


@dataclass(frozen=True, slots=True)
class Deleted:
    """A study in the trash; what `Trash.restore` needs to bring it back.

    Attributes:
        rows: what the list knew of it.
        folders: (where its files are now, where they were); none for opened studies.
    """

    rows: Forgotten
    folders: tuple[tuple[Path, Path], ...]


class Trash:
    """Deletes studies so that it can be undone while the program runs.

    One at a time on a data folder: whoever holds the lock of the window (FolderLock).
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        data = Path(os.fsdecode(index.folder.path))
        self._data = data
        self.folder = data / "trash"
        self._numbers = itertools.count(1)
        self._forgot = False

    def delete(self, uid: str) -> Deleted:
        """Move a study's stored files into the trash and forget its rows.

        Opened files are the user's: they are only forgotten. Where several patients share the
        UID, all of it goes (the caller has named them).

        Raises:
            LibraryUnavailableError: the files cannot be moved; nothing was changed.
        """
        folders = []
        with plainly():
            for place in self._places(uid):
                folders.append((self._throw(place), place))
        self._forgot = True
        return Deleted(self._index.forget(uid), tuple(folders))

    def restore(self, deleted: Deleted) -> None:
        """Bring a study back; what has arrived of it meanwhile stays as well.

        Raises:
            LibraryError: it is no longer in the trash, or cannot be moved.
        """
        rows = deleted.rows
        with plainly():
            for thrown, place in deleted.folders:
                if place.exists():
                    _merge_back(thrown, place)
                    rows = replace(rows, items=tuple(i for i in rows.items if not i.stored))
                else:
                    thrown.rename(place)
                sync_folder(os.fspath(place.parent))
        self._index.know_again(rows)
        if rows is not deleted.rows:
            for _, place in deleted.folders:
                self._index.put(self._items_below(place))

    def recover(self) -> None:
        """At the start: end what a crash interrupted, then empty what the last run left."""
        for thrown in self._thrown():
            part = FOLDER + os.fsencode(thrown.name.partition("-")[2]) + b"/"
            if not (self._data / os.fsdecode(part)).exists():
                for uid in self._uids_below(part):
                    self._index.forget(uid)
        self.empty()

    def empty(self) -> None:
        """Remove for good: the files, the rows' remains, and old copies of the list.

        Raises:
            LibraryError: something could not be removed; the next start tries again.
        """
        thrown = list(self._thrown())
        with plainly():
            for folder in thrown:
                shutil.rmtree(folder)
            with contextlib.suppress(FileNotFoundError):
                self.folder.rmdir()
        self._index.database.scrub()
        if thrown or self._forgot:
            remove_copies(self._index.database.path)

    def _places(self, uid: str) -> list[Path]:
        """The folders that hold stored files of a study; one, unless somebody moved files."""
        parts = {study_part(item.path) for item in self._index.items(uid) if item.stored}
        places = (self._data / os.fsdecode(part) for part in sorted(parts))
        return [place for place in places if place.exists()]

    def _throw(self, place: Path) -> Path:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        while (thrown := self.folder / f"{next(self._numbers)}-{place.name}").exists():
            pass
        place.rename(thrown)
        sync_folder(os.fspath(self.folder))
        sync_folder(os.fspath(place.parent))
        return thrown

    def _thrown(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from sorted(self.folder.iterdir())

    def _items_below(self, place: Path) -> Iterator[Item]:
        for file in sorted(place.glob("*/*.dcm")):
            relative = self._index.folder.inside(os.fsencode(file))
            assert relative is not None
            yield stored_item(self._index.folder, relative)

    def _uids_below(self, part: bytes) -> list[str]:
        with self._index.database.reading() as connection:
            rows = connection.execute(_ROWS_BELOW, (part, part[:-1] + b"0")).fetchall()
        return [uid for (uid,) in rows]


def _merge_back(thrown: Path, place: Path) -> None:
    """Put the files beside those that have come in meanwhile; none replaces another."""
    for file in sorted(thrown.glob("*/*.dcm")):
        target = place / file.parent.name / file.name
        target.parent.mkdir(mode=0o700, exist_ok=True)
        if not give_name(os.fspath(file), os.fspath(target)):
            digest = data_set_digest(os.fspath(file))
            if digest != data_set_digest(os.fspath(target)):
                beside = target.with_suffix(f".conflict-{digest[:16]}.dcm")
                give_name(os.fspath(file), os.fspath(beside))
        sync_folder(os.fspath(target.parent))
    shutil.rmtree(thrown)
