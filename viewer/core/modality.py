"""Stored values to modality values (PS3.3 C.11.1)."""

from __future__ import annotations

import numpy as np

from viewer.core.image import ModalityTransform
from viewer.core.lut import look_up

Array = np.ndarray


def modality_values(stored: Array, transform: ModalityTransform) -> Array:
    """Modality values in the transform's unit, float64, same shape; a table excludes rescaling."""
    if transform.lut is not None:
        return look_up(transform.lut, stored).astype(np.float64)
    values: Array = stored.astype(np.float64) * transform.slope + transform.intercept
    return values


def unit_word(unit: str) -> str:
    """The unit as it is shown beside a value; the term US means "unspecified" (C.11.1.1.2)."""
    return "" if unit == "US" else unit


def whole_numbers(dtype: np.dtype, transform: ModalityTransform) -> bool:
    """Whether every modality value of an image of this dtype is a whole number."""
    if dtype.kind == "f":
        return False
    if transform.lut is not None:
        return True
    return float(transform.slope).is_integer() and float(transform.intercept).is_integer()


def modality_span(low: float, high: float, transform: ModalityTransform) -> tuple[float, float]:
    """Least and greatest modality value of stored values `low` to `high` (both whole for a LUT)."""
    if transform.lut is None:
        ends = (
            low * transform.slope + transform.intercept,
            high * transform.slope + transform.intercept,
        )
        return min(ends), max(ends)
    first, last = int(low), int(high)
    reach = len(transform.lut.entries) - 1
    start = min(max(first - transform.lut.first_mapped, 0), reach)
    stop = min(max(last - transform.lut.first_mapped, 0), reach)
    part = transform.lut.entries[start : stop + 1]  # a table need not be monotonic
    return float(part.min()), float(part.max())
