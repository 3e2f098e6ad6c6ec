"""The Image Pixel module made consistent, padding, lossy history (PS3.3 C.7.6.3, C.7.5.1.1.2)."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.dicom.light_data import RAMP, described, image, put_raw, told
from viewer.core.image import Lossy, PaddingRange
from viewer.dicom.datasets.attributes import Attributes, Notes
from viewer.dicom.datasets.dataset import open_file
from viewer.dicom.description.describe import describe_frame
from viewer.dicom.description.describe_pixels import describe_lossy
from viewer.dicom.files.source import FileRef


@pytest.mark.parametrize(
    ("attributes", "field", "value", "word"),
    [
        pytest.param({"HighBit": 200}, "high_bit", 15, "HighBit is 200", id="high-bit-200"),
        pytest.param({"HighBit": 3}, "high_bit", 15, "HighBit is 3", id="high-bit-too-low"),
        pytest.param({"BitsStored": 40}, "bits_stored", 16, "BitsStored is 40", id="bits-stored"),
        pytest.param({"BitsStored": 0}, "bits_stored", 16, "BitsStored is 0", id="bits-stored-0"),
        pytest.param({"BitsAllocated": 0}, "bits_allocated", 16, "BitsAllocated", id="allocated"),
        pytest.param({"PixelRepresentation": 7}, "signed", False, "PixelRepresentation", id="sign"),
        pytest.param({"SamplesPerPixel": 9}, "samples_per_pixel", 1, "SamplesPerPixel", id="nine"),
        pytest.param(
            {"PhotometricInterpretation": "RGB"},
            "photometric_interpretation", "MONOCHROME2", "RGB does not go with", id="rgb-of-one",
        ),
        pytest.param(
            {"PhotometricInterpretation": "CIELAB"},
            "photometric_interpretation", "MONOCHROME2", "not a known term", id="unknown",
        ),
        pytest.param({"Rows": None}, "rows", 0, "Rows is missing", id="no-rows"),
    ],
)  # fmt: skip
def test_contradictions_are_repaired_and_named(tmp_path, attributes, field, value, word):
    description = described(tmp_path, image(**attributes))

    assert getattr(description.pixel_format, field) == value
    assert word in told(description)


def test_honest_pixels_have_no_problems(tmp_path):
    description = described(tmp_path, image(RAMP, bits_stored=12))

    assert description.problems == ()
    assert (description.pixel_format.rows, description.pixel_format.high_bit) == (64, 11)


@pytest.mark.parametrize(
    ("pixels", "value", "limit", "padding"),
    [
        pytest.param(np.int16, -2000, None, PaddingRange(-2000, -2000), id="value"),
        pytest.param(np.int16, 63536, None, PaddingRange(-2000, -2000), id="signed-as-US"),
        pytest.param(np.uint16, 10, 5, PaddingRange(5, 10), id="range-either-way"),
        pytest.param(np.uint16, 65535, None, PaddingRange(65535, 65535), id="top"),
        pytest.param(np.uint8, 300, None, None, id="cannot-occur"),
    ],
)
def test_padding_is_in_stored_values(tmp_path, pixels, value, limit, padding):
    source = image(np.zeros((4, 4), pixels))
    put_raw(source, "PixelPaddingValue", (value & 0xFFFF).to_bytes(2, "little"), "US")
    if limit is not None:
        put_raw(source, "PixelPaddingRangeLimit", limit.to_bytes(2, "little"), "US")

    assert described(tmp_path, source).padding == padding


def test_colour_has_no_padding(tmp_path):
    source = image(np.zeros((4, 4, 3), np.uint8))
    put_raw(source, "PixelPaddingValue", b"\xff\0", "US")

    assert described(tmp_path, source).padding is None


def test_float_pixels_have_their_own_padding(tmp_path):
    source = image(np.zeros((4, 4), np.uint32), FloatPixelPaddingValue=-1.5)
    del source.PixelData
    source.add_new("FloatPixelData", "OF", np.zeros(16, "<f4").tobytes())

    description = described(tmp_path, source)

    assert description.padding == PaddingRange(-1.5, -1.5)
    assert description.pixel_format.value_type == "float"


@pytest.mark.parametrize(
    ("attributes", "lossy"),
    [
        pytest.param({}, None, id="never"),
        pytest.param({"LossyImageCompression": "00"}, None, id="no"),
        pytest.param(
            {
                "LossyImageCompression": "01",
                "LossyImageCompressionRatio": [10, 2.5],
                "LossyImageCompressionMethod": ["ISO_10918_1", "ISO_15444_1"],
            },
            Lossy((10, 2.5), ("ISO_10918_1", "ISO_15444_1")),
            id="twice",
        ),
        pytest.param({"LossyImageCompression": "01"}, Lossy(), id="bare"),
    ],
)
def test_lossy_history(tmp_path, attributes, lossy):
    assert described(tmp_path, image(**attributes)).lossy == lossy


# PS3.5 A.4: what a transfer syntax says of loss where the attributes are silent.
@pytest.mark.parametrize(
    ("syntax", "marked", "methods"),
    [
        ("1.2.840.10008.1.2.4.103", False, ("H.264",)),
        ("1.2.840.10008.1.2.4.100.1", False, ("MPEG-2",)),
        ("1.2.840.10008.1.2.4.91", False, None),
        ("1.2.840.10008.1.2.4.91", True, ("JPEG 2000",)),
        ("1.2.840.10008.1.2.1", True, ()),
    ],
)
def test_the_method_of_loss_follows_from_the_syntax_where_none_is_given(syntax, marked, methods):
    source = image(LossyImageCompression="01" if marked else "00")

    lossy = describe_lossy(Attributes(source, Notes("x")), syntax, Notes("x"))

    assert (lossy.methods if lossy else None) == methods


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "ratios", "about"),
    [
        ("multiframe/I_000001.dcm", 0, (20, 40)),
        ("multiframe/multiframe_camelyon_challenge_image.dcm", 1, None),
        ("single/CT_small.dcm", None, None),
    ],
)
def test_the_ratio_is_measured_where_a_coded_file_tells_none(shared_data, name, ratios, about):
    file = open_file(FileRef(os.fsencode(shared_data / name)))

    lossy = describe_frame(file, 0).lossy

    assert (len(lossy.ratios) if lossy else None) == ratios
    measured = lossy.measured if lossy else None
    assert (measured is None) is (about is None)
    assert about is None or about[0] < measured < about[1]
