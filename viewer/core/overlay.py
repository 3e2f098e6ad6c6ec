"""Painting overlay planes of group 60xx (PS3.3 C.9.2)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from viewer.core.image import Overlay

Array = np.ndarray
Color = tuple[int, int, int]

WHITE: Color = (255, 255, 255)


def paint_overlays(image: Array, overlays: Iterable[Overlay], color: Color = WHITE) -> Array:
    """A copy of an 8-bit image with overlay planes drawn on it.

    Args:
        image: uint8, (rows, columns) or (rows, columns, 3).
        overlays: planes; parts outside the image are left out.
        color: a gray colour keeps a gray image gray, any other makes the result RGB.
    """
    overlays = tuple(overlays)
    if not overlays:
        return image
    if image.ndim == 2 and len(set(color)) > 1:
        painted = np.repeat(image[..., np.newaxis], 3, axis=-1)
    else:
        painted = image.copy()
    value = color[0] if painted.ndim == 2 else np.array(color, np.uint8)
    for overlay in overlays:
        target, source = _overlap(painted.shape[:2], overlay)
        drawn = outline(overlay.mask) if overlay.kind == "R" else overlay.mask
        painted[target][drawn[source]] = value
    return painted


def outline(mask: Array) -> Array:
    """The border pixels of a region, bool of the same shape: filled, it would hide its inside."""
    padded = np.pad(mask, 1)
    inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
    border: Array = mask & ~inner
    return border


def overlay_mask(overlays: Iterable[Overlay], rows: int, columns: int) -> Array:
    """Where any of the planes draws, bool (rows, columns)."""
    mask = np.zeros((rows, columns), bool)
    for overlay in overlays:
        target, source = _overlap((rows, columns), overlay)
        mask[target] |= overlay.mask[source]
    return mask


def _overlap(shape: tuple[int, int], overlay: Overlay) -> tuple[tuple[slice, ...], ...]:
    """Slices of the image and of the overlay that lie on each other, possibly empty."""
    target, source = [], []
    for size, length, origin in zip(shape, overlay.mask.shape, overlay.origin, strict=True):
        start, stop = max(origin, 0), min(origin + length, size)
        stop = max(start, stop)
        target.append(slice(start, stop))
        source.append(slice(start - origin, stop - origin))
    return tuple(target), tuple(source)
