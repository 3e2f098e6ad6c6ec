"""Reduced copies of a large frame, so that drawing touches only about as much as is seen.

The copies hold stored values, not light: the window is still applied afterwards, to few values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.core.image import FrameDescription, PaddingRange

LARGE_PX = 1024  # frames no larger than this on both sides are drawn from the stored values
BAND_ROWS = 128  # reduced at a time, so that the intermediate sums stay in the processor's cache


@dataclass(frozen=True, slots=True, eq=False)
class Pyramid:
    """One frame in several sizes.

    Attributes:
        levels: `levels[0]` is the frame itself, (rows, columns) or (rows, columns, 3); each
            next one has half its rows and columns, rounded up.
    """

    levels: tuple[np.ndarray, ...]

    def level(self, scale: float) -> tuple[int, np.ndarray]:
        """The smallest copy that still has a value for every screen pixel.

        Args:
            scale: device pixels per stored pixel; below 1 the picture is shown reduced.

        Returns:
            (exponent, values): a value of the copy covers `2**exponent` stored pixels each way.
        """
        exponent = 0
        while exponent + 1 < len(self.levels) and scale * 2 ** (exponent + 1) <= 1:
            exponent += 1
        return exponent, self.levels[exponent]

    @property
    def extra_bytes(self) -> int:
        """Memory the copies take beside the frame itself."""
        return sum(level.nbytes for level in self.levels[1:])


def build_pyramid(stored: np.ndarray, description: FrameDescription) -> Pyramid:
    """All sizes of a frame down to `LARGE_PX`; a small frame is its own only level."""
    pixel_format = description.pixel_format
    # Between two palette indices or two bits lies nothing: there a mean would invent values.
    blends = pixel_format.bits_allocated > 1 and (
        pixel_format.photometric_interpretation != "PALETTE COLOR"
    )
    levels = [stored]
    while max(levels[-1].shape[:2]) > LARGE_PX:
        last = levels[-1]
        levels.append(halve(last, description.padding) if blends else last[::2, ::2].copy())
    return Pyramid(tuple(levels))


def halve(values: np.ndarray, padding: PaddingRange | None = None) -> np.ndarray:
    """Means of blocks of 2x2, in the dtype of `values`; an odd edge has blocks of 1 or 2.

    Padding takes no part in a mean, and a block is padding only where all of it is, so that
    neither bleeds into the other (PS3.3 C.7.5.1.1.2: padding is not image).
    """
    rows, columns = values.shape[:2]
    half = np.empty(((rows + 1) // 2, (columns + 1) // 2, *values.shape[2:]), values.dtype)
    for top in range(0, rows, BAND_ROWS):
        band = values[top : top + BAND_ROWS]
        into = half[top // 2 : (top + len(band) + 1) // 2]
        if _all_image(band, padding):
            into[...] = _means(band)
        else:
            into[...] = _means_of_image(band, padding)
    return half


def _all_image(band: np.ndarray, padding: PaddingRange | None) -> bool:
    """No value, and no mean of values, can be padding: all lie on one side of it."""
    if band.dtype.kind == "f" and not np.isfinite(band).all():
        return False
    return padding is None or bool(band.min() > padding.high or band.max() < padding.low)


def _is_padding(values: np.ndarray, padding: PaddingRange) -> np.ndarray:
    # Python numbers are compared by value, so limits outside the dtype's range are no error.
    is_padding: np.ndarray = (values >= padding.low) & (values <= padding.high)
    return is_padding


def _corners(values: np.ndarray) -> tuple[np.ndarray, ...]:
    """The four values of each 2x2 block; at an odd edge the last row or column counts twice."""
    rows, columns = values.shape[:2]
    if rows % 2 or columns % 2:
        edge = ((0, rows % 2), (0, columns % 2), *((0, 0),) * (values.ndim - 2))
        values = np.pad(values, edge, mode="edge")
    return values[::2, ::2], values[::2, 1::2], values[1::2, ::2], values[1::2, 1::2]


def _wide(dtype: np.dtype) -> type:
    """A type that holds the sum of four values."""
    if dtype.kind == "f":
        return np.float64
    return np.int32 if dtype.itemsize <= 2 else np.int64


def _means(band: np.ndarray) -> np.ndarray:
    a, b, c, d = _corners(band)
    total: np.ndarray = a.astype(_wide(band.dtype))
    for corner in (b, c, d):
        total += corner
    if band.dtype.kind == "f":
        return total / 4
    total += 2
    total >>= 2  # rounds to nearest, halves up; an arithmetic shift, right for negatives too
    return total


def _means_of_image(band: np.ndarray, padding: PaddingRange | None) -> np.ndarray:
    """As `_means`, of those values of a block that are image."""
    wide = _wide(band.dtype)
    corners = _corners(band)
    total: np.ndarray = np.zeros(corners[0].shape, wide)
    count = np.zeros(corners[0].shape, np.uint8)
    any_image = corners[0].copy()
    for corner in corners:
        image = np.isfinite(corner) if band.dtype.kind == "f" else np.ones(corner.shape, bool)
        if padding is not None:
            image &= ~_is_padding(corner, padding)
        total += np.where(image, corner, 0).astype(wide, copy=False)
        count += image
        any_image = np.where(image, corner, any_image)
    divisor = np.maximum(count, 1)
    means = total / divisor if band.dtype.kind == "f" else (total + divisor // 2) // divisor
    means = np.where(count > 0, means, any_image)
    if padding is not None:  # a mean of image values on both sides of the padding is still image
        means = np.where((count > 0) & _is_padding(means, padding), any_image, means)
    return means
