"""Colour samples to 8-bit RGB (PS3.3 C.7.6.3.1.2)."""

from __future__ import annotations

import numpy as np

Array = np.ndarray

_BLOCK = 32 * 1024
# Rows are R, G, B; columns Y, Cb, Cr.
_FULL = np.array([[1.0, 0.0, 1.4020], [1.0, -0.344136, -0.714136], [1.0, 1.7720, 0.0]], np.float32)
# CCIR 601-2 as the standard writes it: Y 16..235 and Cb, Cr 16..240.
_PARTIAL = np.array(
    [[1.1644, 0.0, 1.5960], [1.1644, -0.3917, -0.8130], [1.1644, 2.0173, 0.0]], np.float32
)


def to_rgb(stored: Array, color_space: str, bits_stored: int) -> Array:
    """RGB of colour samples, uint8 (rows, columns, 3), whatever their depth and colour space.

    Args:
        stored: samples (rows, columns, 3), chrominance already at full resolution.
        color_space: "RGB" or one of the YBR terms of Photometric Interpretation.
        bits_stored: bits of a sample; more than 8 are shown by their high byte.
    """
    if color_space == "YBR_RCT":
        return _from_rct(stored, bits_stored)
    samples = to_eight_bits(stored, bits_stored)
    if not color_space.startswith("YBR"):
        return samples
    partial = color_space.startswith("YBR_PARTIAL")
    return _from_ybr(samples, _PARTIAL if partial else _FULL, 16.0 if partial else 0.0)


def to_eight_bits(stored: Array, bits_stored: int) -> Array:
    """Samples as uint8: the high byte of deeper ones, the full scale of shallower ones."""
    if stored.dtype == np.uint8 and bits_stored == 8:
        return stored
    full = (1 << bits_stored) - 1
    levels: Array
    if stored.dtype.kind == "f":
        levels = np.clip(np.nan_to_num(stored), 0, 255)
    elif bits_stored > 8:
        levels = np.clip(stored >> (bits_stored - 8), 0, 255)
    else:
        levels = np.clip(stored, 0, full).astype(np.uint16) * 255 // full
    return levels.astype(np.uint8)


def _from_ybr(samples: Array, matrix: Array, black: float) -> Array:
    """Blocks keep the float copies in the cache; results are rounded and clipped."""
    flat = samples.reshape(-1, 3)
    rgb = np.empty_like(flat)
    offset = np.array([black, 128.0, 128.0], np.float32)
    for start in range(0, len(flat), _BLOCK):
        block = flat[start : start + _BLOCK].astype(np.float32)
        block -= offset
        mixed = block @ matrix.T
        mixed += 0.5
        np.clip(mixed, 0, 255, out=mixed)
        rgb[start : start + _BLOCK] = mixed
    return rgb.reshape(samples.shape)


def _from_rct(stored: Array, bits_stored: int) -> Array:
    """Reversible component transform of JPEG 2000 left undone: Cb = B - G and Cr = R - G."""
    y, cb, cr = (stored[..., i].astype(np.int32) for i in range(3))
    if stored.dtype.kind == "u":  # differences are stored around the middle
        half = 1 << (bits_stored - 1)
        cb, cr = cb - half, cr - half
    green = y - ((cb + cr) >> 2)
    rgb = np.clip(np.stack([cr + green, green, cb + green], axis=-1), 0, (1 << bits_stored) - 1)
    return to_eight_bits(rgb, bits_stored)
