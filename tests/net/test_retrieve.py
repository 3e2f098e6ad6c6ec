"""C-GET and C-MOVE against real archives: what went in comes out, byte for byte."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.data import ct_dataset, ct_series, write_ct, write_dataset
from tests.net.archives import US, Archive, run_dcmqrscp
from tests.net.caller import DATA, command, pdu, until, value
from tests.net.elements import raw_values
from tests.net.odd_peers import HASTY, Talk, odd_peer
from tests.net.receiver import Receiver
from viewer.dicom.files.source import FileRef
from viewer.dicom.incoming import Outcome, StoreFullError
from viewer.errors import ViewerError
from viewer.library.store import Store
from viewer.net.echo import echo
from viewer.net.failures import (
    ConnectionLostError,
    NotAcceptedError,
    OperationFailedError,
    PeerTimeoutError,
    PeerUnreachableError,
)
from viewer.net.get_contexts import CLASSES_AT_ONCE, COMMON_CLASSES, ROOM, storage_proposals
from viewer.net.outgoing import read_outgoing
from viewer.net.peer import Peer
from viewer.net.retrieve import RetrieveProgress, Wanted, get, move

Start = Callable[..., Receiver]
ROOT = "1.2.826.0.1.3680043.10.999.40"


def data_set(path: Path | str | bytes) -> bytes:
    return b"".join(read_outgoing(FileRef(os.fsencode(path))).chunks())


def data_sets(paths: Iterable[Path | str]) -> list[bytes]:
    return sorted(map(data_set, paths))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = Store(tmp_path / "got", floor_bytes=0)
    yield store
    assert list(store.studies.glob(".incoming-*")) == []


def series(folder: Path, number: int, count: int = 3, **more: Any) -> list[Path]:
    """A study of one series with a UID of its own."""
    study = f"{ROOT}.{number}"
    return ct_series(folder, count, study_uid=study, series_uid=study + ".1", **more)


def last_of(steps: Iterable[RetrieveProgress]) -> RetrieveProgress:
    *_, last = steps
    return last


# C-GET


def test_a_study_comes_back_as_it_went(archive: Archive, store: Store, tmp_path: Path) -> None:
    files = series(tmp_path / "in", 1, 5)
    archive.store(files)

    steps = list(get(archive.peer, Wanted(f"{ROOT}.1"), US, store))

    assert steps[-1].finished
    assert (steps[-1].completed, steps[-1].failed, steps[-1].what) == (5, 0, "")
    assert Counter(step.saved.outcome for step in steps if step.saved) == {Outcome.NEW: 5}
    assert steps[-1].nbytes == sum(map(len, data_sets(files)))
    assert data_sets(store.files()) == data_sets(files)


def test_progress_only_goes_forward(archive: Archive, store: Store, tmp_path: Path) -> None:
    archive.store(series(tmp_path / "in", 2, 6))

    steps = list(get(archive.peer, Wanted(f"{ROOT}.2"), US, store))

    counts = [step.completed for step in steps]
    assert counts == sorted(counts)
    assert set(range(1, 7)) <= set(counts)
    assert [step.finished for step in steps].count(True) == 1


def test_a_study_of_many_kinds_and_encodings(
    orthanc: Archive, store: Store, tmp_path: Path
) -> None:
    study = f"{ROOT}.3"
    names = ["JPEG2000.dcm", "MR_small_RLE.dcm", "SC_rgb_jpeg_dcmtk.dcm", "reportsi.dcm"]
    names += ["CT_small.dcm", "rtplan.dcm", "image_dfl.dcm"]
    paths = [moved(Path(str(get_testdata_file(name))), study, tmp_path) for name in names]
    orthanc.store(paths)

    last = last_of(get(orthanc.peer, Wanted(study), US, store))

    assert (last.completed, last.failed) == (len(names), 0)
    assert values_of(store.files()) == values_of(paths)


def values_of(paths: Iterable[Path]) -> dict[str, tuple[str, object]]:
    """Encoding and values of each object; Orthanc writes lengths its own way, and no padding."""
    files = map(pydicom.dcmread, paths)
    return {
        str(file.SOPInstanceUID): (
            str(file.file_meta.TransferSyntaxUID),
            raw_values(file, {"DataSetTrailingPadding"}),
        )
        for file in files
    }


def moved(path: Path, study: str, folder: Path) -> Path:
    """A copy of a file that belongs to another study; the pixels stay as they are coded."""
    dataset = pydicom.dcmread(path)
    dataset.StudyInstanceUID = study
    dataset.save_as(folder / path.name)
    return folder / path.name


def test_one_series_and_one_object(archive: Archive, store: Store, tmp_path: Path) -> None:
    study = f"{ROOT}.4"
    paths = [
        *ct_series(tmp_path / "a", 3, study_uid=study, series_uid=study + ".1"),
        *ct_series(tmp_path / "b", 2, study_uid=study, series_uid=study + ".2"),
    ]
    archive.store(paths)
    one = Wanted(study, study + ".1", study + ".1.2")

    last = last_of(get(archive.peer, one, US, store))

    assert last.completed == 1
    assert data_sets(store.files()) == data_sets(paths[1:2])
    last = last_of(get(archive.peer, Wanted(study, study + ".2"), US, store))
    assert last.completed == 2
    assert data_sets(store.files()) == data_sets([paths[1], *paths[3:]])


def test_what_is_there_already_is_the_same(archive: Archive, store: Store, tmp_path: Path) -> None:
    archive.store(series(tmp_path / "in", 5))
    wanted = Wanted(f"{ROOT}.5")
    last_of(get(archive.peer, wanted, US, store))

    steps = list(get(archive.peer, wanted, US, store))

    assert Counter(step.saved.outcome for step in steps if step.saved) == {Outcome.SAME: 3}
    assert len(list(store.files())) == 3


def test_a_study_that_is_not_there(archive: Archive, store: Store) -> None:
    last = last_of(get(archive.peer, Wanted("1.2.3.4.5"), US, store))

    assert (last.completed, last.failed, last.finished) == (0, 0, True)


def test_more_classes_than_one_association_has_room_for(
    orthanc: Archive, store: Store, tmp_path: Path
) -> None:
    study = f"{ROOT}.6"
    classes = [*COMMON_CLASSES, *(f"1.2.840.10008.5.1.4.1.1.{n}" for n in (9, 14, 77, 129))]
    assert len(classes) > CLASSES_AT_ONCE
    paths = []
    for number, sop_class in enumerate(classes, start=1):
        one = ct_dataset(
            study_uid=study,
            series_uid=f"{study}.{number % 9}",
            instance_number=number,
            SOPClassUID=sop_class,
        )
        paths.append(write_dataset(tmp_path / f"{number}.dcm", one))
    orthanc.store(paths)

    steps = list(get(orthanc.peer, Wanted(study), US, store))

    assert (steps[-1].completed, steps[-1].failed) == (len(classes), 0)
    assert [step.finished for step in steps].count(True) == 1
    assert data_sets(store.files()) == data_sets(paths)


def test_contexts_never_exceed_their_number() -> None:
    for count in (1, 3, 31, 32, 60, 127, 200):
        proposals = storage_proposals(f"1.2.{n}" for n in range(count))

        assert len(proposals) <= ROOM
        assert all(each.as_scp and each.transfer_syntaxes for each in proposals)
        assert len({each.abstract_syntax for each in proposals}) == min(count, ROOM)


def test_no_room_ends_it_with_the_reason(archive: Archive, tmp_path: Path) -> None:
    archive.store(series(tmp_path / "in", 7))
    full = Store(tmp_path / "full", floor_bytes=1 << 60)

    with pytest.raises(StoreFullError, match="full"):
        last_of(get(archive.peer, Wanted(f"{ROOT}.7"), US, full))

    assert list(full.files()) == []


def test_what_the_store_refuses_is_counted(archive: Archive, tmp_path: Path) -> None:
    paths = series(tmp_path / "in", 8, 2)
    paths.append(
        write_ct(
            tmp_path / "big.dcm",
            study_uid=f"{ROOT}.8",
            series_uid=f"{ROOT}.8.1",
            instance_number=9,
            rows=200,
            columns=200,
        )
    )
    archive.store(paths)
    small = Store(tmp_path / "small", floor_bytes=0, cap_bytes=40_000)

    steps = list(get(archive.peer, Wanted(f"{ROOT}.8"), US, small))

    assert (steps[-1].completed, steps[-1].failed) == (2, 1)
    assert any("larger" in step.what for step in steps)
    assert data_sets(small.files()) == data_sets(paths[:2])


def test_closing_in_the_middle_leaves_whole_objects_only(
    archive: Archive, store: Store, tmp_path: Path
) -> None:
    files = series(tmp_path / "in", 9, 30, rows=256, columns=256)
    archive.store(files)
    steps = get(archive.peer, Wanted(f"{ROOT}.9"), US, store)
    saved = [step for step in islice((s for s in steps if s.saved), 3)]
    begun = time.monotonic()

    steps.close()

    assert time.monotonic() - begun < 0.5
    assert len(saved) == 3
    assert len(list(store.files())) == 3
    assert set(data_sets(store.files())) <= set(data_sets(files))
    assert echo(archive.peer, US).echo_ms > 0


def test_a_server_without_c_get(receiver: Receiver, store: Store) -> None:
    peer = Peer("Inbox", "LIGHTBOX", "127.0.0.1", receiver.port, timeouts=HASTY)

    with pytest.raises(NotAcceptedError, match="C-GET"):
        last_of(get(peer, Wanted("1.2.3"), US, store))


@pytest.mark.parametrize("arguments", [("",), ("1.2.x",), ("1.2", "", "1.2.3"), ("1.2", "1..3 4")])
def test_impossible_wishes_are_refused_here(arguments: tuple[str, ...]) -> None:
    with pytest.raises(ViewerError):
        Wanted(*arguments)


# C-GET from servers that misbehave


def odd_get(behave: Callable[[Talk], None]) -> Callable[[Talk], None]:
    """Refuses queries by closing; then accepts C-GET and behaves."""

    def talk_to(talk: Talk) -> None:
        if talk.number == 0:
            talk.hear()  # closing says enough: it tells nothing of what the study holds
            return
        talk.accept()
        talk.hear_message()
        behave(talk)
        talk.wait_for_the_end()

    return talk_to


def store_request(uid: str, data: bytes, last: bool = True) -> bytes:
    words = command(
        c0002="1.2.840.10008.5.1.4.1.1.2", c0100=1, c0110=5, c0700=0, c0800=1, c1000=uid
    )
    return pdu(DATA, value(3, 3, words)) + pdu(DATA, value(3, 2 if last else 0, data))


@pytest.mark.parametrize(
    ("uid", "data"),
    [
        pytest.param("../../../tmp/x", b"", id="path"),
        pytest.param("", b"", id="empty"),
        pytest.param("1.2.3", b"\0" * 100, id="noise"),
        pytest.param("1.2.3", b"", id="no-data"),
    ],
)
def test_a_hostile_object_is_refused_and_answered(
    store: Store, tmp_path: Path, uid: str, data: bytes
) -> None:
    answers: list[bytes] = []

    def send_it(talk: Talk) -> None:
        talk.say(store_request(uid, data))
        answers.append(talk.hear_message()[0])
        talk.answer(0, 0x0010)

    with odd_peer(odd_get(send_it)) as peer:
        last = last_of(get(peer, Wanted("1.2.3"), US, store))

    assert (last.completed, last.failed) == (0, 1)
    assert list(store.files()) == []
    status = answers[0].index(b"\0\0\0\x09\2\0\0\0") + 8
    assert answers[0][status + 1] >> 4 in (0xA, 0xC)


def test_an_object_of_another_study_is_not_taken(store: Store, tmp_path: Path) -> None:
    [file] = ct_series(tmp_path, 1, study_uid="1.2.9", series_uid="1.2.9.1")
    uid = pydicom.dcmread(file).SOPInstanceUID
    answers: list[bytes] = []

    def send_it(talk: Talk) -> None:
        talk.say(store_request(uid, data_set(file)))
        answers.append(talk.hear_message()[0])
        talk.answer(0, 0x0010)

    with odd_peer(odd_get(send_it)) as peer:
        steps = list(get(peer, Wanted("1.2.3"), US, store))

    assert (steps[-1].completed, steps[-1].failed) == (0, 1)
    assert any("not asked for" in step.what for step in steps)
    assert b"\0\0\x00\x09\2\0\0\0\x00\xa9" in answers[0]
    assert list(store.files()) == []


def half_an_object(talk: Talk) -> None:
    talk.say(store_request("1.2.3", bytes(1000), last=False))
    talk.socket.close()


def half_and_silent(talk: Talk) -> None:
    talk.say(store_request("1.2.3", bytes(1000), last=False))


def abort_within(talk: Talk) -> None:
    talk.say(store_request("1.2.3", bytes(1000), last=False) + pdu(7, bytes(4)))


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        (half_an_object, ConnectionLostError),
        (half_and_silent, PeerTimeoutError),
        (abort_within, ConnectionLostError),
    ],
)
def test_half_an_object_is_never_kept(
    store: Store, behave: Callable[[Talk], None], error: type[Exception]
) -> None:
    with odd_peer(odd_get(behave)) as peer, pytest.raises(error):
        last_of(get(peer, Wanted("1.2.3"), US, store))

    assert list(store.files()) == []  # and no parts: see the fixture


# C-MOVE


def test_a_study_moves_to_our_receiver(
    archive: Archive, start_receiver: Start, tmp_path: Path
) -> None:
    files = series(tmp_path / "in", 10, 5)
    archive.store(files)
    receiver = start_receiver(port=archive.mover_port)

    steps = list(move(archive.peer, Wanted(f"{ROOT}.10"), US))

    assert (steps[-1].completed, steps[-1].failed, steps[-1].finished) == (5, 0, True)
    assert data_sets(receiver.files()) == data_sets(files)


def test_an_unknown_destination_is_told_with_its_remedy(archive: Archive, tmp_path: Path) -> None:
    archive.store(series(tmp_path / "in", 11))

    with pytest.raises(OperationFailedError) as caught:
        last_of(move(archive.peer, Wanted(f"{ROOT}.11"), US, destination="NOBODY"))

    assert "AE title" in caught.value.advice
    if archive.peer.name == "DCMTK":  # Orthanc answers C000
        assert "our AE title is unknown there (A801)" in str(caught.value)


def test_a_destination_that_does_not_listen(archive: Archive, tmp_path: Path) -> None:
    archive.store(series(tmp_path / "in", 12))
    last, advice = RetrieveProgress(), ""

    try:
        last = last_of(move(archive.peer, Wanted(f"{ROOT}.12"), US))
    except OperationFailedError as error:  # either is allowed
        advice = error.advice

    assert advice or (last.failed == 3 and last.what)


def test_a_move_can_be_cancelled(dcmqrscp: Archive, start_receiver: Start, tmp_path: Path) -> None:
    files = series(tmp_path / "in", 13, 60, rows=128, columns=128)
    dcmqrscp.store(files)
    receiver = start_receiver(port=dcmqrscp.mover_port)
    steps = move(dcmqrscp.peer, Wanted(f"{ROOT}.13"), US)
    begun = next(step for step in steps if step.completed >= 3)

    steps.close()

    assert begun.remaining > 0
    until(lambda: receiver.told("released") or receiver.told("aborted"))
    assert 3 <= len(receiver.files()) < 60
    assert set(data_sets(receiver.files())) <= set(data_sets(files))


@pytest.mark.parametrize("obeys", [True, False])
def test_closing_a_move_asks_the_server_to_stop(obeys: bool) -> None:
    heard: list[bytes] = []

    def mover(talk: Talk) -> None:
        talk.accept()
        talk.hear_message()
        talk.answer(0xFF00, 0x0021, c1020=5, c1021=1)
        heard.append(talk.hear_message()[0])
        if obeys:
            talk.answer(0xFE00, 0x0021)
        heard.append(bytes(talk.wait_for_the_end()))

    with odd_peer(mover) as peer:
        steps = move(peer, Wanted("1.2.3"), US)
        step = next(each for each in steps if each.completed)
        begun = time.monotonic()
        steps.close()
        took_s = time.monotonic() - begun

    assert (step.completed, step.remaining) == (1, 5)
    assert b"\x00\x01\x02\0\0\0\xff\x0f" in heard[0]  # C-CANCEL-RQ
    assert heard[1] == b"\7"  # A-ABORT
    assert took_s < (0.5 if obeys else 2)


def test_an_archive_that_is_gone(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    with run_dcmqrscp(folder) as archive:
        peer = archive.peer

    with pytest.raises(PeerUnreachableError):
        last_of(get(peer, Wanted("1.2.3"), US, store))
    with pytest.raises(PeerUnreachableError):
        last_of(move(peer, Wanted("1.2.3"), US))
