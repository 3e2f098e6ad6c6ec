"""The span shown when the file gives no window (rules 20 and 21)."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.image import PaddingRange
from viewer.core.percentile import percentile_span, value_span

PADDING = PaddingRange(-2000, -1990)


def test_padding_is_left_out_of_the_span_limits_included():
    stored = np.array([[-2000, -1990, -1989, 3000]], np.int16)

    assert value_span(stored, PADDING) == (-1989, 3000)


@pytest.mark.parametrize(
    ("stored", "span"),
    [
        pytest.param(np.full((4, 4), -2000, np.int16), (-2000, -2000), id="all-padding"),
        pytest.param(np.full((4, 4), 7, np.uint8), (7, 7), id="constant"),
        pytest.param(np.array([[np.nan, np.inf, 1.0, 2.0]]), (1, 2), id="not-finite"),
        pytest.param(np.full((2, 2), np.nan), (0, 0), id="nothing-finite"),
        pytest.param(np.zeros((0, 5), np.uint8), (0, 0), id="empty"),
    ],
)
def test_span_of_odd_images(stored, span):
    assert value_span(stored, PADDING) == span
    assert percentile_span(stored, PADDING) == span


def test_percentiles_leave_out_a_thousandth_at_either_end():
    stored = np.arange(10_001, dtype=np.uint16).reshape(73, 137)

    assert percentile_span(stored) == (10, 9990)


def test_a_nearly_empty_mask_is_still_seen():
    stored = np.zeros((100, 100), np.uint8)
    stored[5, 5] = 1

    assert percentile_span(stored) == (0, 1)


def test_large_images_are_thinned_without_moving_the_span():
    stored = np.random.default_rng(5).integers(0, 4096, (2500, 2500)).astype(np.uint16)

    low, high = percentile_span(stored)

    assert low == pytest.approx(4, abs=3)
    assert high == pytest.approx(4091, abs=3)
