"""Opens the tag tree of a file: what is drawn often goes into memory, the rest stays outside."""

from __future__ import annotations

from collections.abc import Generator

from viewer.dicom.container import Container, open_container
from viewer.dicom.dictionary import sequence_tags
from viewer.dicom.elements import PIXEL_TAGS, ByteReader, Walker
from viewer.dicom.file_bytes import FileBytes
from viewer.dicom.source import FileRef, open_source
from viewer.dicom.tags import PAGE, TagDocument, bounded

FIRST_ROWS = 20_000
HELD_BYTES = 32 * 1024 * 1024


class _HeldHead:
    """A file whose first bytes are in memory, so that drawing a row reads no medium."""

    def __init__(self, head: bytes, rest: FileBytes) -> None:
        self._head = head
        self._rest = rest
        self.size = rest.size

    def read_at(self, offset: int, count: int) -> bytes:
        end = min(offset + count, self.size)
        if end <= len(self._head):
            return self._head[offset:end]
        return self._rest.read_at(offset, count)


def load_document(ref: FileRef) -> Generator[TagDocument | None, None, None]:
    """Open a file's tag tree; yields None as progress, then the document with its first rows.

    Raises:
        UnreadableFileError: the file cannot be read.
        NotDicomError: nothing here looks like DICOM.
        MalformedError: its meta group or deflated stream cannot be used.
    """
    with open_source(ref) as source:
        container = open_container(source)
        reader: ByteReader = container.reader
        if not container.deflated:
            rest = FileBytes.of(ref, source)
            reader = _HeldHead(source.read_at(0, _header_bytes(container)), rest)
        document = TagDocument(ref, container, reader)
    while not document.complete and len(document.children) < FIRST_ROWS:
        document.more(PAGE)
        yield None
    yield document


def _header_bytes(container: Container) -> int:
    """How much of the file to hold: up to its pixel data, bounded."""
    reader = container.reader
    walker = Walker(
        reader,
        container.start,
        reader.size,
        container.encoding,
        sequence_tags().__contains__,
        max_depth=None,
    )
    for element in bounded(walker):
        if element.tag in PIXEL_TAGS and element.depth == 0:
            return min(element.offset + 64, HELD_BYTES)
        if element.depth == 0:
            walker.skip(element)
        if element.offset > HELD_BYTES:
            break
    return min(reader.size, HELD_BYTES)


def open_document(ref: FileRef) -> TagDocument:
    """`load_document` at once, for callers without a window."""
    return next(document for document in load_document(ref) if document is not None)
