"""The walker over elements: every encoding, every kind of damage, bounded always."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dicom.hand_made import (
    ITEM_END,
    SEQUENCE_END,
    UNDEFINED,
    element,
    item,
    undefined_sequence,
)
from viewer.dicom.datasets.elements import ITEM, Encoding, MemoryReader, Walker
from viewer.errors import MalformedError

CODE = element(0x00080100, "SH", b"AB")
AFTER = element(0x00100020, "LO", b"ID")
SEQUENCE = 0x0040A730
PLAIN = Encoding()


def walk(data: bytes, encoding: Encoding = PLAIN, **options):
    walker = Walker(MemoryReader(data), 0, len(data), encoding, {SEQUENCE}.__contains__, **options)
    return [(e.tag, e.depth) for e in walker], walker


NESTED = [(SEQUENCE, 0), (ITEM, 1), (0x00080100, 1), (0x00100020, 0)]


@pytest.mark.parametrize(
    "sequence",
    [
        pytest.param(element(SEQUENCE, "SQ", item(CODE)), id="defined"),
        pytest.param(undefined_sequence(SEQUENCE, CODE), id="undefined"),
        pytest.param(
            element(SEQUENCE, "SQ", item(CODE) + SEQUENCE_END, UNDEFINED), id="defined-item"
        ),
        pytest.param(element(SEQUENCE, "SQ", item(CODE, UNDEFINED) + ITEM_END), id="open-item"),
        pytest.param(
            element(SEQUENCE, "SQ", item(CODE, UNDEFINED) + SEQUENCE_END, UNDEFINED),
            id="item-delimiter-missing",
        ),
        pytest.param(
            element(
                SEQUENCE,
                "UN",
                item(element(0x00080100, "SH", b"AB", implicit=True)) + SEQUENCE_END,
                UNDEFINED,
            ),
            id="un-is-implicit-inside",
        ),
        pytest.param(element(SEQUENCE, "SQ", item(CODE, 4000)), id="item-longer-than-sequence"),
    ],
)
def test_sequences_are_walked_into_and_out_of(sequence):
    found, _ = walk(sequence + AFTER)

    assert found == NESTED


@pytest.mark.parametrize(
    ("encoding", "data"),
    [
        (Encoding(), element(0x00280010, "US", b"\x10\0") + AFTER),
        (
            Encoding(implicit=True),
            element(0x00280010, "US", b"\x10\0", implicit=True)
            + element(0x00100020, "LO", b"ID", implicit=True),
        ),
        (
            Encoding(big_endian=True),
            struct.pack(">HH2sHH", 0x28, 0x10, b"US", 2, 16)
            + struct.pack(">HH2sH", 0x10, 0x20, b"LO", 2)
            + b"ID",
        ),
    ],
)
def test_all_encodings(encoding, data):
    found, walker = walk(data, encoding)

    assert found == [(0x00280010, 0), (0x00100020, 0)]
    assert not walker.problem


def test_fragments_are_no_data_sets():
    pixels = element(0x7FE00010, "OB", item() + item(CODE * 3) + SEQUENCE_END, UNDEFINED)

    found, _ = walk(pixels + element(0xFFFCFFFC, "OB", b"\0\0"))

    assert found == [(0x7FE00010, 0), (ITEM, 1), (ITEM, 1), (0xFFFCFFFC, 0)]


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_cut_file_gives_what_is_there(cut):
    data = AFTER + undefined_sequence(SEQUENCE, CODE, CODE)

    found, walker = walk(data[:-cut])

    assert found[0] == (0x00100020, 0)
    assert walker.problem


@pytest.mark.parametrize("delimiter", [ITEM_END, SEQUENCE_END])
def test_stray_delimiters_are_passed_over(delimiter):
    found, _ = walk(CODE + delimiter + AFTER)

    assert found == [(0x00080100, 0), (0x00100020, 0)]


def test_a_sequence_of_rubbish_is_left_at_its_delimiter():
    data = element(SEQUENCE, "SQ", b"\x34\x12\x78\x56rubbish!" + SEQUENCE_END, UNDEFINED) + AFTER

    found, walker = walk(data)

    assert found == [(SEQUENCE, 0), (0x00100020, 0)]
    assert walker.problem


def test_a_later_value_representation_is_read_by_the_long_form():
    data = struct.pack("<HH2sHI", 9, 0x1010, b"XX", 0, 4) + b"abcd" + AFTER

    found, walker = walk(data)

    assert found == [(0x00091010, 0), (0x00100020, 0)]
    assert "does not exist" in walker.problem


def nested(depth: int) -> bytes:
    head = element(SEQUENCE, "SQ", b"", UNDEFINED) + item(b"", UNDEFINED)
    return head * depth + (ITEM_END + SEQUENCE_END) * depth


def test_64_levels_are_walked_and_65_refused():
    found, _ = walk(nested(64))
    assert max(depth for _, depth in found) == 64

    with pytest.raises(MalformedError):
        walk(nested(65))


def test_any_depth_can_be_passed_without_recursion():
    found, _ = walk(nested(20_000) + AFTER, max_depth=None)

    assert found[-1] == (0x00100020, 0)


def test_skipping_leaves_out_what_is_inside():
    data = element(SEQUENCE, "SQ", item(CODE)) + element(SEQUENCE + 1, "SQ") + AFTER
    walker = Walker(MemoryReader(data), 0, len(data), Encoding())

    found = []
    for each in walker:
        found.append(each.tag)
        walker.skip(each)

    assert found == [SEQUENCE, SEQUENCE + 1, 0x00100020]


def test_ends_of_undefined_lengths_are_remembered():
    sequence = undefined_sequence(SEQUENCE, CODE)
    _, walker = walk(sequence + AFTER)

    assert walker.ends[12] == len(sequence)


@given(st.binary(max_size=400), st.booleans(), st.booleans())
def test_no_bytes_raise_or_go_back(data, implicit, big_endian):
    walker = Walker(
        MemoryReader(data), 0, len(data), Encoding(implicit, big_endian), {SEQUENCE}.__contains__
    )
    starts = [(e.start, e.offset, e.end) for e in walker]

    assert starts == sorted(starts, key=lambda place: place[0])
    assert all(start < offset <= len(data) for start, offset, _ in starts)
    assert all(end is None or offset <= end <= len(data) for _, offset, end in starts)


pieces = st.recursive(
    st.sampled_from([CODE, AFTER, ITEM_END, SEQUENCE_END]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: undefined_sequence(SEQUENCE, *parts)),
        st.lists(inner, max_size=3).map(
            lambda parts: element(SEQUENCE, "SQ", b"".join(item(part) for part in parts))
        ),
    ),
    max_leaves=12,
)


@given(st.lists(pieces, max_size=4), st.integers(0, 40), st.integers(0, 255))
def test_nothing_in_a_damaged_structure_raises(parts, at, byte):
    data = bytearray(b"".join(parts))
    if data:
        data[at % len(data)] = byte

    walk(bytes(data), max_depth=None)
