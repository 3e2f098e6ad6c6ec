"""The frame that is on a canvas, which may lag behind what its Viewport wants for a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from viewer.core.differences import hides_padding
from viewer.core.picture import WHITE, Color, Look, Painted, Picture
from viewer.core.placement import Point, Stage, place
from viewer.core.readout import read_pixel
from viewer.core.readout_text import Readout
from viewer.dicom.description.icc import apply_icc
from viewer.ui.viewport.area import Area
from viewer.workspace.viewport import Viewport

if TYPE_CHECKING:
    from viewer.dicom.pixels.frames import LoadedFrame


class Drawn:
    """Keeps the last frame and its look until the next one comes; paints and reads it."""

    def __init__(self, viewport: Viewport) -> None:
        self._viewport = viewport
        self._picture: Picture | None = None
        self._look: Look | None = None
        self._padding: tuple[tuple[LoadedFrame, bool], bool] | None = None
        self.frame: LoadedFrame | None = None
        self.hides_padding = False
        self._overlay_color: Color = WHITE

    def take_frame(self) -> None:
        """The viewport has another frame, a failure, or nothing."""
        viewport = self._viewport
        frame, pyramid = viewport.loaded, viewport.pyramid
        if frame is not None and pyramid is not None:
            self.frame = frame
            self._picture = Picture(pyramid, frame.description, frame.color_space, apply_icc)
        elif viewport.failure is not None or viewport.stack is None:
            self.drop()
        self.take_look()

    def take_look(self) -> None:
        """The viewport shows its frame in another light."""
        if self._viewport.loaded is not None:  # else what is drawn keeps the look it has
            viewport = self._viewport
            self._look = Look(viewport.shown_choice, viewport.smooth, self._overlay_color)
            self.hides_padding = self._does_hide_padding()

    def set_overlay_color(self, color: Color) -> None:
        """The user may have chosen another one."""
        self._overlay_color = color
        self.take_look()

    def drop(self) -> None:
        """Draw nothing: what was drawn belongs to something else."""
        self.frame = self._picture = self._look = None
        self.hides_padding = False

    def _does_hide_padding(self) -> bool:
        """Looked for once a frame, in its smallest copy: this is in the way of every drag."""
        viewport = self._viewport
        frame, pyramid, choice = viewport.loaded, viewport.pyramid, viewport.choice
        if frame is None or pyramid is None:
            return False
        key = (frame, choice.inverted)
        if self._padding is None or self._padding[0] != key:
            hides = hides_padding(pyramid.levels[-1], frame.description, choice)
            self._padding = (key, hides)
        return self._padding[1]

    def stage(self, area: Area) -> Stage | None:
        """The stage of the frame in an area, or None without a frame."""
        if self.frame is None:
            return None
        rows, columns = self.frame.stored.shape[:2]
        aspect = self.frame.description.pixel_aspect
        return Stage(rows, columns, area.width, area.height, aspect, area.ratio)

    def paint(self, area: Area) -> Painted | None:
        """The light to be drawn in an area."""
        stage = self.stage(area)
        if self._picture is None or self._look is None or stage is None:
            return None
        return self._picture.paint(self._viewport.view, stage, self._look)

    def read(self, position: Point, area: Area) -> Readout | None:
        """The pixel under a point of the canvas."""
        stage = self.stage(area)
        if self.frame is None or stage is None:
            return None
        placement = place(self._viewport.view, stage).snapped(stage.device_ratio)
        frame, point = self.frame, placement.to_image(position)
        return read_pixel(frame.stored, frame.description, point, frame.color_space)
