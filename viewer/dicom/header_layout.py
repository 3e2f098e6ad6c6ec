"""Reads the headers of a series several times faster by remembering how they are laid out.

The slices of a series mostly have their elements at the same places with the same lengths; only
the values differ. Once two files of one size were met, the second one's layout is kept as a bit
mask over everything that decides where the walk goes: preamble, tags, value representations,
lengths, the transfer syntax. A later file of that size that is equal under the mask would be
walked exactly alike, so its values are where the layout says. Any other file is walked.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from viewer.dicom.header_keywords import VR_OF_SLOT
from viewer.dicom.header_start import Start
from viewer.dicom.header_walk import (
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    UNDEFINED,
    CutOffError,
    Dialect,
    LostError,
    Walk,
    Window,
    skip_undefined,
)

_MOST_LAYOUTS: Final = 64
_DATA_SET: Final = 132  # behind preamble and DICM; files without are rare enough to be walked
_MEDIA_CLASS, _MEDIA_INSTANCE, _SYNTAX = 0x00020002, 0x00020003, 0x00020010
_ABSENT = (b"", None)


@dataclass(slots=True)
class _Span:
    """One top-level element: offsets of its header and value, length, and its tag as read."""

    head: int
    value: int
    length: int
    key: int
    opened: bool  # of undefined length


@dataclass(slots=True)
class _Layout:
    """Where everything is; `mask` and `expected` are the bytes up to `end` as one number."""

    mask: int
    expected: int
    end: int
    fields: struct.Struct
    pick: itemgetter[Any]
    start: Start
    found: Walk


class Layouts:
    """The layouts met in one scan, by file size. Not for two threads at once."""

    def __init__(self) -> None:
        self._by_size: dict[int, _Layout | None] = {}

    def read(self, data: bytes, size: int) -> tuple[Start, Walk] | None:
        """What walking the file that begins with `data` would find; None when it must be walked."""
        layout = self._by_size.get(size)
        if layout is None:
            return None
        if int.from_bytes(data[: layout.end], "little") & layout.mask != layout.expected:
            return None
        media_class, media_instance, *values = layout.pick(
            layout.fields.unpack_from(data) + _ABSENT
        )
        start, known = layout.start, layout.found
        found = Walk()
        found.values = values
        found.odd_vrs = known.odd_vrs
        found.pixel_offset = known.pixel_offset
        found.pixel_length = known.pixel_length
        found.shared_groups = known.shared_groups
        found.frame_groups = known.frame_groups
        return Start(
            start.position, start.syntax, start.dialect, media_class, media_instance
        ), found

    def learn(self, data: bytes, size: int, start: Start, found: Walk) -> None:
        """Remember a walked file's layout if it is the second one of its size.

        Args:
            data: the beginning of the file.
            start, found: what the walk made of it; not kept unless all of it was in `data`.
        """
        if size not in self._by_size:
            if len(self._by_size) >= 4096:
                self._by_size.clear()
            self._by_size[size] = None
            return
        end = found.pixel_offset
        plain = data[128:132] == b"DICM" and not start.remarks and not found.ended
        if not plain or end is None or end > len(data):
            return
        if sum(layout is not None for layout in self._by_size.values()) >= _MOST_LAYOUTS:
            self._by_size.clear()
        try:
            self._by_size[size] = _layout(data[:end], start, found)
        except (LostError, CutOffError):
            return
        again = self.read(data, size)
        if again is None or again[1].values != found.values:
            self._by_size[size] = None


def _layout(data: bytes, start: Start, found: Walk) -> _Layout:
    """The layout of a file whose header is `data`, up to the value of its pixel data."""
    mask = bytearray(len(data))
    mask[:_DATA_SET] = b"\xff" * _DATA_SET
    places: dict[int, tuple[int, int]] = {}  # slot, or -1 and -2 for the media's UIDs
    for span in _spans(data, EXPLICIT_LITTLE, _DATA_SET, start.position):
        mask[span.head : span.value] = b"\xff" * (span.value - span.head)
        tag = span.key >> 16 | (span.key & 0xFFFF) << 16
        if tag == _SYNTAX:
            mask[span.value : span.value + span.length] = b"\xff" * span.length
        elif tag in (_MEDIA_CLASS, _MEDIA_INSTANCE):
            places[-1 if tag == _MEDIA_CLASS else -2] = (span.value, span.length)
    for span in _spans(data, start.dialect, start.position, len(data)):
        known = span.value + span.length if span.opened else span.value
        mask[span.head : known] = b"\xff" * (known - span.head)
        slot = start.dialect.slots.get(span.key)
        if slot is not None and slot >= 0 and not span.opened:
            places[slot] = (span.value, span.length)
    fields, at = "<", 0
    order: dict[int, int] = {}
    for slot, (value, length) in sorted(places.items(), key=lambda place: place[1]):
        fields += f"{value - at}x{length}s"
        order[slot] = len(order)
        at = value + length
    empty, none = len(order), len(order) + 1
    wanted = [order.get(-1, empty), order.get(-2, empty)]
    wanted += [order.get(slot, none) for slot in range(len(VR_OF_SLOT))]
    number = int.from_bytes(mask, "little")
    expected = int.from_bytes(data, "little") & number
    return _Layout(
        number, expected, len(data), struct.Struct(fields), itemgetter(*wanted), start, found
    )


def _spans(data: bytes, dialect: Dialect, at: int, end: int) -> Iterator[_Span]:
    """The elements between two offsets, found by the same rules as the walk's.

    Raises:
        LostError, CutOffError: the walk had to guess here.
    """
    while at + 8 <= end:
        key = dialect.word.unpack_from(data, at)[0]
        length = dialect.word.unpack_from(data, at + 4)[0]
        value = at + 8
        nested = dialect
        if dialect.explicit:
            _, vr, short_length = dialect.head.unpack_from(data, at)
            if vr in dialect.short:
                length = short_length
            elif vr in dialect.long:
                length, value = dialect.word.unpack_from(data, at + 8)[0], at + 12
                nested = IMPLICIT_LITTLE if vr == dialect.unknown else dialect
            else:
                raise LostError  # what the walk guesses is not worth remembering
        opened = length == UNDEFINED and value < end
        if opened:
            window = Window(lambda offset, count: data[offset : offset + count], len(data))
            length = skip_undefined(window, nested, value) - value
        yield _Span(at, value, length, key, opened)
        at = value + length
