"""Mouse, wheel and pinch on one canvas, translated into changes of its Viewport.

Which drag a button begins is decided here; what it does is in `drags`, the arithmetic in
`viewer.core.gesture`. Nothing here keeps state of the image.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent

from viewer.core.gesture import CLICK_PX, ZOOM_NOTCH, WheelSteps, window_turned
from viewer.core.placement import Stage, zoomed_by
from viewer.ui.viewport.drags import (
    Drag,
    DragBox,
    DragPan,
    DragScroll,
    DragWindow,
    DragZoom,
    RubberBand,
    is_clamped,
    smallest_width,
    window_of,
)
from viewer.workspace.tools import Tool
from viewer.workspace.viewport import Viewport

Button = Qt.MouseButton
Modifier = Qt.KeyboardModifier
PAGE = 10  # images a Shift+wheel notch goes on


@dataclass(frozen=True, slots=True)
class Habits:
    """The user's settings for the mouse."""

    window_gain: float = 1.0
    up_is_brighter: bool = True
    wheel_wraps: bool = False
    both_buttons_zoom: bool = False


class _Wheel(Enum):
    IMAGES = auto()
    PAGES = auto()
    ZOOM = auto()
    WIDTH = auto()


class Gestures:
    """The hand on one canvas.

    Args:
        stage: gives the stage of the image that is shown, or None without one.
        tool: gives the tool in the left button.
        band: shows the box of a box drag.
        reached_end: called with -1 or +1 when scrolling stops at an end.
    """

    def __init__(
        self,
        viewport: Viewport,
        stage: Callable[[], Stage | None],
        tool: Callable[[], Tool],
        band: RubberBand,
        reached_end: Callable[[int], None],
    ) -> None:
        self.habits = Habits()
        self.space_held = False
        self._viewport = viewport
        self._stage = stage
        self._tool = tool
        self._band = band
        self._reached_end = reached_end
        self._steps = WheelSteps()
        self._wheel_means = _Wheel.IMAGES
        self._button: Qt.MouseButton | None = None
        self._pressed_at = QPointF()
        self._pressed_with = Modifier.NoModifier
        self._moved = False
        self._drag: Drag | None = None

    @property
    def dragging(self) -> bool:
        """Whether a button is held and has moved."""
        return self._drag is not None

    def press(self, event: QMouseEvent) -> None:
        both = Button.LeftButton | Button.RightButton
        if self.habits.both_buttons_zoom and event.buttons() & both == both:
            self._drop()
            self._button, self._pressed_at, self._moved = event.button(), event.position(), True
            stage = self._stage()
            self._drag = DragZoom(self._viewport, stage, event.position()) if stage else None
        elif self._button is None:  # a second button does not change what the first one does
            self._button, self._pressed_at = event.button(), event.position()
            self._pressed_with, self._moved = event.modifiers(), False

    def move(self, event: QMouseEvent) -> None:
        if self._button is None:
            return
        if not event.buttons() & self._button:  # the release went to another window
            self._drop()
            return
        if not self._moved:
            way = event.position() - self._pressed_at
            if max(abs(way.x()), abs(way.y())) < CLICK_PX:
                return
            self._moved, self._drag = True, self._begun()
        if self._drag is not None:
            self._drag.move(event.position(), event.modifiers())

    def release(self, event: QMouseEvent) -> bool:
        """End the drag; True when it was a click with the right button."""
        if event.button() is not self._button:
            return False
        clicked = self._button is Button.RightButton and not self._moved
        if self._drag is not None:
            self._drag.end(event.position())
        self._drop()
        return clicked

    def wheel(self, event: QWheelEvent) -> None:
        """Turn the wheel: images, pages, zoom or window width, by the modifier held."""
        means = _wheel_meaning(event.modifiers())
        if means is not self._wheel_means:
            self._wheel_means = means
            self._steps.reset()
        # Alt (and Shift on macOS) turns the wheel sideways before we see it.
        angle = event.angleDelta().y() or event.angleDelta().x()
        pixels = event.pixelDelta().y() or event.pixelDelta().x()
        if means is _Wheel.ZOOM:
            notches = self._steps.turn_smoothly(angle, pixels)
            self.zoom_at(event.position(), ZOOM_NOTCH**notches, merge=self._steps)
            return
        notches = self._steps.turn(angle, pixels)
        if notches and means is _Wheel.WIDTH:
            self._turn_window(notches)
        elif notches:
            self.scroll(-notches * (PAGE if means is _Wheel.PAGES else 1))

    def scroll(self, count: int) -> None:
        """Go on by so many images; the ends stop or, by setting, lead round."""
        if not self._viewport.step(count, self.habits.wheel_wraps):
            self._reached_end(1 if count > 0 else -1)

    def zoom_at(self, position: QPointF, factor: float, merge: object = None) -> None:
        """Magnify about a point on the canvas."""
        stage = self._stage()
        if stage is not None:
            anchor = (position.x(), position.y())
            view = zoomed_by(self._viewport.view, stage, factor, anchor)
            self._viewport.set_view(view, "zoom", merge=merge)

    def cancel(self) -> None:
        """Let go of whatever is dragged, as if it ended here (focus lost, image gone)."""
        self._drop()

    def _drop(self) -> None:
        self._band.show_box(None, None)
        self._button = self._drag = None
        self._moved = False

    def _begun(self) -> Drag | None:
        """The drag that the pressed button, modifier and tool mean."""
        stage = self._stage()
        if stage is None:
            return None
        viewport, start = self._viewport, self._pressed_at
        if self._button is Button.MiddleButton:
            return DragPan(viewport, stage, start)
        if self._button is Button.RightButton:
            return DragZoom(viewport, stage, start)
        if self._button is not Button.LeftButton:
            return None
        if self.space_held or self._pressed_with & Modifier.ShiftModifier:
            return DragPan(viewport, stage, start)
        if self._pressed_with & Modifier.ControlModifier:
            return DragBox(viewport, stage, start, self._band)
        return self._by_tool(stage)

    def _by_tool(self, stage: Stage) -> Drag | None:
        viewport, start = self._viewport, self._pressed_at
        tool = self._tool()
        if tool is Tool.WINDOW:
            habits = self.habits
            return DragWindow(
                viewport, start, gain=habits.window_gain, up_is_brighter=habits.up_is_brighter
            )
        if tool is Tool.SCROLL:
            return DragScroll(viewport, stage, start)
        if tool is Tool.ZOOM:
            return DragZoom(viewport, stage, start)
        return DragPan(viewport, stage, start) if tool is Tool.PAN else None

    def _turn_window(self, notches: int) -> None:
        window = window_of(self._viewport)
        if window is not None:
            floor, clamped = smallest_width(self._viewport), is_clamped(self._viewport)
            turned = window_turned(window, notches, floor, clamped=clamped)
            self._viewport.set_window(turned.center, turned.width, drag=self._steps)


def _wheel_meaning(modifiers: Qt.KeyboardModifier) -> _Wheel:
    if modifiers & Modifier.ControlModifier:
        return _Wheel.ZOOM
    if modifiers & Modifier.AltModifier:
        return _Wheel.WIDTH
    return _Wheel.PAGES if modifiers & Modifier.ShiftModifier else _Wheel.IMAGES
