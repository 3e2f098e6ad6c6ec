"""The image of a viewport in its own pixels, for the clipboard: no words on it, no identity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QImage, QTransform

from viewer.ui.thumbnails import as_image

if TYPE_CHECKING:
    from viewer.workspace.viewport import Viewport


def picture_of(viewport: Viewport) -> QImage | None:
    """The shown frame as it is windowed, turned and mirrored; None while there is none."""
    from viewer.core.light import to_light

    frame = viewport.loaded
    if frame is None:
        return None
    light = to_light(frame.stored, frame.description, viewport.shown_choice, frame.color_space)
    across, down = viewport.view.orientation
    turn = QTransform(float(across[0]), float(down[0]), float(across[1]), float(down[1]), 0.0, 0.0)
    aspect = QTransform.fromScale(1.0, frame.description.pixel_aspect)
    return as_image(light).transformed(aspect * turn)
