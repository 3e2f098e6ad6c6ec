"""The image of a viewport in its own pixels, for the clipboard: no words on it, no identity."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage, QTransform

from viewer.ui.thumbnails import as_image

if TYPE_CHECKING:
    from viewer.core.light import DisplayChoice
    from viewer.core.overlay import Color
    from viewer.core.view import View
    from viewer.dicom.pixels.frames import LoadedFrame
    from viewer.workspace.jobs import Work
    from viewer.workspace.viewport import Viewport


def picture_of(
    frame: LoadedFrame, choice: DisplayChoice, view: View, overlay_color: Color
) -> QImage:
    """A frame as it is shown: windowed, coloured, covered, drawn on, turned and mirrored.

    Args:
        choice: with the window in force.
    """
    from viewer.dicom.description.render import render

    light = render(frame, choice, overlay_color)
    across, down = view.orientation
    turn = QTransform(float(across[0]), float(down[0]), float(across[1]), float(down[1]), 0.0, 0.0)
    aspect = QTransform.fromScale(1.0, frame.description.pixel_aspect)
    return as_image(light).transformed(aspect * turn)


def taking_picture(viewport: Viewport, overlay_color: Color) -> Work | None:
    """Work for a job: the picture of what is shown now; None while there is no frame."""
    frame, choice, view = viewport.loaded, viewport.shown_choice, viewport.view
    if frame is None:
        return None

    def work() -> Generator[object, None, None]:
        yield picture_of(frame, choice, view, overlay_color)

    return work
