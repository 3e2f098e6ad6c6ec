"""Ultrasound regions: which one, and what a pixel of it measures."""

from __future__ import annotations

import pytest

from viewer.core.regions import UNITS, Axis, Measure, Region, measures_at, region_at

TISSUE = Region(0, 0, 99, 49, False, Axis("cm", 0.1, 50, 0.0), Axis("cm", 0.1, 0, 0.0))
DOPPLER = Region(0, 50, 99, 99, False, Axis("s", 0.01, 0, 2.0), Axis("cm/s", -2.0, 20, 0.0))
FLOW = Region(20, 10, 60, 40, True, Axis("cm/s", 1.0, 0), Axis("cm/s", 1.0, 0))


# PS3.3 C.8.5.5.1.3: (pixel - region minimum - reference pixel) x delta + physical value.
@pytest.mark.parametrize(
    ("pixel", "values"),
    [
        pytest.param((50, 0), [(0.0, "cm"), (0.0, "cm")], id="reference-pixel"),
        pytest.param((40, 30), [(-1.0, "cm"), (3.0, "cm")], id="left-of-it"),
        pytest.param((10, 60), [(2.1, "s"), (20.0, "cm/s")], id="above-the-baseline-is-positive"),
        pytest.param((10, 80), [(2.1, "s"), (-20.0, "cm/s")], id="below-it-negative"),
        pytest.param((100, 0), [], id="outside"),
    ],
)
def test_a_pixel_measures_from_the_reference_pixel(pixel, values):
    found = measures_at((TISSUE, DOPPLER), *pixel)

    assert [(pytest.approx(m.value), m.unit) for m in found] == values


@pytest.mark.parametrize("regions", [(FLOW, TISSUE), (TISSUE, FLOW)])
def test_an_opaque_region_goes_before_a_transparent_one(regions):
    assert region_at(regions, 30, 20) is TISSUE


def test_a_transparent_region_alone_counts():
    assert region_at((FLOW,), 30, 20) is FLOW


# Without a reference pixel a length has an edge to count from; a velocity has no zero.
@pytest.mark.parametrize(
    ("axis", "value"),
    [
        (Axis("cm", 0.1), 1.0),
        (Axis("s", 0.1), 1.0),
        (Axis("cm/s", 0.1), None),
        (Axis("", 0.1, 0), None),
    ],
)
def test_no_reference_pixel(axis, value):
    assert axis.value_at(10) == value


def test_an_axis_without_unit_says_nothing():
    strip = Region(0, 0, 9, 9, False, Axis("s", 0.5, 0), Axis("", 0.0))

    assert measures_at((strip,), 4, 4) == (Measure(2.0, "s", "x"),)


def test_the_units_are_those_of_the_standard():
    assert (UNITS[3], UNITS[4], UNITS[5], UNITS[7], UNITS[12]) == ("cm", "s", "Hz", "cm/s", "°")
