"""T10, T12: all made cases at once in one window, alone and among good files."""

from __future__ import annotations

import os
import shutil
import time

import pytest

from tests.data import ct_series
from tests.hostile.instruments import Pulse, held, most_late_s
from tests.hostile.looking import all_stacks, close_all, names_file, open_all, walk
from viewer.errors import Severity

GOOD = 500
MOST_MB = 1024


def shown_paths(window) -> set[bytes]:
    return {ref.file.path for stack in all_stacks(window) for ref in stack.frames}


@pytest.mark.timeout(300)
def test_the_whole_corpus_as_one_folder(qtbot, window, corpus, cases):
    pid, pulse, began_s = os.getpid(), Pulse(), time.perf_counter()
    window.docks["problems"].show()

    open_all(qtbot, window, corpus)
    window.docks["tags"].show()
    seen = walk(qtbot, window)
    took_s = time.perf_counter() - began_s
    pulse.stop()

    assert os.getpid() == pid
    assert pulse.worst_s < most_late_s()
    assert took_s < 120
    assert held().resident_mb < MOST_MB
    assert seen.stacks > 40
    assert seen.drawn > 40
    # What is not in the tree is a row with a reason, in the one list that the panel shows.
    shown = shown_paths(window)
    files = [case.path for case in cases if case.path.is_file() and not case.path.is_symlink()]
    copies = {ref.path for ref in window.workspace.catalog.duplicates}
    rows = [row for row in seen.rows if row.what]
    missing = [
        path.name
        for path in files
        if os.fsencode(path) not in shown | copies
        and not any(names_file(row, path) for row in rows)
    ]
    assert missing == []
    qtbot.waitUntil(lambda: window.problems.model.rowCount() == len(window.workspace.problems))
    close_all(qtbot, window)


@pytest.mark.timeout(300)
def test_five_hundred_good_files_among_the_hostile_ones(qtbot, window, corpus, tmp_path):
    mixed = tmp_path / "mixed"
    shutil.copytree(corpus, mixed, ignore=lambda _, names: [n for n in names if n.startswith("J_")])
    good = ct_series(tmp_path / "good", GOOD, rows=4, columns=4, series_uid="1.2.500")
    for number, path in enumerate(good):
        path.rename(mixed / f"{'AGZ'[number % 3]}_{number}")
    pulse = Pulse()

    open_all(qtbot, window, mixed)

    viewport = window.workspace.active
    (stack,) = [stack for stack in all_stacks(window) if stack.series.uid == "1.2.500"]
    assert len(stack.frames) == GOOD
    for place in range(GOOD):
        window.workspace.show(stack, index=place)
        qtbot.waitUntil(lambda: not viewport.loading)
        assert viewport.failure is None
    assert pulse.worst_s < most_late_s()
    pulse.stop()


def test_a_good_file_opens_after_the_worst_ones(qtbot, window, corpus, tmp_path):
    (good,) = ct_series(tmp_path / "good", 1, series_uid="1.2.501")
    for name in ("C16_nest_20000", "C20_million_items", "F13_jpeg_bomb_header", "A18_random"):
        open_all(qtbot, window, corpus / f"{name}.dcm")

    open_all(qtbot, window, good)

    (stack,) = [stack for stack in all_stacks(window) if stack.series.uid == "1.2.501"]
    window.workspace.show(stack)
    qtbot.waitUntil(lambda: window.workspace.active.loaded is not None)
    worst = {row.severity for row in window.workspace.problems.rows}
    assert Severity.ERROR in worst
