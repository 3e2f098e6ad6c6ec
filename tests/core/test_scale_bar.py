"""The scale bar: round, never too long, and honest about its source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.image import Spacing, SpacingSource
from viewer.core.scale_bar import length_text, mm_per_screen_px, round_length, scale_bar

HALF_MM = Spacing(0.5, 0.5, SpacingSource.PATIENT)


@given(st.floats(1e-6, 1e6))
def test_the_length_is_1_2_5_and_fits(most):
    length = round_length(most)

    assert f"{length:e}"[0] in "125"
    assert set(f"{length:.6e}"[2:8]) == {"0"}
    assert most / 2.5 * (1 - 1e-6) <= length <= most * (1 + 1e-6)


@pytest.mark.parametrize(
    ("length_mm", "text"),
    [(50, "5 cm"), (10, "1 cm"), (5, "5 mm"), (0.5, "500 µm"), (0.0005, "0.5 µm"), (2000, "2 m")],
)
def test_units_are_those_people_say(length_mm, text):
    assert length_text(length_mm) == text


def test_length_on_the_screen():
    bar = scale_bar(HALF_MM, zoom=2.0, height_px=800)  # 0.25 mm per px, 80 mm of room

    assert (bar.label, bar.length_px, bar.source) == ("5 cm", 200, "")


@pytest.mark.parametrize(
    "source",
    [SpacingSource.DETECTOR, SpacingSource.MAGNIFIED, SpacingSource.CALIBRATED],
)
def test_a_length_that_is_not_the_patients_says_so(source):
    assert scale_bar(Spacing(0.1, 0.1, source), 1.0, 500).source == source.value


@pytest.mark.parametrize(
    "spacing",
    [None, Spacing(1, 1, SpacingSource.UNKNOWN), Spacing(0, 0, SpacingSource.PATIENT),
     Spacing(1, float("nan"), SpacingSource.PATIENT)],
)  # fmt: skip
def test_unknown_spacing_has_no_bar(spacing):
    bar = scale_bar(spacing, 1.0, 500)

    assert (bar.length_px, bar.label) == (0, "px")


def test_non_square_pixels_have_one_scale_on_the_screen():
    """Rows are drawn row/column times as high, so columns alone tell the scale."""
    assert mm_per_screen_px(Spacing(2.0, 0.5, SpacingSource.PATIENT), zoom=1.0) == 0.5
