"""Opens one file: its data set without pixel data, and where the pixel data lies.

The only place where pydicom meets a user's file. Everything it could raise, now or when a value
is looked at later, ends here as an error of ours or as a Problem.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydicom import Dataset  # by way of the package: see viewer/dicom/__init__.py

from viewer.dicom.datasets.charset import character_sets
from viewer.dicom.datasets.container import Container, open_container
from viewer.dicom.datasets.dictionary import described, sequence_tags
from viewer.dicom.datasets.elements import ByteReader, Element, Encoding, MemoryReader, Walker
from viewer.dicom.datasets.guarded import GuardedDataset, Surroundings, read_elements
from viewer.dicom.files.file_bytes import FileBytes
from viewer.dicom.files.source import FileRef, open_source
from viewer.errors import MalformedError, Problem, Severity

# pydicom's own words quote values of the patient; ours do not (reliability.md section 6).
logging.getLogger("pydicom").setLevel(logging.CRITICAL)

_KEYWORDS = {
    0x7FE00008: "FloatPixelData",
    0x7FE00009: "DoubleFloatPixelData",
    0x7FE00010: "PixelData",
}
_NATIVE = frozenset(
    {
        "",
        "1.2.840.10008.1.2",
        "1.2.840.10008.1.2.1",
        "1.2.840.10008.1.2.1.99",
        "1.2.840.10008.1.2.2",
        "1.2.840.113619.5.2",
    }
)
_ITEM_HEADER = {b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00"}


@dataclass(frozen=True, slots=True)
class PixelElement:
    """Where the pixel data lies.

    Attributes:
        keyword: "PixelData", "FloatPixelData" or "DoubleFloatPixelData".
        vr: as written, "OW" where the file does not say.
        offset: first byte of the value, for `DicomFile.read_at`.
        length: as written, which may be more than the file holds; None when undefined.
        encapsulated: whether fragments are there, whatever the transfer syntax claims.
        big_endian: byte order of native samples.
    """

    keyword: str
    vr: str
    offset: int
    length: int | None
    encapsulated: bool
    big_endian: bool = False


@dataclass(slots=True, eq=False)
class DicomFile:
    """One opened file. Holds no file handle; safe to share between threads for reading.

    Attributes:
        ref: where it is.
        dataset: everything but the pixel data; values never raise, broken ones are None.
        meta: the file meta group.
        transfer_syntax: UID in force, corrected where it contradicts the data.
        pixels: the pixel data element, or None.
        stamp: (size, mtime_ns) of the file when it was opened.
        encoding: how the elements are written.
    """

    ref: FileRef
    dataset: Dataset
    meta: Dataset
    transfer_syntax: str
    pixels: PixelElement | None
    stamp: tuple[int, int]
    encoding: Encoding
    _bytes: ByteReader
    _problems: dict[str, Problem] = field(default_factory=dict)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was wrong so far; looking at values may add to it."""
        return tuple(self._problems.values())

    def read_at(self, offset: int, count: int) -> bytes:
        """Bytes of the file, or of the inflated data set; fewer only at its end.

        Raises:
            UnreadableFileError: the file is gone, or not the one that was opened.
        """
        return self._bytes.read_at(offset, count)

    @contextmanager
    def opened(self) -> Iterator[ByteReader]:
        """For many reads in a row: the bytes over one handle, closed at the end.

        Raises:
            UnreadableFileError: the file is gone, or not the one that was opened.
        """
        if isinstance(self._bytes, FileBytes):
            with self._bytes.opened() as reader:
                yield reader
        else:
            yield self._bytes

    def value(self, path: str, default: Any = None) -> Any:
        """The value at a keyword or a path like `SharedFunctionalGroupsSequence[0].Rows`.

        Never raises for what a file may hold: absent, empty and broken values give `default`.
        """
        return get(self.dataset, path, default)

    def note(self, what: str, advice: str = "", severity: Severity = Severity.WARNING) -> None:
        """Record a problem of this file, once."""
        self._problems.setdefault(what, Problem(self.ref.text, what, advice, severity))

    def note_tag(self, tag: int, sentence: str) -> None:
        """Record that an element's value could not be read, once."""
        self.note(f"{described(tag)} {sentence}.")


def get(dataset: Dataset, path: str, default: Any = None) -> Any:
    """The value at a keyword or dotted path, `default` where absent, empty or broken."""
    current: Any = dataset
    for step in path.split("."):
        keyword, _, index = step.partition("[")
        if not isinstance(current, Dataset):
            return default
        current = current.get(keyword)
        if index:
            number = int(index.rstrip("]"))
            try:
                current = current[number]
            except (TypeError, IndexError):
                return default
    return default if current is None or (isinstance(current, str) and not current) else current


