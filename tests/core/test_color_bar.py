"""Which value has which colour."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.color_bar import color_bar
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
from viewer.core.light import DisplayChoice, to_light

CT = FrameDescription(
    PixelFormat(1, 3),
    transform=ModalityTransform(2.0, -100.0, unit="HU"),
    padding=PaddingRange(0, 5),
)
WINDOW = VoiChoice("x", VoiSource.USER, Window(50, 100, WindowFunction.LINEAR_EXACT))
HOT = DisplayChoice(voi=WINDOW, color_table="hot")


def test_the_highest_value_stands_at_the_top_with_its_unit():
    bar = color_bar(CT, HOT, WINDOW)

    assert bar.labels == ("100 HU", "50", "0")
    assert bar.colors.tolist() == color_table("hot")[::-1].tolist()


def test_an_inversion_turns_the_colours_not_the_values():
    bar = color_bar(CT, DisplayChoice(voi=WINDOW, inverted=True, color_table="hot"), WINDOW)

    assert bar.labels == ("100 HU", "50", "0")
    assert bar.colors.tolist() == color_table("hot").tolist()


def test_a_value_has_the_colour_of_the_picture():
    stored = np.array([[50, 75, 100]], np.int16)  # 0, 50 and 100 HU

    shown = to_light(stored, CT, HOT)[0]
    bar = color_bar(CT, HOT, WINDOW)

    assert shown.tolist() == bar.colors[[255, 127, 0]].tolist()


@pytest.mark.parametrize(
    ("voi", "labels"),
    [
        pytest.param(Window(50.5, 101), ("100 HU", "50", "0"), id="linear"),
        pytest.param(Window(50, 1), ("50.5 HU", "50", "49.5"), id="threshold"),
        pytest.param(Window(0, 10, WindowFunction.SIGMOID), ("15 HU", "0", "-15"), id="sigmoid"),
    ],
)
def test_the_reach_of_each_kind_of_window(voi, labels):
    assert color_bar(CT, HOT, VoiChoice("x", VoiSource.USER, voi)).labels == labels


def test_a_voi_table_reaches_as_far_as_its_entries():
    table = LookupTable(np.arange(11, dtype=np.uint16), -5, 8)

    bar = color_bar(CT, HOT, VoiChoice("x", VoiSource.FILE_LUT, lut=table))

    assert bar.labels == ("5 HU", "0", "-5")


ENTRIES = np.zeros(4, np.uint16)


@pytest.mark.parametrize(
    ("description", "choice"),
    [
        pytest.param(CT, DisplayChoice(), id="gray"),
        pytest.param(
            FrameDescription(PixelFormat(1, 1, 3, photometric_interpretation="RGB")), HOT, id="rgb"
        ),
        pytest.param(
            FrameDescription(PixelFormat(1, 1), palette=Palette(ENTRIES, ENTRIES, ENTRIES, 0, 16)),
            HOT,
            id="palette",
        ),
    ],
)
def test_no_bar_where_gray_is_gray_or_colours_are_the_files_own(description, choice):
    assert color_bar(description, choice, WINDOW) is None
