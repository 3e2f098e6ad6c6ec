"""C-STORE as the sender: the same bytes arrive, once each, and whatever happens is told."""

from __future__ import annotations

import os
import time
import tracemalloc
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from itertools import islice, product
from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file

from tests.data import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    ct_dataset,
    ct_series,
    write_ct,
    write_dataset,
)
from tests.net.archives import PATIENT_WAITS, US, Archive, free_port, run_dcmqrscp, running
from tests.net.caller import RJ, pdu
from tests.net.elements import raw_values
from tests.net.odd_peers import Talk, odd_peer, relay
from tests.net.receiver import Receiver
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.pixels.frames import FrameReader
from viewer.net.contexts import transfer_syntaxes
from viewer.net.failures import AssociationRefusedError, PeerTimeoutError, PeerUnreachableError
from viewer.net.get_contexts import COMMON_CLASSES
from viewer.net.outgoing import read_outgoing
from viewer.net.peer import Peer
from viewer.net.send import SendProgress, SendState, send

Start = Callable[..., Receiver]
ENDS = (SendState.SENT, SendState.FAILED, SendState.SKIPPED)


def refs(paths: Iterable[Path | str]) -> list[FileRef]:
    return [FileRef(os.fsencode(path)) for path in paths]


def data_set(path: Path | bytes | str) -> bytes:
    return b"".join(read_outgoing(FileRef(os.fsencode(path))).chunks())


def peer_of(receiver: Receiver) -> Peer:
    return Peer("Inbox", "LIGHTBOX", "127.0.0.1", receiver.port, timeouts=PATIENT_WAITS)


def send_all(peer: Peer, files: Sequence[FileRef], **options: bool) -> list[SendProgress]:
    """Send, and return what became of each file."""
    return [step for step in send(peer, files, US, **options) if step.state in ENDS]


SYNTAXES = [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED]
BUNDLED = ["JPEG2000.dcm", "MR_small_RLE.dcm", "SC_rgb_jpeg_dcmtk.dcm", "MR_small_bigendian.dcm"]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_plain_encoding_arrives_as_it_is(
    receiver: Receiver, tmp_path: Path, syntax: str
) -> None:
    path = write_ct(tmp_path / "a.dcm", syntax=syntax, rows=301, columns=299)

    (end,) = send_all(peer_of(receiver), refs([path]))

    assert (end.state, end.status, end.done, end.total) == (SendState.SENT, 0, 1, 1)
    (stored,) = receiver.files()
    assert data_set(stored) == data_set(path)
    assert str(pydicom.dcmread(stored).file_meta.TransferSyntaxUID) == syntax


def test_compressed_files_of_other_makers_arrive_as_they_are(receiver: Receiver) -> None:
    paths = [str(get_testdata_file(name, download=False)) for name in BUNDLED]

    ends = send_all(peer_of(receiver), refs(paths))

    assert [end.state for end in ends] == [SendState.SENT] * len(BUNDLED)
    assert {data_set(path) for path in receiver.files()} == {data_set(path) for path in paths}
    assert len(receiver.wait_for("association")) == 1


@pytest.mark.parametrize("longest", ["4096", "16384", "131072"])
def test_dcmtk_receives_the_same_bytes(tmp_path: Path, longest: str) -> None:
    path = write_ct(tmp_path / "a.dcm", rows=256, columns=300)
    out = tmp_path / "out"
    out.mkdir()
    port = free_port()

    with running(["storescp", "+B", "-pdu", longest, "-od", out, str(port)], port, tmp_path):
        (end,) = send_all(Peer("DCMTK", "ANY", "127.0.0.1", port), refs([path]))

    assert end.state is SendState.SENT
    (stored,) = out.iterdir()
    assert data_set(stored) == data_set(path)


