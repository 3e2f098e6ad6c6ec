"""The tag tree: every element of one file as nodes that list their children on demand.

Independent of `dataset.open_file`: a file too damaged or too deep to be shown can still be looked
into. Nothing is kept but places; values are decoded when a row is drawn. A million elements come
in pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from viewer.dicom.container import Container
from viewer.dicom.dictionary import (
    creator_tag,
    definite_vr,
    is_creator,
    keyword_of,
    sequence_tags,
    tag_text,
    vr_of,
)
from viewer.dicom.elements import (
    ITEM,
    MAX_DEPTH,
    PIXEL_TAGS,
    ByteReader,
    Element,
    Encoding,
    MemoryReader,
    Walker,
)
from viewer.dicom.source import FileRef
from viewer.dicom.values import texts_of
from viewer.errors import MalformedError

PAGE = 1000
MAX_ROWS = 100_000  # listed under one node
_CHARACTER_SET = 0x00080005
_PIXEL_REPRESENTATION = 0x00280103
_PER_FRAME_GROUPS = 0x52009230


@dataclass(slots=True)
class Scope:
    """What the elements of one data set share; grows while they are listed in order."""

    charsets: tuple[str, ...] = ()
    signed: bool = False
    creators: dict[int, str] = field(default_factory=dict)

    def inner(self) -> Scope:
        """For an item: it inherits all but the private blocks (PS3.5 7.5.3, 7.8)."""
        return Scope(self.charsets, self.signed)

    def take(self, element: Element, read: Callable[[int, int], bytes]) -> None:
        """Note what an element says about those that follow."""
        tag = element.tag
        if tag not in (_CHARACTER_SET, _PIXEL_REPRESENTATION) and not is_creator(tag):
            return
        raw = read(element.offset, min((element.end or element.offset) - element.offset, 1024))
        if tag == _PIXEL_REPRESENTATION:
            self.signed = b"\x01" in raw
        elif tag == _CHARACTER_SET:
            self.charsets = tuple(texts_of(raw, "CS", ()) or ())
        else:
            self.creators[tag] = (texts_of(raw, "LO", self.charsets) or [""])[0]


@dataclass(slots=True, eq=False)
class TagNode:
    """One row: an element, an item, a fragment, or a remark about what is not listed.

    Attributes:
        document: the file it belongs to.
        parent: the node it is listed under, None at the top.
        row: its place there.
        element: where it lies; None for a remark.
        end: offset behind the value, as far as the file goes.
        scope: character set and private creators in force.
        remark: the words of a remark row.
        children: those listed so far.
        complete: whether `children` are all.
    """

    document: TagDocument
    parent: TagNode | None
    row: int
    element: Element | None
    end: int
    scope: Scope
    remark: str = ""
    children: list[TagNode] = field(default_factory=list)
    complete: bool = False
    _listing: Iterator[TagNode] | None = None

    @property
    def tag(self) -> int:
        return self.element.tag if self.element is not None else 0

    @property
    def creator(self) -> str:
        """The private creator of its block, or empty."""
        block = creator_tag(self.tag)
        return self.scope.creators.get(block, "") if block is not None else ""

    @property
    def vr(self) -> str:
        """The VR its value is read by; empty for items and remarks."""
        element = self.element
        if element is None or element.tag == ITEM:
            return ""
        if element.length is None and not element.is_encapsulated and not self.is_pixels:
            return "SQ"
        vr = vr_of(element.tag, element.vr, element.length, self.creator)
        return definite_vr(element.tag, vr, self.scope.signed)

    @property
    def length(self) -> int | None:
        """As written; None when undefined (or for a remark)."""
        return self.element.length if self.element is not None else None

    @property
    def size(self) -> int:
        """Bytes of the value that are really there."""
        return max(self.end - self.element.offset, 0) if self.element is not None else 0

    @property
    def is_item(self) -> bool:
        return self.tag == ITEM

    @property
    def is_pixels(self) -> bool:
        return self.tag in PIXEL_TAGS

    @property
    def is_fragments(self) -> bool:
        """Whether the value is a row of fragments (PS3.5 A.4)."""
        return self.element is not None and self.element.length is None and not self.is_sequence

    @property
    def is_sequence(self) -> bool:
        return self.vr == "SQ"

    @property
    def has_children(self) -> bool:
        """Whether it can be expanded; it may then turn out to be empty."""
        if self.is_item:
            in_sequence = self.parent is None or not self.parent.is_fragments
            return in_sequence and self.size > 0
        return self.size > 0 and (self.is_sequence or self.is_fragments)

    def read(self, start: int = 0, count: int | None = None) -> bytes:
        """Bytes of the value from `start`.

        Raises:
            UnreadableFileError: the file is gone or changed.
        """
        if self.element is None:
            return b""
        count = self.size - start if count is None else min(count, self.size - start)
        return self.document.read_at(self.element.offset + start, max(count, 0))

    def detached(self) -> TagNode:
        """The same row with children of its own, to be listed on another thread."""
        return TagNode(
            self.document,
            self.parent,
            self.row,
            self.element,
            self.end,
            self.scope,
            self.remark,
            complete=self.element is None,
        )

    def fetch(self, count: int = PAGE) -> list[TagNode]:
        """Find the next children without adding them; fewer than `count` are the last."""
        if self._listing is None:
            self._listing = self._list()
        new = list(islice(self._listing, count))
        self.complete = len(new) < count
        return new

    def more(self, count: int = PAGE) -> list[TagNode]:
        """As `fetch`, and add them to `children`."""
        new = self.fetch(count)
        self.children += new
        return new

    def _list(self) -> Iterator[TagNode]:
        if not self.has_children or self.element is None:
            return
        if self.element.depth >= MAX_DEPTH and self.is_sequence:
            text = f"Nested more than {MAX_DEPTH} deep: not listed"
            yield TagNode(self.document, self, 0, None, 0, self.scope, text, complete=True)
            return
        yield from self.document.rows(self)


class TagDocument:
    """The tag tree of one file. Holds its header in memory and no file handle."""

    def __init__(self, ref: FileRef, container: Container, reader: ByteReader) -> None:
        self.ref = ref
        self.container = container
        self.size = reader.size
        self.children: list[TagNode] = []
        self.complete = False
        self.problem = ""
        self._reader = reader
        self._ends: dict[int, int] = {}
        self._frame_groups: TagNode | None = None  # for `frame_row` alone
        self._meta: TagDocument | None = None
        if container.deflated and container.meta:  # the meta group lies in the file itself
            end = container.meta[-1].end or 0
            data = MemoryReader(container.meta_reader.read_at(0, end))
            self._meta = TagDocument(ref, replace(container, deflated=False), data)
        self._listing = self._list_top()

    def read_at(self, offset: int, count: int) -> bytes:
        """Bytes of the data set (inflated where it was deflated).

        Raises:
            UnreadableFileError: the file is gone or changed.
        """
        return self._reader.read_at(offset, count)

    def fetch(self, count: int = PAGE) -> list[TagNode]:
        """Find the next top rows without adding them; fewer than `count` are the last."""
        new = list(islice(self._listing, count))
        self.complete = len(new) < count
        return new

    def more(self, count: int = PAGE) -> list[TagNode]:
        """As `fetch`, and add them to `children`."""
        new = self.fetch(count)
        self.children += new
        return new

    def frame_row(self, frame: int) -> TagNode | None:
        """A row of its own for the item that describes one frame (from 0), if there is one."""
        if self._frame_groups is None:
            shown = next((node for node in self.children if node.tag == _PER_FRAME_GROUPS), None)
            if shown is None:
                return None
            self._frame_groups = shown.detached()
        items = self._frame_groups
        while len(items.children) <= frame and not items.complete:
            items.more()
        return items.children[frame].detached() if frame < len(items.children) else None

    def _list_top(self) -> Iterator[TagNode]:
        container = self.container
        rows = 0
        scope = Scope()
        meta = self._meta or self
        for element in container.meta:
            yield TagNode(meta, None, rows, element, element.end or element.offset, scope)
            rows += 1
        walker = self._walker(container.start, self.size, container.encoding, 0)
        yield from self._elements(walker, None, Scope(), rows)
        self.problem = walker.problem

    def rows(self, node: TagNode) -> Iterator[TagNode]:
        """The rows under a sequence, an item or a fragmented value."""
        element = node.element
        if element is None:
            return
        encoding = element.encoding
        if element.vr == "UN":  # PS3.5 6.2.2: implicit VR little endian inside
            encoding = Encoding(implicit=True)
        if node.is_item:
            walker = self._walker(element.offset, node.end, encoding, element.depth)
            yield from self._elements(walker, node, node.scope.inner(), 0)
            return
        walker = Walker.inside_sequence(
            self._reader,
            element.offset,
            node.end,
            encoding,
            sequence_tags().__contains__,
            element.depth + 1,
            "fragments" if node.is_fragments else "sequence",
            max_depth=None,
        )
        walker.ends = self._ends
        yield from self._items(walker, node, element.depth + 1)

    def _walker(self, start: int, end: int, encoding: Encoding, depth: int) -> Walker:
        walker = Walker(
            self._reader,
            start,
            end,
            encoding,
            sequence_tags().__contains__,
            depth,
            max_depth=None,
        )
        walker.ends = self._ends
        return walker

    def _elements(
        self, walker: Walker, parent: TagNode | None, scope: Scope, row: int
    ) -> Iterator[TagNode]:
        depth = walker.depth
        waiting: TagNode | None = None
        for element in bounded(walker):
            if element.depth != depth or element.tag == ITEM:
                continue
            if waiting is not None:
                waiting.end = self._ends.get(waiting.end, element.start)
                yield waiting
                waiting = None
            if row >= MAX_ROWS:
                text = f"More than {MAX_ROWS:,} elements: the rest is not listed"
                yield TagNode(self, parent, row, None, 0, scope, text, complete=True)
                return
            scope.take(element, walker.read)
            walker.skip(element)
            end = element.end if element.end is not None else element.offset
            node = TagNode(self, parent, row, element, end, scope)
            row += 1
            if element.end is None:
                waiting = node  # it ends where the next one starts
            else:
                yield node
        if waiting is not None:
            waiting.end = self._ends.get(waiting.end, walker.position)
            yield waiting

    def _items(self, walker: Walker, parent: TagNode, depth: int) -> Iterator[TagNode]:
        row = 0
        waiting: TagNode | None = None
        for element in bounded(walker):
            if element.tag != ITEM or element.depth != depth:
                continue
            if waiting is not None:
                waiting.end = self._ends.get(waiting.end, element.start)
                yield waiting
                waiting = None
            if row >= MAX_ROWS:
                text = f"More than {MAX_ROWS:,} items: the rest is not listed"
                yield TagNode(self, parent, row, None, 0, parent.scope, text, complete=True)
                return
            walker.skip(element)
            end = element.end if element.end is not None else element.offset
            node = TagNode(self, parent, row, element, end, parent.scope)
            row += 1
            if element.end is None:
                waiting = node
            else:
                yield node
        if waiting is not None:
            waiting.end = self._ends.get(waiting.end, walker.position)
            yield waiting


def bounded(walker: Walker) -> Iterator[Element]:
    """The walk, ended quietly where there is too much of it."""
    try:
        yield from walker
    except MalformedError as error:
        walker.problem = str(error)


def steps_of(node: TagNode) -> tuple[str, ...]:
    """The way from the top to a row: keywords (or tags) and item numbers from 0."""
    steps: list[str] = []
    current: TagNode | None = node
    while current is not None:
        if current.is_item:
            steps.append(f"[{current.row}]")
        elif current.element is not None:
            steps.append(keyword_of(current.tag) or tag_text(current.tag))
        current = current.parent
    return tuple(reversed(steps))


def path_of(node: TagNode) -> str:
    """The path of a row: `RequestAttributesSequence[0].StudyID`."""
    return ".".join(steps_of(node)).replace(".[", "[")
