"""The pixel under the cursor."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.annotation import Readout
from viewer.core.image import FrameDescription, ModalityTransform, PaddingRange, PixelFormat
from viewer.core.readout import read_pixel, values_in

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
