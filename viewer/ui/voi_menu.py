"""Window > From the file: its windows and tables by their explanations, filled when it opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from viewer.core.annotation import voi_text
from viewer.core.annotation_text import plain
from viewer.ui.labels import menu_text

if TYPE_CHECKING:
    from viewer.core.image import VoiChoice
    from viewer.workspace.workspace import Workspace

MOST = 60  # some files give each of their frames a window; more than these nobody reads


class FileVoiMenu:
    """Puts the alternatives of the active view's frame below the fixed entries of a menu."""

    def __init__(self, menu: QMenu, workspace: Workspace) -> None:
        self._menu = menu
        self._workspace = workspace
        self._entries: list[QAction] = []
        menu.aboutToShow.connect(self._fill)
        menu.triggered.connect(self._choose)

    def _fill(self) -> None:
        for entry in self._entries:
            self._menu.removeAction(entry)
            entry.deleteLater()
        view = self._workspace.active
        choices = view.loaded.description.voi_choices if view.loaded is not None else ()
        separator = QAction(self._menu)
        separator.setSeparator(True)
        self._entries = [separator]
        for place, choice in enumerate(choices[:MOST]):
            self._entries.append(self._entry(place, choice, shown=choice == view.voi))
        if not choices:
            nothing = QAction("The file gives no window and no table", self._menu)
            nothing.setEnabled(False)
            self._entries.append(nothing)
        self._menu.addActions(self._entries)

    def _entry(self, place: int, choice: VoiChoice, *, shown: bool) -> QAction:
        entry = QAction(menu_text(plain(choice_text(choice))), self._menu)
        entry.setData(place)
        entry.setCheckable(True)
        entry.setChecked(shown)
        return entry

    def _choose(self, entry: QAction) -> None:
        if entry in self._entries:  # the fixed ones have their own handlers
            self._workspace.active.set_voi(int(entry.data()))


def choice_text(choice: VoiChoice) -> str:
    """An alternative as the user chooses it: "Bone: W 2000 C 300", "Soft: table of 4096"."""
    if choice.lut is not None:
        return f"{choice.label}: table of {len(choice.lut.entries)} values"
    return f"{choice.label}: {voi_text(choice).split('  ')[0]}"
