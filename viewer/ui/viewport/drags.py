"""One held button each: what the movement means until it is released.

Every drag writes through the Viewport's setters under one merge key, so it is one undo step, and
places and zooms are computed from where it began, so that rounding never adds up.
"""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, Qt

from viewer.core.gesture import (
    WindowDrag,
    drag_gain,
    scroll_drag_steps,
    window_of_table,
    window_of_values,
    zoom_drag_factor,
)
from viewer.core.image import Window
from viewer.core.placement import Stage, panned, place, zoomed_by
from viewer.core.readout import values_in
from viewer.workspace.viewport import Viewport

Modifiers = Qt.KeyboardModifier

EIGHT_BIT = Window(center=128, width=256)  # colour images: 0..255 as it is


class Drag(Protocol):
    """A movement in progress; positions are device-independent pixels on the canvas."""

    def move(self, position: QPointF, modifiers: Modifiers) -> None: ...

    def end(self, position: QPointF) -> None: ...


def window_of(viewport: Viewport) -> Window | None:
    """The window a drag or wheel starts from; None while there is no image."""
    voi = viewport.voi
    if viewport.loaded is None or voi is None:
        return None
    if voi.window is not None:
        return voi.window
    return window_of_table(voi.lut) if voi.lut is not None else EIGHT_BIT


def smallest_width(viewport: Viewport) -> float:
    """One stored step in modality units; 0 for float data, which has no steps."""
    loaded = viewport.loaded
    if loaded is None or loaded.stored.dtype.kind == "f":
        return 0.0
    transform = loaded.description.transform
    return 1.0 if transform.lut is not None else abs(transform.slope)


def is_clamped(viewport: Viewport) -> bool:
    """PET and NM with the lower end at 0 keep it there (IHE BIR .4, clamped mode)."""
    loaded, window = viewport.loaded, window_of(viewport)
    if loaded is None or window is None or loaded.description.modality not in ("PT", "NM"):
        return False
    low = window.center - window.width / 2
    return abs(low) <= max(smallest_width(viewport), 1e-6 * window.width)


class DragWindow:
    """Right is wider, up is brighter; Shift is fine and Ctrl coarse while they are held."""

    def __init__(
        self, viewport: Viewport, start: QPointF, *, gain: float = 1.0, up_is_brighter: bool = True
    ) -> None:
        self._viewport = viewport
        self._last = start
        window = window_of(viewport)
        self._drag: WindowDrag | None = None
        if window is not None:
            self._drag = WindowDrag.begin(
                window,
                smallest_width(viewport),
                clamped=is_clamped(viewport),
                sensitivity=gain,
                up_is_brighter=up_is_brighter,
            )

    def move(self, position: QPointF, modifiers: Modifiers) -> None:
        moved, self._last = position - self._last, position
        if self._drag is None:
            return
        gain = drag_gain(
            fine=bool(modifiers & Modifiers.ShiftModifier),
            coarse=bool(modifiers & Modifiers.ControlModifier),
        )
        window = self._drag.move(moved.x(), moved.y(), gain)
        self._viewport.set_window(window.center, window.width, drag=self)

    def end(self, position: QPointF) -> None:
        """Nothing is left to do."""


class DragPan:
    """The image follows the hand."""

    def __init__(self, viewport: Viewport, stage: Stage, start: QPointF) -> None:
        self._viewport, self._stage, self._start = viewport, stage, start
        self._view = viewport.view

    def move(self, position: QPointF, modifiers: Modifiers) -> None:
        moved = position - self._start
        view = panned(self._view, self._stage, moved.x(), moved.y())
        self._viewport.set_view(view, "pan", merge=self)

    def end(self, position: QPointF) -> None:
        """Nothing is left to do."""


class DragZoom:
    """Down is in, about the pressed point."""

    def __init__(self, viewport: Viewport, stage: Stage, start: QPointF) -> None:
        self._viewport, self._stage, self._start = viewport, stage, start
        self._view = viewport.view

    def move(self, position: QPointF, modifiers: Modifiers) -> None:
        factor = zoom_drag_factor(position.y() - self._start.y())
        anchor = (self._start.x(), self._start.y())
        view = zoomed_by(self._view, self._stage, factor, anchor)
        self._viewport.set_view(view, "zoom", merge=self)

    def end(self, position: QPointF) -> None:
        """Nothing is left to do."""


class DragScroll:
    """Up is earlier, down is later; the whole height is the whole stack."""

    def __init__(self, viewport: Viewport, stage: Stage, start: QPointF) -> None:
        self._viewport, self._stage, self._start = viewport, stage, start
        self._index = viewport.index

    def move(self, position: QPointF, modifiers: Modifiers) -> None:
        moved = position.y() - self._start.y()
        steps = scroll_drag_steps(moved, self._viewport.count, self._stage.height_px)
        self._viewport.set_index(self._index + steps)

    def end(self, position: QPointF) -> None:
        """Nothing is left to do."""


class RubberBand(Protocol):
    """What shows the box while it is drawn."""

    def show_box(self, corner: QPointF | None, opposite: QPointF | None) -> None: ...


class DragBox:
    """A box whose values make the window when it is let go."""

    def __init__(self, viewport: Viewport, stage: Stage, start: QPointF, band: RubberBand) -> None:
        self._viewport, self._stage, self._start, self._band = viewport, stage, start, band

    def move(self, position: QPointF, modifiers: Modifiers) -> None:
        self._band.show_box(self._start, position)

    def end(self, position: QPointF) -> None:
        self._band.show_box(None, None)
        loaded = self._viewport.loaded
        if loaded is None:
            return
        placement = place(self._viewport.view, self._stage).snapped(self._stage.device_ratio)
        corner, opposite = (
            placement.to_image((point.x(), point.y())) for point in (self._start, position)
        )
        window = window_of_values(values_in(loaded.stored, loaded.description, corner, opposite))
        if window is not None:
            self._viewport.set_window(window.center, window.width)
