"""The scale bar: a round length, never longer than its room, that names where it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass

from viewer.core.image import Spacing, SpacingSource

SHARE_OF_HEIGHT = 0.4
_UNITS_MM = ((1000.0, "m"), (10.0, "cm"), (1.0, "mm"), (1e-3, "µm"))


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """What to draw at the right edge.

    Attributes:
        length_px: on the screen, device-independent pixels; 0 when no length can be told.
        label: "5 cm", or "px" when the size of a pixel is unknown.
        source: "at detector", "magnified", "calibrated", "region"; empty for lengths that hold
            in the patient.
    """

    length_px: float
    label: str
    source: str = ""


def scale_bar(spacing: Spacing | None, zoom: float, height_px: float) -> ScaleBar:
    """The vertical bar for an image.

    Args:
        spacing: size of a pixel in the image plane, or None when unknown.
        zoom: device-independent pixels per stored column.
        height_px: height of the viewport.
    """
    mm_per_px = mm_per_screen_px(spacing, zoom)
    if spacing is None or mm_per_px is None:
        return ScaleBar(0.0, "px")
    length_mm = round_length(height_px * SHARE_OF_HEIGHT * mm_per_px)
    length_px = length_mm / mm_per_px
    said = "" if spacing.source is SpacingSource.PATIENT else spacing.source.value
    return ScaleBar(length_px, length_text(length_mm), said)


def mm_per_screen_px(spacing: Spacing | None, zoom: float) -> float | None:
    """Millimetres per device-independent pixel on the screen; None when unknown.

    A pixel is drawn `row_mm / column_mm` times as high as wide, so one number serves both
    directions and every turn.
    """
    if spacing is None or spacing.source is SpacingSource.UNKNOWN or zoom <= 0:
        return None
    if not (math.isfinite(spacing.column_mm) and spacing.column_mm > 0):
        return None
    return spacing.column_mm / zoom


def round_length(most: float) -> float:
    """The largest of 1, 2, 5 times a power of ten that is not above `most` (> 0)."""
    power = 10.0 ** math.floor(math.log10(most))
    share = most / power
    # The logarithm may fall short by a rounding error at exact powers.
    lead = next(lead for lead in (10.0, 5.0, 2.0, 1.0, 0.5) if lead <= share * (1 + 1e-9))
    return float(f"{lead * power:.3g}")


def length_text(length_mm: float) -> str:
    """A round length in the unit people say it in: "5 cm", "2 mm", "50 µm"."""
    for size_mm, unit in _UNITS_MM:
        if length_mm >= size_mm * (1 - 1e-9):
            return f"{length_mm / size_mm:.3g} {unit}"
    return f"{length_mm * 1e3:.3g} µm"
