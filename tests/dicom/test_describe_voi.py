"""Modality, VOI and presentation from a file (PS3.3 C.11.1, C.11.2, C.11.6; rules 11-18, 22-24)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.dicom.light_data import RAMP, described, image, lut_item, put_lut, told
from viewer.core.image import VoiSource, WindowFunction

FOUR = np.arange(4, dtype="<u2").tobytes()


@pytest.mark.parametrize(
    ("attributes", "slope", "intercept", "unit"),
    [
        pytest.param({}, 1, 0, "", id="none"),
        pytest.param({"RescaleSlope": 2, "RescaleIntercept": -5}, 2, -5, "", id="unit-unknown"),
        pytest.param(
            {"RescaleSlope": 1, "RescaleIntercept": -1024, "Modality": "CT"},
            1, -1024, "HU", id="ct",
        ),
        pytest.param(
            {"RescaleSlope": 1, "RescaleIntercept": 0, "RescaleType": "OD", "Modality": "CT"},
            1, 0, "OD", id="rescale-type-goes-first",
        ),
        pytest.param(
            {"RescaleSlope": 3.5, "RescaleIntercept": 0, "Units": "BQML", "Modality": "PT"},
            3.5, 0, "BQML", id="pet-units",
        ),
        pytest.param({"Modality": "CT"}, 1, 0, "", id="ct-without-rescale-has-no-hu"),
    ],
)  # fmt: skip
def test_rescale_and_unit(tmp_path, attributes, slope, intercept, unit):
    transform = described(tmp_path, image(**attributes)).transform

    assert (transform.slope, transform.intercept, transform.unit) == (slope, intercept, unit)


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        pytest.param({"RescaleSlope": b"0"}, "RescaleSlope", id="slope-0"),
        pytest.param({"RescaleSlope": b"nan"}, "RescaleSlope", id="slope-nan"),
        pytest.param({"RescaleSlope": b"inf"}, "RescaleSlope", id="slope-inf"),
        pytest.param({"RescaleSlope": b"abc"}, "RescaleSlope", id="slope-text"),
        pytest.param({"RescaleSlope": b"1,5"}, "RescaleSlope", id="decimal-comma"),
        pytest.param({"RescaleIntercept": b"nan"}, "RescaleIntercept", id="intercept-nan"),
    ],
)
def test_an_impossible_rescale_is_left_out_and_named(tmp_path, attributes, word):
    description = described(tmp_path, image(**attributes))

    assert (description.transform.slope, description.transform.intercept) == (1, 0)
    assert word in told(description)


def test_a_modality_lut_excludes_rescale(tmp_path):
    source = put_lut(
        image(RescaleSlope=7, RescaleIntercept=1), "ModalityLUTSequence", [4, 10, 16], FOUR
    )
    source.ModalityLUTSequence[0].ModalityLUTType = "OD"

    description = described(tmp_path, source)

    assert description.transform.lut.first_mapped == 10
    assert description.transform.unit == "OD"
    assert "exclude each other" in told(description)


@pytest.mark.parametrize(
    ("signed", "intercept", "first"),
    [
        pytest.param(False, 0, 65036, id="unsigned-values"),
        pytest.param(True, 0, -500, id="signed-values"),
        pytest.param(False, -1024, -500, id="rescaled-below-zero"),
        pytest.param(True, 40000, 65036, id="signed-values-rescaled-above-zero"),
    ],
)
def test_the_start_of_a_voi_lut_has_the_sign_of_its_input(tmp_path, signed, intercept, first):
    pixels = RAMP.astype(np.int16) if signed else RAMP
    source = image(pixels, RescaleSlope=1, RescaleIntercept=intercept)

    description = described(tmp_path, put_lut(source, "VOILUTSequence", [4, 65036, 16], FOUR))

    assert description.voi_choices[0].lut.first_mapped == first


def test_a_voi_lut_goes_before_windows_and_all_are_offered(tmp_path):
    source = image(
        WindowCenter=[40, -600], WindowWidth=[400, 1500],
        WindowCenterWidthExplanation=["soft", "lung"],
    )  # fmt: skip

    choices = described(tmp_path, put_lut(source, "VOILUTSequence", [4, 0, 16], FOUR)).voi_choices

    assert [choice.source for choice in choices] == [
        VoiSource.FILE_LUT, VoiSource.FILE_WINDOW, VoiSource.FILE_WINDOW,
    ]  # fmt: skip
    assert [choice.label for choice in choices] == ["LUT 1", "soft", "lung"]
    assert (choices[2].window.center, choices[2].window.width) == (-600, 1500)


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
def test_the_function_of_the_window(tmp_path, function):
    source = image(WindowCenter=40, WindowWidth=400, VOILUTFunction=function)

    assert described(tmp_path, source).voi_choices[0].window.function == function


@pytest.mark.parametrize(
    ("attributes", "windows", "word"),
    [
        pytest.param({"WindowWidth": b"0"}, 0, "WindowWidth is 0", id="width-0"),
        pytest.param({"WindowWidth": b"-1"}, 0, "WindowWidth is -1", id="width-negative"),
        pytest.param({"WindowWidth": b"nan"}, 0, "WindowWidth", id="width-nan"),
        pytest.param({"WindowWidth": b"wide"}, 0, "WindowWidth", id="width-text"),
        pytest.param({"WindowCenter": b"inf"}, 0, "WindowCenter", id="center-infinite"),
        pytest.param({"WindowCenter": b"1\\2"}, 1, "WindowCenter has 2", id="unequal-numbers"),
        pytest.param({"WindowWidth": None}, 0, "WindowWidth 0", id="width-missing"),
        pytest.param({"VOILUTFunction": b"CUBIC"}, 1, "VOILUTFunction", id="unknown-function"),
    ],
)
def test_an_impossible_window_is_left_out_and_named(tmp_path, attributes, windows, word):
    given = {"WindowCenter": b"40", "WindowWidth": b"400"} | attributes

    description = described(tmp_path, image(**given))

    assert len(description.voi_choices) == windows
    assert word in told(description)


def test_a_width_below_one_is_exact_and_said(tmp_path):
    description = described(tmp_path, image(WindowCenter=b"0.5", WindowWidth=b"0.25"))

    assert description.voi_choices[0].window.function is WindowFunction.LINEAR_EXACT
    assert "below the 1" in told(description)


@pytest.mark.parametrize(
    ("descriptor", "data", "entries", "bits", "word"),
    [
        pytest.param([9, 0, 16], FOUR, 4, 16, "promises 9 entries", id="too-few-entries"),
        pytest.param([4, 0, 1], FOUR, 4, 2, "says 1 bits", id="too-few-bits"),
        pytest.param([4, 0, 99], FOUR, None, 0, "LUTDescriptor", id="impossible-bits"),
        pytest.param([4, 0], FOUR, None, 0, "LUTDescriptor", id="two-values"),
        pytest.param([4, 0, 16], b"", None, 0, "LUTData", id="no-data"),
    ],
)
def test_a_lut_that_lies_is_survived_and_told(tmp_path, descriptor, data, entries, bits, word):
    description = described(tmp_path, put_lut(image(), "VOILUTSequence", descriptor, data))

    tables = [choice.lut for choice in description.voi_choices]
    assert [(len(table.entries), table.bits) for table in tables] == (
        [] if entries is None else [(entries, bits)]
    )
    assert word in told(description)


@pytest.mark.parametrize(
    ("photometric", "shape", "inverse", "given", "contradiction"),
    [
        ("MONOCHROME1", None, False, False, False),
        ("MONOCHROME1", "INVERSE", True, True, False),
        ("MONOCHROME2", "IDENTITY", False, True, False),
        ("MONOCHROME1", "IDENTITY", False, True, True),
        ("MONOCHROME2", "INVERSE", True, True, True),
    ],
)
def test_presentation_shape(tmp_path, photometric, shape, inverse, given, contradiction):
    source = image(PhotometricInterpretation=photometric, PresentationLUTShape=shape)

    description = described(tmp_path, source)

    assert (description.presentation.inverse, description.presentation.shape_given) == (
        inverse, given,
    )  # fmt: skip
    assert ("contradicts" in told(description)) is contradiction


def test_a_presentation_lut_sequence_is_read(tmp_path):
    source = image(PresentationLUTSequence=[lut_item([4, 0, 12], FOUR)])

    assert described(tmp_path, source).presentation.lut.bits == 12
