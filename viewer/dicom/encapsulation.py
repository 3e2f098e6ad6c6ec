"""Where the bytes of one frame lie inside encapsulated pixel data (PS3.5 A.4).

The order of trust is Extended Offset Table, Basic Offset Table, the items themselves. A table
is only believed for a frame if it leads to item tags there; else all items are walked once.
"""

from __future__ import annotations

import itertools
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.dicom.codec_headers import sniff
from viewer.errors import MalformedError

if TYPE_CHECKING:
    from viewer.dicom.dataset import DicomFile

ReadAt = Callable[[int, int], bytes]

_ITEM = b"\xfe\xff\x00\xe0"
_SEQUENCE_END = b"\xfe\xff\xdd\xe0"
_STEP_BYTES = 1 << 16  # read at once while fragments are small
_PEEK_BYTES = 8 + 64  # item header and enough of its value to recognise a codestream
_MOST_FRAGMENTS = 4_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes of the file: where a fragment's value starts, how long it is."""

    offset: int
    length: int

    @property
    def end(self) -> int:
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class PixelRegion:
    """Where the encapsulated value lies: from its first item to the end that can be read.

    Attributes:
        start: offset of the Basic Offset Table's item.
        end: first byte that is not pixel data any more, or not there any more.
        frames: Number of Frames of the data set.
        extended: the Extended Offset Table (7FE0,0001) and its Lengths (7FE0,0002), or empty.
    """

    start: int
    end: int
    frames: int
    extended: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())


class FrameIndex:
    """Finds frames; reads no more of the file than it needs. Not thread-safe.

    Attributes:
        note: a sentence when the file's own table was wrong, else empty.
    """

    def __init__(self, read_at: ReadAt, region: PixelRegion) -> None:
        self.note = ""
        self._region = region
        self._frames: _Frames | None = None
        self._first_item, basic = _basic_table(read_at, region)
        self._table, self._lengths = self._checked(region.extended[0]), region.extended[1]
        if not self._table or len(self._lengths) != len(self._table):
            self._table, self._lengths = self._checked(basic), ()
        self._distrusted = not self._table and bool(basic or region.extended[0])

    def whole(self, read_at: ReadAt) -> int:
        """How many whole frames there are; fewer than Number of Frames in a cut file."""
        if self._table and self._from_table(read_at, len(self._table) - 1):
            return len(self._table)
        return self._walked(read_at).whole

    def spans(self, read_at: ReadAt, frame: int) -> tuple[Span, ...]:
        """The fragments of a frame, counted from 0; the last may end beyond the file.

        Raises:
            MalformedError: the file does not have that frame.
        """
        found = self._from_table(read_at, frame) or self._walked(read_at).spans(frame)
        if not found:
            raise MalformedError(
                f"Frame {frame + 1} is missing: the file holds {self.whole(read_at)} of its "
                f"{self._region.frames} frames.",
                "The copy was probably interrupted; copy the file again.",
            )
        return found

    def _checked(self, table: tuple[int, ...]) -> tuple[int, ...]:
        """The table if it can be right: one entry for each frame, from 0, ascending, inside."""
        room = self._region.end - self._first_item
        if len(table) != self._region.frames or not table or table[0] != 0 or table[-1] >= room:
            return ()
        if any(a >= b for a, b in itertools.pairwise(table)):
            return ()
        return table

    def _from_table(self, read_at: ReadAt, frame: int) -> tuple[Span, ...]:
        """The items between two entries; empty when the table does not lead to items."""
        if not 0 <= frame < len(self._table):
            return ()
        at = self._first_item + self._table[frame]
        last = frame + 1 == len(self._table)
        end = self._region.end if last else self._first_item + self._table[frame + 1]
        spans = _items_between(read_at, at, end, last)
        if spans and self._lengths:
            length = self._lengths[frame]  # of the frame without its padding byte
            if len(spans) != 1 or not length <= spans[0].length <= length + 1:
                spans = ()
            else:
                spans = (Span(spans[0].offset, length),)
        if not spans:
            self._table, self._distrusted = (), True
        return spans

    def _walked(self, read_at: ReadAt) -> _Frames:
        """All items, walked once."""
        if self._frames is None:
            items = _walk(read_at, self._first_item, self._region.end)
            self._frames = _group(items, self._region)
            if self._distrusted and self._frames.whole == self._region.frames:
                # In a cut file the table points beyond its end and is not to blame.
                self.note = "The table of frame offsets is wrong; frames were found without it."
        return self._frames


