"""The colour bar at the left edge, while gray levels are shown in colours."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from viewer.core.color_bar import ColorBar
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.outlined_text import WHITE
from viewer.ui.viewport.text_block import TEXT_DEPTH, StyledLine, TextBlock

Align = Qt.AlignmentFlag
WIDTH_PX = 14.0
HEIGHT_SHARE = 0.4  # of the area's height
GAP_PX = 6.0


class ColorBarItem(QGraphicsItem):
    """A strip of the colours, the highest value at its top; its labels are outlined text."""

    def __init__(self) -> None:
        super().__init__()
        self.labels = tuple(TextBlock(Align.AlignLeft | Align.AlignVCenter) for _ in range(3))
        for label in self.labels:
            label.setParentItem(self)
        self.bar: ColorBar | None = None
        self._colors = QImage()
        self._height = 0.0
        self.setZValue(TEXT_DEPTH - 1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def lay_out(self, bar: ColorBar | None, area: Area, inset_px: float) -> None:
        """Show the bar; `inset_px` leaves room for the letter at the same edge."""
        self.setPos(round(area.margin + inset_px), round(area.height / 2))
        height = round(area.height * HEIGHT_SHARE)
        if bar is not self.bar or height != self._height:
            self.prepareGeometryChange()
            self.bar, self._height = bar, height
            self._colors = _strip(bar.colors) if bar is not None else QImage()
            self.update()
        words = bar.labels if bar is not None else ("", "", "")
        for label, word, share in zip(self.labels, words, (-0.5, 0.0, 0.5), strict=True):
            lines = (StyledLine(word, area.style()),) if word else ()
            label.show_lines(lines, QPointF(WIDTH_PX + GAP_PX, share * height))

    def boundingRect(self) -> QRectF:
        if self.bar is None:
            return QRectF()
        return QRectF(-2, -self._height / 2 - 2, WIDTH_PX + 4, self._height + 4)

    def paint(
        self, painter: QPainter, _: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.bar is None:
            return
        place = QRectF(0, -self._height / 2, WIDTH_PX, self._height)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(place, self._colors)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for color, width in ((QColor(0, 0, 0, 200), 3.0), (QColor(WHITE), 1.0)):
            painter.setPen(QPen(color, width))
            painter.drawRect(place)


def _strip(colors: np.ndarray) -> QImage:
    """Colours (steps, 3) as an image one pixel wide."""
    padded = np.zeros((len(colors), 4), np.uint8)  # rows of a QImage begin at multiples of four
    padded[:, :3] = colors
    return QImage(padded.data, 1, len(colors), 4, QImage.Format.Format_RGB888).copy()
