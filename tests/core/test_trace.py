"""The trace says what ran, what was assumed and what was ignored, and from which attribute."""

from __future__ import annotations

from dataclasses import replace

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
    RealWorldMapping,
    Shutter,
    Spacing,
    SpacingSource,
    VoiChoice,
    VoiSource,
    Window,
)
from viewer.core.light import DisplayChoice
from viewer.core.regions import Axis, Region
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
        ("Overlays", "groups 6002", "(6002,0010)"),
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


@pytest.mark.parametrize(
    ("sentence", "keyword"),
    [
        ("RescaleType is odd.", "RescaleType"),
        ("SOPInstanceUID is missing; this object cannot be told from others.", "SOPInstanceUID"),
        ("The file is cut off.", ""),
        ("16 of 16 pixels are not finite.", ""),
    ],
)
def test_a_note_leads_to_the_attribute_it_names(sentence, keyword):
    described = replace(FULL, problems=(Problem("a.dcm", sentence),))

    assert steps(described)["Note"].keyword == keyword


def test_trouble_with_the_profile_is_told_once():
    pixels = PixelFormat(2, 2, samples_per_pixel=3, photometric_interpretation="RGB")
    trouble = "ICCProfile is damaged and is ignored."
    described = FrameDescription(pixels, icc_profile=b"x", problems=(Problem("a.dcm", trouble),))

    trace = explain(described, DisplayChoice(), WINDOW, icc_problem=trouble)

    assert [step.name for step in trace if step.what == trouble] == ["ICC"]


def test_a_measured_ratio_is_no_claim_of_the_file():
    described = replace(FULL, lossy=Lossy((), ("ISO_10918_1",), 11.7))

    told = steps(described)["Lossy history"].what

    assert told == "ratio not given, about 12:1 by the size of the pixel data, ISO_10918_1"


def test_an_automatic_window_is_no_assumption_where_the_file_has_one():
    assert steps(FULL, voi=GUESS)["Window"].kind is StepKind.RAN


def test_what_the_read_out_uses_is_told():
    region = Region(0, 0, 9, 9, False, Axis("cm", 0.1, 0), Axis("s", 0.1, 0))
    described = replace(
        FULL, regions=(region, region), real_world=(RealWorldMapping(0, 9, unit="ml", label="V"),)
    )

    found = steps(described)

    assert found["Ultrasound regions"].what == "2 for the read-out: cm, s"
    assert found["Real world values"].what == "V ml, for the read-out only"


def test_the_users_brightness_of_colour_is_told():
    pixels = PixelFormat(2, 2, samples_per_pixel=3, photometric_interpretation="RGB")
    choice = DisplayChoice(voi=VoiChoice("user", VoiSource.USER, Window(100, 50)))

    assert steps(FrameDescription(pixels), choice)["Brightness"].what.startswith("W 50 C 100")


def test_the_text_is_one_line_a_step():
    trace = explain(FULL, DisplayChoice(), WINDOW)

    lines = trace_text(trace).splitlines()

    assert len(lines) == len(trace)
    assert "Padding: stored values 0 to 3 are no image (PixelPaddingValue)" in lines
