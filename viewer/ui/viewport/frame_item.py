"""The frame round the active viewport, and the flash at the end of a stack."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from viewer.ui.viewport.area import Area
from viewer.ui.viewport.text_block import TEXT_DEPTH

ACTIVE = QColor("#4DA3FF")
FRAME_PX = 2.0
FLASH_MS = 160
FLASH_PX = 24.0


class FrameItem(QGraphicsItem):
    """Drawn above everything else; takes no mouse."""

    def __init__(self) -> None:
        super().__init__()
        self._rect = QRectF()
        self._active = False
        self._flash = 0
        self._timer = QTimer(singleShot=True, interval=FLASH_MS)
        self._timer.timeout.connect(self._end_flash)
        self.setZValue(TEXT_DEPTH + 10)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def active(self) -> bool:
        return self._active

    @property
    def flashing(self) -> int:
        """-1 while the upper edge flashes (first image), +1 while the lower does, else 0."""
        return self._flash

    def lay_out(self, area: Area) -> None:
        rect = QRectF(0, 0, area.width, area.height)
        if rect != self._rect:
            self.prepareGeometryChange()
            self._rect = rect

    def set_active(self, active: bool) -> None:
        if active != self._active:
            self._active = active
            self.update()

    def flash(self, direction: int) -> None:
        """Tell that the stack ends here: -1 at its first image, +1 at its last."""
        self._flash = direction
        self._timer.start()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._rect

    def paint(
        self, painter: QPainter, _: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self._flash:
            self._paint_flash(painter)
        if self._active:
            inset = FRAME_PX / 2
            painter.setPen(QPen(ACTIVE, FRAME_PX))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._rect.adjusted(inset, inset, -inset, -inset))

    def _paint_flash(self, painter: QPainter) -> None:
        edge = self._rect.top() if self._flash < 0 else self._rect.bottom()
        inner = edge - self._flash * FLASH_PX
        gradient = QLinearGradient(0, edge, 0, inner)
        gradient.setColorAt(0, QColor(255, 255, 255, 150))
        gradient.setColorAt(1, QColor(255, 255, 255, 0))
        top = min(edge, inner)
        painter.fillRect(QRectF(self._rect.left(), top, self._rect.width(), FLASH_PX), gradient)

    def _end_flash(self) -> None:
        self._flash = 0
        self.update()
