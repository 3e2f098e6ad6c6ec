"""Bytes of a frame to exact stored values (PS3.5 section 8, PS3.3 C.7.6.3); pure numpy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from viewer.core.image import PixelFormat
from viewer.dicom.decode_job import StreamFacts
from viewer.errors import MalformedError, UnsupportedError

Array = np.ndarray[Any, np.dtype[Any]]

_ALLOCATIONS = (1, 8, 12, 16, 32, 64)
_ADVICE = "The file is damaged or wrongly written; ask its sender for a new copy."


def check_format(fmt: PixelFormat) -> None:
    """Refuse a format no image can be made of.

    Raises:
        MalformedError, UnsupportedError: the sentence names the attribute.
    """
    if fmt.rows < 1 or fmt.columns < 1:
        which = "Rows" if fmt.rows < 1 else "Columns"
        raise MalformedError(f"The image has no size: {which} is missing or zero.", _ADVICE)
    if fmt.samples_per_pixel not in (1, 3):
        raise UnsupportedError(
            f"Samples per Pixel is {fmt.samples_per_pixel}; images have 1 or 3.", _ADVICE
        )
    if fmt.bits_allocated not in _ALLOCATIONS:
        raise MalformedError(f"Bits Allocated is {fmt.bits_allocated}, which cannot be.", _ADVICE)


def frame_bits(fmt: PixelFormat) -> int:
    """Size of one native frame in bits; frames of single bits are not padded (PS3.5 8.1.1)."""
    samples = 2 if is_subsampled(fmt) else fmt.samples_per_pixel
    columns = fmt.columns + fmt.columns % 2 if is_subsampled(fmt) else fmt.columns
    return fmt.rows * columns * samples * fmt.bits_allocated


def is_subsampled(fmt: PixelFormat) -> bool:
    """Native data with one Cb and Cr for two pixels (PS3.3 C.7.6.3.1.2)."""
    return fmt.samples_per_pixel == 3 and fmt.photometric_interpretation.endswith("_422")


def native_words(
    raw: bytes, fmt: PixelFormat, big_endian: bool = False, first_bit: int = 0
) -> Array:
    """Words of a native frame as they stand in the file, unmasked and not yet arranged.

    `raw` may be longer by padding. It holds the frame from bit `first_bit` of its first byte.
    One dimension, unsigned (or floating point for float pixel data).

    Raises:
        MalformedError: `raw` is too short.
    """
    count = frame_bits(fmt) // fmt.bits_allocated
    if len(raw) * 8 - first_bit < count * fmt.bits_allocated:
        raise MalformedError("The pixel data is shorter than Rows and Columns say.", _ADVICE)
    if fmt.value_type != "integer":
        kind = "f4" if fmt.value_type == "float" else "f8"
        return np.frombuffer(raw, (">" if big_endian else "<") + kind, count).astype(kind)
    if fmt.bits_allocated == 1:
        bits = np.unpackbits(np.frombuffer(raw, np.uint8), bitorder="little")
        return bits[first_bit : first_bit + count]
    if fmt.bits_allocated == 12:
        return _unpack_12_bits(raw, count, first_bit)
    dtype = np.dtype(f"{'>' if big_endian else '<'}u{fmt.bits_allocated // 8}")
    return np.frombuffer(raw, dtype, count).astype(dtype.newbyteorder("="), copy=False)


def _unpack_12_bits(raw: bytes, count: int, first_bit: int) -> Array:
    """Pixel cells of 12 bits packed without gaps, lowest bit first (PS3.5 8.1.1, ACR-NEMA)."""
    nibbles = np.frombuffer(raw, np.uint8)
    halves = np.empty(nibbles.size * 2, np.uint16)
    halves[0::2], halves[1::2] = nibbles & 15, nibbles >> 4
    first = first_bit // 4
    cells = halves[first : first + 3 * count].reshape(count, 3)
    return np.asarray(cells[:, 0] | (cells[:, 1] << 4) | (cells[:, 2] << 8))


def swap_bytes(raw: bytes) -> bytes:
    """Exchange neighbours: 8-bit samples written as big endian OW (PS3.5 8.1.2)."""
    even = raw if len(raw) % 2 == 0 else raw + b"\0"
    return np.frombuffer(even, np.uint16).byteswap().tobytes()


def arrange(words: Array, fmt: PixelFormat) -> Array:
    """Words of a native frame as (rows, columns) or (rows, columns, 3)."""
    shape = (fmt.rows, fmt.columns)
    if fmt.samples_per_pixel == 1:
        return words.reshape(shape)
    if is_subsampled(fmt):
        return _spread_chroma(words, fmt)
    if fmt.planar_configuration == 1:
        planes = words.reshape(3, *shape)
        return np.ascontiguousarray(np.moveaxis(planes, 0, -1))
    return words.reshape(*shape, 3)


def _spread_chroma(words: Array, fmt: PixelFormat) -> Array:
    """Y1 Y2 Cb Cr for each pair of pixels: the pair shares its chroma (C.7.6.3.1.2)."""
    pairs = words.reshape(fmt.rows, -1, 4)
    full = np.empty((fmt.rows, pairs.shape[1] * 2, 3), words.dtype)
    full[:, 0::2, 0], full[:, 1::2, 0] = pairs[..., 0], pairs[..., 1]
    full[:, 0::2, 1] = full[:, 1::2, 1] = pairs[..., 2]
    full[:, 0::2, 2] = full[:, 1::2, 2] = pairs[..., 3]
    return np.ascontiguousarray(full[:, : fmt.columns])


def to_stored(words: Array, fmt: PixelFormat) -> Array:
    """Unsigned words to stored values: unused bits dropped, sign extended (PS3.5 8.1.1).

    Bits above High Bit and below the lowest stored bit are unspecified and may hold overlays.
    """
    shift = fmt.high_bit + 1 - fmt.bits_stored
    width = words.dtype.itemsize * 8
    if fmt.bits_stored == width:
        return words.view(words.dtype.str.replace("u", "i")) if fmt.signed else words
    unsigned = words >> shift if shift else words
    if not fmt.signed:
        mask = words.dtype.type((1 << fmt.bits_stored) - 1)
        return _narrowed(unsigned & mask, fmt)
    # Up to the top and arithmetically back: the sign bit spreads over the unused bits.
    room = width - fmt.bits_stored
    signed = (unsigned << room).view(words.dtype.str.replace("u", "i"))
    return _narrowed(signed >> room, fmt)


def _narrowed(values: Array, fmt: PixelFormat) -> Array:
    """The smallest type that holds Bits Stored bits: tables and caches stay small."""
    for bits in (8, 16, 32):
        if fmt.bits_stored <= bits:
            return values.astype(f"{'i' if fmt.signed else 'u'}{bits // 8}", copy=False)
    return values


def from_codestream(
    samples: Array, facts: StreamFacts, fmt: PixelFormat, lossless: bool = False
) -> Array:
    """A decoder's samples to stored values; the codestream is trusted on width and sign.

    A signed JPEG 2000 stream gives its values as they are. An unsigned stream under Pixel
    Representation 1 holds the bits of two's complement numbers: all other codecs have no sign,
    and JPEG 2000 writers exist that copied the bits. `lossless`: the transfer syntax says so.
    """
    if samples.dtype.kind != "u" or fmt.samples_per_pixel == 3:
        return samples
    width = samples.dtype.itemsize * 8
    bits, high = fmt.bits_stored, fmt.high_bit
    if facts.precision != fmt.bits_allocated or width != fmt.bits_allocated:
        # Not the words of the data set: nothing lies above the stream's own precision.
        is_j2k = facts.signed is not None
        bits = facts.precision if is_j2k or facts.precision > bits else min(bits, width)
        high = bits - 1
    elif not (lossless or facts.lossless) and not fmt.signed:
        # Loss makes values overshoot; dropping bits would turn white into black.
        return _narrowed(np.minimum(samples, samples.dtype.type((1 << bits) - 1)), fmt)
    return to_stored(samples, replace(fmt, bits_stored=bits, high_bit=high))
