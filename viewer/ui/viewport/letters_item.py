"""The letters at the four edges: which way the patient lies. Always recomputed, never turned."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt

from viewer.core.orientation import EdgeLetters
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.text_block import StyledLine, TextBlock

Align = Qt.AlignmentFlag
SIZE_FACTOR = 1.5


class Letters:
    """One block at the middle of each edge; nothing where the file gives no direction."""

    def __init__(self) -> None:
        self.top = TextBlock(Align.AlignTop | Align.AlignHCenter)
        self.bottom = TextBlock(Align.AlignBottom | Align.AlignHCenter)
        self.left = TextBlock(Align.AlignLeft | Align.AlignVCenter)
        self.right = TextBlock(Align.AlignRight | Align.AlignVCenter)

    @property
    def items(self) -> tuple[TextBlock, ...]:
        return self.top, self.bottom, self.left, self.right

    def lay_out(self, letters: EdgeLetters | None, area: Area) -> None:
        """Show the letters of the image as it lies on the screen."""
        letters = letters or EdgeLetters("", "", "", "")
        style = area.style(factor=SIZE_FACTOR, bold=True)
        middle_x, middle_y, margin = area.width / 2, area.height / 2, area.margin
        for block, text, x, y in (
            (self.top, letters.top, middle_x, margin),
            (self.bottom, letters.bottom, middle_x, area.height - margin),
            (self.left, letters.left, margin, middle_y),
            (self.right, letters.right, area.width - margin, middle_y),
        ):
            lines = (StyledLine(text, style),) if text else ()
            block.show_lines(lines, QPointF(x, y))
