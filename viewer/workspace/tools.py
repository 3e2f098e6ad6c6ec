"""The tool the left mouse button holds; one for the whole window."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import QObject, Signal


class Tool(StrEnum):
    """What dragging with the left button does; tools exclude each other (IHE BIR .13)."""

    WINDOW = "window"
    SCROLL = "scroll"
    ZOOM = "zoom"
    PAN = "pan"
    SELECT = "select"


class Toolbox(QObject):
    """Owner of the tool in hand; emits only on change."""

    tool_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._tool = Tool.WINDOW

    @property
    def tool(self) -> Tool:
        return self._tool

    def set_tool(self, tool: Tool | str) -> None:
        """Take another tool.

        Raises:
            ValueError: there is no tool of that name.
        """
        tool = Tool(tool)
        if tool is not self._tool:
            self._tool = tool
            self.tool_changed.emit()
