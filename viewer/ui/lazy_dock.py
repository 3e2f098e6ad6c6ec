"""A dock whose content may be made when it is first shown, because it takes time to import."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDockWidget, QMainWindow, QWidget


class LazyDock(QDockWidget):
    """Holds a widget, or makes it on the first show.

    Args:
        width_px: how wide it opens, until the user chooses; 0 leaves that to the content.
    """

    def __init__(
        self,
        title: str,
        content: QWidget | Callable[[], QWidget],
        parent: QWidget,
        width_px: int = 0,
    ) -> None:
        super().__init__(title, parent)
        self._width_px = width_px
        self._make: Callable[[], QWidget] | None = None
        if isinstance(content, QWidget):
            self.setWidget(content)
        else:
            self._make = content
        self.setAccessibleName(title)

    def setVisible(self, visible: bool) -> None:
        if visible:
            self.fill()
        super().setVisible(visible)
        if visible and self._width_px:
            self._open_wide()

    def _open_wide(self) -> None:
        """Once, unless the layout of the last session shows the dock: then it has its width."""
        width_px, self._width_px = self._width_px, 0
        window = self.parentWidget()
        if isinstance(window, QMainWindow) and window.isVisible() and not self.isFloating():
            window.resizeDocks([self], [width_px], Qt.Orientation.Horizontal)

    def showEvent(self, event: QShowEvent) -> None:
        self.fill()
        super().showEvent(event)

    def fill(self) -> None:
        """Make the content now, if it is not there yet."""
        if self._make is not None:
            make, self._make = self._make, None
            self.setWidget(make())
