"""Files whose attributes lie: describing them never fails and names what lied.

T25: the wrong-but-silent cases, in which other readers give an image and not one word.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from viewer.core.image import FrameDescription
from viewer.core.light import DisplayChoice, to_light
from viewer.core.trace import explain
from viewer.dicom.datasets.dataset import open_file
from viewer.dicom.description.describe import describe_frame
from viewer.dicom.files.source import FileRef
from viewer.errors import ViewerError

NAMED = {
    "E07_stored_gt_allocated": "BitsStored",
    "E08_highbit_gt_allocated": "HighBit",
    "E09_spp_3_mono": "PhotometricInterpretation",
    "E10_pixelrep_2": "PixelRepresentation",
    "E11_photometric_bad": "PhotometricInterpretation",
    "E11_photometric_none": "PhotometricInterpretation",
    "E17_palette_no_data": "RedPaletteColorLookupTableData",
    "E17_palette_short": "RedPaletteColorLookupTableData",
    "E17_palette_bits_255": "RedPaletteColorLookupTableDescriptor",
    "E17_palette_first_65535": "RedPaletteColorLookupTableDescriptor",
    "E17_palette_desc_vm1": "RedPaletteColorLookupTableDescriptor",
    "E18_rescale_bad": "RescaleSlope",
    "E18_rescale_nan": "RescaleSlope",
    "E19_window_0": "WindowWidth",
    "E19_window__1": "WindowWidth",
    "E19_window_nan": "WindowWidth",
    "E19_window_1e300": "WindowWidth",
    "E19_window_1_2_3": "WindowWidth",
    "E19_window_empty": "WindowWidth",
    "E20_spacing_zero": "PixelSpacing",
    "E20_spacing_negative": "PixelSpacing",
    "E20_spacing_one": "PixelSpacing",
    "E21_iop_zero": "ImageOrientationPatient",
    "E21_iop_five": "ImageOrientationPatient",
    "E21_iop_not_unit": "ImageOrientationPatient",
    "E22_overlay_huge": "Overlay",
    "E22_overlay_in_pixel": "Overlay",
    "E26_voi_lut_empty": "LUTData",
    "E29_aspect_zero": "PixelAspectRatio",
    "E31_perframe_short": "PerFrameFunctionalGroupsSequence",
    "H01_no_sop_uid": "SOPInstanceUID",
    "H02_uid_traversal": "SOPInstanceUID",
    "H06_study_dotdot": "StudyInstanceUID",
}


def described(path: Path) -> FrameDescription | None:
    try:
        return describe_frame(open_file(FileRef(os.fsencode(path))), 0)
    except ViewerError:
        return None  # refused before there was anything to describe


@pytest.mark.parametrize("case", NAMED)
def test_what_lied_is_named(corpus, case):
    description = described(corpus / f"{case}.dcm")

    assert description is not None
    assert NAMED[case] in " ".join(problem.what for problem in description.problems)


def test_nothing_that_can_be_opened_fails_to_be_described_shown_and_explained(corpus):
    manifest = json.loads((corpus / "manifest.json").read_text())
    paths = [corpus / case["path"] for case in manifest if case["path"].endswith(".dcm")]
    number = 0
    for path in paths:
        description = described(path) if path.is_file() else None
        if description is None:
            continue
        number += 1
        for stored in (np.zeros((2, 2), np.int16), np.full((2, 2), 255, np.uint8)):
            image = to_light(stored, description, DisplayChoice())
            assert image.dtype == np.uint8
            assert image.shape[:2] == (2, 2)
        voi = next(iter(description.voi_choices), None)
        if voi is not None:
            assert explain(description, DisplayChoice(), voi)

    assert number > 150
