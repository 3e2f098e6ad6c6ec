"""A real window on a real workspace, offscreen."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.data import ct_series
from viewer.settings import MemoryBackend
from viewer.ui.main_window import MainWindow
from viewer.ui.theme import apply_theme
from viewer.workspace.workspace import Workspace


@pytest.fixture
def backend() -> MemoryBackend:
    return MemoryBackend()


@pytest.fixture
def window(qtbot, qapp: QApplication, tmp_path: Path, backend) -> Iterator[MainWindow]:
    """An empty main window that is shown and has the keyboard."""
    apply_theme(qapp, "dark")
    made = MainWindow(Workspace(backend), backend, tmp_path / "data")
    qtbot.addWidget(made, before_close_func=lambda w: w.workspace.close())
    with qtbot.waitExposed(made):
        made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    made.close()


@pytest.fixture
def ct_folder(tmp_path: Path) -> Path:
    """A series of five CT slices."""
    ct_series(tmp_path / "ct", 5)
    return tmp_path / "ct"


@pytest.fixture
def ct_window(qtbot, window: MainWindow, ct_folder: Path) -> MainWindow:
    """The window with the CT series read and its first image shown."""
    open_and_wait(qtbot, window, ct_folder)
    return window


def open_and_wait(qtbot, window: MainWindow, *paths: Path) -> None:
    """Open paths and wait until all is read, split and the first image is there."""
    window.commands.open([os.fsencode(path) for path in paths])
    qtbot.waitUntil(lambda: not window.workspace.scanning, timeout=20_000)
    qtbot.waitUntil(lambda: _is_settled(window), timeout=20_000)
    window.view_area.take_focus()


def _is_settled(window: MainWindow) -> bool:
    active = window.workspace.active
    pictures = any(
        stack.is_image for series in window.workspace.catalog.series for stack in series.stacks
    )
    shown = active.loaded is not None or active.failure is not None
    return (shown or not pictures) and not window.browser.model.splitting


def press(qtbot, window: MainWindow, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    """Press a key where the keyboard is."""
    held = Qt.KeyboardModifier.NoModifier
    for modifier in modifiers:
        held |= modifier
    qtbot.keyClick(QApplication.focusWidget() or window, key, held)
