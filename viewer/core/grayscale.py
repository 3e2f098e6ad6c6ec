"""The whole grayscale chain folded into one table over stored values (PS3.4 N.2).

stored -> modality LUT or rescale -> VOI LUT or window -> presentation LUT -> inversion -> 8 bit

Integers of up to 16 bits go through a table of 256 or 65,536 entries, or along the straight line
that the table is; wider integers and floats are computed directly, by the same function, so all
ways give the same picture.

Padding takes no part in an inversion (PS3.3 C.7.5.1.1.2, rule 20): it is black wherever the file
or the user inverts. So it is where it lies at the light end of what the bits hold, for it would be
a light surround. Otherwise it is as dark as the window makes it, like the background of the scan
that it continues. None of this depends on the window, so padding never jumps while that moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from viewer.core.blocks import BLOCK, in_blocks
from viewer.core.image import (
    FrameDescription,
    LookupTable,
    PaddingRange,
    VoiChoice,
    Window,
    WindowFunction,
)
from viewer.core.lut import as_fraction, look_up
from viewer.core.ramp import Ramp, find_ramp
from viewer.core.window import apply_window, window_limits

Array = np.ndarray

_LIGHT_END = 0.75  # of the stored range: padding from there on is hidden
# Measured: five short passes cost more by their number than by the cache they overflow.
_RAMP_BLOCK, _LOOK_UP_BLOCK = 16 * BLOCK, 4 * BLOCK


@dataclass(frozen=True, slots=True)
class GrayChain:
    """Every step between a stored value and its gray level; equal chains give equal pictures."""

    slope: float
    intercept: float
    modality_lut: LookupTable | None
    padding: PaddingRange | None
    window: Window | None
    voi_lut: LookupTable | None
    presentation_lut: LookupTable | None
    inverse: bool
    hide_padding: bool = False

    def modality(self, stored: Array) -> Array:
        """Modality values, float64."""
        if self.modality_lut is not None:
            return look_up(self.modality_lut, stored).astype(np.float64)
        values = stored.astype(np.float64)
        if self.slope != 1.0:
            values *= self.slope
        if self.intercept != 0.0:
            values += self.intercept
        return values

    def gray(self, stored: Array) -> Array:
        """Gray levels of stored values, uint8, same shape; what is not a number is black."""
        shown = self._presented(self._voi(self.modality(stored)))
        if self.inverse:
            shown = 1.0 - shown
        shown *= 255.0
        shown += 0.5
        hidden = ~np.isfinite(shown)
        if hidden.any():
            shown[hidden] = 0.0
        levels = shown.astype(np.uint8)
        if self.padding is not None and self.hide_padding:
            levels[(stored >= self.padding.low) & (stored <= self.padding.high)] = 0
        return levels

    def line(self) -> tuple[float, float] | None:
        """(scale, offset) from stored value to gray level, or None where a table or curve bends.

        The 0.5 of rounding is in the offset; clipping to black and white is left to the user.
        """
        bends = (self.modality_lut, self.voi_lut, self.presentation_lut) != (None, None, None)
        if bends or self.window is None or self.window.function is WindowFunction.SIGMOID:
            return None
        low, high = window_limits(self.window)
        if high <= low:
            return None
        scale = 255.0 * self.slope / (high - low)
        offset = 255.0 * (self.intercept - low) / (high - low)
        return (-scale, 255.5 - offset) if self.inverse else (scale, offset + 0.5)

    def _voi(self, values: Array) -> Array:
        if self.voi_lut is not None:
            return as_fraction(self.voi_lut, values)
        assert self.window is not None, "a chain has a window or a VOI LUT"
        return apply_window(values, self.window)

    def _presented(self, fraction: Array) -> Array:
        """Through the Presentation LUT, whose input is the full VOI range (PS3.3 C.11.6.1)."""
        if self.presentation_lut is None:
            return fraction
        table = self.presentation_lut
        inputs = table.first_mapped + fraction * (len(table.entries) - 1)
        return as_fraction(table, inputs)


def gray_chain(description: FrameDescription, voi: VoiChoice, *, inverted: bool) -> GrayChain:
    """The chain for one frame; `inverted` is the user's wish on top of the file's polarity."""
    transform = description.transform
    return GrayChain(
        slope=transform.slope,
        intercept=transform.intercept,
        modality_lut=transform.lut,
        padding=description.padding,
        window=voi.window if voi.lut is None else None,
        voi_lut=voi.lut,
        presentation_lut=description.presentation.lut,
        inverse=file_inverse(description) != inverted,
        hide_padding=padding_is_black(description, inverted=inverted),
    )


def padding_is_black(description: FrameDescription, *, inverted: bool) -> bool:
    """Whether padding is left out of the window: under inversion, or where it would be light."""
    if file_inverse(description) or inverted:
        return True
    pixels, padding = description.pixel_format, description.padding
    if padding is None or pixels.value_type != "integer":
        return False
    span = 1 << pixels.bits_stored
    lowest = -(span >> 1) if pixels.signed else 0
    return padding.low >= lowest + _LIGHT_END * (span - 1)


def file_inverse(description: FrameDescription) -> bool:
    """Whether the file's low values are white.

    MONOCHROME1 says so after the VOI step (C.7.6.3.1.2). A Presentation LUT Shape says it once
    more (INVERSE goes with MONOCHROME1 in DX, MG and IO, C.8.11.3), so there is one inversion,
    not two; where both contradict each other the shape is what P-Values are defined by.
    """
    if description.presentation.shape_given:
        return description.presentation.inverse
    return description.pixel_format.photometric_interpretation == "MONOCHROME1"


def apply_chain(stored: Array, chain: GrayChain) -> Array:
    """Gray levels of a frame or any part of it, uint8 of the same shape."""
    stored = np.ascontiguousarray(stored)
    levels = np.empty(stored.shape, np.uint8)
    flat, out = stored.reshape(-1), levels.reshape(-1)
    if stored.dtype.kind not in "iub" or stored.dtype.itemsize > 2:

        def compute_block(part: slice) -> None:
            out[part] = chain.gray(flat[part])

        in_blocks(flat.size, compute_block)
        return levels
    dtype_name = "uint8" if stored.dtype.kind == "b" else stored.dtype.name
    ramp = gray_ramp(chain, dtype_name)
    if ramp is not None:

        def work_out_block(part: slice) -> None:
            ramp.levels_into(flat[part], out[part])

        in_blocks(flat.size, work_out_block, _RAMP_BLOCK)
        return levels
    table = gray_table(chain, dtype_name)
    indices: np.ndarray[tuple[int, ...], np.dtype[np.integer[Any]]]
    indices = flat.view(np.uint8 if stored.dtype.itemsize == 1 else np.uint16)

    def look_up_block(part: slice) -> None:
        # Every index is inside the table, so no mode changes a result: wrap is the fastest.
        table.take(indices[part], out=out[part], mode="wrap")

    in_blocks(flat.size, look_up_block, _LOOK_UP_BLOCK)
    return levels


@lru_cache(maxsize=16)
def gray_table(chain: GrayChain, dtype_name: str) -> Array:
    """Gray level of every bit pattern of an 8 or 16 bit integer type, read as unsigned."""
    table = chain.gray(_all_values(dtype_name))
    table.flags.writeable = False  # shared by everyone who asks for the same chain
    return table


@lru_cache(maxsize=16)
def gray_ramp(chain: GrayChain, dtype_name: str) -> Ramp | None:
    """The straight line that a table is, or None where it bends."""
    line = chain.line()
    if line is None:
        return None
    return find_ramp(*line, _all_values(dtype_name), gray_table(chain, dtype_name))


@cache
def _all_values(dtype_name: str) -> Array:
    """Every value of an integer type, in the order of its bit patterns."""
    dtype = np.dtype(dtype_name)
    bits = 8 * dtype.itemsize
    values: Array = np.arange(1 << bits).astype(f"uint{bits}").view(dtype)
    values.flags.writeable = False
    return values
