"""The header of JPEG (ISO 10918-1) and JPEG-LS (ISO 14495-1) codestreams."""

from __future__ import annotations

import re
import struct
from collections.abc import Generator
from dataclasses import dataclass

from viewer.dicom.pixels.decode_job import StreamError, StreamFacts

_MOST_SCANS = 200  # a 64-scan progressive image is the most seen; thousands are an attack
_PROCESSES = {
    0xC0: "JPEG baseline",
    0xC1: "JPEG extended",
    0xC2: "JPEG progressive",
    0xC3: "JPEG lossless",
    0xF7: "JPEG-LS",
}
# The next marker after entropy-coded data: FF followed by neither stuffing nor a restart.
# JPEG-LS stuffs a bit, so that FF is followed by 00..7F there.
_MARKER = re.compile(rb"\xff[\x01\xc0-\xcf\xd8-\xfe]")


@dataclass(slots=True)
class _Headers:
    kind: int = 0
    precision: int = 0
    rows: int = 0
    columns: int = 0
    components: tuple[tuple[int, int], ...] = ()  # (id, sampling factors)
    adobe_transform: int | None = None
    jfif: bool = False
    near: int = 0
    huffman: bool = False
    scans: int = 0
    single_scan: bool = False  # all components at once and not progressive: no scan follows


def read_jpeg_header(encoded: bytes) -> StreamFacts:
    """What the markers say, and whether a decoder may see the stream.

    Raises:
        StreamError: damaged, or of a coding process that no decoder here does.
    """
    found = _Headers()
    for marker, segment in _segments(encoded, found):
        _note(found, marker, segment)
    if not found.kind:
        raise StreamError("The JPEG data has no frame header.")
    if not found.scans:
        raise StreamError("The JPEG data ends before its first scan.")
    if not found.huffman and found.kind != 0xF7:
        raise StreamError("The JPEG data has no Huffman table.")
    lossless = found.kind == 0xC3 or (found.kind == 0xF7 and found.near == 0)
    return StreamFacts(
        family="jpegls" if found.kind == 0xF7 else "jpeg",
        rows=found.rows,
        columns=found.columns,
        components=len(found.components),
        precision=found.precision,
        lossless=lossless,
        color=_color(found),
        process=_PROCESSES[found.kind],
    )


def _segments(encoded: bytes, found: _Headers) -> Generator[tuple[int, bytes], None, None]:
    """Marker segments in order; entropy-coded data between them is skipped."""
    if encoded[:2] != b"\xff\xd8":
        raise StreamError("The compressed data is not JPEG.")
    at = 2
    while at + 4 <= len(encoded):
        if encoded[at] != 0xFF:
            if found.scans:
                return  # padding after the image
            raise StreamError("The JPEG header is damaged.")
        marker = encoded[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        if marker == 0xD9:
            return
        (length,) = struct.unpack_from(">H", encoded, at + 2)
        if length < 2 or at + 2 + length > len(encoded):
            if found.scans:
                return  # cut between two scans: what is there can be shown
            raise StreamError("A JPEG header segment runs past the end of the data.")
        yield marker, encoded[at + 4 : at + 2 + length]
        at += 2 + length
        if marker == 0xDA:
            if found.single_scan:
                return  # the rest is entropy-coded: looking through it costs as much as decoding
            after = _MARKER.search(encoded, at)
            at = after.start() if after else len(encoded)


def _note(found: _Headers, marker: int, segment: bytes) -> None:
    if marker in _PROCESSES:
        _note_frame(found, marker, segment)
    elif 0xC5 <= marker <= 0xCF and marker not in (0xC8, 0xCC):
        raise StreamError("The JPEG data uses hierarchical or arithmetic coding.")
    elif marker == 0xC4:
        _check_huffman(segment)
        found.huffman = True
    elif marker == 0xDA:
        _note_scan(found, segment)
    elif marker == 0xEE and segment[:5] == b"Adobe" and len(segment) >= 12:
        found.adobe_transform = segment[11]
    elif marker == 0xE0 and segment[:5] == b"JFIF\0":
        found.jfif = True


def _note_frame(found: _Headers, marker: int, segment: bytes) -> None:
    """SOF: precision, size, components (ISO 10918-1 B.2.2)."""
    if found.kind or len(segment) < 6 or len(segment) < 6 + 3 * segment[5]:
        raise StreamError("The JPEG data has a damaged or a second frame header.")
    precision, rows, columns, count = struct.unpack_from(">BHHB", segment)
    possible = {0xC0: (8,), 0xC1: (8, 12), 0xC2: (8, 12)}.get(marker, range(2, 17))
    if precision not in possible:
        raise StreamError(f"{_PROCESSES[marker]} cannot have {precision} bits per sample.")
    components = tuple((segment[6 + 3 * c], segment[7 + 3 * c]) for c in range(count))
    for _, sampling in components:
        if not (1 <= sampling >> 4 <= 4 and 1 <= sampling & 15 <= 4):
            raise StreamError("The JPEG data has an impossible sampling factor.")
    found.kind, found.precision, found.components = marker, precision, components
    found.rows, found.columns = rows, columns


def _check_huffman(segment: bytes) -> None:
    """DHT: classes 0-1, tables 0-3, lengths that add up (ISO 10918-1 B.2.4.2)."""
    at = 0
    while at < len(segment):
        if at + 17 > len(segment) or segment[at] & 15 > 3 or segment[at] >> 4 > 1:
            raise StreamError("The JPEG data has a damaged Huffman table.")
        at += 17 + sum(segment[at + 1 : at + 17])
    if at != len(segment):
        raise StreamError("The JPEG data has a damaged Huffman table.")


def _note_scan(found: _Headers, segment: bytes) -> None:
    """SOS: components and, for lossless, the predictor; for JPEG-LS, NEAR."""
    if not found.kind:
        raise StreamError("The JPEG data has a scan before its frame header.")
    if not segment or len(segment) != 4 + 2 * segment[0]:
        raise StreamError("The JPEG data has a damaged scan header.")
    if not 1 <= segment[0] <= len(found.components):
        raise StreamError("The JPEG data has a damaged scan header.")
    if found.kind == 0xC3 and not 1 <= segment[-3] <= 7:
        raise StreamError(f"Lossless JPEG has no predictor {segment[-3]}.")
    if found.kind == 0xF7:
        found.near = max(found.near, segment[-3])
    found.scans += 1
    found.single_scan = found.kind != 0xC2 and segment[0] == len(found.components)
    if found.scans > _MOST_SCANS:
        raise StreamError("The JPEG data has thousands of scans: it was made to hang decoders.")


def _color(found: _Headers) -> str:
    """What the markers say of three components; "" when they say nothing."""
    if len(found.components) != 3:
        return ""
    if found.kind in (0xC3, 0xF7):
        return ""  # no colour transform exists in lossless processes: the tag names the colour
    if found.adobe_transform is not None:
        return "YCBCR" if found.adobe_transform else "RGB"
    if found.jfif or len({sampling for _, sampling in found.components}) > 1:
        return "YCBCR"  # nobody subsamples green and blue
    if bytes(component for component, _ in found.components) == b"RGB":
        return "RGB"
    return ""
