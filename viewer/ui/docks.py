"""Where the panels of the main window stand at first, and how wide they open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, QTimer, Slot
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
LEAST_PX = 220  # of a panel that gives way
SPLITTER_PX = 8  # at most, between a panel and what is beside it


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


class HalfForImage(QTimer):
    """Narrows the panels at the sides so that the image keeps half of the window's width.

    When a panel opens, and when the window says by `start` that it has another size; what the
    user drags stays. A timer, for the panels have their new places only once events are through.
    """

    def __init__(self, window: QMainWindow, docks: Sequence[QDockWidget]) -> None:
        super().__init__(window, singleShot=True, interval=0)
        self._window, self._docks = window, docks
        self.timeout.connect(self._narrow)
        for dock in docks:
            dock.visibilityChanged.connect(self._follow_visibility)

    @Slot(bool)
    def _follow_visibility(self, visible: bool) -> None:
        if visible:
            self.start()

    @Slot()
    def _narrow(self) -> None:
        side_by_side = {dock.x(): dock for dock in self._docks if self._takes_width(dock)}
        docks = [side_by_side[x] for x in sorted(side_by_side)]
        over = sum(dock.width() + SPLITTER_PX for dock in docks) - self._window.width() // 2
        if over <= 0:
            return
        widths = []
        for dock in docks:  # from the left: a list of names bears it better than values do
            width = max(dock.width() - over, min(LEAST_PX, dock.width()))
            over -= dock.width() - width
            widths.append(width)
        self._window.resizeDocks(docks, widths, Qt.Orientation.Horizontal)

    def _takes_width(self, dock: QDockWidget) -> bool:
        sides = (Area.LeftDockWidgetArea, Area.RightDockWidgetArea)
        shown = not (dock.isFloating() or dock.visibleRegion().isEmpty())  # nor behind a tab
        return shown and self._window.dockWidgetArea(dock) in sides
