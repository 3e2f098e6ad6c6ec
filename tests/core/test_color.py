"""Colour spaces by the equations of PS3.3 C.7.6.3.1.2."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.color import to_eight_bits, to_rgb
from viewer.core.color_tables import COLOR_TABLES, color_table

# Y, Cb, Cr of C.7.6.3.1.2 for RGB, rounded as a writer would.
TO_YBR = np.array([[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]])


def one(*samples, dtype=np.uint8):
    return np.array([[samples]], dtype)


@pytest.mark.parametrize(
    ("space", "samples", "rgb"),
    [
        pytest.param("RGB", (1, 2, 3), (1, 2, 3), id="rgb"),
        pytest.param("YBR_FULL", (0, 128, 128), (0, 0, 0), id="full-black"),
        pytest.param("YBR_FULL", (255, 128, 128), (255, 255, 255), id="full-white"),
        pytest.param("YBR_FULL", (76, 85, 255), (254, 0, 0), id="full-red"),
        pytest.param("YBR_FULL_422", (29, 255, 107), (0, 0, 254), id="422-blue"),
        pytest.param("YBR_ICT", (150, 44, 21), (0, 255, 1), id="ict-green"),
        pytest.param("YBR_PARTIAL_422", (16, 128, 128), (0, 0, 0), id="partial-black"),
        pytest.param("YBR_PARTIAL_420", (235, 128, 128), (255, 255, 255), id="partial-white"),
        pytest.param("YBR_PARTIAL_420", (81, 90, 240), (254, 0, 0), id="partial-red"),
    ],
)
def test_colour_spaces(space, samples, rgb):
    assert to_rgb(one(*samples), space, 8)[0, 0].tolist() == list(rgb)


def test_ybr_full_there_and_back_stays_within_rounding():
    rgb = np.random.default_rng(2).integers(0, 256, (60, 70, 3))
    ybr = np.clip(np.round(rgb @ TO_YBR.T + (0, 128, 128)), 0, 255).astype(np.uint8)

    back = to_rgb(ybr, "YBR_FULL", 8)

    # Cb and Cr of pure blue and red would be 255.5: clipping there costs one level more.
    assert np.abs(back.astype(int) - rgb).max() <= 2


def test_the_reversible_transform_is_undone_exactly():
    """ISO 15444-1 G.2: what a decoder left in YBR_RCT."""
    rgb = np.random.default_rng(3).integers(0, 256, (20, 20, 3))
    red, green, blue = (rgb[..., i] for i in range(3))
    rct = np.stack([(red + 2 * green + blue) >> 2, blue - green, red - green], axis=-1)

    assert np.array_equal(to_rgb(rct.astype(np.int16), "YBR_RCT", 8), rgb)


@pytest.mark.parametrize(
    ("value", "bits", "dtype", "shown"),
    [
        pytest.param(200, 8, np.uint8, 200, id="8"),
        pytest.param(0xABCD, 16, np.uint16, 0xAB, id="16-high-byte"),
        pytest.param(0xFFF, 12, np.uint16, 255, id="12"),
        pytest.param(0xFFFFFFFF, 32, np.uint32, 255, id="32"),
        pytest.param(31, 5, np.uint8, 255, id="5-full-scale"),
        pytest.param(1, 1, np.uint8, 255, id="1"),
        pytest.param(-5, 8, np.int16, 0, id="negative"),
        pytest.param(999, 8, np.int16, 255, id="beyond-its-bits"),
    ],
)
def test_samples_of_any_depth_become_bytes(value, bits, dtype, shown):
    assert to_eight_bits(one(value, value, value, dtype=dtype), bits)[0, 0, 0] == shown


@pytest.mark.parametrize("name", COLOR_TABLES)
def test_colour_tables_have_256_colours(name):
    table = color_table(name)

    assert table.shape == (256, 3)
    assert table.dtype == np.uint8
    assert len(np.unique(table, axis=0)) > 100


@pytest.mark.parametrize("name", ["viridis", "inferno", "cividis", "hot", "hot iron"])
def test_lightness_never_falls_where_a_table_stands_for_gray(name):
    luma = color_table(name) @ (0.2126, 0.7152, 0.0722)

    assert (np.diff(luma) >= -0.5).all()
