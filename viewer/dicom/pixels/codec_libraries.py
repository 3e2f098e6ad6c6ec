"""One function for each library call that decodes a frame; run inside the worker processes.

python-gdcm is never among them: it ends the process on damaged data. pylibjpeg-libjpeg is
GPL and used only where the user installed it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from viewer.dicom.pixels.decode_job import Expected, StreamError, StreamFacts
from viewer.dicom.pixels.jpeg2000_header import bare_codestream

Array = np.ndarray[Any, np.dtype[Any]]
Allocate = Callable[[tuple[int, ...], np.dtype[Any]], Array]

# CharLS never returns from most JPEG-LS streams that were cut before this marker.
END = b"\xff\xd9"


class LeftToNextError(Exception):
    """A decoder knows that the next one does better; nothing is wrong with the data."""


@dataclass(frozen=True, slots=True)
class Call:
    """What a library call needs besides the bytes.

    Attributes:
        facts: what the stream's header says.
        expected: what the data set says.
        allocate: makes the array to decode into, so that no copy is needed afterwards.
    """

    facts: StreamFacts
    expected: Expected
    allocate: Allocate

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the stream, which may be smaller than the frame."""
        shape = (self.facts.rows, self.facts.columns, self.facts.components)
        return shape[: 3 if self.facts.components > 1 else 2]

    def room(self) -> Array:
        """An array of the stream's own shape and type."""
        size = 1 if self.facts.precision <= 8 else 2 if self.facts.precision <= 16 else 4
        return self.allocate(self.shape, np.dtype(f"{'i' if self.facts.signed else 'u'}{size}"))


def _library(name: str) -> Any:
    """Imported when first used: a worker that decodes JPEG never loads JPEG 2000."""
    return import_module(name)


def has_end(encoded: bytes) -> bool:
    """EOI or EOC near the end; writers pad after it."""
    return END in encoded[-256:] or encoded.rstrip(b"\0\xff").endswith(END)


def jpeg_color(call: Call) -> str:
    """The codestream's word on colour; where it has none the tag's."""
    from_tag = "YCBCR" if call.expected.photometric.startswith("YBR") else "RGB"
    return call.facts.color or from_tag


def jpeg(encoded: bytes, call: Call) -> Array:
    """Baseline to lossless, 2 to 16 bits; YCbCr becomes RGB here, which libjpeg does fastest."""
    spaces: dict[str, str] = {}
    if call.facts.components == 3:
        ycbcr = call.facts.lossless is not True and jpeg_color(call) == "YCBCR"
        spaces = {"colorspace": "YCBCR" if ycbcr else "RGB", "outcolorspace": "RGB"}
    decode = _library("imagecodecs").jpeg8_decode
    return np.asarray(decode(encoded, out=call.room(), **spaces))


def jpeg_libjpeg(encoded: bytes, call: Call) -> Array:
    return np.asarray(_library("libjpeg").decode(encoded, colour_transform=0))


def jpeg_ls(encoded: bytes, call: Call) -> Array:
    decode = _library("imagecodecs").jpegls_decode
    if has_end(encoded):
        if call.facts.components > 1:  # planes come as planes, whatever `out` asks for
            return np.asarray(decode(encoded))
        return np.asarray(decode(encoded, out=call.room()))
    samples = call.room()
    samples[...] = 0
    with contextlib.suppress(RuntimeError):  # the lines before the cut are there nevertheless
        decode(encoded + END, out=samples)
    return samples


def jpeg_ls_charls(encoded: bytes, call: Call) -> Array:
    raw, header = _library("jpeg_ls").decode_buffer(encoded + END)
    samples = np.frombuffer(raw, np.uint8 if call.facts.precision <= 8 else "<u2")
    if call.facts.components > 1 and header["interleave_mode"] == 0:
        planes = samples.reshape(call.facts.components, call.facts.rows, call.facts.columns)
        return np.moveaxis(planes, 0, -1)
    return samples.reshape(call.shape)


def jpeg_2000(encoded: bytes, call: Call) -> Array:
    decode = _library("imagecodecs").jpeg2k_decode
    return np.asarray(decode(bare_codestream(encoded), out=call.room()))


def jpeg_2000_openjpeg(encoded: bytes, call: Call) -> Array:
    return np.asarray(_library("openjpeg").decode(bare_codestream(encoded), 0))


def htj2k(encoded: bytes, call: Call) -> Array:
    if call.facts.lossless is False:
        # OpenJPH wraps overshooting samples of irreversible streams around instead of clipping.
        raise LeftToNextError
    decode = _library("imagecodecs").htj2k_decode
    return np.asarray(decode(bare_codestream(encoded), out=call.room()))


def htj2k_resilient(encoded: bytes, call: Call) -> Array:
    """Shows what a cut stream still holds."""
    decode = _library("imagecodecs").htj2k_decode
    return np.asarray(decode(bare_codestream(encoded), resilient=True))


def jpeg_xl(encoded: bytes, call: Call) -> Array:
    return np.asarray(_library("imagecodecs").jpegxl_decode(encoded, keeporientation=True))


def rle(encoded: bytes, call: Call) -> Array:
    dtype = np.dtype(f"<u{max(1, call.expected.bits_allocated // 8)}")
    return _from_planes(_library("imagecodecs").dicomrle_decode(encoded, dtype), dtype, call)


def rle_pylibjpeg(encoded: bytes, call: Call) -> Array:
    width = max(1, call.expected.bits_allocated // 8)
    raw = _library("rle.utils").decode_frame(encoded, call.expected.pixels, width * 8, "<")
    return _from_planes(raw, np.dtype(f"<u{width}"), call)


def _from_planes(raw: bytes, dtype: np.dtype[Any], call: Call) -> Array:
    """RLE stores colour by plane whatever Planar Configuration says (PS3.5 G.2)."""
    expected = call.expected
    samples = np.frombuffer(raw, dtype)
    count = expected.pixels * expected.samples
    if expected.bits_allocated == 1:
        samples = np.unpackbits(samples, bitorder="little")[:count]
    if not count <= samples.size <= count + 1:  # one padding byte is legal
        raise StreamError(f"it decodes to {samples.size} samples instead of {count}")
    if expected.samples == 1:
        return samples[:count].reshape(expected.shape)
    planes = samples[:count].reshape(expected.samples, expected.rows, expected.columns)
    interleaved = call.allocate(expected.shape, dtype)
    interleaved[...] = np.moveaxis(planes, 0, -1)
    return interleaved
