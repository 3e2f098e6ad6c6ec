"""Each problem once; those that more files mend go away."""

from __future__ import annotations

import pytest

from viewer.errors import Problem, Severity
from viewer.workspace.problem_log import ProblemLog

CUT = Problem("a.dcm", "The file is cut off.", "Copy it again.", Severity.ERROR)
GAP = Problem("Series 4", "2 slices missing.")
TILT = Problem("Series 4", "Tilted.")


@pytest.fixture
def log(qapp):
    return ProblemLog()


def test_the_same_problem_is_one_row(qtbot, log):
    with qtbot.waitSignal(log.added) as added:
        log.add([CUT, CUT, GAP])
    with qtbot.assertNotEmitted(log.changed):
        log.add([GAP])

    assert added.args == [[CUT, GAP]]
    assert log.rows == [CUT, GAP]


def test_passing_problems_are_replaced(qtbot, log):
    log.add([CUT])
    log.replace_passing([GAP, CUT])

    with qtbot.waitSignal(log.changed):
        log.replace_passing([TILT])

    assert log.rows == [CUT, TILT]


def test_passing_problems_that_are_mended_leave(qtbot, log):
    log.replace_passing([GAP])

    with qtbot.waitSignal(log.changed):
        log.replace_passing([])

    assert log.rows == []


def test_unchanged_passing_problems_say_nothing(qtbot, log):
    log.replace_passing([GAP])

    with qtbot.assertNotEmitted(log.changed):
        log.replace_passing([GAP])

    assert log.rows == [GAP]


def test_text_for_export(log):
    log.add([CUT, GAP])

    assert log.as_text("3 files found.") == (
        "3 files found.\n\n"
        "error: a.dcm: The file is cut off.\n    Copy it again.\n"
        "warning: Series 4: 2 slices missing.\n"
    )


def test_clear(qtbot, log):
    log.add([CUT])

    with qtbot.waitSignal(log.changed):
        log.clear()

    assert len(log) == 0
