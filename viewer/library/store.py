"""Where received objects live: one folder, one file an object, safe before it is acknowledged.

<folder>/studies/<study>/<series>/<object>.dcm     names are hashes: UIDs never become paths
<folder>/studies/.incoming-*.part                  being received; swept at the next start
"""

from __future__ import annotations

import errno
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from viewer.dicom.header import Header, read_header
from viewer.dicom.incoming import (
    Offer,
    Outcome,
    RefusedObjectError,
    Saved,
    StoreFullError,
    file_head,
    is_uid,
)
from viewer.dicom.source import FileRef
from viewer.errors import ViewerError

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
DEFAULT_FLOOR_BYTES = 1 << 30  # kept free, so that the index can always be written
DEFAULT_CAP_BYTES = 4 << 30  # one object
LOOK_EVERY = 64 << 20  # bytes between two looks at the free space

Register = Callable[[Saved, Header, Offer], None]


class Store:
    """Receives objects; every process that writes has one of its own on the same folder.

    Args:
        folder: made with mode 0700 when it is not there.
        register: called with each new object before it counts as safe, to index it.
        floor_bytes: refuse objects while less than this would stay free.
        cap_bytes: refuse objects larger than this.
    """

    def __init__(
        self,
        folder: Path,
        register: Register = lambda _saved, _header, _offer: None,
        *,
        floor_bytes: int = DEFAULT_FLOOR_BYTES,
        cap_bytes: int = DEFAULT_CAP_BYTES,
    ) -> None:
        self.folder = folder
        self.studies = folder / "studies"
        self.floor_bytes = floor_bytes
        self.cap_bytes = cap_bytes
        self.register = register
        self._numbers = itertools.count(1)
        try:
            self.studies.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise ViewerError(
                "The folder for received studies cannot be made.",
                "Choose another folder for received studies, or give it back its permissions.",
            ) from error

    def begin(self, offer: Offer) -> StoredReception:
        """Start receiving one object (viewer.dicom.incoming.Storage)."""
        if not is_uid(offer.sop_instance_uid) or not is_uid(offer.sop_class_uid):
            raise RefusedObjectError("The object has no valid UID.", mismatch=True)
        self.check_room(0)
        name = f".incoming-{os.getpid()}-{next(self._numbers)}.part"
        return StoredReception(self, offer, self.studies / name)

    def check_room(self, wanted: int) -> None:
        """Raise StoreFullError when `wanted` more bytes would go below the floor."""
        try:
            free = shutil.disk_usage(self.studies).free
        except OSError as error:
            raise StoreFullError(
                "The folder for received studies is gone.", "Is its disk still there?"
            ) from error
        if free - wanted < self.floor_bytes:
            raise StoreFullError(
                "The disk for received studies is full.", "Delete studies or move the store."
            )

    def sweep(self) -> int:
        """Remove what a crash left half received; only while no receiver runs. Returns how many."""
        leftovers = list(self.studies.glob(".incoming-*.part"))
        for path in leftovers:
            path.unlink(missing_ok=True)
        return len(leftovers)

    def files(self) -> Iterator[Path]:
        """Every stored object, conflicting ones included."""
        for study in sorted(self.studies.glob("[0-9a-f]*")):
            for series in sorted(study.iterdir()) if study.is_dir() else ():
                yield from sorted(series.glob("*.dcm"))

    def place(self, study_uid: str, series_uid: str, sop_uid: str) -> Path:
        """Where an object belongs."""
        return self.series_folder(study_uid, series_uid) / f"{_short(sop_uid, 32)}.dcm"

    def series_folder(self, study_uid: str, series_uid: str) -> Path:
        return self.study_folder(study_uid) / _short(series_uid, 16)

    def study_folder(self, study_uid: str) -> Path:
        return self.studies / _short(study_uid, 16)


