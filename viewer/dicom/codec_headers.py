"""A look at a codestream's header before any native decoder sees it.

Of 14 native deaths and all runaway allocations that damaged files caused in the decoders,
each began with a header that contradicts itself or the data set. This is cheap pure Python;
it does not replace the worker process (`viewer.dicom.decoder_pool`).
"""

from __future__ import annotations

import struct

from viewer.dicom.decode_job import Expected, StreamError, StreamFacts
from viewer.dicom.jpeg2000_header import CODESTREAM_START, read_jpeg2000_header
from viewer.dicom.jpeg_header import read_jpeg_header
from viewer.dicom.jpegxl_header import CODESTREAM as JPEGXL_CODESTREAM
from viewer.dicom.jpegxl_header import CONTAINER as JPEGXL_CONTAINER
from viewer.dicom.jpegxl_header import read_jpegxl_header

JP2_SIGNATURE = b"\x00\x00\x00\x0cjP  \r\n\x87\n"


def sniff(encoded: bytes) -> str:
    """The family of a codestream by its first bytes, or "" when they match none."""
    if encoded.startswith(b"\xff\xd8"):
        return "jpeg"
    if encoded.startswith((CODESTREAM_START, JP2_SIGNATURE)):
        return "j2k"
    if encoded.startswith((JPEGXL_CODESTREAM, JPEGXL_CONTAINER)):
        return "jpegxl"
    if len(encoded) >= 64 and encoded[1:8] == b"\0\0\0\x40\0\0\0" and 1 <= encoded[0] <= 15:
        return "rle"  # PS3.5 G.5: segment count, then the first offset, always 64
    return ""


def read_header(encoded: bytes, family: str) -> StreamFacts:
    """What the codestream says of itself; the family may be refined (jpeg -> jpegls).

    Raises:
        StreamError: the header is damaged or not of that family.
    """
    try:
        if family in ("jpeg", "jpegls"):
            return read_jpeg_header(encoded)
        if family in ("j2k", "htj2k"):
            return read_jpeg2000_header(encoded)
        if family == "jpegxl":
            return read_jpegxl_header(encoded)
        return _read_rle_header(encoded)
    except (struct.error, IndexError) as error:
        raise StreamError("The compressed data ends inside its header.") from error


def check(facts: StreamFacts, expected: Expected) -> None:
    """Refuse a stream that does not fit into the frame the data set describes.

    A smaller one does: tiles at the edge of whole slide images are written like that.

    Raises:
        StreamError: naming what disagrees.
    """
    if facts.family == "rle":
        _check_rle(facts, expected)
        return
    if not (0 < facts.rows <= expected.rows and 0 < facts.columns <= expected.columns):
        raise StreamError(
            f"The compressed image is {facts.columns} x {facts.rows} pixels, but Columns and Rows "
            f"say {expected.columns} x {expected.rows}."
        )
    if facts.components not in (0, expected.samples):
        raise StreamError(
            f"The compressed image has {facts.components} components, but Samples per Pixel "
            f"says {expected.samples}."
        )
    widest = 32 if expected.bits_allocated > 16 else 16
    if facts.precision > widest:
        raise StreamError(
            f"The compressed image has {facts.precision} bits per sample, but Bits Allocated "
            f"says {expected.bits_allocated}."
        )


def _read_rle_header(encoded: bytes) -> StreamFacts:
    """PS3.5 G.5: up to 15 segments, ascending offsets from 64 on."""
    if len(encoded) < 64:
        raise StreamError("The RLE header is cut off.")
    count, *offsets = struct.unpack("<16I", encoded[:64])
    if not 1 <= count <= 15:
        raise StreamError(f"The RLE header names {count} segments, 1 to 15 are possible.")
    ends = [*offsets[1:count], len(encoded)]
    if offsets[0] != 64 or any(a >= b for a, b in zip(offsets[:count], ends, strict=True)):
        raise StreamError("The RLE segment offsets are out of order or beyond the data.")
    return StreamFacts("rle", components=count, lossless=True, process="RLE")


def _check_rle(facts: StreamFacts, expected: Expected) -> None:
    """One segment for each byte of a pixel (PS3.5 G.2)."""
    wanted = expected.samples * max(1, expected.bits_allocated // 8)
    if facts.components != wanted:
        raise StreamError(
            f"The RLE data has {facts.components} segments, but Samples per Pixel and Bits "
            f"Allocated ask for {wanted}."
        )
