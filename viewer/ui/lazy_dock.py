"""A dock whose content may be made when it is first shown, because it takes time to import."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDockWidget, QWidget


class LazyDock(QDockWidget):
    """Holds a widget, or makes it on the first show."""

    def __init__(
        self, title: str, content: QWidget | Callable[[], QWidget], parent: QWidget
    ) -> None:
        super().__init__(title, parent)
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

    def showEvent(self, event: QShowEvent) -> None:
        self.fill()
        super().showEvent(event)

    def fill(self) -> None:
        """Make the content now, if it is not there yet."""
        if self._make is not None:
            make, self._make = self._make, None
            self.setWidget(make())
