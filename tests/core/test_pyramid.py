"""Reduced copies: exact means, padding kept apart, palettes never blended."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.image import FrameDescription, PaddingRange, PixelFormat
from viewer.core.pyramid import LARGE_PX, Pyramid, build_pyramid, halve


def described(values, photometric="MONOCHROME2", bits=16, padding=None):
    pixel_format = PixelFormat(
        *values.shape[:2], photometric_interpretation=photometric, bits_allocated=bits
    )
    return FrameDescription(pixel_format, padding=padding)


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "f4", "f8"])
@pytest.mark.parametrize("shape", [(300, 4), (7, 9), (1, 1), (2, 3, 3)])
def test_halves_are_the_rounded_means_of_blocks(dtype, shape):
    rng = np.random.default_rng(1)
    kind = np.dtype(dtype)
    info = np.finfo(kind) if kind.kind == "f" else np.iinfo(kind)
    low, high = (0, 1) if kind.kind == "f" else (info.min, info.max)
    values = (rng.random(shape) * (float(high) - low) + low).astype(kind)
    values.flat[0] = high

    half = halve(values)

    assert half.dtype == kind
    for row in range(half.shape[0]):
        for column in range(half.shape[1]):
            block = values[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            mean = block.astype(np.float64).mean(axis=(0, 1))
            expected = mean if kind.kind == "f" else np.floor(mean + 0.5)
            np.testing.assert_allclose(half[row, column], expected, rtol=1e-6)


# PS3.3 C.7.5.1.1.2: padding is not image.
@pytest.mark.parametrize(
    ("block", "shown"),
    [
        pytest.param([[-2000, 100], [101, 102]], 101, id="one-of-four"),
        pytest.param([[-2000, -2000], [-2000, 7]], 7, id="three-of-four"),
        pytest.param([[-2000, -1999], [-2000, -2000]], -2000, id="all-padding-stays-padding"),
        pytest.param([[-2100, -2100], [-1900, -1900]], -1900, id="mean-falls-into-the-padding"),
        pytest.param([[1, 2], [3, 4]], 3, id="no-padding"),
    ],
)
def test_padding_does_not_bleed(block, shown):
    half = halve(np.array(block, np.int16), PaddingRange(-2000, -1999))

    assert half.tolist() == [[shown]]


def test_padding_beyond_the_dtype_is_no_padding():
    half = halve(np.array([[1, 3], [5, 7]], np.uint8), PaddingRange(-1024, -1024))

    assert half.tolist() == [[4]]


def test_holes_in_float_images_take_no_part():
    values = np.array([[np.nan, 1.0, np.nan, np.nan], [3.0, np.inf, np.nan, np.nan]], np.float32)

    half = halve(values)

    assert half[0, 0] == 2.0
    assert np.isnan(half[0, 1])


@pytest.mark.parametrize(("photometric", "bits"), [("PALETTE COLOR", 8), ("MONOCHROME2", 1)])
def test_indices_and_bits_are_picked_not_blended(photometric, bits):
    values = (np.indices((1500, 1100)).sum(axis=0) % 2).astype(np.uint8)
    values[::2, ::2] = 9

    pyramid = build_pyramid(values, described(values, photometric, bits))

    assert np.all(pyramid.levels[1] == 9)


def test_levels_end_when_the_copy_is_small():
    values = np.zeros((4096, 5120), np.uint16)

    pyramid = build_pyramid(values, described(values))

    assert [level.shape for level in pyramid.levels] == [
        (4096, 5120), (2048, 2560), (1024, 1280), (512, 640),
    ]  # fmt: skip
    assert pyramid.levels[0] is values
    assert values.nbytes / 4 < pyramid.extra_bytes < values.nbytes / 3


def test_a_small_frame_is_its_only_level():
    values = np.zeros((LARGE_PX, LARGE_PX), np.uint16)

    assert len(build_pyramid(values, described(values)).levels) == 1


@pytest.mark.parametrize(
    ("scale", "exponent"),
    [(4.0, 0), (1.0, 0), (0.51, 0), (0.5, 1), (0.26, 1), (0.25, 2), (0.1, 3), (0.001, 3)],
)
def test_the_level_has_a_value_for_every_screen_pixel(scale, exponent):
    pyramid = Pyramid(tuple(np.zeros((2 ** (4 - k), 2 ** (4 - k))) for k in range(4)))

    chosen, values = pyramid.level(scale)

    assert chosen == exponent
    assert values is pyramid.levels[exponent]
