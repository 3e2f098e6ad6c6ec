"""Warnings under the upper edge: a mark, a colour and a word each, on a dark ground."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from viewer.core.badge import Badge
from viewer.errors import Severity
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.outlined_text import OUTLINE_PX, elided_to, line_pixmap, width_of
from viewer.ui.viewport.text_block import TEXT_DEPTH

COLORS = {Severity.NOTE: "#D5DAE0", Severity.WARNING: "#FFB000", Severity.ERROR: "#FF5A5A"}
GROUND = QColor(0, 0, 0, 170)
PAD_PX = 6.0
WIDTH_SHARE = 0.6


class BadgesItem(QGraphicsItem):
    """Badges under one another, centred under `pos()`."""

    def __init__(self) -> None:
        super().__init__()
        self._badges: tuple[Badge, ...] = ()
        self._area = Area(0, 0, 1, 1)
        self.setZValue(TEXT_DEPTH)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def badges(self) -> tuple[Badge, ...]:
        return self._badges

    def lay_out(self, badges: tuple[Badge, ...], area: Area, top_px: float) -> None:
        """Show the badges below `top_px`."""
        self.setPos(round(area.width / 2), round(top_px))
        if (badges, area) == (self._badges, self._area):
            return
        self.prepareGeometryChange()
        self._badges, self._area = badges, area
        self.update()

    def boundingRect(self) -> QRectF:
        width = self._area.width * WIDTH_SHARE + 8 * PAD_PX
        return QRectF(-width / 2, 0, width, self._row_height * len(self._badges) + 2)

    def paint(
        self, painter: QPainter, _: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for row, badge in enumerate(self._badges):
            self._paint_badge(painter, badge, row * self._row_height)

    @property
    def _row_height(self) -> float:
        return self._area.style().line_height + PAD_PX

    def _paint_badge(self, painter: QPainter, badge: Badge, top: float) -> None:
        color = COLORS[badge.severity]
        style = self._area.style(color)
        text = elided_to(badge.text, style, self._area.width * WIDTH_SHARE)
        mark = style.size_px
        width = mark + width_of(text, style) + 3 * PAD_PX
        left, height = round(-width / 2), self._row_height - 3
        painter.setPen(QPen(QColor(color), 1))
        painter.setBrush(GROUND)
        painter.drawRoundedRect(QRectF(left + 0.5, top + 0.5, width, height), 4, 4)
        middle = QPointF(left + PAD_PX + mark / 2, top + 0.5 + height / 2)
        _draw_mark(painter, badge.severity, middle, mark * 0.42)
        at = QPointF(left + 2 * PAD_PX + mark - OUTLINE_PX, top + PAD_PX / 2 - 1 - OUTLINE_PX)
        painter.drawPixmap(at, line_pixmap(text, style))


def _draw_mark(painter: QPainter, severity: Severity, middle: QPointF, reach: float) -> None:
    """A triangle warns, a cross is an error, a dot is a note: never colour alone."""
    pen = QPen(QColor(COLORS[severity]), 1.5)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    x, y = middle.x(), middle.y()
    if severity is Severity.ERROR:
        painter.drawLine(QPointF(x - reach, y - reach), QPointF(x + reach, y + reach))
        painter.drawLine(QPointF(x - reach, y + reach), QPointF(x + reach, y - reach))
    elif severity is Severity.WARNING:
        corners = ((x, y - reach), (x + reach, y + reach), (x - reach, y + reach))
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        painter.drawLine(QPointF(x, y - reach * 0.2), QPointF(x, y + reach * 0.5))
    else:
        painter.drawEllipse(middle, reach * 0.5, reach * 0.5)
