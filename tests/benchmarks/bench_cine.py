"""A colour clip of 60 frames of 800x600, JPEG baseline, played at its own 60 frames a second."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from PySide6.QtWidgets import QApplication

from tests.benchmarks.bench_pauses import Session, write_jpeg_clip
from tests.benchmarks.pauses import turn_for, turn_until
from tests.benchmarks.table import Row

SECONDS = 5.0


def processor_s(pids: tuple[int, ...]) -> float:
    """Processor time of this process and of the decoders, seconds."""
    ticks = 0
    for pid in (os.getpid(), *pids):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _children() -> tuple[int, ...]:
    """Processes this one has started: the decoders."""
    listed = Path(f"/proc/{os.getpid()}/task").iterdir()
    return tuple(int(pid) for task in listed for pid in (task / "children").read_text().split())


def run() -> list[Row]:
    """Frames dropped and the processor time it takes, decoding of the first round included."""
    application = QApplication.instance() or QApplication(["bench"])
    with tempfile.TemporaryDirectory() as home, tempfile.TemporaryDirectory() as place:
        write_jpeg_clip(Path(place))
        session = Session(Path(home))
        session.start()
        session.open(Path(place))
        viewport = session.workspace.active
        pids = _children()
        turn_until(lambda: viewport.loaded is not None)
        shown: list[int] = []
        viewport.index_changed.connect(lambda: shown.append(viewport.index))
        before_s, began_s = processor_s(pids), time.perf_counter()
        viewport.cine.play()
        turn_for(SECONDS)
        viewport.cine.pause()
        played_s = time.perf_counter() - began_s
        spent_s = processor_s(pids) - before_s
        rate = viewport.cine.fps
        session.window.close()
    assert application is not None
    steps = [(b - a) % 60 for a, b in zip([0, *shown], shown, strict=False)]
    dropped = sum(step - 1 for step in steps)
    return [
        Row(f"cine at {rate:.0f}/s: frames shown", len(shown) / played_s, unit="frames/s"),
        Row("  frames dropped in five seconds", dropped, goal=0, unit="frames"),
        Row("  processor time, all processes", spent_s / played_s, goal=1, unit="cores"),
    ]


if __name__ == "__main__":
    from tests.benchmarks.__main__ import line

    for row in run():
        print(line(row))