def extended_table(file: DicomFile) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Extended Offset Table and its Lengths (PS3.3 C.7.6.3.1.8), empty where absent or odd."""
    tables = []
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        raw = file.value(keyword, b"")
        if not isinstance(raw, bytes) or len(raw) % 8:
            return (), ()
        tables.append(tuple(array("Q", raw)))
    return tables[0], tables[1]


def _basic_table(read_at: ReadAt, region: PixelRegion) -> tuple[int, tuple[int, ...]]:
    """(offset of the first fragment's item, entries of the Basic Offset Table)."""
    header = read_at(region.start, 8)
    if len(header) < 8 or header[:4] != _ITEM:
        raise MalformedError(
            "The compressed pixel data holds no frames.", "Ask the sender for a new copy."
        )
    length = int.from_bytes(header[4:], "little")
    after = region.start + 8 + length
    if after > region.end or sniff(read_at(region.start + 8, 64)):
        return region.start, ()  # the table's item was left out: this is the first frame
    if length % 4:
        return after, ()
    return after, tuple(array("I", read_at(region.start + 8, min(length, 4 * region.frames))))


def _items_between(read_at: ReadAt, at: int, end: int, last: bool) -> tuple[Span, ...]:
    """The items that fill `at` to `end` exactly; after the last frame comes a delimiter."""
    spans: list[Span] = []
    while at + 8 <= end:
        header = read_at(at, 8)
        if last and spans and header[:4] == _SEQUENCE_END:
            break
        span = Span(at + 8, int.from_bytes(header[4:], "little"))
        if header[:4] != _ITEM or span.end > end or len(spans) >= _MOST_FRAGMENTS:
            return ()
        spans.append(span)
        at = span.end
    return tuple(spans)


@dataclass(frozen=True, slots=True)
class _Items:
    """All fragments of the pixel data, in file order."""

    offsets: array[int]
    lengths: array[int]
    starts: array[int]  # indices of fragments whose value begins like a codestream
    end: int

    def span(self, index: int) -> Span:
        return Span(self.offsets[index], self.lengths[index])

    def is_whole(self, index: int) -> bool:
        return self.offsets[index] + self.lengths[index] <= self.end


@dataclass(frozen=True, slots=True)
class _Frames:
    """Items grouped into frames: the index of each frame's first item, and one past the last."""

    items: _Items
    firsts: array[int] | range
    whole: int

    def spans(self, frame: int) -> tuple[Span, ...]:
        if not 0 <= frame < len(self.firsts) - 1:
            return ()
        return tuple(map(self.items.span, range(self.firsts[frame], self.firsts[frame + 1])))


def _walk(read_at: ReadAt, start: int, end: int) -> _Items:
    """All item headers from `start`: in big steps over big fragments, one read for small ones."""
    items = _Items(array("Q"), array("Q"), array("Q"), end)
    at, window, window_at, family = start, b"", start, ""
    while at + 8 <= end:
        begin = at - window_at
        if begin + _PEEK_BYTES > len(window) and window_at + len(window) < end:
            small = bool(items.lengths) and items.lengths[-1] < _STEP_BYTES // 16
            window, window_at, begin = read_at(at, _STEP_BYTES if small else _PEEK_BYTES), at, 0
        if window[begin : begin + 4] != _ITEM or len(items.offsets) >= _MOST_FRAGMENTS:
            break
        length = int.from_bytes(window[begin + 4 : begin + 8], "little")
        kind = sniff(window[begin + 8 : begin + 72]) if length else ""
        family = family or kind
        if kind and kind == family:
            items.starts.append(len(items.offsets))
        items.offsets.append(at + 8)
        items.lengths.append(length)
        at += 8 + length
    return items


def _group(items: _Items, region: PixelRegion) -> _Frames:
    """Which items make which frame, without a table to say so."""
    count = len(items.offsets)
    if region.frames == 1:
        firsts: array[int] | range = array("Q", (0, count) if count else ())
    elif count == region.frames or not items.starts:
        firsts = range(count + 1)  # fragment by fragment
    else:
        # More items than frames: a frame begins where a codestream does. Fewer: the file is cut.
        firsts = array("Q", [*items.starts, count])
    whole = max(0, len(firsts) - 1)
    if whole and count and not items.is_whole(count - 1):
        whole -= 1
    return _Frames(items, firsts, min(whole, region.frames))
