"""Windows by the formulas and notes of PS3.3 C.11.2.1.2 and C.11.2.1.3."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.image import Window, WindowFunction
from viewer.core.window import apply_window, window_between, window_limits

LINEAR, EXACT, SIGMOID = WindowFunction


# PS3.3 C.11.2.1.2.1: the cases of its notes, with the output range scaled to 0..1.
@pytest.mark.parametrize(
    ("center", "width", "value", "shown"),
    [
        pytest.param(2048, 4096, 0, 0.0, id="identity-bottom"),
        pytest.param(2048, 4096, 4095, 1.0, id="identity-top"),
        pytest.param(2048, 1, 2047, 0.0, id="threshold-below"),
        pytest.param(2048, 1, 2048, 1.0, id="threshold-at-center"),
        pytest.param(0, 100, -50, 0.0, id="signed-bottom"),
        pytest.param(0, 100, 49, 1.0, id="signed-top"),
        pytest.param(40, 400, 39.5, 0.5, id="middle-is-half-a-step-below-the-center"),
        pytest.param(40, 400, 10000, 1.0, id="far-above"),
        pytest.param(40, 400, -10000, 0.0, id="far-below"),
    ],
)
def test_linear_is_c_11_2_1_2_1(center, width, value, shown):
    assert apply_window(np.array([value]), Window(center, width))[0] == shown


# PS3.3 C.11.2.1.3.2: y = (x - c) / w + 0.5.
@pytest.mark.parametrize(
    ("center", "width", "value", "shown"),
    [
        pytest.param(127.5, 255, 0, 0.0, id="identity-bottom"),
        pytest.param(127.5, 255, 255, 1.0, id="identity-top"),
        pytest.param(40, 400, 40, 0.5, id="middle-is-the-center"),
        pytest.param(0.5, 0.5, 0.375, 0.25, id="width-below-one"),
        pytest.param(0.5, 0.5, 0.2, 0.0, id="below"),
        pytest.param(0.5, 0.5, 0.8, 1.0, id="above"),
    ],
)
def test_linear_exact_is_c_11_2_1_3_2(center, width, value, shown):
    assert apply_window(np.array([value]), Window(center, width, EXACT))[0] == pytest.approx(shown)


# PS3.3 C.11.2.1.3.1: y = 1 / (1 + exp(-4 (x - c) / w)).
@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(100, 0.5, id="center"),
        pytest.param(150, 1 / (1 + np.exp(-2)), id="half-a-width-above"),
        pytest.param(50, 1 / (1 + np.exp(2)), id="half-a-width-below"),
        pytest.param(1e30, 1.0, id="no-overflow-above"),
        pytest.param(-1e30, 0.0, id="no-overflow-below"),
    ],
)
def test_sigmoid_is_c_11_2_1_3_1(value, shown):
    window = Window(100, 100, SIGMOID)

    assert apply_window(np.array([value]), window)[0] == pytest.approx(shown, abs=1e-12)


@pytest.mark.parametrize("function", list(WindowFunction))
def test_not_a_number_stays_so(function):
    assert np.isnan(apply_window(np.array([np.nan]), Window(0, 1, function))[0])


@given(
    center=st.floats(-1e5, 1e5),
    width=st.floats(1, 1e5),
    values=st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20),
    function=st.sampled_from(WindowFunction),
)
def test_every_window_rises_within_zero_and_one(center, width, values, function):
    shown = apply_window(np.sort(values), Window(center, width, function))

    assert np.all(np.diff(shown) >= 0)
    assert shown.min() >= 0
    assert shown.max() <= 1


@pytest.mark.parametrize(
    ("low", "high", "whole", "function"),
    [
        pytest.param(-1024, 3071, True, LINEAR, id="whole-numbers"),
        pytest.param(0.001, 0.004, False, EXACT, id="fractions"),
        pytest.param(-5, -5, True, LINEAR, id="constant"),
    ],
)
def test_window_between_shows_its_ends_black_and_white(low, high, whole, function):
    window = window_between(low, high, whole_numbers=whole)

    assert window.function is function
    assert window_limits(window) == pytest.approx((low, high))


def test_a_constant_fraction_is_shown_in_the_middle():
    window = window_between(0.25, 0.25, whole_numbers=False)

    assert apply_window(np.array([0.25]), window)[0] == 0.5
