"""The pixel under the cursor, in stored and in modality values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from viewer.core.color import to_rgb
from viewer.core.image import FrameDescription
from viewer.core.modality import modality_values, unit_word
from viewer.core.palette import apply_palette
from viewer.core.readout_text import Readout
from viewer.core.regions import Measure, measures_at

MOST_MAPPINGS = 2  # in the read-out; some files have one for each use


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
    readout = _colored if stored.ndim == 3 else _gray
    found = readout(stored, description, (column, row), color_space)
    return replace(
        found,
        measures=(*found.measures, *measures_at(description.regions, column, row)),
        patient_mm=_place(description, column, row),
        quadruped=description.quadruped,
    )


def _colored(
    stored: np.ndarray, description: FrameDescription, at: tuple[int, int], color_space: str
) -> Readout:
    column, row = at
    pixels = description.pixel_format
    space = color_space or pixels.photometric_interpretation
    rgb = to_rgb(stored[row : row + 1, column : column + 1], space, pixels.bits_stored)
    return Readout(column, row, tuple(float(sample) for sample in rgb[0, 0]))


def _gray(
    stored: np.ndarray, description: FrameDescription, at: tuple[int, int], _color_space: str
) -> Readout:
    column, row = at
    value = stored[row, column]
    readout = Readout(column, row, (float(value),))
    if description.pixel_format.photometric_interpretation == "PALETTE COLOR":
        if description.palette is None:
            return readout
        red, green, blue = apply_palette(np.array([value]), description.palette)[0].tolist()
        return replace(readout, color=(red, green, blue))
    padding = description.padding
    if padding is not None and padding.low <= value <= padding.high:
        return replace(readout, padding=True)
    transform, scale = description.transform, description.suv
    modality = float(modality_values(np.array([value]), transform)[0])
    return replace(
        readout,
        value=modality,
        unit=unit_word(transform.unit),
        suv=modality * scale.factor if scale is not None and scale.factor is not None else None,
        no_suv=scale.why_not if scale is not None else "",
        measures=tuple(_real_world(description, float(value))),
    )


def _real_world(description: FrameDescription, stored: float) -> Iterator[Measure]:
    """What the file's mappings make of a stored value (PS3.3 C.7.6.16.2.11)."""
    for mapping in description.real_world[:MOST_MAPPINGS]:
        value = mapping.value_of(stored)
        if value is not None and math.isfinite(value):
            yield Measure(value, mapping.unit, mapping.label)


def _place(
    description: FrameDescription, column: int, row: int
) -> tuple[float, float, float] | None:
    """Centre of a pixel in the patient, mm; None where the file leaves any part of it open."""
    if description.plane is None:
        return None
    x, y, z = (float(part) for part in description.plane.point_at(row, column))
    return (x, y, z) if math.isfinite(x + y + z) else None


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
