"""Frames are found by table or without, in whole, cut and hostile pixel data (PS3.5 A.4)."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dicom.encapsulated import SEQUENCE_END, encapsulate, even, item
from viewer.dicom.encapsulation import FrameIndex, PixelRegion
from viewer.errors import MalformedError

SOI = b"\xff\xd8\xff\xe0"
EMPTY = ((), ())


class Bytes:
    """Pixel data in memory that counts what is read of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.reads = 0
        self.bytes_read = 0

    def read_at(self, offset: int, count: int) -> bytes:
        part = self.data[offset : offset + count]
        self.reads += 1
        self.bytes_read += len(part)
        return part


def index_of(data: bytes, frames: int, extended=EMPTY) -> tuple[FrameIndex, Bytes]:
    source = Bytes(data)
    return FrameIndex(source.read_at, PixelRegion(0, len(data), frames, extended)), source


def frame_bytes(data: bytes, frames: int, frame: int, extended=EMPTY) -> bytes:
    index, source = index_of(data, frames, extended)
    spans = index.spans(source.read_at, frame)
    return b"".join(data[span.offset : span.end] for span in spans)


def frames_of(count: int, fragments: int = 1, size: int = 30) -> list[list[bytes]]:
    """Frames that begin like JPEG and whose bytes say which they are."""

    def fragment(frame: int, part: int) -> bytes:
        return (b"" if part else SOI) + bytes([frame % 251, part]) * size

    return [[fragment(frame, part) for part in range(fragments)] for frame in range(count)]


def joined(frame: list[bytes]) -> bytes:
    return b"".join(map(even, frame))


@pytest.mark.parametrize("fragments", [1, 3])
@pytest.mark.parametrize("table", [None, b""], ids=["table", "no-table"])
def test_every_frame_is_found(fragments, table):
    frames = frames_of(5, fragments)
    data = encapsulate(frames, table)

    found = [frame_bytes(data, 5, number) for number in range(5)]

    assert found == [joined(frame) for frame in frames]


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(struct.pack("<5I", 0, 7, 8, 9, 10), id="not-at-items"),
        pytest.param(struct.pack("<5I", 272, 204, 136, 68, 0), id="descending"),
        pytest.param(struct.pack("<5I", 0, 0, 0, 0, 0), id="all-zero"),
        pytest.param(struct.pack("<5I", 0, 68, 136, 204, 2**32 - 1), id="beyond"),
        pytest.param(struct.pack("<2I", 0, 68), id="too-short"),
        pytest.param(struct.pack("<9I", *range(9)), id="too-long"),
        pytest.param(b"\0\1\2", id="odd-length"),
    ],
)
def test_a_wrong_table_is_survived_and_told(table):
    frames = frames_of(5)
    data = encapsulate(frames, table)

    index, source = index_of(data, 5)
    found = [index.spans(source.read_at, number) for number in range(5)]

    assert [data[s.offset : s.end] for (s,) in found] == [joined(frame) for frame in frames]
    assert bool(index.note) == (len(table) % 4 == 0)


def test_the_extended_table_is_used_without_a_walk():
    frames = frames_of(1000, size=500)
    bodies = [item(even(frame[0])) for frame in frames]
    offsets, at = [], 0
    for body in bodies:
        offsets.append(at)
        at += len(body)
    data = item(b"") + b"".join(bodies) + SEQUENCE_END
    lengths = tuple(len(frame[0]) for frame in frames)

    index, source = index_of(data, 1000, (tuple(offsets), lengths))
    (span,) = index.spans(source.read_at, 700)

    assert data[span.offset : span.end] == frames[700][0]
    assert source.bytes_read < 200


def test_an_absurd_extended_table_is_ignored():
    frames = frames_of(1)
    data = encapsulate(frames)

    assert frame_bytes(data, 1, 0, ((2**64 - 1,), (2**64 - 1,))) == joined(frames[0])


def test_a_long_clip_with_a_table_is_not_read_through():
    data = encapsulate(frames_of(1000, size=2000), None)

    index, source = index_of(data, 1000)
    index.spans(source.read_at, 500)
    whole = index.whole(source.read_at)

    assert whole == 1000
    assert source.reads < 10
    assert source.bytes_read < 5000 + 200  # the table itself is 4,000


def test_a_walk_steps_over_big_fragments():
    data = encapsulate(frames_of(200, size=5000))

    index, source = index_of(data, 200)
    whole = index.whole(source.read_at)

    assert whole == 200
    assert source.bytes_read < len(data) / 50


@pytest.mark.parametrize("table", [None, b""], ids=["table", "no-table"])
def test_whole_frames_of_a_cut_file_are_there(table):
    data = encapsulate(frames_of(300, size=100), table)
    cut = data[: int(len(data) * 0.7)]

    index, source = index_of(cut, 300)
    whole = index.whole(source.read_at)

    assert 205 <= whole <= 211
    assert index.spans(source.read_at, whole - 1)[-1].end <= len(cut)
    assert not index.note  # the table of a cut file is not to blame
    with pytest.raises(MalformedError, match=f"{whole} of its 300 frames"):
        index.spans(source.read_at, 299)


def test_one_frame_takes_all_fragments():
    data = encapsulate([[b"ab", b"cd", b"ef"]])

    assert frame_bytes(data, 1, 0) == b"abcdef"


def test_a_missing_table_item_loses_no_frame():
    frames = frames_of(3)
    data = b"".join(item(even(frame[0])) for frame in frames) + SEQUENCE_END

    assert [frame_bytes(data, 3, n) for n in range(3)] == [joined(frame) for frame in frames]


def test_a_million_empty_fragments_are_walked_in_bounded_time():
    data = encapsulate([[b""]] * 1_000_000)

    index, source = index_of(data, 1)

    assert index.whole(source.read_at) == 1
    assert source.reads < 1000


@given(st.binary(max_size=400), st.integers(1, 20), st.booleans())
def test_no_bytes_make_it_raise_anything_else(junk, frames, prefixed):
    data = (item(b"") if prefixed else b"") + junk
    try:
        index, source = index_of(data, frames)
        for frame in range(frames):
            index.spans(source.read_at, frame)
    except MalformedError:
        pass


@given(
    st.lists(
        st.lists(st.binary(min_size=1, max_size=90), min_size=1, max_size=3), min_size=1, max_size=8
    ),
    st.booleans(),
)
def test_what_is_written_is_found(payloads, with_table):
    frames = [[SOI + parts[0], *parts[1:]] for parts in payloads]
    data = encapsulate(frames, None if with_table else b"")

    found = [frame_bytes(data, len(frames), number) for number in range(len(frames))]

    # Without a table a fragment that happens to begin like a codestream begins a frame.
    if with_table or not any(part[:2] == b"\xff\xd8" for parts in payloads for part in parts[1:]):
        assert found == [joined(frame) for frame in frames]
