"""Undo and redo: single steps, drags as one, nothing left of a branch not taken."""

from __future__ import annotations

import pytest

from viewer.workspace.history import MOST_STEPS, History


@pytest.fixture
def history():
    return History()


def test_steps_go_back_and_forth(history):
    history.record(0, 1, "zoom")
    history.record(1, 2, "window")

    walked = [history.undo_label, history.undo(), history.undo(), history.undo()]

    assert walked == ["window", 1, 0, None]
    assert [history.redo_label, history.redo(), history.redo(), history.redo()] == [
        "zoom",
        1,
        2,
        None,
    ]


def test_a_drag_is_one_step(history):
    for value in range(5):
        history.record(value, value + 1, "window", merge="drag 1")

    assert (history.undo(), history.undo()) == (0, None)


def test_two_drags_are_two_steps(history):
    history.record(0, 1, "window", merge="drag 1")
    history.record(1, 2, "window", merge="drag 2")

    assert (history.undo(), history.undo()) == (1, 0)


def test_steps_without_a_key_never_merge(history):
    history.record(0, 1, "rotate")
    history.record(1, 2, "rotate")

    assert history.undo() == 1


def test_a_drag_there_and_back_is_no_step(history):
    history.record(0, 1, "zoom", merge="drag")
    history.record(1, 0, "zoom", merge="drag")

    assert (history.undo_label, history.undo()) == ("", None)


def test_a_new_change_ends_what_was_undone(history):
    history.record(0, 1, "zoom")
    history.undo()

    history.record(0, 5, "pan")

    assert (history.redo(), history.undo()) == (None, 0)


def test_a_drag_that_goes_on_after_undo_is_a_new_step(history):
    history.record(0, 1, "zoom", merge="drag")
    history.undo()
    history.redo()

    history.record(1, 2, "zoom", merge="drag")

    assert history.undo() == 1


def test_memory_is_bounded(history):
    for value in range(3 * MOST_STEPS):
        history.record(value, value + 1, "pan")

    steps = 0
    while history.undo() is not None:
        steps += 1
    assert steps == MOST_STEPS
