"""Size of the window, its panels and columns, kept between sessions."""

from __future__ import annotations

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QHeaderView, QMainWindow

from viewer.settings import Backend

GEOMETRY, PANELS, COLUMNS = "window/geometry", "window/panels", "window/study_columns"


def save_layout(window: QMainWindow, columns: QHeaderView, backend: Backend) -> None:
    """Keep the layout; full screen is a moment's choice and is not kept."""
    if not window.isFullScreen():
        backend.setValue(GEOMETRY, window.saveGeometry())
        backend.setValue(PANELS, window.saveState())
    backend.setValue(COLUMNS, columns.saveState())


def restore_layout(window: QMainWindow, columns: QHeaderView, backend: Backend) -> None:
    """Lay out as it was; what is stored but broken is passed over."""
    for key, restore in (
        (GEOMETRY, window.restoreGeometry),
        (PANELS, window.restoreState),
        (COLUMNS, columns.restoreState),
    ):
        stored = backend.value(key)
        if isinstance(stored, QByteArray):
            restore(stored)
