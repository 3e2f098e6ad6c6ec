"""Small pieces of work on the GUI thread, done between events in slices of a few ms."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from PySide6.QtCore import QObject, QTimer

SLICE_S = 0.004


class Slices(QObject):
    """Calls `step` again and again until it returns False, never long at a stretch."""

    def __init__(self, step: Callable[[], bool], parent: QObject) -> None:
        super().__init__(parent)
        self._step = step
        self._timer = QTimer(self, interval=0)
        self._timer.timeout.connect(self._work)

    def start(self) -> None:
        self._timer.start()

    def stop(self) -> None:
        self._timer.stop()

    @property
    def active(self) -> bool:
        return self._timer.isActive()

    def _work(self) -> None:
        end = perf_counter() + SLICE_S
        while self._step():
            if perf_counter() > end:
                return
        self._timer.stop()
