"""PALETTE COLOR by PS3.3 C.7.6.3.1.5-6 and supplemental palettes by C.8.16.2.1.1.1."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.image import Palette
from viewer.core.palette import apply_palette, color_supplement

RED = np.array([0xFF00, 0x12FF, 0x0000], np.uint16)
ZERO = np.zeros(3, np.uint16)
PALETTE = Palette(RED, ZERO, ZERO, first_mapped=10, bits=16)


@pytest.mark.parametrize(
    ("index", "red"), [(0, 255), (10, 255), (11, 0x12), (12, 0), (13, 0), (65535, 0)]
)
def test_indices_beyond_the_palette_get_its_end_and_entries_show_their_high_byte(index, red):
    rgb = apply_palette(np.array([[index]], np.uint16), PALETTE)

    assert rgb[0, 0].tolist() == [red, 0, 0]


def test_signed_indices_reach_a_negative_start():
    palette = Palette(RED, ZERO, ZERO, first_mapped=-1, bits=16)

    assert apply_palette(np.array([[-1, 0]], np.int16), palette)[0, :, 0].tolist() == [255, 0x12]


def test_a_supplemental_palette_leaves_lower_values_gray():
    stored = np.array([[9, 10, 11]], np.uint16)
    gray = np.array([[100, 101, 102]], np.uint8)

    rgb = color_supplement(gray, stored, PALETTE)

    assert rgb[0].tolist() == [[100, 100, 100], [255, 0, 0], [0x12, 0, 0]]
