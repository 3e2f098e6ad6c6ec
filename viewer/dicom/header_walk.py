"""Walks over the elements of a data set without building any of them (PS3.5 section 7.1).

The walk looks at each top-level element's tag, value representation and length, keeps the raw
bytes of the wanted ones, and jumps over everything else. It reads the file through a small
window that only moves forwards, so a header of any size costs the bytes that must be seen and no
more. The two loops are written for speed: no call and no new object for an unwanted element.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from viewer.dicom.header_keywords import HEADER_KEYWORDS, SLOT_OF, VR_OF_SLOT
from viewer.errors import MalformedError

FIRST_READ: Final = 8192
NEXT_READ: Final = 65536
MAX_VALUE: Final = 1 << 20
"""Longest value kept, bytes; no wanted attribute is longer in an honest file."""
MAX_HEADER: Final = 8 << 20
"""Most bytes looked at in one file before the walk gives up."""
MAX_DEPTH: Final = 64
UNDEFINED: Final = 0xFFFFFFFF

PIXELS, SHARED_GROUPS, FRAME_GROUPS = -1, -2, -3
_SPECIAL = {
    0x7FE00010: PIXELS,
    0x7FE00008: PIXELS,
    0x7FE00009: PIXELS,
    0x52009229: SHARED_GROUPS,
    0x52009230: FRAME_GROUPS,
}
_SHORT = "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US"
_LONG = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"
VALUE_REPRESENTATIONS: Final = frozenset(vr.encode() for vr in f"{_SHORT} {_LONG}".split())
_ROWS = SLOT_OF["Rows"]
_HEAD = 12  # longest element header: tag, VR, two reserved bytes, 32-bit length
_STOP = -1


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of the encodings of PS3.5 annex A, with the tables for walking it.

    Tags and value representations are the integers that `head` makes of their bytes, so they
    differ between the byte orders; `slots` and the sets are written in the same terms.
    """

    explicit: bool
    little: bool
    head: struct.Struct
    word: struct.Struct
    slots: dict[int, int]
    short: frozenset[int]
    long: frozenset[int]
    expected: tuple[int, ...]
    item: int
    item_end: int
    sequence_end: int
    unknown: int

    def group(self, key: int) -> int:
        """The group number of a tag read with `head`."""
        return key & 0xFFFF if self.little else key >> 16


def _dialect(explicit: bool, little: bool) -> Dialect:
    order = "<" if little else ">"

    def key(tag: int) -> int:
        return (tag & 0xFFFF) << 16 | tag >> 16 if little else tag

    def code(vr: str) -> int:
        return int.from_bytes(vr.encode(), "little" if little else "big")

    wanted = {tag: slot for slot, (tag, _) in enumerate(HEADER_KEYWORDS.values())}
    return Dialect(
        explicit=explicit,
        little=little,
        head=struct.Struct(order + ("IHH" if explicit else "II")),
        word=struct.Struct(order + "I"),
        slots={key(tag): slot for tag, slot in (wanted | _SPECIAL).items()},
        short=frozenset(code(vr) for vr in _SHORT.split()),
        long=frozenset(code(vr) for vr in _LONG.split()),
        expected=tuple(code(vr) for vr in VR_OF_SLOT),
        item=key(0xFFFEE000),
        item_end=key(0xFFFEE00D),
        sequence_end=key(0xFFFEE0DD),
        unknown=code("UN"),
    )


IMPLICIT_LITTLE: Final = _dialect(explicit=False, little=True)
EXPLICIT_LITTLE: Final = _dialect(explicit=True, little=True)
EXPLICIT_BIG: Final = _dialect(explicit=True, little=False)
IMPLICIT_BIG: Final = _dialect(explicit=False, little=False)


class HeaderTooLongError(Exception):
    """More than MAX_HEADER bytes would have to be looked at."""


class CutOffError(Exception):
    """The file ends inside an element."""


class LostError(Exception):
    """What stands at a place is not what the encoding allows there."""


