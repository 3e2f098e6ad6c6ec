"""VOI windows: modality values to display values 0..1 (PS3.3 C.11.2.1.2 and C.11.2.1.3)."""

from __future__ import annotations

import numpy as np

from viewer.core.image import Window, WindowFunction

Array = np.ndarray


def window_limits(window: Window) -> tuple[float, float]:
    """Modality values shown darkest and brightest; for SIGMOID those shown at 0.12 and 0.88."""
    if window.function is WindowFunction.LINEAR:
        half = (max(window.width, 1.0) - 1.0) / 2.0
        return window.center - 0.5 - half, window.center - 0.5 + half
    half = window.width / 2.0
    return window.center - half, window.center + half


def window_between(low: float, high: float, *, whole_numbers: bool) -> Window:
    """The window that shows `low` as black and `high` as white.

    LINEAR where values are whole numbers, as a file would write it (its edges are half a step
    off); LINEAR_EXACT for fractions, whose span may be far below LINEAR's least width of 1.
    """
    if whole_numbers:
        return Window((low + high + 1.0) / 2.0, high - low + 1.0)
    if not high > low:  # a constant image: any window above zero puts it in the middle
        return Window(low, max(abs(low), 1.0), WindowFunction.LINEAR_EXACT)
    return Window((low + high) / 2.0, high - low, WindowFunction.LINEAR_EXACT)


def apply_window(values: Array, window: Window) -> Array:
    """Display values 0..1 of modality values; NaN stays NaN.

    LINEAR is PS3.3 C.11.2.1.2.1, LINEAR_EXACT C.11.2.1.3.2, SIGMOID C.11.2.1.3.1. The width is
    taken as at least 1 for LINEAR (where 1 is a hard threshold) and must be above 0 otherwise.
    """
    values = np.asarray(values, dtype=np.float64)
    if window.function is WindowFunction.SIGMOID:
        return _sigmoid(values, window)
    low, high = window_limits(window)
    if high <= low:  # x <= c - 0.5 is black and x > c - 0.5 white
        return np.where(np.isnan(values), np.nan, values > low)
    return np.clip((values - low) / (high - low), 0.0, 1.0)


def _sigmoid(values: Array, window: Window) -> Array:
    exponent = -4.0 * (values - window.center) / window.width
    # exp overflows beyond 709; at 60 the curve is 0 or 1 to 26 digits already.
    result: Array = 1.0 / (1.0 + np.exp(np.clip(exponent, -60.0, 60.0)))
    return result
