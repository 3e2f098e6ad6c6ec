"""A gray table that is a straight line, worked out instead of looked up: twice as fast.

Looking up widens every index to eight bytes; a multiplication and an addition in single
precision do not. A ramp is used only where it gives every entry of the table exactly, so which
of the two ran cannot be seen.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np

Array = np.ndarray

# Single precision errs to either side of a level's edge: nudged a little, it errs to none.
_NUDGES = (0.0, 1e-5, -1e-5, 6e-5, -6e-5, 4e-4, -4e-4)
# Beyond, single precision cannot be exact and may overflow.
_STEEPEST, _FARTHEST = 1e4, 1e7
_DARKEST, _LIGHTEST = np.float32(0.0), np.float32(255.5)
_threads = threading.local()


@dataclass(frozen=True, slots=True)
class Ramp:
    """Gray level = the whole part of `scale` x value + `offset`, within 0..255."""

    scale: np.float32
    offset: np.float32

    def levels_into(self, stored: Array, out: Array) -> None:
        """Write the gray levels of integers; both arrays have one dimension and one length."""
        levels = _workspace(stored.size)
        np.copyto(levels, stored)
        np.multiply(levels, self.scale, out=levels)
        np.add(levels, self.offset, out=levels)
        np.clip(levels, _DARKEST, _LIGHTEST, out=levels)
        np.copyto(out, levels, casting="unsafe")


def _workspace(size: int) -> Array:
    """Memory of this thread's own: asked for anew, each block would wait for empty pages."""
    kept: Array | None = getattr(_threads, "levels", None)
    if kept is None or kept.size < size:
        kept = _threads.levels = np.empty(size, np.float32)
    return kept[:size]


def find_ramp(scale: float, offset: float, values: Array, table: Array) -> Ramp | None:
    """The ramp near a line that answers every one of `values` as `table` does; None if none.

    Args:
        scale, offset: the line in exact terms, rounding's 0.5 included.
        values: all values of an integer type.
        table: their gray levels, uint8.
    """
    if not (abs(scale) < _STEEPEST and abs(offset) < _FARTHEST):
        return None
    levels = np.empty_like(table)
    for nudge in _NUDGES:
        ramp = Ramp(np.float32(scale), np.float32(offset + nudge))
        ramp.levels_into(values, levels)
        if np.array_equal(levels, table):
            return ramp
    return None
