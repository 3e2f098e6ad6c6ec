"""Lets go of what was closed bit by bit: to free 5,000 patients at once takes 60 ms."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Slot
from shiboken6 import isValid

SLICE_S = 0.002


class Leaving(QObject):
    """Runs through iterators that free a little at each step. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._steps: deque[Iterator[None]] = deque()
        self._timer = QTimer(self, interval=2)
        self._timer.timeout.connect(self._work)

    @property
    def active(self) -> bool:
        """False, too, once Qt has deleted it with its parent."""
        return isValid(self._timer) and self._timer.isActive()

    def take(self, steps: Iterator[None]) -> None:
        self._steps.append(steps)
        self._timer.start()

    def close(self) -> None:
        if self.active:
            self._timer.stop()
        self._steps.clear()

    @Slot()
    def _work(self) -> None:
        end_s = perf_counter() + SLICE_S
        while self._steps and perf_counter() < end_s:
            if next(self._steps[0], self) is self:
                self._steps.popleft()
        if not self._steps:
            self._timer.stop()
