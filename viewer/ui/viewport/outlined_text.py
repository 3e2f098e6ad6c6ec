"""Words that stay readable on any image: light letters with a dark outline, kept as pixmaps.

The outline is the text itself, drawn dark all round: that takes a tenth of a millisecond a line
where stroking its path takes a whole one, and every step of a window drag writes a new line.
Text is drawn as glyphs, never interpreted: a patient's name is no markup.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetricsF,
    QPainter,
    QPixmap,
)
from PySide6.QtWidgets import QApplication

WHITE = "#F2F2F2"
OUTLINE = QColor(0, 0, 0, 230)
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
        return _face(self.size_px, self.bold, QApplication.font().key())[0]

    @property
    def metrics(self) -> QFontMetricsF:
        return _face(self.size_px, self.bold, QApplication.font().key())[1]

    @property
    def line_height(self) -> float:
        return float(round(self.metrics.height()))


@lru_cache(maxsize=32)
def _face(size_px: float, bold: bool, key: str) -> tuple[QFont, QFontMetricsF]:
    """A font and its metrics; `key` names the application's font, which may be exchanged."""
    font = QFont(QApplication.font())
    font.setPixelSize(max(round(size_px), 1))
    font.setBold(bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font, QFontMetricsF(font)


def size_for(width_px: float, height_px: float, factor: float = 1.0) -> float:
    """Size of the words for a viewport: grows with its short side, times the user's factor."""
    size = min(width_px, height_px) * PX_PER_SHORT_SIDE
    return float(round(min(max(size, SMALLEST_PX), LARGEST_PX) * factor))


_RING = tuple(
    QPointF(radius * math.cos(angle), radius * math.sin(angle))
    for radius in (OUTLINE_PX, OUTLINE_PX / 2)
    for angle in (step * math.pi / 4 for step in range(8))
)
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
    font, metrics = style.font, style.metrics
    width = metrics.horizontalAdvance(text) + 2 * OUTLINE_PX
    height = metrics.height() + 2 * OUTLINE_PX
    ratio = style.ratio
    pixmap = QPixmap(max(round(width * ratio + 0.5), 1), max(round(height * ratio + 0.5), 1))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    start = QPointF(OUTLINE_PX, OUTLINE_PX + metrics.ascent())
    painter = QPainter(pixmap)
    painter.setFont(font)
    painter.setPen(OUTLINE)
    for offset in _RING:
        painter.drawText(start + offset, text)
    painter.setPen(QColor(style.color))
    painter.drawText(start, text)
    painter.end()
    return pixmap


def width_of(text: str, style: TextStyle) -> float:
    """Width of a line without its outline, device-independent pixels."""
    return style.metrics.horizontalAdvance(text)


def elided_to(text: str, style: TextStyle, width_px: float) -> str:
    """The line cut to a width, with an ellipsis where it is cut."""
    return style.metrics.elidedText(text, Qt.TextElideMode.ElideRight, width_px)
