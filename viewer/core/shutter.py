"""Display shutters as masks, and covering an image with one (PS3.3 C.7.6.11, C.7.6.15)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from viewer.core.image import Shutter

Array = np.ndarray


def rectangle_mask(rows: int, columns: int, left: int, right: int, upper: int, lower: int) -> Array:
    """Visible inside the edges, which are pixel columns and rows counted from 1, inclusive."""
    mask = np.zeros((rows, columns), bool)
    mask[max(upper - 1, 0) : max(lower, 0), max(left - 1, 0) : max(right, 0)] = True
    return mask


def circle_mask(rows: int, columns: int, center: tuple[int, int], radius: int) -> Array:
    """Visible inside a circle; `center` is (row, column) counted from 1, all in pixels."""
    row = np.arange(1, rows + 1)[:, np.newaxis].astype(np.float64) - center[0]
    column = np.arange(1, columns + 1)[np.newaxis, :].astype(np.float64) - center[1]
    mask: Array = row * row + column * column <= float(radius) ** 2
    return mask


def polygon_mask(rows: int, columns: int, vertices: Sequence[tuple[int, int]]) -> Array:
    """Visible inside a polygon, its edges included.

    `vertices` are (row, column) counted from 1; the last is joined to the first. A pixel is
    inside when its centre is, by the even-odd rule.
    """
    inside = np.zeros((rows, columns), bool)
    x = np.arange(1, columns + 1, dtype=np.float64)
    for row in range(rows):
        crossings, covered = _crossings(vertices, row + 1.0)
        for low, high in [*zip(crossings[::2], crossings[1::2], strict=True), *covered]:
            inside[row] |= (x >= low) & (x <= high)
    return inside


def _crossings(
    vertices: Sequence[tuple[int, int]], y: float
) -> tuple[list[float], list[tuple[float, float]]]:
    """Where the outline crosses height `y` in rising order, and its level parts there."""
    crossings, level = [], []
    for (r0, c0), (r1, c1) in zip(vertices, [*vertices[1:], vertices[0]], strict=True):
        if r0 == r1:
            if r0 == y:
                level.append((float(min(c0, c1)), float(max(c0, c1))))
        elif min(r0, r1) <= y < max(r0, r1):
            crossings.append(c0 + (y - r0) * (c1 - c0) / (r1 - r0))
        elif y == max(r0, r1):  # a lower vertex belongs to the outline too
            corner = float(c0 if r0 > r1 else c1)
            level.append((corner, corner))
    return sorted(crossings), level


def apply_shutter(image: Array, shutter: Shutter | None) -> Array:
    """A copy of an 8-bit image, gray or RGB, with everything outside the shutter covered.

    The presentation value is a P-Value (0 black to 65535 white), so its high byte is painted.
    """
    if shutter is None or shutter.visible.shape != image.shape[:2]:
        return image
    covered = image.copy()
    if image.ndim == 3 and shutter.color is not None:
        covered[~shutter.visible] = np.array(shutter.color, np.uint8)
    else:
        covered[~shutter.visible] = shutter.presentation_value >> 8
    return covered
