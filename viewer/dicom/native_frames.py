"""Frames of native (uncompressed) pixel data: found by arithmetic, read singly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from viewer.core.image import PixelFormat
from viewer.dicom.dataset import DicomFile, PixelElement
from viewer.dicom.stored import (
    Array,
    arrange,
    frame_bits,
    is_subsampled,
    native_words,
    swap_bytes,
    to_stored,
)
from viewer.errors import MalformedError

ReadAt = Callable[[int, int], bytes]

_LEAST_SHARE = 16  # a frame is salvaged if at least one part in so many is there


@dataclass(frozen=True, slots=True, eq=False)
class NativeFrame:
    """Stored values and what had to be assumed to get them."""

    stored: Array
    color_space: str
    notes: tuple[str, ...] = ()


def load_native(
    read_at: ReadAt, element: PixelElement, fmt: PixelFormat, frame: int, frames: int
) -> NativeFrame:
    """Read and convert one native frame (counted from 0).

    Raises:
        MalformedError: the file does not have (enough of) it.
    """
    fmt, notes = _relabelled(fmt, element, frames)
    raw, first_bit, missing = _read_frame(read_at, element, fmt, frame)
    if missing:
        notes = (*notes, f"The pixel data is cut off: {missing:.0%} of this frame is missing.")
    if fmt.samples_per_pixel > 1 and fmt.planar_configuration not in (0, 1):
        told = (
            f"Planar Configuration is {fmt.planar_configuration}; samples are taken pixel by pixel."
        )
        notes = (*notes, told)
    words = native_words(raw, fmt, element.big_endian, first_bit)
    arranged = arrange(words, fmt)
    stored = arranged if fmt.value_type != "integer" else to_stored(arranged, fmt)
    space, color_notes = _color_space(stored, fmt, bool(notes))
    return NativeFrame(stored, space, notes + color_notes)


def embedded_words(file: DicomFile, fmt: PixelFormat, frame: int) -> Array | None:
    """Words (rows, columns) of a native frame with all their bits, for overlays that lie in
    bits the image does not use (retired, PS3.3-2004 C.9.2); None where there are none.
    """
    element = file.pixels
    if element is None or element.encapsulated or fmt.samples_per_pixel != 1:
        return None
    if fmt.value_type != "integer":
        return None
    with file.opened() as reader:
        raw, first_bit, _ = _read_frame(reader.read_at, element, fmt, frame)
    return arrange(native_words(raw, fmt, element.big_endian, first_bit), fmt)


def whole_frames(read_at: ReadAt, element: PixelElement, fmt: PixelFormat, frames: int) -> int:
    """How many of `frames` are there completely; two reads at most."""
    bits = frame_bits(_relabelled(fmt, element, frames)[0])
    if element.length is not None:
        frames = min(frames, element.length * 8 // bits)
    if frames < 1 or _is_there(read_at, element.offset + (bits * frames + 7) // 8 - 1):
        return max(0, frames)
    low, high = 0, frames  # `low` frames are there, `high` are not
    while high - low > 1:
        middle = (low + high) // 2
        if _is_there(read_at, element.offset + (bits * middle + 7) // 8 - 1):
            low = middle
        else:
            high = middle
    return low


def _is_there(read_at: ReadAt, offset: int) -> bool:
    return len(read_at(offset, 1)) == 1


def _read_frame(
    read_at: ReadAt, element: PixelElement, fmt: PixelFormat, frame: int
) -> tuple[bytes, int, float]:
    """(bytes, first bit of the frame in them, share that is missing and was zeroed)."""
    bits = frame_bits(fmt)
    # 8-bit samples in big endian words: neighbours are exchanged (PS3.5 8.1.2).
    swapped = element.big_endian and element.vr == "OW" and fmt.bits_allocated <= 8
    first = bits * frame // 8
    if swapped:
        first -= first % 2
    first_bit = bits * frame - first * 8
    wanted = (first_bit + bits + 7) // 8
    room = wanted if element.length is None else min(wanted, element.length - first)
    raw = read_at(element.offset + first, max(0, room + swapped)) if room > 0 else b""
    if swapped:
        raw = swap_bytes(raw)
    missing = 1 - len(raw) / wanted if len(raw) < wanted else 0.0
    if missing > 1 - 1 / _LEAST_SHARE:
        raise MalformedError(
            f"The pixel data of frame {frame + 1} is missing: the file holds {len(raw):,} of "
            f"{wanted:,} bytes.",
            "The copy was probably interrupted; copy the file again.",
        )
    if missing:
        raw += bytes(wanted - len(raw))
    if first_bit >= 8:
        raw, first_bit = raw[first_bit // 8 :], first_bit % 8
    return raw, first_bit, missing


def _relabelled(
    fmt: PixelFormat, element: PixelElement, frames: int
) -> tuple[PixelFormat, tuple[str, ...]]:
    """Chroma subsampling as the length of the data says, not the label (rule 4)."""
    if fmt.samples_per_pixel != 3 or element.length is None:
        return fmt, ()
    full = frames * fmt.rows * fmt.columns * 3 * fmt.bits_allocated // 8
    told = fmt.photometric_interpretation
    if is_subsampled(fmt) and full <= element.length <= full + 1:
        note = f"Photometric Interpretation says {told}, but the data is not subsampled."
        return replace(fmt, photometric_interpretation=told.removesuffix("_422")), (note,)
    if told == "YBR_FULL":
        halved = replace(fmt, photometric_interpretation="YBR_FULL_422")
        half = frames * frame_bits(halved) // 8
        if half <= element.length <= half + 1:
            note = "Photometric Interpretation says YBR_FULL, but the data is subsampled."
            return halved, (note,)
    return fmt, ()


def _color_space(stored: Array, fmt: PixelFormat, relabelled: bool) -> tuple[str, tuple[str, ...]]:
    told = fmt.photometric_interpretation
    if fmt.samples_per_pixel == 1 or not told.startswith("YBR"):
        return told, ()
    if relabelled and _is_black_rgb(stored):
        return "RGB", ("Its black is the black of RGB: shown as RGB.",)
    return told.removesuffix("_422"), ()


def _is_black_rgb(stored: np.ndarray[Any, Any]) -> bool:
    """Black in YBR has its chroma in the middle; all three near zero only occurs in RGB."""
    dark = (stored[::4, ::4] < 16).all(axis=-1)
    return bool(dark.mean() > 0.01)
