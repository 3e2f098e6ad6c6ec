"""One tool at a time, for the whole window."""

from __future__ import annotations

import pytest

from viewer.workspace.tools import Tool, Toolbox


def test_the_window_tool_is_in_hand_at_first():
    assert Toolbox().tool is Tool.WINDOW


def test_taking_a_tool_is_announced_once(qtbot):
    toolbox = Toolbox()
    with qtbot.waitSignal(toolbox.tool_changed):
        toolbox.set_tool("zoom")

    with qtbot.assertNotEmitted(toolbox.tool_changed):
        toolbox.set_tool(Tool.ZOOM)


def test_an_unknown_tool_is_refused():
    with pytest.raises(ValueError, match="hammer"):
        Toolbox().set_tool("hammer")
