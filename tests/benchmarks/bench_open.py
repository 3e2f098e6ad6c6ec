"""From opening a CT folder to its first image painted, window up, files in the page cache.

The folders hold 500 and 5,000 slices of 512x512; their pixels are holes in the files, which
take no room and read like any others. The peer lists the folder and reads one whole slice.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from tests.benchmarks.table import Row
from tests.data import write_ct
from viewer.ui.viewport.canvas import Canvas
from viewer.workspace.workspace import Workspace

SIDE = 512
ROUNDS = 5
GOALS_MS = {500: 150.0, 5000: 400.0}


def write_slices(folder: Path, count: int) -> None:
    """Copies of one slice with their own place, number and UID."""
    model = write_ct(
        folder / "model",
        pixels=np.zeros((SIDE, SIDE), np.int16),
        instance_number=20000,
        instance_uid="1.2.826.0.1.3680043.10.999.7770000",
        position=(0.0, 0.0, 10000.0),
    )
    size = model.stat().st_size
    head = model.read_bytes()[: size - 2 * SIDE * SIDE]
    model.unlink()
    for number in range(count):
        own = head.replace(b"7770000", b"777%04d" % number)
        own = own.replace(b"20000 ", b"%5d " % (20000 + number))
        own = own.replace(b"10000.0", b"%5d.0" % (10000 + number))
        path = folder / f"IM{number:05d}"
        path.write_bytes(own)
        os.truncate(path, size)


def bare(folder: Path) -> None:
    """What must be done by anybody: list the folder, read a slice."""
    with os.scandir(folder) as entries:
        first = next(iter(sorted(entry.path for entry in entries)))
    Path(first).read_bytes()


class Opener:
    """A window that opens a folder, and the clock beside it."""

    def __init__(self) -> None:
        self.workspace = Workspace()
        self.workspace.loader.get_ready()
        self.canvas = Canvas(self.workspace.active, loader=self.workspace.loader)
        self.canvas.resize(1024, 1024)
        self.canvas.show()

    def first_image_ms(self, folder: Path) -> tuple[float, float]:
        """Open, paint; milliseconds to the first image and to the end of the scan."""
        self.workspace.close_studies()
        began = time.perf_counter()
        self.workspace.open_paths([folder])
        while self.workspace.active.loaded is None:
            self._turn()
        self.canvas.viewport().repaint()
        painted = time.perf_counter()
        while self.workspace.scanning:
            self._turn()
        return (painted - began) * 1000, (time.perf_counter() - began) * 1000

    def _turn(self) -> None:
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def close(self) -> None:
        self.canvas.close()
        self.workspace.close()


def run() -> list[Row]:
    """Rows for 500 and 5,000 slices."""
    application = QApplication.instance() or QApplication([])
    rows = []
    opener = Opener()
    for count, goal_ms in GOALS_MS.items():
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write_slices(folder, count)
            opener.first_image_ms(folder)
            times = [opener.first_image_ms(folder) for _ in range(ROUNDS)]
            began = time.perf_counter()
            bare(folder)
            peer_ms = (time.perf_counter() - began) * 1000
        first, whole = (statistics.median(column) for column in zip(*times, strict=True))
        rows += [
            Row(f"open {count} slices to the first image painted", first, goal=goal_ms),
            Row("  the same beside the bare reading", first, "scandir + read a slice", peer_ms),
            Row(f"open {count} slices until all are in the tree", whole),
        ]
    opener.close()
    assert application is not None
    return rows


if __name__ == "__main__":
    for row in run():
        print(row)
