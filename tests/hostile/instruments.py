"""What is measured of a living window: how late its events are, and what it holds on to."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QTimer

# A guard against hanging, not a measure of speed: the goal is 0.25 s on an idle machine
# (LIGHTBOX_LATE_S=0.25), and speed is measured in tests/benchmarks.
LATE_S = float(os.environ.get("LIGHTBOX_LATE_S", "5.0"))
LONG = os.environ.get("LIGHTBOX_NIGHTLY", "") not in ("", "0")


def most_late_s() -> float:
    """How late a timer may be: more where more programs want to run than there are processors."""
    return LATE_S * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Pulse:
    """A 50 ms timer that notes how late it was at worst."""

    def __init__(self) -> None:
        self.worst_s = 0.0
        self._last_s = time.perf_counter()
        self._timer = QTimer(interval=50)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now_s = time.perf_counter()
        self.worst_s = max(self.worst_s, now_s - self._last_s - 0.05)
        self._last_s = now_s

    def stop(self) -> None:
        self._timer.stop()


@dataclass(frozen=True, slots=True)
class Held:
    """What this process holds: memory in MiB, open files, threads."""

    resident_mb: float
    files: int
    threads: int


def held() -> Held:
    """Figures of Linux for this process."""
    statm = Path("/proc/self/statm").read_text().split()
    files = len(os.listdir("/proc/self/fd")) - 1  # the listing itself is one
    return Held(int(statm[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20, files, threading.active_count())
