"""From any thread to the GUI thread, in batches."""

from __future__ import annotations

import threading
import time

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot


class Mailbox(QObject):
    """Collects what other threads post and hands it over on the GUI thread as one list.

    One Qt event is on its way at any time however fast the posts come (an event costs more
    than a fast generator's item), and between two deliveries lie at least `interval_ms`, so
    the GUI thread keeps time for painting. Nothing waits longer than that, and the first post
    after a pause does not wait at all.
    """

    delivered = Signal(list)
    _called = Signal(bool)

    def __init__(self, interval_ms: int = 15, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._interval_s = interval_ms / 1000
        self._lock = threading.Lock()
        self._waiting: list[object] = []
        self._on_the_way = False
        self._emptied_at = float("-inf")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.empty)
        self._called.connect(self._answer, Qt.ConnectionType.QueuedConnection)

    def post(self, item: object, *, urgent: bool = False) -> None:
        """Any thread. An urgent item takes everything before it along at once."""
        with self._lock:
            self._waiting.append(item)
            call = urgent or not self._on_the_way
            self._on_the_way = True
        if call:
            self._called.emit(urgent)

    @property
    def waiting(self) -> int:
        """Items posted and not handed over yet."""
        return len(self._waiting)

    @Slot(bool)
    def _answer(self, urgent: bool) -> None:
        left_s = self._emptied_at + self._interval_s - time.perf_counter()
        if urgent or left_s <= 0:
            self.empty()
        elif not self._timer.isActive():
            self._timer.start(max(1, round(left_s * 1000)))

    @Slot()
    def empty(self) -> None:
        """GUI thread: hand over what is there now."""
        with self._lock:
            items, self._waiting = self._waiting, []
            self._on_the_way = False
        if items:
            self.delivered.emit(items)
        self._emptied_at = time.perf_counter()
