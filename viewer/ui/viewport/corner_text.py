"""The words in the four corners, as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, Qt

from viewer.core.annotation import Corners, Line, fitting
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.outlined_text import elided_to
from viewer.ui.viewport.text_block import StyledLine, TextBlock

Align = Qt.AlignmentFlag
WIDTH_SHARE = 0.46  # of the area's width for each of two corners side by side
HEIGHT_SHARE = 0.42  # of the area's height for each of two corners above each other


class CornerText:
    """Four blocks of lines; lines of low priority leave when the area is small."""

    def __init__(self) -> None:
        self.top_left = TextBlock(Align.AlignTop | Align.AlignLeft)
        self.top_right = TextBlock(Align.AlignTop | Align.AlignRight)
        self.bottom_left = TextBlock(Align.AlignBottom | Align.AlignLeft)
        self.bottom_right = TextBlock(Align.AlignBottom | Align.AlignRight)

    @property
    def items(self) -> tuple[TextBlock, ...]:
        return self.top_left, self.top_right, self.bottom_left, self.bottom_right

    def lay_out(self, corners: Corners, area: Area) -> None:
        """Show the words of a frame."""
        left, top = area.margin, area.margin
        right, bottom = area.width - area.margin, area.height - area.margin
        for block, lines, x, y in (
            (self.top_left, corners.top_left, left, top),
            (self.top_right, corners.top_right, right, top),
            (self.bottom_left, corners.bottom_left, left, bottom),
            (self.bottom_right, corners.bottom_right, right, bottom),
        ):
            block.show_lines(tuple(_styled(lines, area)), QPointF(x, y))


def _styled(lines: tuple[Line, ...], area: Area) -> Iterator[StyledLine]:
    style = area.style()
    most = int(area.height * HEIGHT_SHARE / style.line_height)
    width = area.width * WIDTH_SHARE
    for line in fitting(lines, most):
        yield StyledLine(elided_to(line.text, style, width), style)
