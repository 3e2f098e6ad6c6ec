"""Painting overlay planes (PS3.3 C.9.2, rule 29)."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.image import Overlay
from viewer.core.overlay import overlay_mask, paint_overlays

SQUARE = np.ones((2, 2), bool)


@pytest.mark.parametrize(
    ("origin", "painted"),
    [
        pytest.param((0, 0), {(0, 0), (0, 1), (1, 0), (1, 1)}, id="corner"),
        pytest.param((-1, -1), {(0, 0)}, id="outside-upper-left"),
        pytest.param((3, 2), {(3, 2), (3, 3)}, id="outside-below"),
        pytest.param((2, 3), {(2, 3), (3, 3)}, id="outside-right"),
        pytest.param((10, 10), set(), id="far-away"),
        pytest.param((-10, 0), set(), id="far-above"),
    ],
)
def test_origin_may_lie_outside_the_image(origin, painted):
    overlay = Overlay(0x6000, SQUARE, origin)

    image = paint_overlays(np.zeros((4, 4), np.uint8), [overlay])

    assert set(zip(*np.nonzero(image == 255), strict=True)) == painted
    assert np.array_equal(overlay_mask([overlay], 4, 4), image == 255)


def test_painting_leaves_the_image_given_alone():
    image = np.zeros((4, 4), np.uint8)

    paint_overlays(image, [Overlay(0x6000, SQUARE, (0, 0))])

    assert not image.any()


def test_a_colour_turns_a_gray_image_into_rgb():
    image = paint_overlays(
        np.full((2, 2), 9, np.uint8), [Overlay(0x6000, SQUARE[:1], (0, 0))], (255, 200, 0)
    )

    assert image.tolist() == [[[255, 200, 0]] * 2, [[9, 9, 9]] * 2]


def test_a_region_is_drawn_as_its_border_so_that_its_inside_is_seen():
    region = Overlay(0x6000, np.ones((4, 4), bool), (0, 0), kind="R")

    image = paint_overlays(np.zeros((4, 4), np.uint8), [region])

    assert (image == 255).sum() == 12
    assert not image[1:3, 1:3].any()
