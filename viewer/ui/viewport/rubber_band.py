"""The box that is drawn while a window is taken from a region."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsRectItem

from viewer.ui.viewport.text_block import TEXT_DEPTH

COLOR = QColor("#FFE14D")


class RubberBandItem(QGraphicsRectItem):
    """Hidden unless a box is being drawn."""

    def __init__(self) -> None:
        super().__init__()
        self.setPen(QPen(COLOR, 1, Qt.PenStyle.DashLine))
        self.setZValue(TEXT_DEPTH - 2)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.hide()

    def show_box(self, corner: QPointF | None, opposite: QPointF | None) -> None:
        """Draw the box between two points of the canvas, or none."""
        if corner is None or opposite is None:
            self.hide()
            return
        self.setRect(QRectF(corner, opposite).normalized())
        self.show()
