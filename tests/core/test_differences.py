"""What is told of a picture that is not as its file asks for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.core.differences import differences_from_file, hides_padding
from viewer.core.image import (
    FrameDescription,
    Overlay,
    PaddingRange,
    Palette,
    PixelFormat,
    Shutter,
    VoiChoice,
    VoiSource,
    Window,
)
from viewer.core.light import AS_STORED, DisplayChoice

FILE = VoiChoice("soft", VoiSource.FILE_WINDOW, Window(40, 400))
USER = VoiChoice("user", VoiSource.USER, Window(1, 2))
AUTO = VoiChoice("auto", VoiSource.PERCENTILE, Window(1, 2))
ENTRIES = np.zeros(4, np.uint16)
GRAY = FrameDescription(
    PixelFormat(2, 2),
    voi_choices=(FILE,),
    overlays=(Overlay(0x6000, np.zeros((1, 1), bool), (0, 0)),),
    shutter=Shutter(np.ones((2, 2), bool)),
)
BARE = FrameDescription(PixelFormat(2, 2))
SUPPLEMENTED = replace(BARE, palette=Palette(ENTRIES, ENTRIES, ENTRIES, 0, 16, supplemental=True))
COLOR = FrameDescription(
    PixelFormat(2, 2, 3, 8, 8, 7, photometric_interpretation="RGB"), icc_profile=b"x"
)


@pytest.mark.parametrize(
    ("description", "choice", "voi", "words"),
    [
        pytest.param(GRAY, DisplayChoice(), FILE, (), id="as-the-file-asks"),
        pytest.param(GRAY, DisplayChoice(voi=USER), USER, ("window",), id="own-window"),
        pytest.param(GRAY, DisplayChoice(voi=AUTO), AUTO, ("window",), id="auto-window"),
        pytest.param(BARE, DisplayChoice(voi=USER), USER, (), id="no-window-in-the-file"),
        pytest.param(GRAY, DisplayChoice(inverted=True), FILE, ("inverted",), id="inverted"),
        pytest.param(GRAY, DisplayChoice(overlays=False), FILE, ("no overlays",), id="overlays"),
        pytest.param(GRAY, DisplayChoice(shutter=False), FILE, ("no shutter",), id="shutter"),
        pytest.param(
            GRAY, DisplayChoice(color_table="hot"), FILE, ("colours (hot)",), id="pseudo-colour"
        ),
        pytest.param(
            SUPPLEMENTED, DisplayChoice(color_table="hot"), AUTO, (), id="own-colours-stay"
        ),
        pytest.param(
            BARE, DisplayChoice(overlays=False, shutter=False, icc=False), AUTO, (), id="not-there"
        ),
        pytest.param(COLOR, DisplayChoice(), AS_STORED, (), id="colour"),
        pytest.param(COLOR, DisplayChoice(icc=False), AS_STORED, ("no ICC profile",), id="icc"),
        pytest.param(COLOR, DisplayChoice(voi=USER), USER, ("brightness",), id="brightness"),
    ],
)
def test_differences(description, choice, voi, words):
    assert differences_from_file(description, choice, voi) == words


@pytest.mark.parametrize(
    ("photometric", "inverted", "stored", "hidden"),
    [
        ("MONOCHROME2", False, 0, False),
        ("MONOCHROME2", True, 0, True),
        ("MONOCHROME2", True, 5, False),
        ("MONOCHROME1", False, 0, True),
    ],
)
def test_padding_is_hidden_only_where_an_inversion_would_make_it_light(
    photometric, inverted, stored, hidden
):
    described = FrameDescription(
        PixelFormat(2, 2, photometric_interpretation=photometric), padding=PaddingRange(0, 1)
    )
    pixels = np.full((2, 2), stored, np.uint16)

    assert hides_padding(pixels, described, DisplayChoice(inverted=inverted)) is hidden
