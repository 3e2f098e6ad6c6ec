"""Memory after scrolling 2,000 slices, and how fast frames that are not in memory arrive.

The cache is set to 256 MiB, so that 2,000 slices of 512 KiB fill it four times over.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from tests.benchmarks.bench_open import write_slices
from tests.benchmarks.table import Row
from viewer import settings
from viewer.settings import MemoryBackend
from viewer.ui.viewport.canvas import Canvas
from viewer.workspace.workspace import Workspace

COUNT = 2000
CACHE_MB = 256


def resident_mb() -> float:
    """Memory of this process that is in RAM, MiB."""
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def turn() -> None:
    QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


def scrolled(workspace: Workspace, canvas: Canvas) -> float:
    """Show and paint every frame in turn, each as soon as it is there; seconds."""
    viewport = workspace.active
    began = time.perf_counter()
    for index in range(viewport.count):
        viewport.set_index(index)
        while viewport.loaded is None:
            turn()
        canvas.viewport().repaint()
    return time.perf_counter() - began


def run() -> list[Row]:
    """Rows of one pass through 2,000 slices, painted."""
    application = QApplication.instance() or QApplication([])
    backend = MemoryBackend({settings.CACHE_MB.key: CACHE_MB})
    workspace = Workspace(backend)
    canvas = Canvas(workspace.active, loader=workspace.loader)
    canvas.resize(1024, 1024)
    canvas.show()
    with tempfile.TemporaryDirectory() as name:
        write_slices(Path(name), COUNT)
        workspace.open_paths([name])
        while workspace.scanning or workspace.active.loaded is None:
            turn()
        seconds = scrolled(workspace, canvas)
        memory_mb = resident_mb()
        cached_mb = workspace.loader.cache.nbytes / 2**20
        canvas.close()
        workspace.close()
    assert application is not None
    return [
        Row("scroll 2,000 slices not in memory, all painted", COUNT / seconds, goal=60,
            unit="images/s", at_least=True),
        Row("memory after scrolling 2,000 slices", memory_mb, goal=CACHE_MB + 400, unit="MB"),
        Row("  of it in the cache (limit 256)", cached_mb, goal=CACHE_MB, unit="MB"),
    ]  # fmt: skip


if __name__ == "__main__":
    for row in run():
        print(row)
