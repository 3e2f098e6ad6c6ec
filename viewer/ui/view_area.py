"""The middle of the window: the empty state, or the canvases of the workspace's viewports."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QMenu, QStackedWidget, QWidget

if TYPE_CHECKING:
    from viewer.ui.viewport.canvas import Canvas
    from viewer.workspace.viewport import Viewport
    from viewer.workspace.workspace import Workspace

MakeCanvas = Callable[["Viewport", QWidget], "Canvas"]


class ViewArea(QStackedWidget):
    """Shows the empty state until a viewport has a stack; makes its canvas then.

    Canvases are made late because pyqtgraph takes a third of a second to import.

    Signals:
        canvas_made: the first canvas is there.
    """

    canvas_made = Signal()

    def __init__(
        self, workspace: Workspace, make_canvas: MakeCanvas, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._make_canvas = make_canvas
        self._canvases: dict[Viewport, Canvas] = {}
        self._empty: QWidget | None = None
        self.image_menu: Callable[[QWidget], QMenu] | None = None
        self.setAccessibleName("Images")
        self.setMinimumSize(240, 240)
        for viewport in workspace.viewports:
            viewport.stack_changed.connect(self.refresh)

    def set_empty_state(self, widget: QWidget) -> None:
        self._empty = widget
        self.addWidget(widget)
        self.refresh()

    @property
    def canvas(self) -> Canvas | None:
        """The canvas of the active viewport, once there is one."""
        return self._canvases.get(self._workspace.active)

    def refresh(self) -> None:
        """Show the canvas of the active viewport while it has a stack."""
        viewport = self._workspace.active
        if viewport.stack is None:
            if self._empty is not None:
                self.setCurrentWidget(self._empty)
            return
        if viewport not in self._canvases:
            self._canvases[viewport] = self._make_canvas(viewport, self)
            self.addWidget(self._canvases[viewport])
            self.canvas_made.emit()
        had_focus = self.hasFocus() or self.isAncestorOf(self.focusWidget() or self)
        self.setCurrentWidget(self._canvases[viewport])
        if had_focus or self.window().focusWidget() is None:
            self.take_focus()

    def take_focus(self) -> None:
        """Give the keyboard to the image, so that single letters act on it."""
        target = self.canvas or self
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    def open_menu(self, place: QPoint) -> None:
        """Open the image's menu at a place of the screen."""
        if self.image_menu is not None and self.canvas is not None:
            self.image_menu(self).popup(place)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # The mouse's menu opens on release without a drag, which only the canvas can tell.
        if event.reason() == QContextMenuEvent.Reason.Keyboard and self.canvas is not None:
            self.open_menu(self.mapToGlobal(self.rect().center()))
            event.accept()
