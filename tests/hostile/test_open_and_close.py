"""T27: what a study took is given back, good or hostile: memory, files and threads."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from tests.data import ct_series
from tests.hostile.instruments import LONG, held
from tests.hostile.looking import all_stacks, close_all, open_all

ROUNDS = 200 if LONG else 24
WARM_UP = 8
MOST_MB = 100
HOSTILE = 12  # cases in each round


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own figures")
@pytest.mark.timeout(1800 if LONG else 170)
def test_opening_and_closing_again_and_again_keeps_nothing(qtbot, window, cases, tmp_path):
    ct_series(tmp_path / "good", 20, rows=256, columns=256)
    paths = [case.path for case in cases if case.path.is_file() and case.most_s <= 5]
    decoded = next(case.path for case in cases if case.id == "F23_ljpeg_ok")  # starts the decoders
    window.docks["tags"].show()
    figures = []

    for number in range(ROUNDS):
        some = [paths[(number * HOSTILE + n) % len(paths)] for n in range(HOSTILE)]
        open_all(qtbot, window, tmp_path / "good", decoded, *some)
        for stack in all_stacks(window)[:6]:
            window.workspace.show(stack, index=len(stack.frames) // 2)
            qtbot.waitUntil(lambda: not window.workspace.active.loading, timeout=30_000)
        close_all(qtbot, window)
        gc.collect()
        figures.append(held())

    start, end = figures[WARM_UP], figures[-1]
    assert end.resident_mb - start.resident_mb < MOST_MB
    assert end.files <= max(figure.files for figure in figures[: WARM_UP + 1]) + 2
    # Pools fill up as they are needed, so a thread may still be added after the warm-up.
    assert end.threads <= max(figure.threads for figure in figures[: WARM_UP + 1]) + 2