class Window:
    """The part of a file being looked at; moves forwards only.

    `data` holds the bytes from `base` on. At the end of the file a few zero bytes follow, so
    that the longest element header can be unpacked wherever `last` allows one to begin;
    `limit` is where the real bytes end.
    """

    __slots__ = ("_read_at", "_seen", "base", "data", "last", "limit", "size")

    def __init__(
        self, read_at: Callable[[int, int], bytes], size: int, first: bytes | None = None
    ) -> None:
        """`first` is the first FIRST_READ bytes, where they were read already."""
        self._read_at = read_at
        self.size = size
        self._seen = 0
        self._show(0, FIRST_READ, read_at(0, FIRST_READ) if first is None else first)

    def _load(self, position: int, count: int) -> None:
        self._show(position, count, self._read_at(position, count))

    def _show(self, position: int, count: int, data: bytes) -> None:
        limit = len(data)
        self._seen += limit
        if limit < count:
            self.size = position + limit
        self.base = position
        self.limit = limit
        if position + limit >= self.size:
            self.data = data + bytes(_HEAD)
            self.last = limit - 8
        else:
            self.data = data
            self.last = limit - _HEAD

    def reach(self, position: int, need: int = 8) -> bool:
        """Make `need` bytes from `position` visible; False when the file ends before."""
        offset = position - self.base
        if offset <= self.last and offset + need <= self.limit:
            return True
        if position + need > self.size:
            return False
        if self._seen > MAX_HEADER:
            raise HeaderTooLongError
        self._load(position, max(need + _HEAD, NEXT_READ))
        return need <= self.limit

    def peek(self, position: int, count: int) -> bytes:
        """Bytes from anywhere, without moving the window."""
        return self._read_at(position, count)


class Walk:
    """What a walk found. `values` are raw bytes by slot; `odd_vrs` where the file's VR differs."""

    __slots__ = (
        "ended",
        "frame_groups",
        "odd_vrs",
        "pixel_length",
        "pixel_offset",
        "shared_groups",
        "values",
    )

    def __init__(self) -> None:
        self.values: list[bytes | None] = [None] * len(VR_OF_SLOT)
        self.odd_vrs: dict[int, int] | None = None
        self.pixel_offset: int | None = None
        self.pixel_length: int | None = None  # None when encapsulated
        self.ended = False  # the walk saw the end of the file
        self.shared_groups = False
        self.frame_groups = False


def walk(window: Window, dialect: Dialect, position: int, found: Walk) -> None:
    """Fill `found` from the data set that begins at `position`.

    Raises:
        CutOffError, HeaderTooLongError, LostError: `found` then holds what came before.
        MalformedError: sequences nested deeper than MAX_DEPTH.
    """
    step = _walk_explicit if dialect.explicit else _walk_implicit
    while position != _STOP:
        if not window.reach(position):
            found.ended = True
            if position == window.size:
                return
            raise CutOffError
        position = step(window, dialect, position, found)


def _walk_explicit(window: Window, dialect: Dialect, position: int, found: Walk) -> int:
    """Walk to the end of the window; return where to go on, or _STOP."""
    data, base, last, limit = window.data, window.base, window.last, window.limit
    unpack, unpack_word = dialect.head.unpack_from, dialect.word.unpack_from
    short, long, get, expected = dialect.short, dialect.long, dialect.slots.get, dialect.expected
    values = found.values
    at = position - base
    while at <= last:
        key, vr, length = unpack(data, at)
        start = at
        at += 8
        if vr not in short:
            if vr in long:
                length = unpack_word(data, at)[0]
                at += 4
            elif not _is_two_capitals(data, start + 4):
                # Some writers slip into implicit encoding for private elements.
                length = unpack_word(data, start + 4)[0]
            if length == UNDEFINED:
                return _special(window, dialect, key, vr, length, base + at, found)
        slot = get(key)
        if slot is None:
            at += length
        elif slot < 0:
            return _special(window, dialect, key, vr, length, base + at, found)
        else:
            end = at + length
            if end > limit:
                return _long_value(window, base + start, base + end)
            values[slot] = data[at:end]
            if vr != expected[slot]:
                found.odd_vrs = {**(found.odd_vrs or {}), slot: vr}
            at = end
    return base + at


