"""The whole hostile corpus opened, looked at and closed, with the event loop alive throughout."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.data import ct_series
from tests.hostile.instruments import Pulse
from viewer.workspace.workspace import Workspace

LATE_S = 5.0  # guards against hanging; how late timers are is measured in tests/benchmarks

MOST_FRAMES = 200  # looked at of one stack


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
def test_every_hostile_object_is_shown_or_says_why(qtbot, workspace, corpus, tmp_path):
    ct_series(tmp_path, 3, series_uid="1.2.77")
    pulse = Pulse()
    workspace.open_paths([corpus, tmp_path])
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
