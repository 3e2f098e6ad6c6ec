"""The words in the four corners, as many as there is room for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt

from viewer.core.annotation import Corners, Line, fitting
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.letters_item import SIZE_FACTOR
from viewer.ui.viewport.outlined_text import elided_to
from viewer.ui.viewport.text_block import StyledLine, TextBlock

Align = Qt.AlignmentFlag
WIDTH_SHARE = 0.46  # of the area's width for each of two corners side by side
LEAST_EMS = 8  # words narrower than that say too little
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

    def lay_out(
        self, corners: Corners, area: Area, above_px: float = 0.0, below_px: float = 0.0
    ) -> None:
        """Show the words of a frame.

        Args:
            above_px, below_px: width of the letters in the middle of the upper and lower edge.
        """
        left, right = area.margin, area.width - area.margin
        upper, lower = _room(area, above_px), _room(area, below_px)
        top, bottom = area.margin + upper.shift_px, area.height - area.margin - lower.shift_px
        for block, lines, x, y, room in (
            (self.top_left, corners.top_left, left, top, upper),
            (self.top_right, corners.top_right, right, top, upper),
            (self.bottom_left, corners.bottom_left, left, bottom, lower),
            (self.bottom_right, corners.bottom_right, right, bottom, lower),
        ):
            block.show_lines(tuple(_styled(lines, area, room)), QPointF(x, y))


@dataclass(frozen=True, slots=True)
class _Room:
    """For the words of a corner: how wide, and how far from the edge they begin."""

    width_px: float
    shift_px: float = 0.0


def _room(area: Area, letters_px: float) -> _Room:
    """Beside the letters if enough words fit there, else past them (a very narrow image)."""
    share = area.width * WIDTH_SHARE
    if not letters_px:
        return _Room(share)
    beside = (area.width - letters_px) / 2 - area.margin - area.text_px
    if beside >= LEAST_EMS * area.text_px:
        return _Room(min(share, beside))
    past = area.style(factor=SIZE_FACTOR, bold=True).line_height + area.text_px / 2
    return _Room(share, round(past))


def _styled(lines: tuple[Line, ...], area: Area, room: _Room) -> Iterator[StyledLine]:
    style = area.style()
    most = int((area.height * HEIGHT_SHARE - room.shift_px) / style.line_height)
    for line in fitting(lines, most):
        yield StyledLine(elided_to(line.text, style, room.width_px), style)
