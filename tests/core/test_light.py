"""The choice of a VOI and the way from stored values to light."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.color_tables import color_table
from viewer.core.image import (
    FrameDescription,
    LookupTable,
    ModalityTransform,
    PaddingRange,
    Palette,
    PixelFormat,
    VoiChoice,
    VoiSource,
    Window,
    WindowFunction,
)
from viewer.core.light import (
    DisplayChoice,
    automatic_voi,
    choose_voi,
    min_max_voi,
    to_light,
    user_voi,
)
from viewer.core.window import window_limits

GRAY = PixelFormat(100, 100)
RAMP = np.arange(10_000, dtype=np.uint16).reshape(100, 100)
FIRST = VoiChoice("first", VoiSource.FILE_WINDOW, Window(40, 400))
SECOND = VoiChoice("second", VoiSource.FILE_WINDOW, Window(300, 2000))


def limits(voi):
    return window_limits(voi.window)


def test_the_file_s_first_window_is_the_default():
    assert choose_voi(RAMP, FrameDescription(GRAY, voi_choices=(FIRST, SECOND))) is FIRST


def test_without_a_window_it_is_guessed_and_said():
    voi = choose_voi(RAMP, FrameDescription(GRAY))

    assert voi.source is VoiSource.PERCENTILE
    assert limits(voi) == (10, 9989)


def test_the_guess_is_in_modality_values_without_padding():
    stored = RAMP.copy()
    stored[0, :50] = 60000
    description = FrameDescription(
        GRAY, transform=ModalityTransform(-2.0, 100.0), padding=PaddingRange(60000, 60000)
    )

    assert limits(min_max_voi(stored, description)) == (100 - 2 * 9999, 100 - 2 * 50)


@pytest.mark.parametrize(("modality", "low"), [("PT", 0), ("MR", 510)])
def test_pet_starts_at_zero(modality, low):
    description = FrameDescription(GRAY, modality=modality)

    assert limits(automatic_voi(RAMP + np.uint16(500), description))[0] == low


def test_tiny_values_are_spanned_exactly():
    description = FrameDescription(GRAY, transform=ModalityTransform(1e-6, 0.0))

    voi = min_max_voi(RAMP, description)

    assert voi.window.function is WindowFunction.LINEAR_EXACT
    assert limits(voi) == pytest.approx((0, 9999e-6))


def test_min_max_through_a_folding_modality_lut():
    lut = LookupTable(np.array([9, 3, 7, 5], np.uint16), 0, 8)
    description = FrameDescription(GRAY, transform=ModalityTransform(lut=lut))
    stored = np.array([[1, 3]], np.uint8)

    assert limits(min_max_voi(stored, description)) == (3, 7)


@pytest.mark.parametrize("source", [automatic_voi, min_max_voi])
@pytest.mark.parametrize("value", [0, 7, 65535])
def test_a_constant_image_is_shown_without_fault(source, value):
    stored = np.full((4, 4), value, np.uint16)
    description = FrameDescription(GRAY)

    image = to_light(stored, description, DisplayChoice(voi=source(stored, description)))

    assert image.shape == (4, 4)


@pytest.mark.parametrize(
    ("file_function", "width", "function"),
    [
        (WindowFunction.LINEAR, 300, WindowFunction.LINEAR),
        (WindowFunction.LINEAR, 0.5, WindowFunction.LINEAR_EXACT),
        (WindowFunction.SIGMOID, 300, WindowFunction.SIGMOID),
    ],
)
def test_the_user_s_window_keeps_the_file_s_function(file_function, width, function):
    choice = VoiChoice("f", VoiSource.FILE_WINDOW, Window(0, 100, file_function))
    description = FrameDescription(GRAY, voi_choices=(choice,))

    assert user_voi(50, width, description).window == Window(50, width, function)


@pytest.mark.parametrize(("center", "width"), [(0, 0), (0, -1), (np.nan, 1), (0, np.inf)])
def test_an_impossible_window_is_refused(center, width):
    with pytest.raises(ValueError, match="window"):
        user_voi(center, width, FrameDescription(GRAY))


def test_parts_and_reduced_copies_show_what_the_whole_shows():
    description = FrameDescription(GRAY, voi_choices=(SECOND,))

    whole = to_light(RAMP, description, DisplayChoice())
    part = to_light(RAMP[10:90:4, ::4], description, DisplayChoice())

    assert np.array_equal(part, whole[10:90:4, ::4])


RGB = PixelFormat(
    1, 1, samples_per_pixel=3, bits_allocated=8, bits_stored=8, photometric_interpretation="RGB"
)


def test_a_file_s_window_does_not_touch_colour():
    description = FrameDescription(RGB, voi_choices=(FIRST,))
    stored = np.array([[[1, 2, 3]]], np.uint8)

    assert to_light(stored, description, DisplayChoice(voi=FIRST)).tolist() == [[[1, 2, 3]]]


def test_the_user_s_window_and_inversion_do():
    voi = VoiChoice("user", VoiSource.USER, Window(64, 128))
    stored = np.array([[[0, 63, 127]]], np.uint8)

    image = to_light(stored, FrameDescription(RGB), DisplayChoice(voi=voi, inverted=True))

    assert image.tolist() == [[[255, 129, 0]]]


def test_the_colour_space_of_the_decoder_goes_before_the_file_s_word():
    description = FrameDescription(RGB)
    stored = np.array([[[76, 85, 255]]], np.uint8)

    image = to_light(stored, description, DisplayChoice(), "YBR_FULL")

    assert image.tolist() == [[[254, 0, 0]]]


INDEXED = PixelFormat(
    1, 3, bits_allocated=8, bits_stored=8, photometric_interpretation="PALETTE COLOR"
)


def test_palette_images_show_their_palette():
    entries = np.array([0, 0x8000, 0xFFFF], np.uint16)
    palette = Palette(entries, entries, entries[::-1], 0, 16)
    description = FrameDescription(INDEXED, palette=palette)

    image = to_light(np.array([[0, 1, 9]], np.uint8), description, DisplayChoice())

    assert image.tolist() == [[[0, 0, 255], [128, 128, 128], [255, 255, 0]]]


def test_indices_without_a_palette_are_gray():
    image = to_light(np.array([[0, 9]], np.uint8), FrameDescription(INDEXED), DisplayChoice())

    assert image.tolist() == [[0, 9]]


def test_a_pseudo_colour_table_paints_the_gray_levels():
    stored = np.array([[0, 255]], np.uint8)
    voi = VoiChoice("w", VoiSource.USER, Window(128, 256))

    image = to_light(stored, FrameDescription(GRAY), DisplayChoice(voi, color_table="viridis"))

    assert np.array_equal(image[0], color_table("viridis")[[0, 255]])
