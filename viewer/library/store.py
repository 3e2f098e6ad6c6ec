"""Where received objects live: one folder, one file an object, safe before it is acknowledged.

<folder>/studies/<study>/<series>/<object>.dcm     names are hashes: UIDs never become paths
<folder>/studies/.incoming-*.part                  being received; else swept at the next start
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from viewer.dicom.files.source import FileRef
from viewer.dicom.headers.header import Header, read_header
from viewer.dicom.incoming import (
    NOT_OF_PATIENTS,
    Offer,
    Outcome,
    RefusedObjectError,
    Saved,
    StoreFullError,
    file_head,
    is_uid,
)
from viewer.errors import ViewerError
from viewer.library.folder_lock import FolderLock
from viewer.library.safe_files import (
    DurableFolders,
    data_set_digest,
    give_name,
    hold,
    is_held,
    new_file,
    sync_folder,
)

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
DEFAULT_FLOOR_BYTES = 1 << 30  # kept free, so that the index can always be written
DEFAULT_CAP_BYTES = 4 << 30  # one object
LOOK_EVERY = 64 << 20  # bytes between two looks at the free space
FULL = ("The disk for received studies is full.", "Delete studies or move the store.")

Register = Callable[[Saved, Header, Offer], None]


class Store:
    """Receives objects; may be used by many threads.

    Args:
        folder: made with mode 0700 when it is not there.
        register: called with each object before it counts as safe, to index it; again when the
            same object comes again. What it raises goes to the sender as a failure, and the
            file stays: another sender may have been told that it is safe.
        floor_bytes: refuse objects while less than this would stay free.
        cap_bytes: refuse objects larger than this.

    Raises:
        ViewerError: the folder cannot be made.
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
        # Two stores of one process, or a process number that comes again, share no name.
        self._parts = f".incoming-{os.getpid()}-{os.urandom(4).hex()}"
        self._numbers = itertools.count(1)
        try:
            self.folders = DurableFolders(os.path.abspath(self.studies))
        except OSError as error:
            raise ViewerError(
                "The folder for received studies cannot be made.",
                "Choose another folder for received studies, or give it back its permissions.",
            ) from error

    def begin(self, offer: Offer) -> StoredReception:
        """Start receiving one object (viewer.dicom.incoming.Storage)."""
        if not is_uid(offer.sop_instance_uid) or not is_uid(offer.sop_class_uid):
            raise RefusedObjectError("The object has no valid UID.", mismatch=True)
        self.check_room()
        name = f"{self._parts}-{next(self._numbers)}.part"
        return StoredReception(self, offer, os.path.join(self.studies, name))

    def check_room(self) -> None:
        """Raise StoreFullError when less than the floor is free."""
        try:
            free = shutil.disk_usage(self.studies).free
        except OSError as error:
            raise StoreFullError(
                "The folder for received studies is gone.", "Is its disk still there?"
            ) from error
        if free < self.floor_bytes:
            raise StoreFullError(*FULL)

    def sweep(self, lock: FolderLock) -> int:
        """Remove what a crash left half received; returns how many.

        What somebody still writes stays, as an object that another process is fetching.

        Args:
            lock: the receiver's, held: one at a time.
        """
        assert lock.fileno() >= 0
        count = 0
        for path in self.studies.glob(".incoming-*.part"):
            with contextlib.suppress(OSError):
                if not is_held(os.fspath(path)):
                    path.unlink()
                    count += 1
        return count

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
    """One object on its way into the store (viewer.dicom.incoming.Reception).

    Args:
        store: where it goes.
        offer: what the sender says of it.
        part: name of the file while it is incomplete.
    """

    def __init__(self, store: Store, offer: Offer, part: str) -> None:
        self._store, self._offer, self._part = store, offer, part
        self._head = file_head(offer)
        self._size = 0
        self._looked = 0
        self._fd = -1
        with _failing_as_status():
            self._fd = new_file(part)
        hold(self._fd)
        self._there = True
        try:
            self.write(self._head)
        except BaseException:
            self.discard()
            raise

    def write(self, data: bytes | memoryview) -> None:
        """Append to the file."""
        self._size += len(data)
        if self._size > self._store.cap_bytes:
            raise RefusedObjectError("The object is larger than the store accepts.")
        if self._size - self._looked > LOOK_EVERY:
            self._looked = self._size
            self._store.check_room()
        with _failing_as_status():
            while data:
                data = data[os.write(self._fd, data) :]

    def commit(self) -> Saved:
        """Check, flush, put in place, register; only then is the object acknowledged."""
        try:
            header = self._checked_header()
            with _failing_as_status():
                os.fsync(self._fd)
                if os.name != "posix":  # what is open cannot be renamed there
                    self._close()
                saved = self._put_in_place(header)
            self._store.register(saved, header, self._offer)
            return saved
        finally:
            self.discard()

    def discard(self) -> None:
        """Close and remove the temporary name; after commit the object has its own."""
        self._close()
        if self._there:
            self._there = False
            with contextlib.suppress(OSError):  # its disk is gone: so is the file
                os.unlink(self._part)

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def _checked_header(self) -> Header:
        if self._size == len(self._head):
            raise RefusedObjectError("The data set is empty.")
        try:
            header = read_header(FileRef(os.fsencode(self._part)))
        except ViewerError as error:
            raise RefusedObjectError("The data set cannot be understood.") from error
        uid, kind = header.text("SOPInstanceUID"), header.text("SOPClassUID")
        if not uid or not kind:
            raise RefusedObjectError("The data set does not say what object it is.")
        if uid != self._offer.sop_instance_uid:
            raise RefusedObjectError("The data set has another UID than announced.", mismatch=True)
        if kind != self._offer.sop_class_uid:
            raise RefusedObjectError("The data set is of another class.", mismatch=True)
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
            value = header.text(keyword)
            if not is_uid(value) and (value or kind not in NOT_OF_PATIENTS):
                raise RefusedObjectError(f"The data set has no valid {keyword}.")
        if self._offer.study_uid and self._offer.study_uid != header.text("StudyInstanceUID"):
            raise RefusedObjectError("It is of a study that was not asked for.", mismatch=True)
        return header

    def _put_in_place(self, header: Header) -> Saved:
        study, series = header.text("StudyInstanceUID"), header.text("SeriesInstanceUID")
        uid = self._offer.sop_instance_uid
        folder = os.path.abspath(self._store.series_folder(study, series))
        name = _short(uid, 32)
        outcome, place = self._name_it(folder, name)
        sync_folder(folder)
        return Saved(os.fsencode(place), outcome, study, series, uid, self._size)

    def _name_it(self, folder: str, name: str) -> tuple[Outcome, str]:
        """Give the file its name without ever replacing another."""
        place = os.path.join(folder, f"{name}.dcm")
        if self._give_name(folder, place):
            return Outcome.NEW, place
        digest = data_set_digest(self._part)
        if digest == data_set_digest(place):
            return Outcome.SAME, place
        place = os.path.join(folder, f"{name}.conflict-{digest[:16]}.dcm")
        return Outcome.CONFLICT if self._give_name(folder, place) else Outcome.SAME, place

    def _give_name(self, folder: str, place: str) -> bool:
        self._store.folders.make(folder)
        try:
            return give_name(self._part, place)
        except FileNotFoundError:  # the study was deleted since its folder was made
            self._store.folders.forget()
            self._store.folders.make(folder)
            return give_name(self._part, place)


class _failing_as_status:  # noqa: N801 - reads as a statement
    """Turns errors of the file system into what the sender is told."""

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            if error.errno in NO_ROOM:
                raise StoreFullError(*FULL) from error
            raise StoreFullError(
                "The folder for received studies cannot be written.",
                "Is its disk still there, and writable?",
            ) from error


def _short(uid: str, digits: int) -> str:
    """A short safe name for a UID: the same UID always gets the same."""
    return hashlib.sha256(uid.encode("ascii")).hexdigest()[:digits]
