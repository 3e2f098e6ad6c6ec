"""Palettes of a file (PS3.3 C.7.6.3.1.5, C.7.9.2, C.8.16.2.1.1.1; rules 25 to 27)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.dicom.light_data import described, image, put_palette, told
from viewer.dicom.palettes import expand_segments

INDICES = np.arange(64, dtype=np.uint8).reshape(8, 8)


def palette_image(descriptor, data, *, segmented=False, **attributes):
    attributes = {"PhotometricInterpretation": "PALETTE COLOR"} | attributes
    source = image(INDICES, **attributes)
    put_palette(source, descriptor, data, segmented)
    return source


@pytest.mark.parametrize(
    ("descriptor", "data", "entries"),
    [
        pytest.param([3, 0, 16], b"\x00\x01\x00\x80\xff\xff", [0x100, 0x8000, 0xFFFF], id="16"),
        pytest.param([3, 5, 8], b"\x01\x80\xff\x00", [0x101, 0x8080, 0xFFFF], id="8-packed"),
        pytest.param([2, 0, 8], b"\x01\x00\xff\x00", [0x101, 0xFFFF], id="8-in-words"),
        pytest.param([2, 0, 12], b"\xff\x0f\x01\x00", [0xFFF0, 0x10], id="12"),
    ],
)
def test_entries_are_scaled_to_16_bits(tmp_path, descriptor, data, entries):
    palette = described(tmp_path, palette_image(descriptor, data)).palette

    assert palette.red.tolist() == entries
    assert palette.first_mapped == descriptor[1]
    assert not palette.supplemental


@pytest.mark.parametrize(
    ("descriptor", "data", "word", "usable"),
    [
        pytest.param([9, 0, 16], b"\0\x01\0\x02", "promises 9 entries", True, id="short"),
        pytest.param(
            [4, 0, 16], b"", "RedPaletteColorLookupTableData is missing", False, id="none"
        ),
        pytest.param([4, 0], b"\0" * 8, "RedPaletteColorLookupTableDescriptor", False, id="bad"),
        pytest.param([4, 0, 16], b"\1\0\2\0\3\0\4\0", "holds bytes", True, id="bytes-as-16"),
    ],
)
def test_a_palette_that_lies_is_told(tmp_path, descriptor, data, word, usable):
    description = described(tmp_path, palette_image(descriptor, data))

    assert (description.palette is not None) is usable
    assert word in told(description)


def test_a_missing_palette_is_told(tmp_path):
    description = described(tmp_path, image(INDICES, PhotometricInterpretation="PALETTE COLOR"))

    assert description.palette is None
    assert "shown as gray" in told(description)


@pytest.mark.parametrize(
    ("presentation", "supplemental"), [("COLOR", True), ("MIXED", True), ("MONOCHROME", None)]
)
def test_pixel_presentation_makes_a_palette_supplemental(tmp_path, presentation, supplemental):
    source = palette_image(
        [3, 9, 16], b"\0\x01" * 3,
        PhotometricInterpretation="MONOCHROME2", PixelPresentation=presentation,
    )  # fmt: skip

    palette = described(tmp_path, source).palette

    assert (palette and palette.supplemental) is supplemental


# C.7.9.2.1 discrete, .2 linear, .3 indirect segments.
@pytest.mark.parametrize(
    ("data", "count", "wide", "entries"),
    [
        pytest.param([0, 3, 5, 6, 7], 3, False, [5, 6, 7], id="discrete"),
        pytest.param([0, 1, 0, 1, 4, 8], 5, False, [0, 2, 4, 6, 8], id="linear"),
        pytest.param([0, 1, 9, 1, 3, 0], 4, False, [9, 6, 3, 0], id="linear-down"),
        pytest.param(
            [0, 2, 1, 2, 1, 2, 4, 2, 2, 0, 0, 0, 0], 8, False, [1, 2, 3, 4, 1, 2, 3, 4],
            id="indirect-8-bit",
        ),
        pytest.param(
            [0, 2, 1, 2, 1, 2, 4, 2, 1, 8, 0], 6, True, [1, 2, 3, 4, 4, 4], id="indirect-by-bytes"
        ),
        pytest.param([0, 3, 5, 6, 7], 2, False, [5, 6], id="more-than-promised"),
        pytest.param([0, 2, 5, 6, 0], 2, False, [5, 6], id="padding-byte"),
    ],
)  # fmt: skip
def test_segments_expand(data, count, wide, entries):
    assert expand_segments(data, count, wide=wide).tolist() == entries


@pytest.mark.parametrize(
    "data",
    [
        pytest.param([1, 4, 8], id="linear-first"),
        pytest.param([0, 9, 5], id="cut"),
        pytest.param([7, 1, 0], id="unknown"),
        pytest.param([0, 1, 5, 2, 2, 3, 0, 0, 0], id="points-at-itself"),
    ],
)
def test_damaged_segments_are_refused(data):
    with pytest.raises(ValueError, match="segment"):
        expand_segments(data, 100, wide=False)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_segmented_palette_from_a_file(tmp_path, bits):
    segments = np.array([0, 1, 0, 1, 2, 200 if bits == 8 else 60000])
    data = segments.astype("u1" if bits == 8 else "<u2").tobytes()

    palette = described(tmp_path, palette_image([3, 0, bits], data, segmented=True)).palette

    assert palette.red.tolist() == ([0, 25700, 51400] if bits == 8 else [0, 30000, 60000])