def test_a_zip_and_a_bare_data_set_are_sent(receiver: Receiver, tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", syntax=IMPLICIT_LITTLE, instance_uid="1.2.3.1")
    other = write_ct(tmp_path / "b.dcm", syntax=IMPLICIT_LITTLE, instance_uid="1.2.3.2")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(path, "inside.dcm")
    (tmp_path / "bare").write_bytes(data_set(other))
    files = [FileRef(os.fsencode(tmp_path / "a.zip"), "inside.dcm"), *refs([tmp_path / "bare"])]

    ends = send_all(peer_of(receiver), files)

    assert [end.state for end in ends] == [SendState.SENT, SendState.SENT]
    assert {data_set(stored) for stored in receiver.files()} == {data_set(path), data_set(other)}


def test_what_is_no_object_is_skipped_and_the_rest_goes(receiver: Receiver, tmp_path: Path) -> None:
    good = write_ct(tmp_path / "good.dcm")
    (tmp_path / "text.txt").write_text("hello")
    (tmp_path / "empty").write_bytes(b"")
    write_ct(tmp_path / "nameless.dcm", SOPInstanceUID=None)
    directory = str(get_testdata_file("DICOMDIR", download=False))
    bad = [tmp_path / "text.txt", tmp_path / "empty", tmp_path / "nameless.dcm", tmp_path / "gone"]

    ends = send_all(peer_of(receiver), refs([*bad, directory, good]))

    assert [end.state for end in ends] == [SendState.SKIPPED] * 5 + [SendState.SENT]
    assert all(end.what for end in ends[:5])
    assert [end.done for end in ends] == [1, 2, 3, 4, 5, 6]
    assert str(tmp_path) not in "".join(end.what + end.advice for end in ends)


def test_the_same_object_twice_is_sent_twice(receiver: Receiver, tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")

    ends = send_all(peer_of(receiver), refs([path, path]))

    assert [end.state for end in ends] == [SendState.SENT, SendState.SENT]
    assert len(receiver.files()) == 1


def test_more_than_128_contexts_take_more_associations(receiver: Receiver, tmp_path: Path) -> None:
    plain = [EXPLICIT_LITTLE, IMPLICIT_LITTLE]
    others = sorted(
        transfer_syntaxes() - {*plain, EXPLICIT_BIG, DEFLATED, "1.2.840.10008.1.2.1.98"}
    )
    kinds = list(islice(product(COMMON_CLASSES, [*plain, *others[:4]]), 150))
    for number, (sop_class, syntax) in enumerate(kinds, start=1):
        dataset = ct_dataset(SOPClassUID=sop_class, instance_number=number)
        path = write_dataset(tmp_path / f"{number}.dcm", dataset, EXPLICIT_LITTLE)
        if syntax not in plain:  # the receiver keeps what it is told; nothing looks at the pixels
            path.write_bytes(
                path.read_bytes().replace(
                    b"\x14\0" + EXPLICIT_LITTLE.encode() + b"\0", _uid_value(syntax)
                )
            )
        elif syntax == IMPLICIT_LITTLE:
            write_dataset(path, dataset, IMPLICIT_LITTLE)
    paths = sorted(tmp_path.glob("*.dcm"), key=lambda path: int(path.stem))

    ends = send_all(peer_of(receiver), refs(paths))

    assert Counter(end.state for end in ends) == {SendState.SENT: 150}
    assert len(receiver.wait_for("released", 2)) == 2
    assert sorted(map(data_set, receiver.files())) == sorted(map(data_set, paths))


def _uid_value(uid: str) -> bytes:
    raw = uid.encode() + b"\0" * (len(uid) % 2)
    return len(raw).to_bytes(2, "little") + raw


# What is not accepted as it is


@pytest.fixture(scope="module")
def plain_archive(tmp_path_factory: pytest.TempPathFactory) -> Iterable[Archive]:
    """Takes implicit VR little endian only, and keeps what it was sent."""
    with run_dcmqrscp(tmp_path_factory.mktemp("plain"), "+xi", "+B") as archive:
        yield archive


def test_what_is_not_accepted_is_told_in_words(plain_archive: Archive) -> None:
    path = str(get_testdata_file("JPEG2000.dcm", download=False))

    (end,) = send_all(plain_archive.peer, refs([path]))

    assert end.state is SendState.SKIPPED
    assert end.what == "DCMTK does not accept Secondary Capture Image Storage as JPEG 2000."
    assert "uncompressed" in end.advice


# gray, signed, palette; color by lossless and lossy coding; several frames
@pytest.mark.parametrize(
    "name",
    [
        "JPEG2000.dcm",
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "SC_rgb_rle_2frame.dcm",
        "SC_rgb_jpeg_dcmtk.dcm",
        "examples_palette.dcm",
        "examples_ybr_color.dcm",
        "CT_small.dcm",
        "reportsi.dcm",
    ],
)
def test_an_uncompressed_copy_is_the_same_picture(
    plain_archive: Archive, tmp_path: Path, name: str
) -> None:
    path = get_testdata_file(name, download=False)
    area = plain_archive.folder / "area"
    before = {area / "index.dat", *area.glob("*")}

    (end,) = send_all(plain_archive.peer, refs([str(path)]), may_reencode=True)

    assert end.state is SendState.SENT, end.what
    (stored,) = set(area.glob("*")) - before
    assert_same_picture(Path(str(path)), stored)


def assert_same_picture(sent: Path, stored: Path) -> None:
    """Every frame has the same values, and every other element is the same."""
    old, new = pydicom.dcmread(sent), pydicom.dcmread(stored)
    assert str(new.file_meta.TransferSyntaxUID) == IMPLICIT_LITTLE
    coding = {"PixelData", "PhotometricInterpretation", "PlanarConfiguration"}
    coding |= {"LossyImageCompression", "DataSetTrailingPadding"}
    assert raw_values(new, coding) == raw_values(old, coding)
    reader = FrameReader()
    with closing(reader):
        for frame in range(int(old.get("NumberOfFrames", 1))) if "PixelData" in old else ():
            loaded = [reader.load(FrameRef(ref, frame)) for ref in refs([sent, stored])]
            assert np.array_equal(loaded[0].stored, loaded[1].stored)
            assert loaded[0].color_space == loaded[1].color_space


def test_big_endian_is_never_converted(plain_archive: Archive) -> None:
    path = str(get_testdata_file("MR_small_bigendian.dcm", download=False))

    (end,) = send_all(plain_archive.peer, refs([path]), may_reencode=True)

    assert end.state is SendState.SKIPPED
    assert "Big endian" in end.what


# Answers


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        (0x0000, SendState.SENT, ""),
        (0xB000, SendState.SENT, "with changes"),
        (0xB006, SendState.SENT, "with changes"),
        (0xB007, SendState.SENT, "with changes"),
        (0xA700, SendState.FAILED, "no room (A700)"),
        (0xA7FF, SendState.FAILED, "no room (A7FF)"),
        (0xA900, SendState.FAILED, "not of the class"),
        (0xC123, SendState.FAILED, "cannot understand the object (C123)"),
        (0x0110, SendState.FAILED, "(0110)"),
        (0x0122, SendState.FAILED, "does not accept this kind"),
        (0x0124, SendState.FAILED, "does not allow"),
        (0x7777, SendState.FAILED, "not known here (7777)"),
        (0xFF00, SendState.FAILED, "(FF00)"),
    ],
)
def test_every_status_has_words(tmp_path: Path, status: int, state: SendState, words: str) -> None:
    path = write_ct(tmp_path / "a.dcm")

    def judge(talk: Talk) -> None:
        talk.accept()
        talk.hear_message()
        talk.answer(status, 0x0001)
        talk.wait_for_the_end()

    with odd_peer(judge) as peer:
        (end,) = send_all(peer, refs([path]))

    assert (end.state, end.status) == (state, status)
    assert words in end.what
    assert bool(end.advice) == (state is SendState.FAILED)


