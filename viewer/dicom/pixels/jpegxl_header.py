"""The first fields of a JPEG XL codestream (ISO 18181-1, section 9 and annex D)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from viewer.dicom.pixels.decode_job import StreamError, StreamFacts

CODESTREAM = b"\xff\x0a"
CONTAINER = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
# Width as a fraction of height for `ratio` 1..7.
_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))


class _Bits:
    """Reads little endian bit fields."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data[:64], "little")
        self._left = 8 * min(len(data), 64)

    def take(self, count: int) -> int:
        if count > self._left:
            raise StreamError("The JPEG XL header is cut off.")
        field = self._value & ((1 << count) - 1)
        self._value >>= count
        self._left -= count
        return field

    def choose(self, *options: tuple[int, int]) -> int:
        """U32 (ISO 18181-1 B.2.1): two bits select (bits, added constant)."""
        bits, constant = options[self.take(2)]
        return self.take(bits) + constant


def read_jpegxl_header(encoded: bytes) -> StreamFacts:
    """Size, bit depth and whether the stream is in the XYB space (lossy).

    Raises:
        StreamError: cut off, or an animation or preview that DICOM does not allow.
    """
    bits = _Bits(_codestream(encoded)[2:])
    rows, columns = _size(bits)
    precision, xyb = 8, True
    if not bits.take(1):  # all_default means 8-bit RGB in XYB
        if bits.take(1):  # extra fields
            bits.take(3)  # orientation
            if bits.take(1):
                _size_if_intrinsic(bits)
            if bits.take(1) or bits.take(1):
                raise StreamError("The JPEG XL data has a preview or is an animation.")
        if bits.take(1):
            raise StreamError("JPEG XL data of floating point samples is not supported.")
        precision = bits.choose((0, 8), (0, 10), (0, 12), (6, 1))
        bits.take(1)  # modular_16bit_buffers
        extra = bits.choose((0, 0), (0, 1), (4, 2), (12, 1))
        if extra:
            raise StreamError("The JPEG XL data has extra channels.")
        xyb = bool(bits.take(1))
    return StreamFacts(
        family="jpegxl",
        rows=rows,
        columns=columns,
        precision=precision,
        lossless=False if xyb else None,
        transformed=xyb,
        color="RGB" if _holds_jpeg(encoded) else "",
        process="JPEG XL",
    )


def _codestream(encoded: bytes) -> bytes:
    """The bare stream: container boxes are skipped up to `jxlc` or the first `jxlp`."""
    if encoded.startswith(CODESTREAM):
        return encoded
    if not encoded.startswith(CONTAINER):
        raise StreamError("The compressed data is not JPEG XL.")
    for kind, at in _boxes(encoded):
        if kind in (b"jxlc", b"jxlp"):
            return encoded[at + (4 if kind == b"jxlp" else 0) :]  # a part begins with its number
    raise StreamError("The JPEG XL container has no image.")


def _holds_jpeg(encoded: bytes) -> bool:
    """Whether a JPEG can be made again from it: its colours are RGB once decoded."""
    return encoded.startswith(CONTAINER) and any(kind == b"jbrd" for kind, _ in _boxes(encoded))


def _boxes(encoded: bytes) -> Iterator[tuple[bytes, int]]:
    """Kind and where the content begins of each box of a container (ISO 18181-2)."""
    at = len(CONTAINER)
    while at + 8 <= len(encoded):
        length, kind = struct.unpack_from(">I4s", encoded, at)
        yield kind, at + 8
        if length < 8:  # the last box, or one too large for DICOM
            return
        at += length


def _size(bits: _Bits) -> tuple[int, int]:
    """SizeHeader: (rows, columns)."""
    small = bits.take(1)
    rows = _extent(bits, small)
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio - 1]
        return rows, rows * across // down
    return rows, _extent(bits, small)


def _extent(bits: _Bits, small: int) -> int:
    if small:
        return (bits.take(5) + 1) * 8
    return bits.choose((9, 1), (13, 1), (18, 1), (30, 1))


def _size_if_intrinsic(bits: _Bits) -> None:
    _size(bits)
