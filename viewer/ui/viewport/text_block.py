"""A few lines of outlined text standing somewhere on the canvas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from viewer.ui.viewport.outlined_text import OUTLINE_PX, TextStyle, line_pixmap

if TYPE_CHECKING:
    from PySide6.QtGui import QPixmap

Align = Qt.AlignmentFlag
TEXT_DEPTH = 100.0  # above the image and what is drawn on it


@dataclass(frozen=True, slots=True)
class StyledLine:
    """One line and how it is painted."""

    text: str
    style: TextStyle


class TextBlock(QGraphicsItem):
    """Lines under one another, anchored at a point by an edge, a corner or the middle.

    Scene coordinates are device-independent pixels of the canvas. Lines are the outlined
    pixmaps of `line_pixmap`; setting the same lines at the same place again costs nothing.
    """

    def __init__(self, align: Qt.AlignmentFlag) -> None:
        super().__init__()
        self._align = align
        self._lines: tuple[StyledLine, ...] = ()
        self._placed: list[tuple[QPointF, QPixmap]] = []
        self._bounds = QRectF()
        self.setZValue(TEXT_DEPTH)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def lines(self) -> tuple[str, ...]:
        """The text shown, from top to bottom."""
        return tuple(line.text for line in self._lines)

    def show_lines(self, lines: Sequence[StyledLine], anchor: QPointF) -> None:
        """Show these lines so that the aligned edges of the block meet at `anchor` (scene)."""
        lines = tuple(lines)
        anchor = QPointF(round(anchor.x()), round(anchor.y()))
        if anchor != self.pos():
            self.setPos(anchor)
        if lines == self._lines:
            return
        self.prepareGeometryChange()
        self._lines = lines
        self._placed, self._bounds = self._laid_out(lines)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def paint(
        self, painter: QPainter, _: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        for at, pixmap in self._placed:
            painter.drawPixmap(at, pixmap)

    def _laid_out(
        self, lines: tuple[StyledLine, ...]
    ) -> tuple[list[tuple[QPointF, QPixmap]], QRectF]:
        heights = [line.style.line_height for line in lines]
        top = _start(sum(heights), self._align, Align.AlignTop, Align.AlignBottom)
        placed, bounds = [], QRectF()
        for line, height in zip(lines, heights, strict=True):
            pixmap = line_pixmap(line.text, line.style)
            size = pixmap.deviceIndependentSize()
            inner = size.width() - 2 * OUTLINE_PX
            left = _start(inner, self._align, Align.AlignLeft, Align.AlignRight)
            at = QPointF(round(left - OUTLINE_PX), round(top - OUTLINE_PX))
            placed.append((at, pixmap))
            bounds = bounds.united(QRectF(at, size))
            top += height
        return placed, bounds


def _start(length: float, align: Align, near: Align, far: Align) -> float:
    """Where something of this length begins, the anchor being 0."""
    if align & near:
        return 0.0
    return -length if align & far else -length / 2
