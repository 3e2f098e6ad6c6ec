"""The scale bar at the right edge, with its length and where the length comes from."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from viewer.core.scale_bar import ScaleBar
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.outlined_text import WHITE
from viewer.ui.viewport.text_block import TEXT_DEPTH, StyledLine, TextBlock

Align = Qt.AlignmentFlag
TICK_PX = 8.0
GAP_PX = 6.0


class ScaleBarItem(QGraphicsItem):
    """A vertical line with ticks; its label is a block of outlined text of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.label = TextBlock(Align.AlignRight | Align.AlignVCenter)
        self.label.setParentItem(self)
        self.bar: ScaleBar | None = None
        self.setZValue(TEXT_DEPTH - 1)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def lay_out(self, bar: ScaleBar | None, area: Area, inset_px: float) -> None:
        """Show the bar; `inset_px` leaves room for the letter at the same edge."""
        self.setPos(round(area.width - area.margin - inset_px), round(area.height / 2))
        if bar != self.bar:
            self.prepareGeometryChange()
            self.bar = bar
            self.update()
        words = () if bar is None else tuple(word for word in (bar.label, bar.source) if word)
        style = area.style()
        away = TICK_PX + GAP_PX if bar is not None and bar.length_px else 0.0
        lines = [StyledLine(word, style) for word in words]
        self.label.show_lines(lines, QPointF(-away, 0))

    def boundingRect(self) -> QRectF:
        length = self.bar.length_px if self.bar else 0.0
        return QRectF(-TICK_PX - 3, -length / 2 - 3, TICK_PX + 6, length + 6)

    def paint(
        self, painter: QPainter, _: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        if self.bar is None or not self.bar.length_px:
            return
        half = round(self.bar.length_px) / 2
        for color, width in ((QColor(0, 0, 0, 200), 4.0), (QColor(WHITE), 1.5)):
            pen = QPen(color, width)
            pen.setCapStyle(Qt.PenCapStyle.SquareCap)
            painter.setPen(pen)
            painter.drawLine(QPointF(0, -half), QPointF(0, half))
            for tick in range(11):
                y = -half + tick * half / 5
                reach = TICK_PX if tick % 5 == 0 else TICK_PX / 2
                painter.drawLine(QPointF(-reach, y), QPointF(0, y))
