"""Where the panels of the main window stand at first, and how wide they open."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget

from viewer.ui.lazy_dock import LazyDock

Content = QWidget | Callable[[], QWidget]
Area = Qt.DockWidgetArea

# name: (title, side, width it opens with; 0 leaves that to its content, shown at first)
PLACES: dict[str, tuple[str, Qt.DockWidgetArea, int, bool]] = {
    "studies": ("Studies", Area.LeftDockWidgetArea, 0, True),
    "why": ("Why it looks so", Area.RightDockWidgetArea, 460, False),
    "tags": ("Tags", Area.RightDockWidgetArea, 460, False),  # wide enough to read values
    "inbox": ("Inbox", Area.BottomDockWidgetArea, 0, False),
    "library": ("Library", Area.BottomDockWidgetArea, 0, False),
    "problems": ("Problems", Area.BottomDockWidgetArea, 0, False),
}
STUDIES_PX, PROBLEMS_PX = 400, 190


def place_docks(window: QMainWindow, contents: Mapping[str, Content]) -> dict[str, QDockWidget]:
    """A dock for each panel, by name.

    Args:
        contents: the panels, or what makes them when they are first shown.
    """
    window.setDockNestingEnabled(True)
    window.setCorner(Qt.Corner.BottomLeftCorner, Area.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, Area.RightDockWidgetArea)
    docks: dict[str, QDockWidget] = {}
    for name, (title, side, width_px, shown) in PLACES.items():
        dock = LazyDock(title, contents[name], window, width_px)
        dock.setObjectName(f"dock_{name}")
        window.addDockWidget(side, dock)
        docks[name] = dock
        if not shown:
            dock.hide()
    window.resizeDocks([docks["studies"]], [STUDIES_PX], Qt.Orientation.Horizontal)
    window.resizeDocks([docks["problems"]], [PROBLEMS_PX], Qt.Orientation.Vertical)
    return docks
