"""Walks the elements of an encoded data set without recursion and without trusting a length.

Nothing here knows values, charsets or pydicom: only where each element lies (PS3.5 section 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple, Protocol

from viewer.errors import MalformedError

MAX_DEPTH = 64  # sequences inside each other; as DCMTK since 2026
MAX_ELEMENTS = 3_000_000

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_UNDEFINED = 0xFFFFFFFF
_BLOCK = 64 * 1024
_SEARCH = 1024 * 1024
_SEQUENCE_END_MARKS = (b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\xdd\0\0\0\0")
MAX_REMEMBERED = 500_000

# PS3.5 table 7.1-1: these have two reserved bytes and a four-byte length.
_LONG_VRS = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"
_SHORT_VRS = "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US"
KNOWN_VRS = frozenset(f"{_LONG_VRS} {_SHORT_VRS}".split())
_LENGTHS = {vr.encode(): (vr, vr in _LONG_VRS) for vr in KNOWN_VRS}
_FULL_HEADER = 12
_EXPLICIT = {False: Struct("<HH2sH").unpack_from, True: Struct(">HH2sH").unpack_from}
_IMPLICIT = {False: Struct("<HHI").unpack_from, True: Struct(">HHI").unpack_from}
_LONG = {False: Struct("<I").unpack_from, True: Struct(">I").unpack_from}


class ByteReader(Protocol):
    """What the walker reads from: a source, or bytes already in memory."""

    @property
    def size(self) -> int: ...

    def read_at(self, offset: int, count: int) -> bytes:
        """At most `count` bytes; fewer only at the end."""


@dataclass(frozen=True, slots=True)
class MemoryReader:
    """Bytes in memory, read like a file; `base` is the offset of their first byte."""

    data: bytes
    base: int = 0

    @property
    def size(self) -> int:
        return self.base + len(self.data)

    def read_at(self, offset: int, count: int) -> bytes:
        start = max(offset - self.base, 0)
        return self.data[start : start + max(count, 0)]


class Encoding(NamedTuple):
    """How elements are written: value representations left out, byte order."""

    implicit: bool = False
    big_endian: bool = False


class Element(NamedTuple):
    """One element or item, located.

    Attributes:
        tag: group << 16 | element; `ITEM` for items and fragments.
        start: first byte of the element itself.
        vr: as written, "" where the file does not say.
        offset: first byte of the value.
        length: as written, or None when undefined.
        end: offset behind the value where that is known without reading on: the length clamped
            to what encloses it, or None when undefined.
        depth: number of sequences around it.
        encoding: how what is inside is written.
    """

    tag: int
    start: int
    vr: str
    offset: int
    length: int | None
    end: int | None
    depth: int
    encoding: Encoding

    @property
    def is_encapsulated(self) -> bool:
        """Whether the value is a row of fragments rather than data sets (PS3.5 A.4)."""
        return self.length is None and self.vr in ("OB", "OW", "OV", "OL", "OF", "OD")


class _Level(NamedTuple):
    kind: str  # "data set" | "sequence" | "fragments"
    start: int
    end: int  # where it must be over
    defined: bool
    encoding: Encoding


_NO_SEQUENCES: frozenset[int] = frozenset()


class Walker:
    """Iterates over elements and items in file order, at every depth.

    After the iteration `problem` is a sentence about what made no sense, or empty, and `ends`
    says where what has undefined length is over: offset of the value -> offset behind it.

    Args:
        reader: where the bytes are.
        start: offset of the first element.
        end: where the data set must be over.
        encoding: how it is written; single elements that plainly differ are read as they are.
        is_sequence: tells by tag whether an element without VR is a sequence.
        depth: sequences already around `start`.
        max_depth: deeper nesting raises `MalformedError`; None follows any depth.
    """

    def __init__(
        self,
        reader: ByteReader,
        start: int,
        end: int,
        encoding: Encoding,
        is_sequence: Callable[[int], bool] = _NO_SEQUENCES.__contains__,
        depth: int = 0,
        max_depth: int | None = MAX_DEPTH,
    ) -> None:
        self.problem = ""
        self.position = start
        self.ends: dict[int, int] = {}
        self._reader = reader
        self._is_sequence = is_sequence
        self.depth = depth
        self._max_depth = max_depth
        self._levels = [_Level("data set", start, min(end, reader.size), True, encoding)]
        self._block = b""
        self._block_start = 0
        self._entered = False  # whether the element just yielded opened a level

    @classmethod
    def inside_sequence(
        cls,
        reader: ByteReader,
        start: int,
        end: int,
        encoding: Encoding,
        is_sequence: Callable[[int], bool],
        depth: int,
        kind: str = "sequence",
        max_depth: int | None = MAX_DEPTH,
    ) -> Walker:
        """Begin at the first item of a sequence that is itself `depth` - 1 deep."""
        walker = cls(reader, start, end, encoding, is_sequence, depth - 1, max_depth)
        walker._levels.append(_Level(kind, start, walker._levels[0].end, True, encoding))
        return walker

    def __iter__(self) -> Iterator[Element]:
        for _ in range(MAX_ELEMENTS):
            element = self._next()
            if element is None:
                return
            yield element
        raise MalformedError(
            f"This file holds more than {MAX_ELEMENTS:,} elements.",
            "It may be damaged; ask the sender for a new copy.",
        )

    def skip(self, element: Element) -> None:
        """Leave out what is inside the element just yielded, where its end is known."""
        end = element.end
        if self._entered:
            end = self.ends.get(element.offset) if end is None else end
            if end is not None:
                self._levels.pop()
                self._entered = False
                self.position = end

    def read(self, offset: int, count: int) -> bytes:
        """Bytes of the file, from the block in memory when they are there."""
        at = offset - self._block_start
        if at >= 0 and at + count <= len(self._block):
            return self._block[at : at + count]
        return self._reader.read_at(offset, count)

    def _next(self) -> Element | None:
        """The next element or item, after closing what is over."""
        while True:
            level = self._levels[-1]
            if self.position >= level.end:
                if not level.defined:
                    self._note("A sequence or item has no end mark.")
                if len(self._levels) == 1:
                    return None
                self._leave(len(self._levels) - 1)
                continue
            header = self._header(level)
            if header is None:
                self.position = level.end
                continue
            tag, vr, length, offset = header
            if tag in (ITEM, ITEM_END, SEQUENCE_END) or level.kind != "data set":
                item = self._structure(level, tag, length, offset)
                if item is not None:
                    return item
                continue
            return self._element(level, tag, vr, length, offset)

    def _header(self, level: _Level) -> tuple[int, str, int, int] | None:
        """(tag, vr, length, value offset) at the position; None where it is cut off."""
        at = self.position - self._block_start
        if not 0 <= at <= len(self._block) - _FULL_HEADER:
            self._fill()
            at = 0
        room = min(level.end - self.position, len(self._block) - at)
        if room < 8:
            self._note("The file ends inside an element.")
            return None
        big_endian = level.encoding.big_endian
        group, number, vr_bytes, short = _EXPLICIT[big_endian](self._block, at)
        tag = group << 16 | number
        if level.encoding.implicit or group == 0xFFFE:
            return tag, "", _IMPLICIT[big_endian](self._block, at)[2], self.position + 8
        known = _LENGTHS.get(vr_bytes)
        if known is None:
            return self._odd_header(tag, vr_bytes, short, at, room, big_endian)
        vr, is_long = known
        if not is_long:
            return tag, vr, short, self.position + 8
        if room < _FULL_HEADER:
            self._note("The file ends inside an element.")
            return None
        return tag, vr, _LONG[big_endian](self._block, at + 8)[0], self.position + _FULL_HEADER

    def _odd_header(
        self, tag: int, vr_bytes: bytes, short: int, at: int, room: int, big_endian: bool
    ) -> tuple[int, str, int, int]:
        """Not a VR of today: a later one (long form, PS3.5 6.2), or none was written at all."""
        if not (vr_bytes.isalpha() and vr_bytes.isupper()):
            return tag, "", _IMPLICIT[big_endian](self._block, at)[2], self.position + 8
        self._note("An element has a value representation that does not exist.")
        if short == 0 and room >= _FULL_HEADER:
            length = _LONG[big_endian](self._block, at + 8)[0]
            return tag, "UN", length, self.position + _FULL_HEADER
        return tag, "UN", short, self.position + 8

    def _structure(self, level: _Level, tag: int, length: int, offset: int) -> Element | None:
        """An item, a delimiter, or something where only these may be."""
        if tag == ITEM and level.kind != "data set":
            return self._item(level, length, offset)
        if tag == ITEM and len(self._levels) > 1 and not level.defined:
            self._leave(len(self._levels) - 1)  # no item delimiter: read the item again one up
            return None
        if tag == ITEM_END and level.kind == "data set":
            self.position = offset
            if len(self._levels) > 1 and not level.defined:
                self._leave(len(self._levels) - 1)
            return None
        if tag == SEQUENCE_END:
            self._close_sequence(offset)
            return None
        if level.kind == "data set":  # an item where none can be
            self._note("An item stands outside a sequence.")
            self.position = offset
            return None
        self._note("A sequence holds something that is not an item.")
        self.position = level.end if level.defined else self._find_end(level)
        self._leave(len(self._levels) - 1)
        return None

    def _find_end(self, level: _Level) -> int:
        """Behind the next sequence delimiter, or where the sequence must be over."""
        mark = _SEQUENCE_END_MARKS[level.encoding.big_endian]
        position, overlap = self.position, len(mark) - 1
        while position < level.end:
            block = self._reader.read_at(position, min(_SEARCH, level.end - position))
            found = block.find(mark)
            if found >= 0:
                return position + found + len(mark)
            if len(block) <= overlap:
                break
            position += len(block) - overlap
        return level.end

    def _leave(self, index: int) -> None:
        """Close the levels from `index` inwards; remember where the undefined ones end."""
        for level in self._levels[index:]:
            if not level.defined and len(self.ends) < MAX_REMEMBERED:
                self.ends[level.start] = self.position
        del self._levels[index:]

    def _close_sequence(self, offset: int) -> None:
        """End the innermost sequence of undefined length, wherever its delimiter stands."""
        self.position = offset
        for index in range(len(self._levels) - 1, 0, -1):
            level = self._levels[index]
            if level.defined:
                return  # a stray delimiter inside something of defined length
            if level.kind != "data set":
                self._leave(index)
                return

    def _item(self, level: _Level, length: int, offset: int) -> Element:
        defined = length != _UNDEFINED
        end = min(offset + length, level.end) if defined else level.end
        if defined and end != offset + length:
            self._note("An item is longer than what holds it.")
        start, self.position = self.position, offset
        self._entered = level.kind != "fragments"
        if self._entered:
            self._levels.append(_Level("data set", offset, end, defined, level.encoding))
        else:
            self.position = end
        depth = self.depth + len(self._levels) // 2
        known = end if defined else None
        written = length if defined else None
        return Element(ITEM, start, "", offset, written, known, depth, level.encoding)

    def _element(self, level: _Level, tag: int, vr: str, length: int, offset: int) -> Element:
        defined = length != _UNDEFINED
        end = min(offset + length, level.end) if defined else level.end
        if defined and end != offset + length:
            self._note("An element is longer than what holds it, or the file is cut off.")
        depth = self.depth + (len(self._levels) - 1) // 2
        encoding = level.encoding
        if vr == "UN" and not defined:  # PS3.5 6.2.2 note 4: implicit VR little endian inside
            encoding = Encoding(implicit=True)
        if not vr and not encoding.implicit:
            encoding = Encoding(implicit=True, big_endian=encoding.big_endian)
        written, known = (length, end) if defined else (None, None)
        element = Element(tag, self.position, vr, offset, written, known, depth, encoding)
        self._enter(element, end, defined)
        return element

    def _enter(self, element: Element, end: int, defined: bool) -> None:
        self.position = element.offset
        kind = ""
        if element.tag in PIXEL_TAGS or element.is_encapsulated:
            kind = "" if defined else "fragments"
        elif (
            not defined or element.vr == "SQ" or (not element.vr and self._is_sequence(element.tag))
        ):
            kind = "sequence"
        self._entered = kind != ""
        if not kind:
            self.position = end
            return
        if kind == "sequence" and self._max_depth is not None and element.depth >= self._max_depth:
            raise MalformedError(
                f"Sequences lie more than {self._max_depth} deep inside each other.",
                "The file is damaged or hostile; it is not opened.",
            )
        self._levels.append(_Level(kind, element.offset, end, defined, element.encoding))

    def _fill(self) -> None:
        self._block_start = self.position
        self._block = self._reader.read_at(self.position, _BLOCK)

    def _note(self, problem: str) -> None:
        self.problem = self.problem or problem
