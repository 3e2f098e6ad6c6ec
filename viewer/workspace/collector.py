"""Keeps Python's cycle collector on the GUI thread.

The collector runs on whichever thread happens to allocate. When it meets a forgotten QObject in
a cycle there, the object is destroyed by a loading thread while the GUI thread delivers events
to it, and the process dies (seen: three of four runs of a test file). Qt objects may only be
destroyed where they live, so no other thread may collect.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 400


class GuiThreadCollector(QObject):
    """Collects in place of the automatic collector, on the thread it was made on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()  # modules live for ever: looking through them again and again is a lost 20 ms
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    @Slot()
    def collect(self) -> None:
        """Collect the oldest generation that is due by Python's own thresholds."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return

    def close(self) -> None:
        """Give collecting back to Python; no thread that could do harm may be left."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
