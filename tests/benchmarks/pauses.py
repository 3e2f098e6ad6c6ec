"""Finds the longest time the window could not answer, and who held it up.

A timer of 1 ms ticks on the GUI thread; the time between two ticks is a pause. Of each pause the
processor time of the GUI thread is kept beside the clock's: what the machine gave to other
programs, or Python's lock to other threads, is in the one and not in the other. A second thread
looks at what the GUI thread is doing while a pause lasts, which names the guilty.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

SUSPICIOUS_S = 0.006
LOOK_S = 0.001
PATIENCE_S = 120.0


@dataclass(slots=True)
class Pauses:
    """What a probe found, in milliseconds.

    Attributes:
        wall_ms: longest pause by the clock.
        work_ms: longest processor time of the GUI thread in one pause.
        culprits: our functions that ran during pauses, by how often they were met.
    """

    wall_ms: float = 0.0
    work_ms: float = 0.0
    culprits: Counter[str] = field(default_factory=Counter)

    @property
    def guilty(self) -> str:
        """Who was met most often, or empty."""
        return ", ".join(name for name, _ in self.culprits.most_common(2))


class Probe:
    """Watches the GUI thread from `__enter__` to `__exit__`; use on that thread."""

    def __init__(self) -> None:
        self.found = Pauses()
        self._ended = threading.Event()
        self._watched = threading.get_ident()
        self._ticked_s = self._worked_s = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(1)
        self._timer.timeout.connect(self._tick)
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Probe:
        self._ticked_s, self._worked_s = time.perf_counter(), time.thread_time()
        self._timer.start()
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._tick()
        self._ended.set()
        self._timer.stop()
        self._watcher.join()

    def _tick(self) -> None:
        now_s, work_s = time.perf_counter(), time.thread_time()
        self.found.wall_ms = max(self.found.wall_ms, (now_s - self._ticked_s) * 1000)
        self.found.work_ms = max(self.found.work_ms, (work_s - self._worked_s) * 1000)
        self._ticked_s, self._worked_s = now_s, work_s

    def _watch(self) -> None:  # its own thread
        while not self._ended.wait(LOOK_S):
            if time.perf_counter() - self._ticked_s < SUSPICIOUS_S:
                continue
            frame = sys._current_frames().get(self._watched)
            self.found.culprits[_ours(frame)] += 1


def _ours(frame: FrameType | None) -> str:
    """The slot of the viewer that Qt called, and the innermost function it is in."""
    names: list[str] = []
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith("viewer."):
            where = module.removeprefix("viewer.").rsplit(".", 1)[-1]
            names.append(f"{where}.{frame.f_code.co_name}:{frame.f_lineno}")
        frame = frame.f_back
    return " > ".join(dict.fromkeys((names[-1], names[0]))) if names else "Qt"


def turn() -> None:
    """One round of the event loop, waiting for something to do."""
    QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def turn_until(done: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
    """Run the event loop until something is true.

    Raises:
        TimeoutError: it did not become true.
    """
    end_s = time.perf_counter() + patience_s
    while not done():
        if time.perf_counter() > end_s:
            raise TimeoutError("the window did not get there")
        turn()


def turn_for(seconds: float) -> None:
    """Run the event loop for a while."""
    end_s = time.perf_counter() + seconds
    turn_until(lambda: time.perf_counter() >= end_s, seconds + 60)
