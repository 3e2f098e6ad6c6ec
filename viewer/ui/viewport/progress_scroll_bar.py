"""The scroll bar of a stack, which also shows how much of it is in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QScrollBar, QWidget

WIDTH_PX = 14
GROUND = QColor("#101214")
HANDLE_PX = 8
# Grey for not read, light for in memory; a failed frame is red and a notch across the bar.
_ABSENT, _LOADED, _FAILED = (58, 62, 68), (168, 178, 190), (255, 90, 90)
COLORS = {"absent": _ABSENT, "loaded": _LOADED, "failed": _FAILED}
_CODES = {name: code for code, name in enumerate(COLORS)}
_PALETTE = np.array(list(COLORS.values()), np.uint8)


class ProgressScrollBar(QScrollBar):
    """Vertical; pressing anywhere goes there at once, dragging goes on.

    Args:
        states: gives the state of each frame, "absent", "loaded" or "failed", when it paints.
    """

    def __init__(self, states: Callable[[], Sequence[str]], parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Vertical, parent)
        self._states = states
        self._track: np.ndarray | None = None
        self.setAccessibleName("Images of the stack")
        self.setFixedWidth(WIDTH_PX)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def show_place(self, index: int, count: int) -> None:
        """Show where the stack stands, without announcing it as the user's wish."""
        if count - 1 != self.maximum():
            self._track = None
        blocked = self.blockSignals(True)
        self.setRange(0, max(count - 1, 0))
        self.setValue(index)
        self.setToolTip("")
        self.blockSignals(blocked)
        self.update()

    def refresh(self) -> None:
        """Frames were read, or another stack is shown."""
        self._track = None
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.refresh()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._go_to(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event.position().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Nothing is held back until the release."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the canvas counts notches, here as everywhere

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), GROUND)
        groove = QRectF(self.rect()).adjusted(4, 2, -4, -2)
        if self._track is None:
            self._track = track_colors(self._states(), int(groove.height()))
        colors = self._track
        if len(colors):
            track = QImage(colors.data, 1, len(colors), 3, QImage.Format.Format_RGB888)
            painter.drawImage(groove, track)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(0, 0, 0), 1))
        painter.setBrush(QColor("#4DA3FF"))
        top = 2 + self._travel() * self._share()
        painter.drawRoundedRect(QRectF(1.5, top - 0.5, self.width() - 3, HANDLE_PX), 3, 3)
        painter.end()

    def _share(self) -> float:
        return self.value() / self.maximum() if self.maximum() else 0.0

    def _travel(self) -> float:
        return max(self.height() - 4 - HANDLE_PX, 1)

    def _go_to(self, point: QPoint) -> None:
        share = (point.y() - 2 - HANDLE_PX / 2) / self._travel()
        self.setValue(round(min(max(share, 0.0), 1.0) * self.maximum()))


def track_colors(states: Sequence[str], height: int) -> np.ndarray:
    """Colours down the bar, uint8 (height, 3); a failed frame is never hidden by its neighbours.

    A stack longer than the bar shows in each row the worst state of its frames.
    """
    count = len(states)
    if not count or height < 1:
        return np.empty((0, 3), np.uint8)
    codes = np.fromiter((_CODES[state] for state in states), np.uint8, count)
    colors: np.ndarray
    if count <= height:
        colors = _PALETTE[codes[np.arange(height) * count // height]]
        return colors
    # Failed outranks absent, and absent outranks loaded.
    ranks = np.array([1, 0, 2], np.uint8)[codes]
    starts = np.arange(height) * count // height
    worst = np.maximum.reduceat(ranks, starts)
    colors = _PALETTE[np.array([1, 0, 2])[worst]]
    return colors
