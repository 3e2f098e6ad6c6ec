"""The span of values an image is shown over when nobody said (rules 20 and 21)."""

from __future__ import annotations

import numpy as np

from viewer.core.image import PaddingRange

Array = np.ndarray

LOW_PERCENT, HIGH_PERCENT = 0.1, 99.9
_SAMPLES = 1 << 20  # more pixels do not move a percentile visibly, but they take time


def without_padding(stored: Array, padding: PaddingRange | None) -> Array:
    """Finite stored values that are image, one dimension; padding limits are inclusive.

    An image that is padding all over gives all its finite values: it must still show something.
    """
    values = stored.reshape(-1)
    if values.dtype.kind == "f":
        values = values[np.isfinite(values)]
    if padding is None or values.size == 0:
        return values
    kept = values[(values < padding.low) | (values > padding.high)]
    return kept if kept.size else values


def value_span(stored: Array, padding: PaddingRange | None = None) -> tuple[float, float]:
    """Least and greatest stored value without padding; (0, 0) when nothing is finite."""
    values = without_padding(stored, padding)
    return (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)


def percentile_span(stored: Array, padding: PaddingRange | None = None) -> tuple[float, float]:
    """Stored values at 0.1 % and 99.9 % without padding; they are values that really occur.

    Where both fall on one value (a mask, a nearly empty slice) it is the full span.
    """
    values = without_padding(_thinned(stored), padding)
    if values.size == 0:
        return 0.0, 0.0
    ranks = [round((values.size - 1) * percent / 100.0) for percent in (LOW_PERCENT, HIGH_PERCENT)]
    low, high = _at_ranks(values, ranks)
    return (low, high) if high > low else value_span(stored, padding)


def _at_ranks(values: Array, ranks: list[int]) -> tuple[float, float]:
    """The values at two places of the sorted order; small integers are counted, not sorted."""
    if values.dtype.kind in "iu" and values.dtype.itemsize <= 2:
        least = int(values.min())
        below = np.cumsum(np.bincount(values.astype(np.int32) - least))
        low, high = np.searchsorted(below, ranks, side="right") + least
    else:
        low, high = np.partition(values, ranks)[ranks]
    return float(low), float(high)


def _thinned(stored: Array) -> Array:
    step = int(np.ceil(np.sqrt(stored.size / _SAMPLES))) if stored.size > _SAMPLES else 1
    return stored[::step, ::step] if step > 1 and stored.ndim == 2 else stored
