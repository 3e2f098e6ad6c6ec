"""The trace says what ran, what was assumed and what was ignored, and from which attribute."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.image import (
    FrameDescription,
    LookupTable,
    Lossy,
    ModalityTransform,
    Overlay,
    PaddingRange,
    PixelFormat,
    Presentation,
    Shutter,
    Spacing,
    SpacingSource,
    VoiChoice,
    VoiSource,
    Window,
)
from viewer.core.light import DisplayChoice
from viewer.core.trace import Decoding, StepKind, explain, trace_text
from viewer.errors import Problem

LUT = VoiChoice("bones", VoiSource.FILE_LUT, lut=LookupTable(np.zeros(9, np.uint16), 5, 12))
WINDOW = VoiChoice("soft", VoiSource.FILE_WINDOW, Window(40, 400))
GUESS = VoiChoice("auto", VoiSource.PERCENTILE, Window(40, 400))
GRAY = PixelFormat(20, 10, bits_stored=12, photometric_interpretation="MONOCHROME1")
FULL = FrameDescription(
    GRAY,
    transfer_syntax="1.2.840.10008.1.2.4.91",
    modality="MR",
    transform=ModalityTransform(2.0, -10.0, unit="HU"),
    voi_choices=(LUT, WINDOW),
    padding=PaddingRange(0, 3),
    presentation=Presentation(True, None, True),
    overlays=(Overlay(0x6002, np.zeros((1, 1), bool), (0, 0)),),
    shutter=Shutter(np.ones((20, 10), bool), shapes=("CIRCULAR",)),
    spacing=Spacing(0.5, 0.25, SpacingSource.MAGNIFIED),
    pixel_aspect=2.0,
    lossy=Lossy((12.5,), ("ISO_15444_1",)),
    problems=(Problem("a.dcm", "RescaleType is odd."),),
)


def steps(description, choice=None, voi=WINDOW, **more):
    return {
        step.name: step for step in explain(description, choice or DisplayChoice(), voi, **more)
    }


@pytest.mark.parametrize(
    ("name", "words", "keyword"),
    [
        ("Transfer syntax", "JPEG 2000, decoded by OpenJPEG", "TransferSyntaxUID"),
        ("Lossy history", "12.5:1, ISO_15444_1", "LossyImageCompression"),
        ("Stored values", "12 of 16 bits, unsigned; 10 x 20 pixels", "BitsStored"),
        ("Rescale", "stored x 2 + -10 HU", "RescaleSlope"),
        ("Padding", "stored values 0 to 3", "PixelPaddingValue"),
        ("Window", "W 400 C 40 LINEAR, soft", "WindowCenter"),
        ("Polarity", "low values are white: shape INVERSE, MONOCHROME1", "PresentationLUTShape"),
        ("Shutter", "circular", "ShutterShape"),
        ("Overlays", "groups 6002", "OverlayData"),
        ("Spacing", "0.5 x 0.25 mm", "ImagerPixelSpacing"),
        ("Pixel shape", "2 times as high", "PixelSpacing"),
    ],
)
def test_each_step_names_its_attribute(name, words, keyword):
    step = steps(FULL, decoding=Decoding("JPEG 2000", "OpenJPEG"))[name]

    assert step.what.startswith(words) or words in step.what
    assert step.keyword == keyword
    assert step.kind is StepKind.RAN


@pytest.mark.parametrize(
    ("name", "choice", "kind"),
    [
        ("Not used", DisplayChoice(), StepKind.IGNORED),
        ("Rescale before window", DisplayChoice(), StepKind.ASSUMED),
        ("Note", DisplayChoice(), StepKind.ASSUMED),
        ("Overlays", DisplayChoice(overlays=False), StepKind.IGNORED),
        ("Shutter", DisplayChoice(shutter=False), StepKind.IGNORED),
    ],
)
def test_what_was_assumed_or_ignored_is_said(name, choice, kind):
    assert steps(FULL, choice)[name].kind is kind


def test_a_guessed_window_is_an_assumption():
    found = steps(FrameDescription(GRAY), voi=GUESS)

    assert found["Window"].kind is StepKind.ASSUMED
    assert found["Window guessed"].keyword == "WindowCenter"


def test_a_colour_image_tells_of_colour_and_not_of_windows():
    pixels = PixelFormat(2, 2, samples_per_pixel=3, photometric_interpretation="RGB")

    found = steps(
        FrameDescription(pixels, icc_profile=b"x"),
        decoding=Decoding(color_space="YBR_FULL"),
        icc_problem="ICCProfile is damaged and is ignored.",
    )

    assert found["Colour space"].what == "YBR_FULL converted to RGB"
    assert found["Colour space corrected"].kind is StepKind.IGNORED
    assert found["ICC"].kind is StepKind.IGNORED
    assert "Window" not in found


def test_the_text_is_one_line_a_step():
    trace = explain(FULL, DisplayChoice(), WINDOW)

    lines = trace_text(trace).splitlines()

    assert len(lines) == len(trace)
    assert "Padding: stored values 0 to 3 are no image (PixelPaddingValue)" in lines
