"""How a panel follows what the active viewport shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, SignalInstance, Slot

if TYPE_CHECKING:
    from viewer.workspace.viewport import Viewport
    from viewer.workspace.workspace import Workspace

FOLLOW_MS = 100  # somebody who scrolls wants images, not panels


class Follower(QTimer):
    """Times out a moment after the active viewport, or something in it, has changed.

    Args:
        changes: the signals of a viewport that concern the panel.
    """

    def __init__(
        self,
        workspace: Workspace,
        changes: Callable[[Viewport], Iterable[SignalInstance]],
        parent: QObject,
    ) -> None:
        super().__init__(parent, singleShot=True, interval=FOLLOW_MS)
        self._changes = changes
        self.viewport = workspace.active
        self._connect()
        workspace.active_changed.connect(self._follow)

    @Slot(object)
    def _follow(self, viewport: Viewport) -> None:
        for signal in self._changes(self.viewport):
            signal.disconnect(self.start)
        self.viewport = viewport
        self._connect()

    def _connect(self) -> None:
        for signal in self._changes(self.viewport):
            signal.connect(self.start)
        self.start()
