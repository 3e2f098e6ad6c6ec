"""The whole hostile corpus opened, looked at and closed, with the event loop alive throughout."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer

from tests.conftest import SHARED
from tests.data import ct_series
from viewer.workspace.workspace import Workspace

LATE_S = 1.0  # a 50 ms timer of ours; the goal is 0.25, but tests share their machine with others

MOST_FRAMES = 200  # looked at of one stack


class Pulse:
    """A 50 ms timer that notes how late it was."""

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


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    maker = SHARED / "hostile" / "make_hostile.py"
    if not maker.is_file():
        pytest.skip("the generator of hostile files is not beside this checkout")
    out = tmp_path_factory.mktemp("hostile")
    subprocess.run([sys.executable, maker, out], check=True, capture_output=True, timeout=300)
    ct_series(out / "zz_good", 3, series_uid="1.2.77")
    yield out
    subprocess.run(["chmod", "-R", "u+rwX", out], check=False)
    shutil.rmtree(out, ignore_errors=True)


@pytest.fixture
def workspace(qapp):
    workspace = Workspace()
    yield workspace
    workspace.close()
    workspace.deleteLater()


def settled(viewport):
    return viewport.loaded is not None or viewport.failure is not None


@pytest.mark.shared_data
@pytest.mark.timeout(300)
def test_every_hostile_object_is_shown_or_says_why(qtbot, workspace, corpus):
    pulse = Pulse()
    workspace.open_paths([corpus])
    qtbot.waitUntil(lambda: not workspace.scanning, timeout=60_000)
    viewport = workspace.active
    stacks = [stack for series in workspace.catalog.series for stack in series.stacks]

    speechless = []
    for stack in stacks:
        for index in {*range(min(len(stack.frames), MOST_FRAMES)), len(stack.frames) - 1}:
            workspace.show(stack, index=index)
            qtbot.waitUntil(lambda: settled(viewport), timeout=30_000)
            failure = viewport.failure
            if failure is not None and not (failure.what and failure.where):
                speechless.append(stack)
    pulse.stop()

    assert len(stacks) > 50
    assert speechless == []
    assert pulse.worst_s < LATE_S
    good = next(stack for stack in stacks if stack.series.uid == "1.2.77")
    workspace.show(good)
    qtbot.waitUntil(lambda: viewport.loaded is not None)


def resident_mb() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * 4096 / 2**20


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own figures")
def test_opening_and_closing_again_and_again_keeps_no_memory(qtbot, workspace, tmp_path):
    """T27 in small: what a study took is given back, and no file stays open."""
    for number in range(4):
        ct_series(tmp_path / str(number), 20, rows=256, columns=256, series_uid=f"1.2.{number}")

    def open_and_close() -> tuple[float, int]:
        workspace.open_paths([tmp_path])
        qtbot.waitUntil(lambda: not workspace.scanning)
        qtbot.waitUntil(lambda: workspace.active.loaded is not None)
        workspace.active.step(10)
        qtbot.waitUntil(lambda: workspace.active.loaded is not None)
        workspace.close_studies()
        return resident_mb(), len(list(Path("/proc/self/fd").iterdir()))

    figures = [open_and_close() for _ in range(25)]

    assert figures[-1][0] - figures[4][0] < 25
    assert figures[-1][1] <= figures[4][1] + 2
