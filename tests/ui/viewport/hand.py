"""A hand on a canvas: events as the window system sends them, without a window system."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from viewer.ui.viewport.canvas import Canvas

NONE = Qt.KeyboardModifier.NoModifier
LEFT, RIGHT, MIDDLE = (
    Qt.MouseButton.LeftButton,
    Qt.MouseButton.RightButton,
    Qt.MouseButton.MiddleButton,
)
SHIFT, CTRL, ALT = (
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Hand:
    """Presses, moves and turns on one canvas; positions are canvas pixels."""

    def __init__(self, canvas: Canvas) -> None:
        self._target = canvas.viewport()
        self._held = Qt.MouseButton.NoButton

    def press(self, at: tuple[float, float], button: Qt.MouseButton, keys=NONE) -> None:
        self._held |= button
        self._send(QEvent.Type.MouseButtonPress, at, button, keys)

    def move(self, at: tuple[float, float], keys=NONE) -> None:
        self._send(QEvent.Type.MouseMove, at, Qt.MouseButton.NoButton, keys)

    def release(self, at: tuple[float, float], button: Qt.MouseButton, keys=NONE) -> None:
        self._held &= ~button
        self._send(QEvent.Type.MouseButtonRelease, at, button, keys)

    def drag(self, *places: tuple[float, float], button=LEFT, keys=NONE) -> None:
        """Press at the first place, move through the others, release at the last."""
        self.press(places[0], button, keys)
        for at in places[1:]:
            self.move(at, keys)
        self.release(places[-1], button, keys)

    def double_click(self, at: tuple[float, float]) -> None:
        self._send(QEvent.Type.MouseButtonDblClick, at, LEFT, NONE)

    def turn(self, angle: int, at=(100.0, 100.0), keys=NONE, pixels: int = 0) -> None:
        """Turn the wheel; positive is away from the user."""
        place = QPointF(*at)
        event = QWheelEvent(
            place, self._target.mapToGlobal(place), QPoint(0, pixels), QPoint(0, angle),
            self._held, keys, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(self._target, event)

    def _send(self, kind, at, button, keys) -> None:
        place = QPointF(*at)
        scene = self._target.mapToGlobal(place)
        QApplication.sendEvent(
            self._target, QMouseEvent(kind, place, scene, button, self._held, keys)
        )
