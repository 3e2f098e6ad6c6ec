"""F6: walks the keyboard through the parts of the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from viewer.ui.main_window import MainWindow


@dataclass(frozen=True, slots=True)
class Pane:
    """A part of the window and how it takes the keyboard."""

    widget: QWidget
    take: Callable[[], object]


def of_window(window: MainWindow) -> list[Pane]:
    """The parts of the main window that the keyboard goes to, in its order."""

    def dock(name: str) -> Pane:
        return Pane(window.docks[name], partial(focus_first, window.docks[name]))

    return [
        Pane(window.view_area, window.view_area.take_focus),
        Pane(window.browser, window.browser.tree.setFocus),
        *map(dock, ("why", "tags", "inbox", "library")),
        Pane(window.problems, window.problems.table.setFocus),
        Pane(window.tool_bar, partial(focus_first, window.tool_bar)),
    ]


def focus_next(panes: list[Pane], by: int) -> None:
    """Give the keyboard to the visible pane `by` places after the one that has it."""
    panes = [pane for pane in panes if pane.widget.isVisible()]
    focus = QApplication.focusWidget()
    here = next(
        (
            place
            for place, pane in enumerate(panes)
            if focus is not None and (pane.widget is focus or pane.widget.isAncestorOf(focus))
        ),
        -by if by > 0 else 0,
    )
    if panes:
        panes[(here + by) % len(panes)].take()


def focus_first(widget: QWidget) -> None:
    """Give the keyboard to the first descendant that takes it by Tab."""
    for child in widget.findChildren(QWidget):
        if (
            child.isVisible()
            and child.isEnabled()
            and child.focusPolicy() & Qt.FocusPolicy.TabFocus
        ):
            child.setFocus(Qt.FocusReason.TabFocusReason)
            return