def _walk_implicit(window: Window, dialect: Dialect, position: int, found: Walk) -> int:
    """The same for data sets that leave the value representation out."""
    data, base, last, limit = window.data, window.base, window.last, window.limit
    unpack, get = dialect.head.unpack_from, dialect.slots.get
    values = found.values
    at = position - base
    while at <= last:
        key, length = unpack(data, at)
        start = at
        at += 8
        slot = get(key)
        if length == UNDEFINED or (slot is not None and slot < 0):
            return _special(window, dialect, key, 0, length, base + at, found)
        if slot is None:
            at += length
        else:
            end = at + length
            if end > limit:
                return _long_value(window, base + start, base + end)
            values[slot] = data[at:end]
            at = end
    return base + at


def _is_two_capitals(data: bytes, at: int) -> bool:
    return 65 <= data[at] <= 90 and 65 <= data[at + 1] <= 90


def _long_value(window: Window, start: int, end: int) -> int:
    """A wanted value leaves the window: enlarge it and begin again, or jump over the value."""
    if end > window.size:
        raise CutOffError
    if end - start > MAX_VALUE:
        return end
    if not window.reach(start, end - start):
        raise CutOffError
    return start


def _special(
    window: Window, dialect: Dialect, key: int, vr: int, length: int, value: int, found: Walk
) -> int:
    """Pixel data, functional groups and everything of undefined length; `value` is its offset."""
    slot = dialect.slots.get(key)
    has_rows = found.values[_ROWS] is not None
    if slot == PIXELS:
        found.pixel_offset = value
        found.pixel_length = None if length == UNDEFINED else length
        # With the elements out of order what describes the picture may still follow.
        return _STOP if has_rows or length == UNDEFINED else value + length
    if slot == SHARED_GROUPS:
        found.shared_groups = True
    elif slot == FRAME_GROUPS:
        found.frame_groups = True
    if length != UNDEFINED:
        return value + length
    if dialect.group(key) > 0x0028 and (slot == FRAME_GROUPS or not has_rows):
        return _STOP  # nothing wanted follows, and such sequences can be megabytes long
    nested = IMPLICIT_LITTLE if vr == dialect.unknown else dialect  # PS3.5 6.2.2 note 2
    return skip_undefined(window, nested, value)


def skip_undefined(window: Window, dialect: Dialect, position: int) -> int:
    """Where the sequence or encapsulated value beginning at `position` ends (PS3.5 7.5)."""
    levels = [(dialect, True)]  # (encoding, is a sequence rather than an item)
    first = position
    while levels:
        if len(levels) > 2 * MAX_DEPTH:
            raise MalformedError(
                f"Its sequences are nested more than {MAX_DEPTH} deep.",
                "The file is damaged or made to do harm; ask its sender for it again.",
            )
        if not window.reach(position):
            raise CutOffError
        dialect, in_sequence = levels[-1]
        at = position - window.base
        data = window.data
        key = dialect.word.unpack_from(data, at)[0]
        length = dialect.word.unpack_from(data, at + 4)[0]
        if key == dialect.item:
            position += 8
            if length == UNDEFINED:
                levels.append((dialect, False))
            else:
                position += length
        elif key == dialect.sequence_end:
            position += 8
            while levels and not levels.pop()[1]:
                pass  # items that were never closed end with their sequence
        elif key == dialect.item_end:
            position += 8
            if not in_sequence:
                levels.pop()
        elif in_sequence:
            if position == first:
                raise LostError
            levels.pop()  # only items may stand here: the sequence was never closed
        else:
            position = _skip_nested(dialect, data, at, position, levels)
    return position


def _skip_nested(
    dialect: Dialect, data: bytes, at: int, position: int, levels: list[tuple[Dialect, bool]]
) -> int:
    """Step over one element inside an item, or into it when it has no length."""
    length: int = dialect.word.unpack_from(data, at + 4)[0]
    nested = dialect
    position += 8
    if dialect.explicit and _is_two_capitals(data, at + 4):
        _, vr, length = dialect.head.unpack_from(data, at)
        if vr in dialect.long:
            length = dialect.word.unpack_from(data, at + 8)[0]
            position += 4
            if vr == dialect.unknown:
                nested = IMPLICIT_LITTLE
    if length == UNDEFINED:
        levels.append((nested, True))
        return position
    return position + length
