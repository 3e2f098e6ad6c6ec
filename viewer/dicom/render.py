"""One frame as 8-bit light exactly as the window shows it: one output pixel per stored pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from viewer.core.light import DisplayChoice, to_light
from viewer.core.overlay import WHITE, Color, paint_overlays
from viewer.core.shutter import apply_shutter
from viewer.dicom.icc import apply_icc

if TYPE_CHECKING:
    from viewer.dicom.frames import LoadedFrame

Array = np.ndarray


def render(
    loaded: LoadedFrame, choice: DisplayChoice | None = None, overlay_color: Color = WHITE
) -> Array:
    """The frame with shutter and overlays, uint8 (rows, columns), or (rows, columns, 3) RGB.

    Overlays lie over the shutter, as annotation follows it in PS3.4 figure N.2-1.
    """
    choice = choice or DisplayChoice()
    description = loaded.description
    image = to_light(loaded.stored, description, choice, loaded.color_space)
    if choice.icc:
        image = apply_icc(image, description.icc_profile)
    if choice.shutter:
        image = apply_shutter(image, description.shutter)
    if choice.overlays:
        image = paint_overlays(image, description.overlays, overlay_color)
    return image
