"""Words that stay readable on any image: light letters with a dark outline, kept as pixmaps.

Outlines are stroked paths and cost a third of a millisecond a line, so each line is painted
once and then copied. Text is drawn as glyphs, never interpreted: a patient's name is no markup.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPainterPath,
    QPen,
    QPixmap,
)
from PySide6.QtWidgets import QApplication

WHITE = "#F2F2F2"
OUTLINE_PX = 2.0  # on each side of a stroke
SMALLEST_PX, LARGEST_PX = 9.0, 14.0
PX_PER_SHORT_SIDE = 1 / 64  # 704 px give the 11 px of interaction.md
MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How a line is painted; sizes are device-independent pixels."""

    size_px: float
    color: str = WHITE
    bold: bool = False
    ratio: float = 1.0

    @property
    def font(self) -> QFont:
        """The application's font with digits of equal width, so that numbers do not dance."""
        font = QFont(QApplication.font())
        font.setPixelSize(max(round(self.size_px), 1))
        font.setBold(self.bold)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    @property
    def line_height(self) -> float:
        return float(round(QFontMetricsF(self.font).height()))


def size_for(width_px: float, height_px: float, factor: float = 1.0) -> float:
    """Size of the words for a viewport: grows with its short side, times the user's factor."""
    size = min(width_px, height_px) * PX_PER_SHORT_SIDE
    return float(round(min(max(size, SMALLEST_PX), LARGEST_PX) * factor))


_pixmaps: OrderedDict[tuple[str, TextStyle, str], QPixmap] = OrderedDict()


def line_pixmap(text: str, style: TextStyle) -> QPixmap:
    """One line of text with its outline, painted once; the margin is `OUTLINE_PX` all round."""
    key = (text, style, QApplication.font().key())
    pixmap = _pixmaps.get(key)
    if pixmap is None:
        pixmap = _pixmaps[key] = _painted(text, style)
        if len(_pixmaps) > MOST_LINES:
            _pixmaps.popitem(last=False)
    _pixmaps.move_to_end(key)
    return pixmap


def _painted(text: str, style: TextStyle) -> QPixmap:
    font = style.font
    metrics = QFontMetricsF(font)
    width = metrics.horizontalAdvance(text) + 2 * OUTLINE_PX
    height = metrics.height() + 2 * OUTLINE_PX
    ratio = style.ratio
    pixmap = QPixmap(max(round(width * ratio + 0.5), 1), max(round(height * ratio + 0.5), 1))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    path = QPainterPath()
    path.addText(QPointF(OUTLINE_PX, OUTLINE_PX + metrics.ascent()), font, text)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(0, 0, 0, 230), 2 * OUTLINE_PX)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)
    painter.fillPath(path, QColor(style.color))
    painter.end()
    return pixmap


def width_of(text: str, style: TextStyle) -> float:
    """Width of a line without its outline, device-independent pixels."""
    return QFontMetricsF(style.font).horizontalAdvance(text)


def elided_to(text: str, style: TextStyle, width_px: float) -> str:
    """The line cut to a width, with an ellipsis where it is cut."""
    metrics = QFontMetricsF(style.font)
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, width_px)
