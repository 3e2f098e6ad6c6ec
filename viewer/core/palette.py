"""PALETTE COLOR and supplemental palettes (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6, C.7.6.19)."""

from __future__ import annotations

import numpy as np

from viewer.core.image import Palette

Array = np.ndarray


def apply_palette(stored: Array, palette: Palette) -> Array:
    """RGB of palette indices, uint8 (rows, columns, 3).

    Indices below the first mapped value get the first entry, those beyond the table the last;
    the high byte of each 16-bit entry is shown.
    """
    table = np.stack([palette.red >> 8, palette.green >> 8, palette.blue >> 8], axis=-1)
    index = np.clip(stored.astype(np.int64) - palette.first_mapped, 0, len(table) - 1)
    return table.astype(np.uint8)[index]


def color_supplement(gray: Array, stored: Array, palette: Palette) -> Array:
    """Gray levels with the stored values at or above the first mapped one in colour.

    The rest stays gray (C.8.16.2.1.1.1), uint8 (rows, columns, 3).
    """
    rgb = np.repeat(gray[..., np.newaxis], 3, axis=-1)
    colored = stored >= palette.first_mapped
    if colored.any():
        rgb[colored] = apply_palette(stored[colored], palette)
    return rgb
