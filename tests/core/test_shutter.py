"""Display shutters (PS3.3 C.7.6.11): edges and vertices count from 1 and are visible."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.image import Shutter
from viewer.core.shutter import apply_shutter, circle_mask, polygon_mask, rectangle_mask


def test_the_edges_of_a_rectangle_are_visible():
    mask = rectangle_mask(5, 6, left=2, right=4, upper=1, lower=3)

    assert np.argwhere(mask).min(axis=0).tolist() == [0, 1]
    assert np.argwhere(mask).max(axis=0).tolist() == [2, 3]
    assert mask.sum() == 9


@pytest.mark.parametrize("edges", [(-5, 100, -5, 100), (1, 6, 1, 5)])
def test_edges_outside_the_image_cover_nothing(edges):
    left, right, upper, lower = edges

    assert rectangle_mask(5, 6, left, right, upper, lower).all()


def test_a_circle_is_as_large_as_its_radius():
    mask = circle_mask(21, 21, center=(11, 11), radius=5)

    assert mask[10, 5]
    assert not mask[10, 4]
    assert mask.sum() == pytest.approx(np.pi * 25, rel=0.05)


@pytest.mark.parametrize(
    "vertices",
    [
        pytest.param([(2, 2), (2, 5), (4, 5), (4, 2)], id="clockwise"),
        pytest.param([(4, 2), (4, 5), (2, 5), (2, 2)], id="the-other-way"),
    ],
)
def test_a_square_polygon_is_the_rectangle(vertices):
    assert np.array_equal(polygon_mask(6, 7, vertices), rectangle_mask(6, 7, 2, 5, 2, 4))


def test_a_concave_polygon_leaves_its_notch_covered():
    mask = polygon_mask(10, 10, [(1, 1), (10, 1), (5, 5), (10, 10), (1, 10)])

    assert mask[1, 4]
    assert not mask[8, 4]


@pytest.mark.parametrize(
    ("image", "shutter_color", "covered"),
    [
        pytest.param(np.full((2, 2), 9, np.uint8), None, 128, id="gray"),
        pytest.param(np.full((2, 2, 3), 9, np.uint8), None, [128] * 3, id="p-value-on-colour"),
        pytest.param(np.full((2, 2, 3), 9, np.uint8), (1, 2, 3), [1, 2, 3], id="own-colour"),
    ],
)
def test_what_is_covered_gets_the_presentation_value(image, shutter_color, covered):
    visible = np.array([[True, False], [True, True]])

    result = apply_shutter(image, Shutter(visible, 0x8000, shutter_color))

    assert result[0, 1].tolist() == covered
    assert (result[visible] == 9).all()
    assert (image == 9).all()


def test_a_shutter_of_another_size_is_left_out():
    image = np.full((3, 3), 9, np.uint8)

    assert apply_shutter(image, Shutter(np.zeros((2, 2), bool))) is image
