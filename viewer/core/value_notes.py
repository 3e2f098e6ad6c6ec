"""What only the values themselves give away: contradictions that no attribute shows."""

from __future__ import annotations

import numpy as np

from viewer.core.image import FrameDescription

Array = np.ndarray


def value_notes(stored: Array, description: FrameDescription) -> tuple[str, ...]:
    """Sentences about stored values that their description cannot account for."""
    if stored.size == 0:
        return ()
    if stored.dtype.kind == "f":
        return _not_numbers(stored)
    if description.pixel_format.photometric_interpretation == "PALETTE COLOR":
        return _beyond_palette(stored, description)
    return ()


def _not_numbers(stored: Array) -> tuple[str, ...]:
    count = stored.size - int(np.count_nonzero(np.isfinite(stored)))
    if not count:
        return ()
    return (f"{count} of {stored.size} pixels are not finite numbers; NaN is shown black.",)


def _beyond_palette(stored: Array, description: FrameDescription) -> tuple[str, ...]:
    palette = description.palette
    if palette is None:
        return ()
    last = palette.first_mapped + len(palette.red) - 1
    if int(stored.max()) <= last and int(stored.min()) >= palette.first_mapped:
        return ()
    return (
        f"Pixels lie outside the palette's indices {palette.first_mapped} to {last}; "
        "they get the nearest colour.",
    )
