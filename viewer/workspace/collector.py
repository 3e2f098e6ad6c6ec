"""Keeps Python's cycle collector on the GUI thread, and out of the user's way there.

The collector runs on whichever thread happens to allocate. When it meets a forgotten QObject in
a cycle there, the object is destroyed by a loading thread while the GUI thread delivers events
to it, and the process dies (seen: three of four runs of a test file). Qt objects may only be
destroyed where they live, so no other thread may collect.

Looking through everything takes 20 ms with modules alone and 150 ms with 5,000 series, so what is
there to stay is set aside (`gc.freeze`): modules at once, the catalogue when its scan is
through. All is looked through only after studies were closed, in a moment when nothing moves.
"""

from __future__ import annotations

import gc
import time

from PySide6.QtCore import QObject, QTimer, Slot

INTERVAL_MS = 400
BUSY_MS = 20  # while a scan makes objects by the thousand, little and often
YOUNG = 2000  # objects that are looked through in less than a millisecond
QUIET_S = 3.0


class GuiThreadCollector(QObject):
    """Collects in place of the automatic collector, on the thread it was made on."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._was_enabled = gc.isenabled()
        self._stirred_s = 0.0
        self._closed_studies = False
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self._tick)
        self._timer.start()

    def set_busy(self, busy: bool) -> None:
        """A scan runs, or is over: what it found is there to stay."""
        if busy is not (self._timer.interval() == BUSY_MS):
            self._timer.setInterval(BUSY_MS if busy else INTERVAL_MS)
            if not busy:
                gc.freeze()

    @Slot()
    def stir(self) -> None:
        """The user does something, or a film plays: no moment for a long look."""
        self._stirred_s = time.perf_counter()

    def forget(self) -> None:
        """Studies were closed: look through everything when nothing moves."""
        self._closed_studies = True
        self.stir()

    @Slot()
    def collect(self) -> None:
        """Collect the oldest generation that is due by Python's own thresholds."""
        for generation in (2, 1, 0):
            if gc.get_count()[generation] > gc.get_threshold()[generation]:
                gc.collect(generation)
                return

    @Slot()
    def _tick(self) -> None:
        quiet = time.perf_counter() - self._stirred_s > QUIET_S
        if self._timer.interval() == BUSY_MS:
            if gc.get_count()[0] > YOUNG:
                gc.collect(0)
        elif not quiet:
            if gc.get_count()[0] > gc.get_threshold()[0]:
                gc.collect(0)
        elif self._closed_studies:
            self._closed_studies = False
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        else:
            self.collect()

    def close(self) -> None:
        """Leave collecting as it was found; no thread that could do harm may be left."""
        self._timer.stop()
        gc.unfreeze()
        if self._was_enabled:
            gc.enable()
