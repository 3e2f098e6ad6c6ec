"""The hand's movements in numbers: interaction rules for window, zoom and wheel."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.gesture import (
    WheelSteps,
    WindowDrag,
    drag_gain,
    scroll_drag_steps,
    window_of_table,
    window_of_values,
    window_turned,
    zoom_drag_factor,
)
from viewer.core.image import LookupTable, Window, WindowFunction

START = Window(center=40, width=400)  # one pixel of movement is 400 / 200 = 2


@pytest.mark.parametrize(
    ("dx", "dy", "gain", "center", "width"),
    [
        pytest.param(10, 0, 1, 40, 420, id="right-is-wider"),
        pytest.param(-10, 0, 1, 40, 380, id="left-is-narrower"),
        pytest.param(0, -10, 1, 20, 400, id="up-is-brighter"),
        pytest.param(0, 10, 1, 60, 400, id="down-is-darker"),
        pytest.param(10, 10, 0.25, 45, 405, id="fine"),
        pytest.param(10, 10, 4, 120, 480, id="coarse"),
        pytest.param(-10000, 0, 1, 40, 1, id="never-below-one-step"),
    ],
)
def test_window_drag(dx, dy, gain, center, width):
    window = WindowDrag.begin(START, floor=1).move(dx, dy, gain)

    assert (window.center, window.width) == (center, width)


def test_the_step_stays_that_of_the_press():
    drag = WindowDrag.begin(START, floor=1)
    drag.move(100, 0)

    assert drag.move(1, 0).width == 602


def test_gain_changes_within_one_drag():
    drag = WindowDrag.begin(START, floor=1)
    drag.move(10, 0, drag_gain(fine=False, coarse=False))
    drag.move(10, 0, drag_gain(fine=True, coarse=False))

    assert drag.move(10, 0, drag_gain(fine=False, coarse=True)).width == 400 + 20 + 5 + 80


def test_up_and_down_exchanged_by_setting():
    assert WindowDrag.begin(START, 1, up_is_brighter=False).move(0, -10).center == 60


@given(st.lists(st.tuples(st.integers(-200, 200), st.integers(-200, 200)), max_size=8))
def test_clamped_drag_keeps_the_lower_end(moves):
    drag = WindowDrag.begin(Window(2.5, 5, WindowFunction.LINEAR_EXACT), floor=0, clamped=True)

    for dx, dy in moves:
        window = drag.move(dx, dy)

        assert window.center - window.width / 2 == pytest.approx(0, abs=1e-9)
        assert window.width > 0


def test_clamped_drag_up_is_brighter_and_right_is_wider():
    exact = Window(2.5, 5, WindowFunction.LINEAR_EXACT)

    assert WindowDrag.begin(exact, 0, clamped=True).move(0, -40).width == pytest.approx(4)
    assert WindowDrag.begin(exact, 0, clamped=True).move(40, 0).width == pytest.approx(6)


def test_float_data_has_no_floor_but_stays_positive():
    tiny = Window(0.5, 1e-4, WindowFunction.LINEAR_EXACT)

    width = WindowDrag.begin(tiny, floor=0).move(-1000, 0).width

    assert 0 < width < 1e-8


@given(st.floats(-500, 500), st.floats(-500, 500))
def test_zoom_drags_add_up(first, second):
    together = zoom_drag_factor(first) * zoom_drag_factor(second)

    assert together == pytest.approx(zoom_drag_factor(first + second))


def test_zoom_drag_down_is_in_by_e_for_200_pixels():
    assert zoom_drag_factor(200) == pytest.approx(math.e)
    assert zoom_drag_factor(-200) == pytest.approx(1 / math.e)


@pytest.mark.parametrize(
    ("events", "steps"),
    [
        pytest.param([(120, 0)], [1], id="notch"),
        pytest.param([(-240, 0)], [-2], id="two-notches"),
        pytest.param([(40, 0)] * 6, [0, 0, 1, 0, 0, 1], id="fine-wheel"),
        pytest.param([(0, 15)] * 6, [0, 0, 1, 0, 0, 1], id="touchpad-40-px"),
        pytest.param([(100, 0), (-30, 0), (-90, 0)], [0, 0, -1], id="turning-back-starts-anew"),
        pytest.param([(120, 20)], [0], id="pixels-win-over-angle"),
    ],
)
def test_wheel_adds_up(events, steps):
    wheel = WheelSteps()

    assert [wheel.turn(*event) for event in events] == steps


@given(st.lists(st.integers(1, 300), max_size=40))
def test_wheel_loses_nothing_in_one_direction(deltas):
    wheel = WheelSteps()

    assert sum(wheel.turn(delta) for delta in deltas) == sum(deltas) // 120


def test_wheel_forgets_a_begun_step():
    wheel = WheelSteps()
    wheel.turn(100)
    wheel.reset()

    assert wheel.turn(100) == 0


def test_wheel_changes_the_window_width_only():
    assert window_turned(START, -1, floor=1) == Window(40, pytest.approx(440))
    assert window_turned(window_turned(START, 3, 1), -3, 1).width == pytest.approx(400)
    assert window_turned(Window(40, 1), 1, floor=1).width == 1


def test_a_notch_keeps_the_lower_end_of_a_clamped_window():
    turned = window_turned(Window(250, 500), 3, floor=1, clamped=True)

    assert turned.width < 500
    assert turned.center - turned.width / 2 == pytest.approx(0)


# PS3.3 C.11.2.1.2.1: under LINEAR the darkest shown value is c-0.5-(w-1)/2.
def test_window_of_a_region_spans_its_values():
    window = window_of_values(np.array([[-100, 0], [20, 300]]))

    assert window.center - 0.5 - (window.width - 1) / 2 == -100
    assert window.center - 0.5 + (window.width - 1) / 2 == 300


def test_window_of_a_narrow_float_region_is_exact():
    window = window_of_values(np.array([0.25, 0.75]))

    assert window == Window(0.5, 0.5, WindowFunction.LINEAR_EXACT)


@pytest.mark.parametrize(
    ("dy", "count", "steps"),
    [
        pytest.param(100, 100, 10, id="height-is-stack"),
        pytest.param(-100, 100, -10, id="up-is-earlier"),
        pytest.param(19, 3, 0, id="short-stack-does-not-race"),
        pytest.param(20, 5000, 10, id="long-stack-two-pixels-an-image"),
    ],
)
def test_scroll_drag(dy, count, steps):
    assert scroll_drag_steps(dy, count, height_px=1000) == steps


def test_window_of_one_value_and_of_none():
    assert window_of_values(np.array([7.0, np.nan])) == Window(7.5, 1)
    assert window_of_values(np.array([np.nan])) is None
    assert window_of_values(np.array([])) is None


def test_window_of_a_table_spans_its_inputs():
    table = LookupTable(np.arange(256, dtype=np.uint8), first_mapped=-100, bits=8)

    assert window_of_table(table) == Window(center=28, width=256)
