"""After the first paint: imports what the first image will need, without holding the window up.

What knows no Qt is imported on a thread. What does is imported on the GUI thread, a little at a
time: PySide6 makes its classes when they are first named, and two threads that do so at once
crashed the program (seen in `import pyqtgraph`, which names them all, once in thirty starts).
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterator

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer

WITHOUT_QT = (
    "pydicom",
    "viewer.dicom.pixels.frames",
    "viewer.dicom.description.describe",
    "viewer.dicom.description.provenance",
    "viewer.dicom.tagtree.tag_loading",
)
WITH_QT = (
    "pyqtgraph",
    "viewer.ui.viewport.canvas",
    "viewer.ui.panels.tag_inspector",
    "viewer.ui.panels.provenance_panel",
)
SLICE_S = 0.004
PAUSE_MS = 2  # between slices, for the window's own work


class WarmUp(QObject):
    """Imports while the user is still looking for a file.

    Args:
        then: called on the importing thread when all is imported that knows no Qt.
    """

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self._then = then
        self._thread: threading.Thread | None = None
        self._steps = self._import_slowly()
        self._timer = QTimer(self, interval=PAUSE_MS)
        self._timer.timeout.connect(self._go_on)

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="imports", daemon=True)
            self._thread.start()
            self._timer.start()

    @property
    def done(self) -> bool:
        """All is imported."""
        return self._thread is not None and not self._timer.isActive()

    def wait(self) -> None:
        """An interpreter that ends in the middle of an import may crash."""
        self._timer.stop()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        for name in WITHOUT_QT:
            importlib.import_module(name)
        self._then()

    def _go_on(self) -> None:
        end = time.perf_counter() + SLICE_S
        while time.perf_counter() < end:
            try:
                may_go_on = next(self._steps)
            except StopIteration:
                self._timer.stop()
                return
            if not may_go_on:
                return

    def _import_slowly(self) -> Iterator[bool]:
        """One small step each; False where there is nothing to do but wait."""
        for module in (QtCore, QtGui, QtWidgets):
            for name in dir(module):
                getattr(module, name)
                yield True
        while self._thread is not None and self._thread.is_alive():
            yield False  # an import here would wait for the thread's imports
        for name in WITH_QT:
            importlib.import_module(name)
            yield False
