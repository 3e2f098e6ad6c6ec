"""Why there is no image, in the middle of the canvas: what, in which form, and the remedy."""

from __future__ import annotations

import os
import textwrap

from PySide6.QtCore import QPointF, Qt

from viewer.errors import Problem
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.badges_item import COLORS
from viewer.ui.viewport.outlined_text import TextStyle, width_of
from viewer.ui.viewport.text_block import StyledLine, TextBlock

WIDTH_SHARE = 0.8


class Failure:
    """A block of lines: the reason, the transfer syntax, the advice. No dialog, no dead end."""

    def __init__(self) -> None:
        self.block = TextBlock(Qt.AlignmentFlag.AlignCenter)

    def lay_out(self, problem: Problem | None, syntax: str, area: Area) -> None:
        """Show a problem, or nothing.

        Args:
            syntax: name of the transfer syntax, or empty when it is unknown.
        """
        lines: list[StyledLine] = []
        if problem is not None:
            strong = area.style(COLORS[problem.severity], 1.25, bold=True)
            lines += _wrapped(f"✕ {problem.what}", strong, area)
            lines += _wrapped(os.path.basename(problem.where), area.style(), area)
            lines += _wrapped(f"Transfer syntax: {syntax}" if syntax else "", area.style(), area)
            lines += _wrapped(problem.advice, area.style(), area)
        self.block.show_lines(lines, QPointF(area.width / 2, area.height / 2))


def _wrapped(text: str, style: TextStyle, area: Area) -> list[StyledLine]:
    if not text:
        return []
    most = max(int(area.width * WIDTH_SHARE / max(width_of("n", style), 1.0)), 8)
    return [StyledLine(line, style) for line in textwrap.wrap(text, most)]