def open_file(ref: FileRef) -> DicomFile:
    """Open a file for viewing; its pixel data is located, not read.

    A file that is cut off opens with what is there. What is bounded: nesting 64 deep, the number
    of elements, bytes kept in memory, bytes inflated.

    Raises:
        UnreadableFileError: the file cannot be read.
        NotDicomError: nothing here looks like DICOM.
        MalformedError: it is DICOM, and damaged or hostile beyond use.
    """
    with open_source(ref) as source:
        container = open_container(source)
        file = DicomFile(
            ref=ref,
            dataset=Dataset(),
            meta=Dataset(),
            transfer_syntax=container.transfer_syntax,
            pixels=None,
            stamp=source.stamp,
            encoding=container.encoding,
            _bytes=container.reader if container.deflated else FileBytes.of(ref, source),
        )
        for sentence in container.problems:
            file.note(sentence)
        file.meta = _read_meta(container, file)
        _read_dataset(container, file)
    _check_words(file)
    return file


def _check_words(file: DicomFile) -> None:
    """Note an unknown character set, and a meta group that belongs to another object."""
    around = file.dataset.get("SpecificCharacterSet") or ()
    terms = (around,) if isinstance(around, str) else tuple(around)
    if character_sets(tuple(str(term) for term in terms)).unknown:
        file.note("The file names a character set that does not exist; text may be incomplete.")
    announced = get(file.meta, "MediaStorageSOPInstanceUID")
    if announced and announced != get(file.dataset, "SOPInstanceUID", announced):
        # A note, for the image is right: a row among the problems (from the header) is enough,
        # a mark on the image would be too much.
        file.note(
            "The file meta group names another object than the data set.", severity=Severity.NOTE
        )


def _read_meta(container: Container, file: DicomFile) -> Dataset:
    if not container.meta:
        return GuardedDataset({}, Surroundings(file.read_at, file.note_tag, Encoding()))
    start, end = container.meta[0].start, container.meta[-1].end or 0
    data = MemoryReader(container.meta_reader.read_at(start, end - start), start)
    around = Surroundings(data.read_at, file.note_tag, Encoding())
    elements, _ = read_elements(Walker(data, start, end, Encoding()), around)
    return GuardedDataset(elements, around)


def _read_dataset(container: Container, file: DicomFile) -> None:
    around = Surroundings(file.read_at, file.note_tag, container.encoding)
    walker = Walker(
        container.reader,
        container.start,
        container.reader.size,
        container.encoding,
        sequence_tags().__contains__,
    )
    elements, pixels = read_elements(walker, around)
    if not elements and not pixels:
        raise MalformedError("This file holds no data elements.", "Ask the sender for a new copy.")
    if walker.problem:
        file.note(walker.problem)
    file.dataset = GuardedDataset(elements, around)
    if pixels:
        file.pixels = _locate(pixels, container, file)


def _is_compressed(transfer_syntax: str) -> bool:
    """Whether it is one of the standard's, all of which compress but the native ones."""
    return transfer_syntax.startswith("1.2.840.10008.1.2.") and transfer_syntax not in _NATIVE


def _locate(found: list[Element], container: Container, file: DicomFile) -> PixelElement:
    """The pixel element to show: PixelData before the float kinds; contradictions are noted."""
    element = max(found, key=lambda e: e.tag)
    if len(found) > 1:
        file.note("The file holds more than one kind of pixel data; the integers are shown.")
    reader = container.reader
    start = reader.read_at(element.offset, 4)
    encapsulated = element.length is None or (
        start in _ITEM_HEADER and file.transfer_syntax not in _NATIVE
    )
    if encapsulated and file.transfer_syntax in _NATIVE:
        file.note("The pixel data is compressed though the transfer syntax says it is not.")
    elif not encapsulated and _is_compressed(file.transfer_syntax):
        file.note("The pixel data is not compressed though the transfer syntax says it is.")
    if element.length is not None and element.offset + element.length > reader.size:
        file.note("The file is cut off inside its pixel data.", "Ask the sender for a new copy.")
    return PixelElement(
        _KEYWORDS[element.tag],
        element.vr or "OW",
        element.offset,
        element.length,
        encapsulated,
        container.encoding.big_endian or file.transfer_syntax == "1.2.840.113619.5.2",
    )
