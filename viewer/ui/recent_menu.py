"""File > Recent folders: filled when it opens; what is gone is greyed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from viewer.ui.labels import menu_text

if TYPE_CHECKING:
    from viewer.ui.window_commands import WindowCommands


class RecentMenu:
    """Puts the recent folders above the fixed entries of a menu."""

    def __init__(self, menu: QMenu, commands: WindowCommands) -> None:
        self._menu = menu
        self._commands = commands
        self._entries: list[QAction] = []
        self._fixed = menu.actions()[0] if menu.actions() else None
        menu.aboutToShow.connect(self._fill)

    def _fill(self) -> None:
        for entry in self._entries:
            self._menu.removeAction(entry)
            entry.deleteLater()
        self._entries = [self._entry(path) for path in self._commands.recents.paths]
        if not self._entries:
            nothing = QAction("No folder opened yet", self._menu)
            nothing.setEnabled(False)
            self._entries.append(nothing)
        separator = QAction(self._menu)
        separator.setSeparator(True)
        self._entries.append(separator)
        self._menu.insertActions(self._fixed, self._entries)  # type: ignore[arg-type]

    def _entry(self, path: bytes) -> QAction:
        text = os.fsdecode(path).encode("utf-8", "replace").decode("utf-8")
        entry = QAction(menu_text(text), self._menu)
        entry.setData(path)
        entry.setEnabled(os.path.isdir(path))
        entry.triggered.connect(self._open)
        return entry

    def _open(self) -> None:
        sender = self._menu.sender()
        if isinstance(sender, QAction):
            self._commands.open([bytes(sender.data())])
