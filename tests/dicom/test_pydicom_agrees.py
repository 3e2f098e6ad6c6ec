"""pydicom's own pixel processing as a second reference, over the files it comes with."""

from __future__ import annotations

import os

import numpy as np
import pydicom
import pytest
from pydicom.data import get_testdata_file
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_windowing

from tests.dicom.light_data import RAMP, described, image, put_lut, put_palette
from viewer.core.light import DisplayChoice, to_light
from viewer.core.modality import modality_values
from viewer.dicom.dataset import open_file
from viewer.dicom.describe import describe_frame
from viewer.dicom.source import FileRef

BUNDLED = ["CT_small.dcm", "MR_small.dcm", "rtdose.dcm", "examples_palette.dcm"]


def bundled(name):
    path = get_testdata_file(name, download=False)
    if path is None:
        pytest.skip(f"pydicom comes without {name}")
    description = describe_frame(open_file(FileRef(os.fsencode(path))), 0)
    return pydicom.dcmread(path), description


@pytest.mark.parametrize("name", ["CT_small.dcm", "MR_small.dcm", "rtdose.dcm"])
def test_modality_values_agree(name):
    source, description = bundled(name)
    stored = source.pixel_array

    ours = modality_values(stored, description.transform)

    assert np.array_equal(ours, apply_modality_lut(stored, source))


@pytest.mark.parametrize("function", ["LINEAR", "LINEAR_EXACT", "SIGMOID"])
@pytest.mark.parametrize(("center", "width"), [(600, 1600), (40, 20), (-100, 77.5)])
def test_windows_agree(tmp_path, function, center, width):
    signed = (RAMP.astype(np.int32) - 2048).astype(np.int16)
    source = image(signed, WindowCenter=center, WindowWidth=width, VOILUTFunction=function)
    description = described(tmp_path, source)

    ours = to_light(signed, description, DisplayChoice())
    theirs = (apply_windowing(signed, source) + 32768.0) / 65535.0 * 255.0

    assert np.abs(ours - theirs).max() <= 0.5 + 1e-6


def test_a_voi_lut_agrees(tmp_path):
    entries = (np.arange(2000) * 2).astype("<u2")
    source = put_lut(image(bits_stored=12), "VOILUTSequence", [2000, 500, 12], entries.tobytes())
    description = described(tmp_path, source)

    ours = to_light(RAMP, description, DisplayChoice())
    theirs = entries[np.clip(RAMP.astype(int) - 500, 0, 1999)] / 4095.0 * 255.0

    assert np.abs(ours - theirs).max() <= 0.5 + 1e-6


def test_palettes_agree():
    source, description = bundled("examples_palette.dcm")
    stored = source.pixel_array

    ours = to_light(stored, description, DisplayChoice())
    theirs = apply_color_lut(stored, source)

    assert np.array_equal(ours, theirs >> 8 if theirs.dtype == np.uint16 else theirs)


def test_segmented_palettes_agree(tmp_path):
    data = bytes([0, 2, 0, 10, 1, 100, 250, 0, 3, 9, 8, 7])
    stored = np.arange(100, dtype=np.uint8).reshape(10, 10)
    source = image(stored)
    source.PhotometricInterpretation = "PALETTE COLOR"
    put_palette(source, [105, 0, 8], data, segmented=True)
    description = described(tmp_path, source)

    ours = to_light(stored, description, DisplayChoice())

    assert np.array_equal(ours, apply_color_lut(stored, source))
