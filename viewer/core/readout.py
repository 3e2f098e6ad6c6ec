"""The pixel under the cursor, in stored and in modality values."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from viewer.core.annotation import Readout
from viewer.core.color import to_rgb
from viewer.core.image import FrameDescription
from viewer.core.modality import modality_values


def read_pixel(
    stored: np.ndarray,
    description: FrameDescription,
    point: tuple[float, float],
    color_space: str = "",
) -> Readout | None:
    """What lies at an image point (column, row); None outside the image.

    Args:
        stored: the whole frame, (rows, columns) or (rows, columns, 3).
        color_space: of three samples, as `to_light` wants it.
    """
    column, row = math.floor(point[0]), math.floor(point[1])
    if not (0 <= row < stored.shape[0] and 0 <= column < stored.shape[1]):
        return None
    pixels = description.pixel_format
    if stored.ndim == 3:
        space = color_space or pixels.photometric_interpretation
        rgb = to_rgb(stored[row : row + 1, column : column + 1], space, pixels.bits_stored)
        return Readout(column, row, tuple(float(sample) for sample in rgb[0, 0]))
    value = stored[row, column]
    if pixels.photometric_interpretation == "PALETTE COLOR":
        return Readout(column, row, (float(value),))
    padding = description.padding
    if padding is not None and padding.low <= value <= padding.high:
        return Readout(column, row, (float(value),), padding=True)
    transform = description.transform
    modality = float(modality_values(np.array([value]), transform)[0])
    readout = Readout(column, row, (float(value),), modality, transform.unit)
    scale = description.suv
    if scale is None:
        return readout
    uptake = None if scale.factor is None else modality * scale.factor
    return replace(readout, suv=uptake, no_suv=scale.why_not)


def values_in(
    stored: np.ndarray,
    description: FrameDescription,
    corner: tuple[float, float],
    opposite: tuple[float, float],
) -> np.ndarray:
    """Modality values of the gray pixels whose centres lie in a box, without padding.

    Args:
        corner, opposite: image points (column, row) in any order.

    Returns:
        One dimension, float64; empty for colour and for a box without a pixel.
    """
    if stored.ndim == 3:
        return np.empty(0)
    (left, right), (top, bottom) = (sorted(pair) for pair in zip(corner, opposite, strict=True))
    rows = _centers_between(top, bottom, stored.shape[0])
    columns = _centers_between(left, right, stored.shape[1])
    values = stored[rows, columns].ravel()
    padding = description.padding
    if padding is not None:
        values = values[(values < padding.low) | (values > padding.high)]
    return modality_values(values, description.transform)


def _centers_between(low: float, high: float, count: int) -> slice:
    """Pixels whose centre (index + 0.5) lies in low..high."""
    start = min(max(math.ceil(low - 0.5), 0), count)
    stop = min(max(math.floor(high - 0.5) + 1, start), count)
    return slice(start, stop)
