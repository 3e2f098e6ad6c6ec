"""An uncompressed copy of a data set, for receivers that take nothing else.

Every element but the pixel data keeps its value byte for byte; only lengths of sequences are
left open, and what describes the coding of the pixels is set to what they are now. The copy is
made while it is read, frame by frame, so its size does not matter.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

import numpy as np

from viewer.dicom.datasets.container import open_container
from viewer.dicom.datasets.dataset import DicomFile, open_file
from viewer.dicom.datasets.dictionary import sequence_tags
from viewer.dicom.datasets.elements import ITEM, Element, Walker
from viewer.dicom.files.source import FileRef, FrameRef, open_source
from viewer.dicom.pixels.frames import FrameReader
from viewer.dicom.pixels.transfer_syntaxes import TRANSFER_SYNTAXES, Family
from viewer.errors import UnsupportedError

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
_LONG_VRS = frozenset(
    ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
)
_UNDEFINED = 0xFFFFFFFF
_PIXELS = 0x7FE00010
_PHOTOMETRIC, _PLANAR, _LOSSY = 0x00280004, 0x00280006, 0x00282110
# Extended offset tables and their lengths tell of fragments; padding need not travel.
_LEFT_OUT = frozenset({0x7FE00001, 0x7FE00002, 0x7FE00003, 0xFFFCFFFC})
_ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
_SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
_PIECE = 1 << 20


def native_copy(ref: FileRef, syntax: str, reader: FrameReader) -> Iterator[bytes]:
    """The encoded data set of an uncompressed copy.

    Args:
        ref: the file, in any little endian encoding.
        syntax: implicit or explicit VR little endian.
        reader: decodes the frames.

    Raises:
        UnsupportedError: before the first piece, when no faithful copy can be made.
        ViewerError: in between, when a frame cannot be decoded.
    """
    file = open_file(ref)
    frames = _frames_to_decode(file)
    implicit = syntax == IMPLICIT_LITTLE
    if file.encoding.implicit and not implicit:
        raise UnsupportedError("It does not say the kinds of its values.", _ADVICE)
    pieces = _pieces(file, implicit, frames, reader)
    return itertools.chain([next(pieces)], pieces)  # decodes the first frame: now it may fail


_ADVICE = "Have its own encoding accepted at the other side."


def _frames_to_decode(file: DicomFile) -> int:
    """How many compressed frames there are; 0 when the pixels are native or absent."""
    if file.encoding.big_endian or (file.pixels and file.pixels.big_endian):
        raise UnsupportedError("Big endian data is sent only as it is.", _ADVICE)
    if file.pixels is None or not file.pixels.encapsulated:
        return 0
    known = TRANSFER_SYNTAXES.get(file.transfer_syntax)
    if known is None or known.family is Family.VIDEO or file.pixels.keyword != "PixelData":
        raise UnsupportedError("Video is sent only as it is.", _ADVICE)
    if file.value("BitsAllocated") not in (8, 16, 32):
        raise UnsupportedError("Its pixels have no whole bytes.", _ADVICE)
    frames = file.value("NumberOfFrames", 1)
    return int(frames) if str(frames).isdigit() and int(frames) > 0 else 1


def _pieces(file: DicomFile, implicit: bool, frames: int, reader: FrameReader) -> Iterator[bytes]:
    writer = _Writer(implicit)
    first = reader.load(FrameRef(file.ref, 0)) if frames else None
    replaced = _replacements(file, first.color_space, first.stored.ndim) if first else {}
    with open_source(file.ref) as source:
        container = open_container(source)
        walker = Walker(
            container.reader,
            container.start,
            container.reader.size,
            container.encoding,
            sequence_tags().__contains__,
        )
        for element in walker:
            if element.depth == 0 and element.tag in _LEFT_OUT:
                continue
            due = [tag for tag in replaced if element.depth == 0 and tag <= element.tag]
            for tag in due:
                vr, value = replaced.pop(tag)
                yield writer.close(0) + writer.head(tag, vr, len(value)) + value
            if due and element.tag in due:
                continue
            if element.depth == 0 and frames and element.tag == _PIXELS:
                yield writer.close(0)
                yield from _pixels(file, frames, writer, reader)
                break  # fragments follow, and nothing that has to travel
            yield writer.begin(element)
            if element.tag != ITEM and element.end is not None and not _has_inside(element):
                yield from _value(walker, element)
    yield writer.close(0)


def _replacements(
    file: DicomFile, color_space: str, dimensions: int
) -> dict[int, tuple[str, bytes]]:
    """Attributes that describe the coding of the pixels, in ascending order (PS3.3 C.7.6.3)."""
    known = TRANSFER_SYNTAXES[file.transfer_syntax]
    replaced = {_PHOTOMETRIC: ("CS", color_space.encode("ascii"))}
    if dimensions == 3:
        replaced[_PLANAR] = ("US", b"\0\0")
    if known.lossless is False:
        replaced[_LOSSY] = ("CS", b"01")
    return {tag: (vr, raw + b" " * (len(raw) % 2)) for tag, (vr, raw) in replaced.items()}


def _pixels(file: DicomFile, frames: int, writer: _Writer, reader: FrameReader) -> Iterator[bytes]:
    """The pixel element: every frame decoded, in the cells that the data set describes."""
    size = file.value("BitsAllocated") // 8
    dtype = np.dtype(f"<{'i' if file.value('PixelRepresentation', 0) == 1 else 'u'}{size}")
    shape: tuple[int, ...] = ()
    for number in range(frames):
        stored = reader.load(FrameRef(file.ref, number)).stored
        if not shape:
            shape = stored.shape
            length = stored.size * size * frames
            if length + 1 >= _UNDEFINED:
                raise UnsupportedError("Uncompressed it is longer than DICOM allows.", _ADVICE)
            yield writer.head(_PIXELS, "OW" if size > 1 else "OB", length + length % 2)
        if stored.shape != shape:
            raise UnsupportedError("Its frames are of different sizes.", _ADVICE)
        yield stored.astype(dtype).tobytes()
    if length % 2:
        yield b"\0"


def _value(walker: Walker, element: Element) -> Iterator[bytes]:
    assert element.end is not None
    position = element.offset
    while position < element.end:
        piece = walker.read(position, min(_PIECE, element.end - position))
        if not piece:
            break
        position += len(piece)
        yield piece


def _has_inside(element: Element) -> bool:
    """Whether the walker goes into it, so that its value comes as elements of their own."""
    return (
        element.vr == "SQ"
        or element.length is None
        or (not element.vr and element.tag in sequence_tags())
    )


class _Writer:
    """Writes element headers, and ends sequences and items where the next element lies outside."""

    def __init__(self, implicit: bool) -> None:
        self._implicit = implicit
        self._open: list[str] = []  # "sequence", "item", "sequence", ... from the outside in

    def begin(self, element: Element) -> bytes:
        """What comes before the value of an element or item."""
        is_item = element.tag == ITEM
        ends = self.close(element.depth, keep_item=not is_item)
        if is_item:
            self._open.append("item")
            return ends + struct.pack("<HHI", 0xFFFE, 0xE000, _UNDEFINED)
        if element.is_encapsulated:
            raise UnsupportedError("It holds a second compressed picture.", _ADVICE)
        if _has_inside(element):
            self._open.append("sequence")
            return ends + self.head(element.tag, "SQ", _UNDEFINED)
        assert element.end is not None
        return ends + self.head(element.tag, element.vr or "UN", element.end - element.offset)

    def head(self, tag: int, vr: str, length: int) -> bytes:
        """Tag, value representation and length."""
        group, number = tag >> 16, tag & 0xFFFF
        if self._implicit:
            return struct.pack("<HHI", group, number, length)
        if vr in _LONG_VRS:
            return struct.pack("<HH2sHI", group, number, vr.encode(), 0, length)
        return struct.pack("<HH2sH", group, number, vr.encode(), length)

    def close(self, depth: int, keep_item: bool = True) -> bytes:
        """End what is open until `depth` sequences are, and the last one's item if asked."""
        ends = b""
        while self._open.count("sequence") > depth:
            ends += _ITEM_END if self._open.pop() == "item" else _SEQUENCE_END
        if not keep_item and self._open and self._open[-1] == "item":
            self._open.pop()
            ends += _ITEM_END
        return ends
