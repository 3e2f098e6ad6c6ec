"""What the actions on the window do, by id: open, panels, full screen, colours, help."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QLineEdit

from viewer.settings import OVERLAY_COLOR, OVERLAY_COLORS, THEME
from viewer.ui.recents import Recents

if TYPE_CHECKING:
    from viewer.settings import Backend
    from viewer.ui.action_set import Handler
    from viewer.ui.main_window import MainWindow
    from viewer.workspace.workspace import Workspace

FILE_KINDS = "DICOM, ZIP (*.dcm *.dic *.ima *.zip DICOMDIR);;All files (*)"


class WindowCommands:
    """Handlers of the window's own actions.

    Args:
        sample_folder: where the sample study is written.
    """

    def __init__(
        self, window: MainWindow, workspace: Workspace, backend: Backend, sample_folder: Path
    ) -> None:
        self._window = window
        self._workspace = workspace
        self._backend = backend
        self._sample_folder = sample_folder
        self.recents = Recents(backend)
        self._dialogs: dict[type[QDialog], QDialog] = {}

    def handlers(self) -> dict[str, Handler]:
        """Every handler by the id of its action."""
        return {
            "open_files": self._ask_files,
            "open_folder": self._ask_folder,
            "open_sample": self.open_sample,
            "close_studies": self._window.close_studies,
            "remember_recent": self._toggle_recents,
            "clear_recent": self.recents.clear,
            "settings": self._show_settings,
            "quit": self._window.close,
            "copy_picture": self._copy_picture,
            "escape": self._escape,
            "search_tags": self._window.search_tags,
            "full_screen": self._toggle_full_screen,
            "hide_panels": self._window.toggle_panels,
            "maximise": self._window.toggle_panels,
            "next_pane": lambda: self._window.focus_pane(1),
            "previous_pane": lambda: self._window.focus_pane(-1),
            "open_selected": self._window.browser.choose_selected,
            "key_sheet": self._show_keys,
            "about": self._show_about,
            "copy_diagnostics": self._copy_diagnostics,
            **{f"panel_{name}": _Toggle(self._window, name) for name in self._window.docks},
            **{f"theme_{name}": _SetTheme(self._window, self._backend, name)
               for name in ("dark", "light", "contrast")},
            **{f"tool_{tool}": _TakeTool(self._window, tool)
               for tool in ("window", "scroll", "zoom", "pan", "select")},
        }  # fmt: skip

    # Opening

    def open(self, paths: Iterable[bytes]) -> None:
        """Open paths and remember the folders among them."""
        paths = list(paths)
        if paths:
            self.recents.add(path for path in paths if os.path.isdir(path))
            self._workspace.open_paths(paths)

    def _ask_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self._window, "Open files", "", FILE_KINDS)
        self.open(os.fsencode(name) for name in names)

    def _ask_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self._window, "Open folder or disc")
        self.open([os.fsencode(name)] if name else [])

    def open_sample(self) -> None:
        """Make the sample study in the data folder, where it is not there yet, and open it."""
        self._window.banner.show_message("Making the sample study ...")
        job = self._workspace.jobs.start(_writing(self._sample_folder))
        job.item.connect(self._open_sample)
        job.failed.connect(self._window.banner.show_error)

    def _open_sample(self, folder: Path) -> None:
        self._window.banner.hide()
        self._workspace.open_paths([os.fsencode(series) for series in sorted(folder.iterdir())])

    def _toggle_recents(self) -> None:
        self.recents.remembers = not self.recents.remembers

    # The window

    def _toggle_full_screen(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()
        self._window.refresh_actions()

    def _escape(self) -> None:
        """Cancel drawing; else leave full screen; else reset display; a field is emptied."""
        focus = QApplication.focusWidget()
        area = self._window.view_area
        in_image = focus is None or focus is area or area.isAncestorOf(focus)
        cancel = getattr(area.canvas, "cancel_gesture", None)
        if in_image and cancel is not None and cancel():
            return
        if self._window.isFullScreen():
            self._toggle_full_screen()
        elif in_image:
            self._workspace.active.reset()
        else:
            if isinstance(focus, QLineEdit):
                focus.clear()
            area.take_focus()

    def _copy_picture(self) -> None:
        """The image in its own pixels, without the words on it: they would name the patient."""
        from viewer.ui.picture import taking_picture

        color = OVERLAY_COLORS[OVERLAY_COLOR.read(self._backend)]
        work = taking_picture(self._workspace.active, color)
        if work is not None:
            self._workspace.jobs.start(work).item.connect(_to_clipboard)

    # Dialogs, none of them modal

    def _show(self, kind: type[QDialog], make: Callable[[], QDialog]) -> None:
        if kind not in self._dialogs:
            self._dialogs[kind] = make()
        dialog = self._dialogs[kind]
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _show_keys(self) -> None:
        from viewer.ui.dialogs.key_sheet import KeySheet

        self._show(KeySheet, lambda: KeySheet(self._window))

    def _show_about(self) -> None:
        from viewer.ui.dialogs.about import AboutDialog

        self._show(AboutDialog, lambda: AboutDialog(self._window))

    def _show_settings(self) -> None:
        from viewer.ui.dialogs.settings_dialog import SettingsDialog

        self._show(SettingsDialog, self._make_settings)

    def _make_settings(self) -> QDialog:
        from viewer.ui.dialogs.settings_dialog import SettingsDialog

        dialog = SettingsDialog(self._backend, self._window)
        dialog.changed.connect(self._window.read_settings)
        return dialog

    def _copy_diagnostics(self) -> None:
        from viewer.ui.dialogs.about import diagnostics

        QGuiApplication.clipboard().setText(diagnostics())
        self._window.banner.show_message("Versions are on the clipboard; nothing about patients.")


def _to_clipboard(image: QImage) -> None:
    QGuiApplication.clipboard().setImage(image)


class _Toggle:
    """Shows or hides one panel."""

    def __init__(self, window: MainWindow, name: str) -> None:
        self._window, self._name = window, name

    def __call__(self) -> None:
        self._window.toggle_panel(self._name)


class _SetTheme:
    """Chooses the colours and keeps the choice."""

    def __init__(self, window: MainWindow, backend: Backend, name: str) -> None:
        self._window, self._backend, self._name = window, backend, name

    def __call__(self) -> None:
        THEME.write(self._backend, self._name)
        self._window.dress()


class _TakeTool:
    """Puts one tool in the hand."""

    def __init__(self, window: MainWindow, tool: str) -> None:
        self._window, self._tool = window, tool

    def __call__(self) -> None:
        self._window.toolbox.set_tool(self._tool)


def _writing(folder: Path) -> Callable[[], Generator[object, None, None]]:
    def work() -> Generator[object, None, None]:
        from viewer.dicom.sample import sample_study

        yield sample_study(folder)

    return work