# Lost associations


def test_after_a_lost_association_it_goes_on_where_it_was(
    receiver: Receiver, tmp_path: Path
) -> None:
    paths = ct_series(tmp_path, 12, rows=128, columns=128)
    passed = Counter[int]()

    def cut_twice(number: int, piece: bytes) -> bool:
        passed[number] += len(piece)
        return number < 2 and passed[number] > 150_000  # in the middle of an object

    with relay(receiver.port, cut_twice) as port:
        peer = Peer("Inbox", "LIGHTBOX", "127.0.0.1", port, timeouts=PATIENT_WAITS)
        ends = send_all(peer, refs(paths))

    assert [end.state for end in ends] == [SendState.SENT] * 12
    assert [end.ref.name for end in ends] == [path.name for path in paths]
    assert len(passed) == 3
    sent = len(receiver.wait_for("stored", 12))
    assert sent <= 14  # at most the two that were on the way went twice
    assert sorted(map(data_set, receiver.files())) == sorted(map(data_set, paths))


def test_an_object_that_ends_every_association_does_not_stop_the_others(
    receiver: Receiver, tmp_path: Path
) -> None:
    paths = ct_series(tmp_path, 3)
    poison = str(pydicom.dcmread(paths[1]).SOPInstanceUID).encode()

    with relay(receiver.port, lambda _, piece: poison in piece) as port:
        peer = Peer("Inbox", "LIGHTBOX", "127.0.0.1", port, timeouts=PATIENT_WAITS)
        steps = list(send(peer, refs(paths), US))

    ends = {step.ref.name: step.state for step in steps if step.state in ENDS}
    assert ends == {
        "IM0001.dcm": SendState.SENT,
        "IM0002.dcm": SendState.FAILED,
        "IM0003.dcm": SendState.SENT,
    }
    assert any(step.state is SendState.WAITING for step in steps)
    assert len(receiver.files()) == 2


def test_a_server_that_stays_away_is_given_up(receiver: Receiver, tmp_path: Path) -> None:
    paths = ct_series(tmp_path, 4)
    ends: list[SendProgress] = []

    def send_until_it_goes() -> None:
        for step in send(peer_of(receiver), refs(paths), US):
            if step.state in ENDS:
                ends.append(step)
            if len(ends) == 2:
                receiver.close()

    with pytest.raises(PeerUnreachableError, match="nothing listens"):
        send_until_it_goes()

    assert [end.state for end in ends] == [SendState.SENT, SendState.SENT]
    assert len(receiver.files()) == 2


