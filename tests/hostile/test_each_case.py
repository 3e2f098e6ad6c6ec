"""T11: each made case alone, opened as a user does, in a window that lives through them all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from tests.hostile.conftest import Case
from tests.hostile.instruments import LONG, Pulse, most_late_s
from tests.hostile.looking import Seen, close_all, open_all, walk

ROOT_USER = hasattr(os, "geteuid") and os.geteuid() == 0
MOST_STACKS = 1000 if LONG else 40
TAGS_OF = "ABCDEFGHIJ" if LONG else "CDI"  # groups whose elements and texts are the attack

# What the window says of a case although the manifest expects another word, and why.
KNOWN: dict[str, tuple[str, str]] = {
    "D09_sql": ("warn", "the statement stands where a UID belongs, and that is said"),
    "E30_wsi_total_matrix": ("load", "the tile itself is right; there is no mosaic to overflow"),
    "E33_sparse_frames": ("load", "100,000 frames of one pixel are really there"),
    "J_up": ("error", "a link named by the user is followed: it opens the whole corpus"),
    "J_dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd": (
        "skip",
        "longer than the system's own limit of 4,096 bytes; the row says so",
    ),
}
if ROOT_USER:
    KNOWN["J_unreadable.dcm"] = ("load", "root may read everything")
    KNOWN["J_unreadable_dir"] = ("load", "root may read everything")


def meets(case: Case, word: str) -> bool:
    if case.id in KNOWN:
        return word == KNOWN[case.id][0]
    # One file that is not listed, with a row that names reason and remedy, is what "error" means.
    return word in case.words or (word == "skip" and "error" in case.words)


def opened_alone(qtbot, window, case: Case) -> Seen:
    window.docks["tags"].setVisible(case.id[0] in TAGS_OF)
    open_all(qtbot, window, case.path)
    seen = walk(qtbot, window, MOST_STACKS)
    close_all(qtbot, window)
    return seen


@pytest.fixture
def pulse(window) -> Iterator[Pulse]:
    pulse = Pulse()
    yield pulse
    pulse.stop()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", "ABCDEFGHIJ")
def test_each_case_alone_ends_as_its_manifest_says(qtbot, window, pulse, cases, group):
    wrong = []
    for case in (case for case in cases if case.id[0] == group):
        began_s = time.perf_counter()

        seen = opened_alone(qtbot, window, case)

        took_s = time.perf_counter() - began_s
        if not meets(case, seen.word):
            told = [row.what for row in (*seen.failures, *seen.rows)][:3]
            wrong.append((case.id, sorted(case.words), seen.word, told))
        if took_s > 2 * case.most_s:
            wrong.append((case.id, f"took {took_s:.1f} s"))
        if any(not (problem.where and problem.what) for problem in seen.failures):
            wrong.append((case.id, "a failure without words"))

    assert wrong == []
    assert pulse.worst_s < most_late_s()
    assert window.workspace.problems.rows == []
