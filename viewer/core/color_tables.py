"""Pseudo-colour tables for gray images: 256 RGB colours each, made from a few anchors."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

Array = np.ndarray

# Anchors evenly spaced from black to white level, as hexadecimal RGB; between them linear.
# Viridis, inferno and cividis are perceptually uniform (published by matplotlib under CC0).
_ANCHORS: dict[str, tuple[str, ...]] = {
    "hot": (
        "000000", "550000", "aa0000", "ff0000", "ff5500", "ffaa00", "ffff00", "ffff80", "ffffff",
    ),
    "hot iron": ("000000", "800000", "ff0000", "ff8000", "ffff80", "ffffff"),
    "rainbow": ("0000ff", "00ffff", "00ff00", "ffff00", "ff0000"),
    "viridis": (
        "440154", "482475", "414487", "355f8d", "2a788e", "21918c", "22a884", "44bf70",
        "7ad151", "bddf26", "fde725",
    ),
    "inferno": (
        "000004", "160b39", "420a68", "6a176e", "932667", "bc3754", "dd513a", "f37819",
        "fca50a", "f6d746", "fcffa4",
    ),
    "cividis": (
        "00224e", "123570", "3b496c", "575d6d", "707173", "8a8678", "a59c74", "c3b369",
        "e1cc55", "fee838",
    ),
}  # fmt: skip

COLOR_TABLES: tuple[str, ...] = tuple(_ANCHORS)


@lru_cache(maxsize=len(_ANCHORS))
def color_table(name: str) -> Array:
    """The table called `name`, uint8 (256, 3), not writeable.

    Raises:
        KeyError: there is none of this name.
    """
    anchors = np.array([tuple(bytes.fromhex(text)) for text in _ANCHORS[name]], np.float64)
    positions = np.linspace(0.0, 255.0, len(anchors))
    levels = np.arange(256.0)
    table = np.stack([np.interp(levels, positions, anchors[:, i]) for i in range(3)], axis=-1)
    result: Array = (table + 0.5).astype(np.uint8)
    result.flags.writeable = False
    return result