def test_a_refusal_is_raised_at_once(start_receiver: Start, tmp_path: Path) -> None:
    receiver = start_receiver(ae_title="OTHER")
    path = write_ct(tmp_path / "a.dcm")

    with pytest.raises(AssociationRefusedError, match="not called LIGHTBOX"):
        send_all(peer_of(receiver), refs([path]))

    assert len(receiver.told("refused")) == 1


def test_a_busy_server_is_tried_again(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")
    calls: list[int] = []

    def busy_once(talk: Talk) -> None:
        calls.append(talk.number)
        if talk.number == 0:
            talk.hear()
            talk.say(pdu(RJ, bytes((0, 2, 3, 2))))
        else:
            talk.accept()
            talk.hear_message()
            talk.answer(0, 0x0001)
        talk.wait_for_the_end()

    with odd_peer(busy_once) as peer:
        (end,) = send_all(peer, refs([path]))

    assert end.state is SendState.SENT
    assert calls == [0, 1]


def test_a_hanging_server_is_left_after_its_time(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm")

    def hang(talk: Talk) -> None:
        talk.accept()
        talk.wait_for_the_end()

    with odd_peer(hang) as peer, pytest.raises(PeerTimeoutError):
        send_all(peer, refs([path]))


def test_a_server_that_stops_reading_is_left_after_its_time(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a.dcm", rows=4096, columns=4096)
    done: list[int] = []

    def stop_reading(talk: Talk) -> None:
        talk.accept()
        while not done:
            time.sleep(0.05)  # not reading is what is tried

    with odd_peer(stop_reading) as peer:
        try:
            with pytest.raises(PeerTimeoutError):
                send_all(peer, refs([path]))
        finally:
            done.append(1)


# Cancelling and memory


def big_file(path: Path, megabytes: int) -> Path:
    """A sparse file with one valid object of zeros."""
    dataset = ct_dataset(NumberOfFrames=megabytes, rows=512, columns=1024)
    del dataset.PixelData
    write_dataset(path, dataset)
    with path.open("ab") as file:
        size = megabytes << 20
        file.write(b"\xe0\x7f\x10\x00OW\0\0" + size.to_bytes(4, "little"))
        file.truncate(file.tell() + size)
    return path


def test_closing_in_the_middle_of_an_object_ends_it_at_once(
    receiver: Receiver, tmp_path: Path
) -> None:
    path = big_file(tmp_path / "big.dcm", 1500)
    steps = send(peer_of(receiver), refs([path]), US)
    first = next(steps)
    begun = time.monotonic()

    steps.close()

    assert time.monotonic() - begun < 0.5
    assert first.state is SendState.SENDING
    assert 0 < first.nbytes < 1500 << 20
    assert receiver.wait_for("aborted")
    assert receiver.files() == []


def test_a_big_object_takes_no_memory(receiver: Receiver, tmp_path: Path) -> None:
    path = big_file(tmp_path / "big.dcm", 200)
    tracemalloc.start()

    try:
        (end,) = send_all(peer_of(receiver), refs([path]))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert end.state is SendState.SENT
    assert end.nbytes == read_outgoing(refs([path])[0]).nbytes
    assert peak < 16 << 20  # both ends are in this process


@pytest.mark.parametrize("remove", [True, False], ids=["gone", "changed"])
def test_a_file_that_goes_under_way_is_skipped(
    receiver: Receiver, tmp_path: Path, remove: bool
) -> None:
    paths = ct_series(tmp_path, 3)
    steps = send(peer_of(receiver), refs(paths), US)
    seen = [next(steps)]
    if remove:
        paths[1].unlink()
    else:
        paths[1].write_bytes(paths[1].read_bytes()[:-40])

    seen += list(steps)

    ends = {step.ref.name: step for step in seen if step.state in ENDS}
    states = [end.state for end in ends.values()]
    assert states == [SendState.SENT, SendState.SKIPPED, SendState.SENT]
    assert ("removed" if remove else "changed") in ends["IM0002.dcm"].what
    assert len(receiver.wait_for("association")) == 1
    assert len(receiver.files()) == 2


def test_a_file_that_is_cut_while_it_is_sent_fails_alone(
    receiver: Receiver, tmp_path: Path
) -> None:
    big = big_file(tmp_path / "big.dcm", 1500)
    small = write_ct(tmp_path / "small.dcm", instance_uid="1.2.3.4")
    steps = send(peer_of(receiver), refs([big, small]), US)
    assert next(steps).state is SendState.SENDING
    os.truncate(big, 1 << 20)

    ends = {step.ref.name: step for step in steps if step.state in ENDS}

    assert ends["big.dcm"].state is SendState.FAILED
    assert ends["big.dcm"].what == "It ends early."
    assert ends["small.dcm"].state is SendState.SENT
    assert [data_set(path) for path in receiver.files()] == [data_set(small)]
