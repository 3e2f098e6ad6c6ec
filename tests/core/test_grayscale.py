"""The grayscale chain of PS3.4 N.2, step by step and whole (rules 10 to 20)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.blocks import BLOCK
from viewer.core.grayscale import (
    GrayChain,
    apply_chain,
    gray_chain,
    gray_table,
    padding_is_black,
)
from viewer.core.image import (
    FrameDescription,
    LookupTable,
    PaddingRange,
    PixelFormat,
    Presentation,
    VoiChoice,
    VoiSource,
    Window,
    WindowFunction,
)

PLAIN = GrayChain(1.0, 0.0, None, None, Window(128, 256), None, None, inverse=False)


def table(entries, first=0, bits=8):
    return LookupTable(np.array(entries, np.uint16), first, bits)


def shown(chain, values, dtype=np.int16):
    return apply_chain(np.array([values], dtype), chain)[0].tolist()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.int32, np.float32])
def test_an_identity_window_shows_values_as_they_are(dtype):
    assert shown(PLAIN, [0, 1, 100], dtype) == [0, 1, 100]


def test_rescale_comes_before_the_window():
    chain = replace(PLAIN, slope=2.0, intercept=-100.0)

    assert shown(chain, [0, 50, 100, 177, 300]) == [0, 0, 100, 254, 255]


def test_modality_lut_replaces_rescale():
    chain = replace(PLAIN, slope=99.0, modality_lut=table([5, 6, 7], first=10))

    assert shown(chain, [0, 10, 11, 12, 99]) == [5, 5, 6, 7, 7]


def test_voi_lut_follows_the_modality_step():
    chain = replace(PLAIN, intercept=-1024.0, window=None, voi_lut=table([0, 255], first=-1))

    assert shown(chain, [0, 1023, 1024, 4000]) == [0, 0, 255, 255]


def test_presentation_lut_spans_the_whole_voi_range():
    """PS3.3 C.11.6.1: its input range is the output range of the VOI step."""
    chain = replace(PLAIN, presentation_lut=table([0, 200, 255]))

    assert shown(chain, [0, 127, 128, 255]) == [0, 200, 200, 255]


@pytest.mark.parametrize("inverse", [False, True])
def test_inversion_is_the_last_step(inverse):
    levels = shown(replace(PLAIN, inverse=inverse), [0, 55, 255])

    assert levels == ([255, 200, 0] if inverse else [0, 55, 255])


@pytest.mark.parametrize(
    ("padding", "hide", "inverse", "levels"),
    [
        pytest.param(PaddingRange(0, 0), False, False, [0, 20, 250], id="dark-as-windowed"),
        pytest.param(PaddingRange(20, 20), False, False, [0, 20, 250], id="dark-gray-as-windowed"),
        pytest.param(PaddingRange(240, 255), False, False, [0, 20, 250], id="light-as-windowed"),
        pytest.param(PaddingRange(240, 255), True, False, [0, 20, 0], id="light-is-hidden"),
        pytest.param(PaddingRange(0, 0), True, True, [0, 235, 5], id="not-inverted"),
        pytest.param(PaddingRange(20, 0), True, True, [255, 235, 5], id="empty-range"),
    ],
)
def test_padding_takes_no_part_in_inversion(padding, hide, inverse, levels):
    """PS3.3 C.7.5.1.1.2: pixels that are no image never make a light surround."""
    chain = replace(PLAIN, padding=padding, hide_padding=hide, inverse=inverse)

    assert shown(chain, [0, 20, 250]) == levels


def test_what_is_not_a_number_is_black():
    assert shown(PLAIN, [np.nan, np.inf, -np.inf, 10], np.float64) == [0, 255, 0, 10]


MONO1 = PixelFormat(1, 1, photometric_interpretation="MONOCHROME1")
MONO2 = PixelFormat(1, 1)


# C.7.6.3.1.2 and C.8.11.3: one polarity, whoever says it; the shape wins where both speak.
@pytest.mark.parametrize(
    ("pixels", "presentation", "user", "inverse"),
    [
        pytest.param(MONO2, Presentation(), False, False, id="monochrome2"),
        pytest.param(MONO1, Presentation(), False, True, id="monochrome1"),
        pytest.param(MONO1, Presentation(True, None, True), False, True, id="not-inverted-twice"),
        pytest.param(MONO2, Presentation(True, None, True), False, True, id="shape-inverse"),
        pytest.param(MONO1, Presentation(False, None, True), False, False, id="shape-identity"),
        pytest.param(MONO2, Presentation(), True, True, id="user"),
        pytest.param(MONO1, Presentation(), True, False, id="user-turns-monochrome1"),
    ],
)
def test_polarity(pixels, presentation, user, inverse):
    description = FrameDescription(pixels, presentation=presentation)
    voi = VoiChoice("w", VoiSource.USER, Window(0, 2))

    assert gray_chain(description, voi, inverted=user).inverse is inverse


def test_padding_stays_black_when_the_user_turns_a_monochrome1_image():
    description = FrameDescription(MONO1, padding=PaddingRange(4095, 4095))
    voi = VoiChoice("w", VoiSource.USER, Window(2048, 4096))

    for inverted in (False, True):
        chain = gray_chain(description, voi, inverted=inverted)
        assert shown(chain, [4095], np.uint16) == [0]


BITS12 = PixelFormat(1, 1, bits_stored=12)
SIGNED = PixelFormat(1, 1, signed=True)
FLOAT = PixelFormat(1, 1, bits_stored=32, value_type="float")


@pytest.mark.parametrize(
    ("pixels", "padding", "black"),
    [
        pytest.param(MONO2, PaddingRange(0, 0), False, id="dark-end"),
        pytest.param(BITS12, PaddingRange(4095, 4095), True, id="light-end"),
        pytest.param(BITS12, PaddingRange(2048, 4095), False, id="more-than-the-light-end"),
        pytest.param(SIGNED, PaddingRange(-2000, -2000), False, id="surround-of-a-ct"),
        pytest.param(SIGNED, PaddingRange(0, 0), False, id="zero-of-signed"),
        pytest.param(SIGNED, PaddingRange(32767, 32767), True, id="light-end-of-signed"),
        pytest.param(FLOAT, PaddingRange(-3e38, -3e38), False, id="float"),
    ],
)
def test_padding_is_black_or_follows_the_window_by_the_file_alone(pixels, padding, black):
    description = FrameDescription(pixels, padding=padding)

    assert padding_is_black(description, inverted=False) is black
    assert padding_is_black(description, inverted=True)


def test_padding_never_jumps_while_the_window_moves():
    description = FrameDescription(MONO2, padding=PaddingRange(100, 100))
    grays = [
        shown(
            gray_chain(
                description,
                VoiChoice("w", VoiSource.USER, Window(center, 256)),
                inverted=False,
            ),
            [100],
            np.uint16,
        )[0]
        for center in range(-200, 400)
    ]

    assert (grays[0], grays[-1]) == (255, 0)
    assert max(abs(np.diff(grays))) <= 1


CHAINS = st.builds(
    GrayChain,
    slope=st.sampled_from([1.0, -1.0, 0.25, 3.5]),
    intercept=st.sampled_from([0.0, -1024.0, 0.5]),
    modality_lut=st.sampled_from([None, table(range(0, 4000, 3), first=-700, bits=12)]),
    padding=st.sampled_from([None, PaddingRange(-2000, -1500), PaddingRange(0, 0)]),
    window=st.builds(
        Window, st.floats(-500, 500), st.floats(1, 3000), st.sampled_from(WindowFunction)
    ),
    voi_lut=st.sampled_from([None, table(range(255, -1, -1), first=-100)]),
    presentation_lut=st.sampled_from([None, table([0, 10, 255])]),
    inverse=st.booleans(),
    hide_padding=st.booleans(),
)


@given(chain=CHAINS, seed=st.integers(0, 1000))
def test_the_table_and_the_direct_way_give_the_same_picture(chain, seed):
    stored = np.random.default_rng(seed).integers(-32768, 32768, (5, 40))

    narrow = apply_chain(stored.astype(np.int16), chain)

    assert np.array_equal(narrow, apply_chain(stored.astype(np.int32), chain))
    assert np.array_equal(narrow, apply_chain(stored.astype(np.float64), chain))


@pytest.mark.parametrize("shape", [(0, 0), (1, BLOCK), (3, BLOCK + 1)])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_every_pixel_of_every_block_is_shown(shape, dtype):
    levels = apply_chain(np.full(shape, 7, dtype), PLAIN)

    assert levels.shape == shape
    assert (levels == 7).all()


def test_parts_and_strided_views_give_the_pixels_of_the_whole():
    stored = np.random.default_rng(0).integers(0, 300, (50, 60)).astype(np.uint16)

    whole = apply_chain(stored, PLAIN)

    assert np.array_equal(apply_chain(stored[::3, 10:40:2], PLAIN), whole[::3, 10:40:2])


def test_a_table_is_built_once_and_cannot_be_spoilt():
    first = gray_table(PLAIN, "uint16")

    assert gray_table(replace(PLAIN), "uint16") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1