class StoredReception:
    """One object on its way into the store (viewer.dicom.incoming.Reception)."""

    def __init__(self, store: Store, offer: Offer, part: Path) -> None:
        self._store, self._offer, self._part = store, offer, part
        self._head = file_head(offer)
        self._size = 0
        self._looked = 0
        self._fd = -1
        with _failing_as_status():
            self._fd = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | _CLOEXEC, 0o600)
        self.write(self._head)

    def write(self, data: bytes | memoryview) -> None:
        """Append to the file."""
        self._size += len(data)
        if self._size > self._store.cap_bytes:
            raise RefusedObjectError("The object is larger than the store accepts.")
        if self._size - self._looked > LOOK_EVERY:
            self._looked = self._size
            self._store.check_room(0)
        with _failing_as_status():
            while data:
                data = data[os.write(self._fd, data) :]

    def commit(self) -> Saved:
        """Check, flush, put in place, register; only then is the object acknowledged."""
        try:
            header = self._checked_header()
            with _failing_as_status():
                os.fsync(self._fd)
            saved = self._put_in_place(header)
            self._store.register(saved, header, self._offer)
            return saved
        finally:
            self.discard()

    def discard(self) -> None:
        """Close and remove the temporary name; after commit the object has its own."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
            self._part.unlink(missing_ok=True)

    def _checked_header(self) -> Header:
        if self._size == len(self._head):
            raise RefusedObjectError("The data set is empty.")
        try:
            header = read_header(FileRef(os.fsencode(self._part)))
        except ViewerError as error:
            raise RefusedObjectError("The data set cannot be understood.") from error
        uid = header.text("SOPInstanceUID")
        if not uid or not header.text("SOPClassUID"):
            raise RefusedObjectError("The data set does not say what object it is.")
        if uid != self._offer.sop_instance_uid:
            raise RefusedObjectError("The data set has another UID than announced.", mismatch=True)
        if header.text("SOPClassUID") != self._offer.sop_class_uid:
            raise RefusedObjectError("The data set is of another class.", mismatch=True)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
            if not is_uid(header.text(keyword)):
                raise RefusedObjectError(f"The data set has no valid {keyword}.")
        return header

    def _put_in_place(self, header: Header) -> Saved:
        study, series = header.text("StudyInstanceUID"), header.text("SeriesInstanceUID")
        place = self._store.place(study, series, self._offer.sop_instance_uid)
        with _failing_as_status():
            _make_folders(place.parent, self._store.studies)
            outcome = self._link(place)
            if outcome is Outcome.CONFLICT:
                place = place.with_suffix(f".conflict-{self._digest()[:12]}.dcm")
                outcome = Outcome.SAME if place.exists() else Outcome.CONFLICT
                self._link(place)
            _fsync_folder(place.parent)
        uid = self._offer.sop_instance_uid
        return Saved(os.fsencode(place), outcome, study, series, uid, self._size)

    def _link(self, place: Path) -> Outcome:
        """Give the file its name without ever replacing another."""
        try:
            os.link(self._part, place)
            return Outcome.NEW
        except FileExistsError:
            with place.open("rb") as there:
                old = _data_set_digest(there.fileno())
            return Outcome.SAME if old == self._digest() else Outcome.CONFLICT

    def _digest(self) -> str:
        return _data_set_digest(self._fd)


_CLOEXEC = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class _failing_as_status:  # noqa: N801 - reads as a statement
    """Turns errors of the file system into what the sender is told."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            if error.errno in NO_ROOM:
                raise StoreFullError(
                    "The disk for received studies is full.", "Delete studies or move the store."
                ) from error
            raise StoreFullError(
                "The folder for received studies cannot be written.",
                "Is its disk still there, and writable?",
            ) from error


def _data_set_digest(fd: int) -> str:
    """SHA-256 of a stored file less preamble and file meta: the sender's title may differ."""
    digest = hashlib.sha256()
    head = os.pread(fd, 144, 0)
    offset = 144 + int.from_bytes(head[140:144], "little")
    while piece := os.pread(fd, 1 << 20, offset):
        digest.update(piece)
        offset += len(piece)
    return digest.hexdigest()


def _short(uid: str, digits: int) -> str:
    """A short safe name for a UID: the same UID always gets the same."""
    return hashlib.sha256(uid.encode("ascii")).hexdigest()[:digits]


def _make_folders(folder: Path, below: Path) -> None:
    """Make the series' folder and make its name durable."""
    if folder.is_dir():
        return
    missing = [each for each in (folder, *folder.parents) if below in each.parents]
    for each in reversed(missing):
        if not each.is_dir():
            each.mkdir(mode=0o700, exist_ok=True)
            _fsync_folder(each.parent)


def _fsync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY | _CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
