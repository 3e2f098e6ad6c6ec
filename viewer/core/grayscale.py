"""The whole grayscale chain folded into one table over stored values (PS3.4 N.2).

stored -> modality LUT or rescale -> VOI LUT or window -> presentation LUT -> inversion -> 8 bit

Integers of up to 16 bits go through a table of 256 or 65,536 entries; wider integers and
floats are computed directly, by the same function, so both ways give the same picture.

Padding takes no part in an inversion (PS3.3 C.7.5.1.1.2, rule 20): it is black wherever the file
or the user inverts, and never a light surround. Otherwise it is as dark as the window makes it,
like the background of the scan that it continues.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from viewer.core.image import FrameDescription, LookupTable, PaddingRange, VoiChoice, Window
from viewer.core.lut import as_fraction, look_up
from viewer.core.window import apply_window

Array = np.ndarray

_LIGHT = 127  # padding above this gray level is hidden
BLOCK = 32 * 1024  # pixels a step: table, indices and output stay in the second-level cache


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
        if self.padding is not None:
            padded = (stored >= self.padding.low) & (stored <= self.padding.high)
            levels[padded if self.hide_padding else padded & (levels > _LIGHT)] = 0
        return levels

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
        hide_padding=file_inverse(description) or inverted,
    )


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
    if stored.dtype.kind in "iub" and stored.dtype.itemsize <= 2:
        table = gray_table(chain, "bool" if stored.dtype.kind == "b" else stored.dtype.name)
        indices: np.ndarray[tuple[int, ...], np.dtype[np.integer[Any]]]
        indices = flat.view(np.uint8 if stored.dtype.itemsize == 1 else np.uint16)
        for part in _blocks(flat.size):
            # Every index is inside the table, so no mode changes a result: wrap is the fastest.
            table.take(indices[part], out=out[part], mode="wrap")
        return levels
    for part in _blocks(flat.size):
        out[part] = chain.gray(flat[part])
    return levels


@lru_cache(maxsize=16)
def gray_table(chain: GrayChain, dtype_name: str) -> Array:
    """Gray level of every bit pattern of an 8 or 16 bit integer type, read as unsigned."""
    dtype = np.dtype("uint8" if dtype_name == "bool" else dtype_name)
    patterns = np.arange(256 if dtype.itemsize == 1 else 65536)
    stored = patterns.astype(f"uint{8 * dtype.itemsize}").view(dtype)
    table = chain.gray(stored)
    table.flags.writeable = False  # shared by everyone who asks for the same chain
    return table


def _blocks(size: int) -> Iterator[slice]:
    return (slice(start, min(start + BLOCK, size)) for start in range(0, size, BLOCK))
