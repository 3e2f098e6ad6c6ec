"""The pixel under the cursor."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from viewer.core.image import (
    FrameDescription,
    ModalityTransform,
    PaddingRange,
    Palette,
    PixelFormat,
    RealWorldMapping,
)
from viewer.core.plane import ImagePlane
from viewer.core.readout import read_pixel, values_in
from viewer.core.readout_text import Readout
from viewer.core.regions import Axis, Measure, Region

STORED = np.arange(12, dtype=np.int16).reshape(3, 4)
CT = FrameDescription(
    PixelFormat(3, 4),
    transform=ModalityTransform(slope=2, intercept=-100, unit="HU"),
    padding=PaddingRange(0, 1),
)


@pytest.mark.parametrize(
    ("point", "index"),
    [((0.0, 2.0), (0, 2)), ((0.99, 2.99), (0, 2)), ((3.5, 0.5), (3, 0))],
)
def test_a_pixel_covers_its_whole_square(point, index):
    readout = read_pixel(STORED, CT, point)

    assert (readout.column, readout.row) == index
    value = float(STORED[index[1], index[0]])
    assert (readout.stored, readout.value, readout.unit) == ((value,), value * 2 - 100, "HU")


@pytest.mark.parametrize("point", [(-0.01, 0), (0, -0.01), (4.0, 0), (0, 3.0)])
def test_outside_is_nothing(point):
    assert read_pixel(STORED, CT, point) is None


def test_padding_has_no_modality_value():
    assert read_pixel(STORED, CT, (1.5, 0.5)) == Readout(1, 0, (1.0,), padding=True)


def test_colour_is_its_three_samples():
    rgb = np.array([[[10, 20, 30]]], np.uint8)
    colour = FrameDescription(PixelFormat(1, 1, 3, 8, 8, 7, photometric_interpretation="RGB"))

    assert read_pixel(rgb, colour, (0.5, 0.5)) == Readout(0, 0, (10.0, 20.0, 30.0))


def test_palette_index_is_no_measurement():
    palette = FrameDescription(PixelFormat(3, 4, photometric_interpretation="PALETTE COLOR"))

    assert read_pixel(STORED, palette, (0.5, 1.5)) == Readout(0, 1, (4.0,))


def test_a_palette_index_has_a_colour():
    table = np.arange(16, dtype=np.uint16) << 8
    described = FrameDescription(
        PixelFormat(3, 4, photometric_interpretation="PALETTE COLOR"),
        palette=Palette(table, table + 256, table + 512, 0, 16),
    )

    assert read_pixel(STORED, described, (0.5, 1.5)).color == (4, 5, 6)


def test_real_world_values_are_of_stored_values():
    mappings = (
        RealWorldMapping(0, 10, 0.5, 1.0, unit="ml/min", label="RCBF"),
        RealWorldMapping(8, 9, unit="s"),
    )
    described = replace(CT, real_world=mappings)

    readout = read_pixel(STORED, described, (3.5, 0.5))

    assert (readout.value, readout.measures) == (-94.0, (Measure(2.5, "ml/min", "RCBF"),))


def test_a_region_measures_colour_too():
    region = Region(0, 0, 3, 3, False, Axis("cm", 0.5, 0), Axis("cm", 0.25, 0))
    rgb = np.zeros((4, 4, 3), np.uint8)
    colour = FrameDescription(
        PixelFormat(4, 4, 3, 8, 8, 7, photometric_interpretation="RGB"), regions=(region,)
    )

    assert read_pixel(rgb, colour, (2.5, 3.5)).measures == (
        Measure(1.0, "cm", "x"),
        Measure(0.75, "cm", "y"),
    )


@pytest.mark.parametrize(
    ("origin", "spacing", "place"),
    [
        ((1.0, 2.0, 3.0), (0.5, 2.0), (7.0, 3.0, 3.0)),
        ((math.nan, 2.0, 3.0), (0.5, 2.0), None),
        ((1.0, 2.0, 3.0), (math.nan, math.nan), None),
    ],
    ids=["known", "no-position", "no-spacing"],
)
def test_the_place_in_the_patient_is_whole_or_hidden(origin, spacing, place):
    described = replace(CT, plane=ImagePlane(origin, (1, 0, 0), (0, 1, 0), spacing))

    assert read_pixel(STORED, described, (3.5, 2.5)).patient_mm == place


@pytest.mark.parametrize(
    ("corner", "opposite", "stored"),
    [
        pytest.param((0.4, 0.6), (2.4, 2.6), [4, 5, 8, 9], id="centres-decide"),
        pytest.param((2.4, 2.6), (0.4, 0.6), [4, 5, 8, 9], id="from-any-corner"),
        pytest.param((-9, -9), (99, 99), list(range(2, 12)), id="cut-at-the-image-without-padding"),
        pytest.param((1.6, 1.6), (1.9, 1.9), [], id="between-centres"),
        pytest.param((50, 50), (60, 60), [], id="outside"),
    ],
)
def test_values_in_a_box(corner, opposite, stored):
    values = values_in(STORED, CT, corner, opposite)

    assert values.tolist() == [value * 2 - 100 for value in stored]


def test_a_box_on_colour_has_no_values():
    assert values_in(np.zeros((4, 4, 3), np.uint8), CT, (0, 0), (4, 4)).size == 0
