"""A remembered layout gives exactly what the walk gives, or nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data import IMPLICIT_LITTLE, ct_series, write_ct
from tests.dicom.raw import BIG, EXPLICIT, IMPLICIT, Encoding, identity, picture
from tests.dicom.test_header import REF, Bytes, element_lists
from viewer.dicom.header import Header, parse_header
from viewer.dicom.header_layout import Layouts
from viewer.errors import ViewerError


def plain(header: Header) -> tuple[object, ...]:
    """Everything a header holds."""
    return tuple(getattr(header, name) for name in Header.__slots__ if name != "ref")


def outcome(data: bytes, layouts: Layouts | None) -> object:
    try:
        return plain(parse_header(REF, Bytes(data), layouts))
    except ViewerError as error:
        return str(error)


def learnt(data: bytes) -> Layouts:
    layouts = Layouts()
    for _ in range(2):
        outcome(data, layouts)
    return layouts


def is_known(layouts: Layouts, data: bytes) -> bool:
    return layouts.read(data[:8192], len(data)) is not None


@pytest.mark.parametrize("encoding", [EXPLICIT, IMPLICIT, BIG])
def test_the_third_file_of_a_size_needs_no_walk(encoding: Encoding) -> None:
    data = encoding.file(identity(encoding), picture(encoding))

    layouts = learnt(data)

    assert is_known(layouts, data)
    assert outcome(data, layouts) == outcome(data, None)


def test_a_single_file_costs_no_layout() -> None:
    layouts = Layouts()
    data = EXPLICIT.file(identity(), picture())

    outcome(data, layouts)

    assert not is_known(layouts, data)


def test_values_are_the_new_files(tmp_path: Path) -> None:
    paths = ct_series(tmp_path, 9, syntax=IMPLICIT_LITTLE)
    layouts = Layouts()

    headers = [parse_header(REF, Bytes(path.read_bytes()), layouts) for path in paths]

    assert [header.integer("InstanceNumber") for header in headers] == list(range(1, 10))
    assert [header.text("SOPInstanceUID")[-2:] for header in headers[:2]] == [".1", ".2"]


def test_another_transfer_syntax_of_the_same_length_is_walked() -> None:
    one = EXPLICIT.file(identity(), picture())
    other = one.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.2\0")

    assert not is_known(learnt(one), other)
    assert outcome(other, learnt(one)) == outcome(other, None)


def test_files_that_are_told_of_are_walked() -> None:
    bare = identity() + picture()

    assert not is_known(learnt(bare), bare)


def test_sequences_without_length_are_part_of_the_layout() -> None:
    def made(uid: bytes) -> bytes:
        item = EXPLICIT.item(EXPLICIT.element(0x00081155, "UI", uid), closed=False)
        return EXPLICIT.file(
            identity(), EXPLICIT.sequence(0x00081140, item, closed=False), picture()
        )

    layouts = learnt(made(b"1.2.3\0"))

    assert is_known(layouts, made(b"1.2.3\0"))
    assert not is_known(layouts, made(b"1.2.4\0"))


@settings(max_examples=150, deadline=None)
@given(
    elements=element_lists(),
    encoding=st.sampled_from([IMPLICIT, EXPLICIT, BIG]),
    changes=st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=4),
)
def test_whatever_changes_the_result_is_the_walks(
    elements: list[tuple[int, str, bytes]],
    encoding: Encoding,
    changes: list[tuple[int, int]],
) -> None:
    written = [encoding.element(*element) for element in elements]
    nested = encoding.sequence(0x00081115, encoding.item(identity(encoding), False), closed=False)
    data = encoding.file(identity(encoding), nested, *written, picture(encoding))
    layouts = learnt(data)
    other = bytearray(data)
    for at, value in changes:
        other[at % len(other)] = value

    assert outcome(bytes(other), layouts) == outcome(bytes(other), None)


@pytest.mark.shared_data
def test_real_files_read_alike_with_and_without(shared_data: Path) -> None:
    files = [p for p in sorted(shared_data.rglob("*")) if p.is_file() and "png" not in p.parts]
    wrong, known = [], 0
    for path in files:
        data = path.read_bytes()
        layouts = learnt(data)
        known += is_known(layouts, data)
        if outcome(data, layouts) != outcome(data, None):
            wrong.append(path.name)

    assert wrong == []
    assert known > 400


def test_layouts_are_bounded(tmp_path: Path) -> None:
    layouts = Layouts()
    for rows in range(2, 300):
        data = write_ct(tmp_path / "a", rows=rows, columns=2).read_bytes()
        for _ in range(2):
            outcome(data, layouts)

    assert sum(layout is not None for layout in layouts._by_size.values()) <= 64
