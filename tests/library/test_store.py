"""The store's promise: what it returned from is whole, private and never replaced."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pydicom
import pytest
from pydicom.config import disable_value_validation

from tests.data import (
    CT_IMAGE_STORAGE,
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    ct_dataset,
    write_ct,
)
from tests.net.caller import encoded
from viewer.dicom.headers.header import Header
from viewer.dicom.incoming import (
    Offer,
    Outcome,
    RefusedObjectError,
    Saved,
    StoreFullError,
    file_head,
    is_uid,
)
from viewer.errors import ViewerError
from viewer.library import safe_files
from viewer.library.folder_lock import FolderInUseError, FolderLock
from viewer.library.store import Store

UID = ct_dataset().SOPInstanceUID


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store", floor_bytes=0)


def data_set(tmp_path: Path, syntax: str = EXPLICIT_LITTLE, **arguments: object) -> bytes:
    """The bytes of a data set as they would come over the network."""
    path = write_ct(tmp_path / "source.dcm", syntax=syntax, **arguments)
    raw = path.read_bytes()
    return raw[144 + int.from_bytes(raw[140:144], "little") :]


def offer(
    uid: str = UID, sop_class: str = CT_IMAGE_STORAGE, syntax: str = EXPLICIT_LITTLE
) -> Offer:
    return Offer(sop_class, uid, syntax, "CTVIEW", "LIGHTBOX", "10.0.0.1")


def save(store: Store, data: bytes, told: Offer | None = None) -> Saved:
    reception = store.begin(told or offer())
    try:
        reception.write(data)
        return reception.commit()
    finally:
        reception.discard()


def left(store: Store) -> list[str]:
    return [path.name for path in store.folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED, "1.2.840.10008.1.2"])
def test_an_object_is_kept_as_it_came(store: Store, tmp_path: Path, syntax: str) -> None:
    data = data_set(tmp_path, syntax)

    saved = save(store, data, offer(syntax=syntax))

    path = Path(os.fsdecode(saved.path))
    assert path.read_bytes() == file_head(offer(syntax=syntax)) + data
    assert pydicom.dcmread(path) == pydicom.dcmread(tmp_path / "source.dcm")
    assert path == store.place(saved.study_uid, saved.series_uid, saved.sop_uid)
    assert (saved.outcome, saved.nbytes, saved.sop_uid) == ("new", path.stat().st_size, UID)
    assert list(store.files()) == [path]


def test_names_tell_nothing_and_fit_every_system(store: Store, tmp_path: Path) -> None:
    saved = save(store, data_set(tmp_path))

    parts = Path(os.fsdecode(saved.path)).relative_to(store.studies).parts
    assert [len(part) for part in parts] == [16, 16, 36]
    assert all(set(part) <= set("0123456789abcdef.dcm") for part in parts)


def test_the_same_again_is_the_same_whoever_sends_it(store: Store, tmp_path: Path) -> None:
    data = data_set(tmp_path)
    save(store, data)
    other = Offer(CT_IMAGE_STORAGE, UID, EXPLICIT_LITTLE, "ANOTHER")

    assert save(store, data, other).outcome is Outcome.SAME
    assert len(left(store)) == 1


def test_other_content_under_the_same_uid_is_kept_beside_it(store: Store, tmp_path: Path) -> None:
    first = save(store, data_set(tmp_path))
    changed = data_set(tmp_path, PatientID="P2")

    second = save(store, changed)
    third = save(store, changed)

    assert (second.outcome, third.outcome) == (Outcome.CONFLICT, Outcome.SAME)
    assert second.path == third.path != first.path
    assert Path(os.fsdecode(first.path)).read_bytes().endswith(data_set(tmp_path))
    assert len(left(store)) == 2


@pytest.mark.parametrize(
    ("changes", "mismatch"),
    [
        pytest.param({"SOPInstanceUID": "1.2.3"}, True, id="uid"),
        pytest.param({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, True, id="class"),
        pytest.param({"SOPInstanceUID": None}, False, id="no-uid"),
        pytest.param({"StudyInstanceUID": None}, False, id="no-study"),
        pytest.param({"SeriesInstanceUID": "../x"}, False, id="series-is-a-path"),
    ],
)
def test_what_contradicts_its_offer_is_refused_and_gone(
    store: Store, changes: dict[str, object], mismatch: bool
) -> None:
    with disable_value_validation():
        data = encoded(ct_dataset(**changes))  # type: ignore[arg-type]

    with pytest.raises(RefusedObjectError) as raised:
        save(store, data)

    assert raised.value.mismatch is mismatch
    assert left(store) == []


@pytest.mark.parametrize(
    "uid", ["", "../x", "/tmp/x", "1", "1..2", ".1.2", "1.2.", "1.2;ls", "1\n.2"]
)
def test_what_is_no_uid_is_refused_at_once(store: Store, uid: str) -> None:
    with pytest.raises(RefusedObjectError):
        store.begin(offer(uid))

    assert left(store) == []


def test_uids_with_leading_zeros_are_tolerated() -> None:
    assert is_uid("1.2.003.4")
    assert not is_uid("1." * 32 + "12")  # 66 characters
    assert not is_uid("1.٣")  # a digit, but not of ASCII


@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"no DICOM at all " * 50])
def test_what_is_no_data_set_is_refused_and_gone(store: Store, data: bytes) -> None:
    with pytest.raises(RefusedObjectError) as raised:
        save(store, data)

    assert not raised.value.mismatch
    assert left(store) == []


def test_an_object_that_is_given_up_leaves_nothing(store: Store) -> None:
    reception = store.begin(offer())
    reception.write(b"half")
    assert len(left(store)) == 1

    reception.discard()
    reception.discard()

    assert left(store) == []


def test_objects_beyond_the_cap_are_refused(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", floor_bytes=0, cap_bytes=1000)
    reception = store.begin(offer())
    with pytest.raises(RefusedObjectError, match="larger"):
        reception.write(bytes(1000))
    reception.discard()


def test_the_last_space_is_kept_free(tmp_path: Path) -> None:
    store = Store(tmp_path / "store", floor_bytes=1 << 60)

    with pytest.raises(StoreFullError, match="full"):
        store.begin(offer())
    assert left(store) == []


def test_each_object_is_registered_before_it_counts(tmp_path: Path) -> None:
    registered: list[tuple[Outcome, str, str, bool]] = []

    def register(saved: Saved, header: Header, told: Offer) -> None:
        there = os.path.exists(saved.path)
        registered.append((saved.outcome, header.text("PatientID"), told.calling_ae, there))

    store = Store(tmp_path / "store", register, floor_bytes=0)
    data = data_set(tmp_path)
    save(store, data)
    save(store, data)

    assert registered == [("new", "P1", "CTVIEW", True), ("same", "P1", "CTVIEW", True)]


def test_an_index_that_fails_is_no_success_but_the_file_stays(tmp_path: Path) -> None:
    def register(_saved: Saved, _header: Header, _offer: Offer) -> None:
        raise StoreFullError("The index is full.")

    store = Store(tmp_path / "store", register, floor_bytes=0)

    with pytest.raises(StoreFullError, match="index"):
        save(store, data_set(tmp_path))
    assert [name for name in left(store) if name.endswith(".dcm")] == left(store)
    assert len(left(store)) == 1


def test_a_study_deleted_meanwhile_gets_its_folder_again(store: Store, tmp_path: Path) -> None:
    saved = save(store, data_set(tmp_path))
    path = Path(os.fsdecode(saved.path))
    path.unlink()
    path.parent.rmdir()
    path.parent.parent.rmdir()

    assert save(store, data_set(tmp_path)).outcome is Outcome.NEW


def test_many_threads_and_one_winner(store: Store, tmp_path: Path) -> None:
    data = [data_set(tmp_path, PatientID=f"P{number % 3}") for number in range(12)]
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda each=each: outcomes.append(save(store, each).outcome))
        for each in data
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["conflict"] * 2 + ["new"] + ["same"] * 9
    assert len(left(store)) == 3


@pytest.fixture
def careless_umask() -> Iterator[None]:
    old = os.umask(0)
    yield
    os.umask(old)


@pytest.mark.skipif(os.name != "posix", reason="modes are those of POSIX")
@pytest.mark.usefixtures("careless_umask")
def test_nobody_else_may_read_whatever_the_umask(tmp_path: Path) -> None:
    store = Store(tmp_path / "some" / "where" / "store", floor_bytes=0)
    with FolderLock(store.folder, "receiver"):
        save(store, data_set(tmp_path))

    for path in [tmp_path / "some", *(tmp_path / "some").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


def test_a_store_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(ViewerError, match="cannot be made"):
        Store(tmp_path / "file" / "store")


def test_a_store_that_is_gone_says_so(store: Store, tmp_path: Path) -> None:
    store.folder.rename(tmp_path / "elsewhere")

    with pytest.raises(StoreFullError, match="gone"):
        store.begin(offer())


def test_without_hard_links_nothing_is_replaced_either(tmp_path: Path) -> None:
    part, name = tmp_path / "part", tmp_path / "name"
    part.write_bytes(b"new")
    name.write_bytes(b"old")

    assert not safe_files._rename_without_links(str(part), str(name))
    assert (part.read_bytes(), name.read_bytes()) == (b"new", b"old")
    name.unlink()
    assert safe_files._rename_without_links(str(part), str(name))
    assert name.read_bytes() == b"new"


def test_sweeping_removes_what_a_crash_left_and_nothing_else(store: Store, tmp_path: Path) -> None:
    saved = save(store, data_set(tmp_path))
    script = (
        "import os, signal, pathlib; from viewer.dicom.incoming import Offer;"
        "from viewer.library.store import Store;"
        f"store = Store(pathlib.Path({str(store.folder)!r}), floor_bytes=0);"
        f"half = store.begin(Offer({CT_IMAGE_STORAGE!r}, '1.2.3', {EXPLICIT_LITTLE!r}));"
        "half.write(b'half'); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2])
    (store.studies / "notes.txt").write_bytes(b"not ours")
    with FolderLock(store.folder, "receiver") as lock:
        assert store.sweep(lock) == 1

    assert os.path.exists(saved.path)
    assert not list(store.studies.glob(".incoming-*"))
    assert (store.studies / "notes.txt").exists()


def test_a_second_receiver_is_told_who_is_there(store: Store) -> None:
    with (
        FolderLock(store.folder, "receiver"),
        pytest.raises(FolderInUseError, match=str(os.getpid())),
    ):
        FolderLock(store.folder, "receiver")

    FolderLock(store.folder, "receiver").close()


def test_the_lock_of_a_killed_process_is_no_lock(store: Store) -> None:
    script = (
        "import os, signal, pathlib; from viewer.library.folder_lock import FolderLock;"
        f"lock = FolderLock(pathlib.Path({str(store.folder)!r}), 'receiver');"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script], check=False, cwd=Path(__file__).parents[2])

    assert (store.folder / ".receiver.lock").read_text().strip() != str(os.getpid())
    FolderLock(store.folder, "receiver").close()


def test_sweeping_spares_what_somebody_still_writes(store: Store, tmp_path: Path) -> None:
    data = data_set(tmp_path)
    fetching = Store(store.folder, floor_bytes=0).begin(offer())  # as `lightbox get` does
    fetching.write(data)

    with FolderLock(store.folder, "receiver") as lock:
        assert store.sweep(lock) == 0

    assert fetching.commit().outcome is Outcome.NEW
    assert not list(store.studies.glob(".incoming-*"))


def test_two_stores_of_one_process_do_not_meet(store: Store) -> None:
    other = Store(store.folder, floor_bytes=0)
    one, two = store.begin(offer()), other.begin(offer())

    assert len(list(store.studies.glob(".incoming-*"))) == 2
    one.discard()
    two.discard()


def test_an_object_of_another_study_than_asked_for(store: Store, tmp_path: Path) -> None:
    asked = replace(offer(), study_uid="1.2.3.4.5.6.7.8.9")
    reception = store.begin(asked)
    reception.write(data_set(tmp_path))

    with pytest.raises(RefusedObjectError, match="not asked for") as caught:
        reception.commit()

    assert caught.value.mismatch
    assert not list(store.files())
