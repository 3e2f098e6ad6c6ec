"""The main header of JPEG 2000 (ISO 15444-1) and HTJ2K (ISO 15444-15) codestreams."""

from __future__ import annotations

import struct

from viewer.dicom.pixels.decode_job import StreamError, StreamFacts

CODESTREAM_START = b"\xff\x4f\xff\x51"  # SOC, then SIZ which must follow at once
_FARTHEST_START = 65536  # a JP2 container's boxes before the codestream, colour profile included


def bare_codestream(encoded: bytes) -> bytes:
    """The codestream without the JP2 container that some writers put around it.

    PS3.5 A.4.4 allows only the bare stream; the container's boxes lie and crash decoders.

    Raises:
        StreamError: there is no codestream.
    """
    start = encoded.find(CODESTREAM_START, 0, _FARTHEST_START)
    if start < 0:
        raise StreamError("The compressed data is not JPEG 2000.")
    return encoded[start:] if start else encoded


def read_jpeg2000_header(encoded: bytes) -> StreamFacts:
    """Size, precision, sign, transform and colour transform of the stream.

    Raises:
        StreamError: damaged or impossible values.
    """
    stream = bare_codestream(encoded)
    values = struct.unpack_from(">HHIIIIIIIIH", stream, 4)
    _, capabilities, width, height, left, top, tile_w, tile_h, tile_x, tile_y, count = values
    if width <= left or height <= top:
        raise StreamError("The JPEG 2000 header describes an empty image.")
    _check_tiles((width, height), (tile_w, tile_h), (tile_x, tile_y), (left, top))
    if not 1 <= count <= 4:
        raise StreamError(f"The JPEG 2000 image has {count} components.")
    precision, signed = _components(stream, count)
    style = _coding_style(stream, 42 + 3 * count)
    high_throughput = bool(capabilities & 0x4000)
    return StreamFacts(
        family="htj2k" if high_throughput else "j2k",
        rows=height - top,
        columns=width - left,
        components=count,
        precision=precision,
        signed=signed,
        lossless=None if style.reversible else False,
        transformed=style.color_transform and count >= 3,
        process=("HTJ2K" if high_throughput else "JPEG 2000")
        + (" reversible" if style.reversible else " irreversible"),
    )


def _check_tiles(
    size: tuple[int, int], tile: tuple[int, int], start: tuple[int, int], image: tuple[int, int]
) -> None:
    """ISO 15444-1 B.3; a tile of its own for each pixel is an attack."""
    if not (tile[0] and tile[1]) or start[0] > image[0] or start[1] > image[1]:
        raise StreamError("The JPEG 2000 header has impossible tiles.")
    across = -(-(size[0] - start[0]) // tile[0])
    down = -(-(size[1] - start[1]) // tile[1])
    if across * down > 65535:
        raise StreamError("The JPEG 2000 header has more tiles than the format allows.")


def _components(stream: bytes, count: int) -> tuple[int, bool]:
    """(precision, signed) that all components share; no subsampling."""
    if len(stream) < 42 + 3 * count:
        raise StreamError("The JPEG 2000 header is cut off.")
    fields = {tuple(stream[42 + 3 * c : 45 + 3 * c]) for c in range(count)}
    if len(fields) != 1:
        raise StreamError("The components of the JPEG 2000 image differ in size or precision.")
    depth, step_x, step_y = fields.pop()
    precision = (depth & 0x7F) + 1
    if (step_x, step_y) != (1, 1) or precision > 32:
        raise StreamError(
            f"A JPEG 2000 component has {precision} bits and a step of {step_x} x {step_y} pixels."
        )
    return precision, bool(depth & 0x80)


class _CodingStyle:
    """COD (ISO 15444-1 A.6.1): multiple component transform and wavelet."""

    def __init__(self, segment: bytes) -> None:
        if len(segment) < 10:
            raise StreamError("The JPEG 2000 coding style is cut off.")
        self.color_transform = segment[4] == 1
        self.reversible = segment[9] == 1


def _coding_style(stream: bytes, at: int) -> _CodingStyle:
    """The COD segment, looked for among the main header's segments."""
    while at + 4 <= len(stream):
        marker, length = struct.unpack_from(">HH", stream, at)
        if marker == 0xFF52:
            return _CodingStyle(stream[at + 4 : at + 2 + length])
        if marker in (0xFF90, 0xFFD9) or marker < 0xFF00 or length < 2:
            break
        at += 2 + length
    raise StreamError("The JPEG 2000 header has no coding style.")
