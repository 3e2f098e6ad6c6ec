"""Plane, spacing with its source, and pixel shape (PS3.3 C.7.6.2, 10.7.1; rules 33, 43-48)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.dicom.light_data import described, image, told
from viewer.core.image import SpacingSource


def cosines(*values):
    return {"ImageOrientationPatient": list(values), "ImagePositionPatient": [1, 2, 3]}


@pytest.mark.parametrize(
    ("attributes", "spacing", "source"),
    [
        pytest.param({"PixelSpacing": [2, 1]}, (2, 1), SpacingSource.PATIENT, id="rows-first"),
        pytest.param(
            {"NominalScannedPixelSpacing": [2, 1]}, (2, 1), SpacingSource.PATIENT, id="scanned"
        ),
        pytest.param(
            {"Modality": "DX", "ImagerPixelSpacing": [0.2, 0.2]},
            (0.2, 0.2), SpacingSource.DETECTOR, id="detector",
        ),
        pytest.param(
            {"Modality": "DX", "ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.2, 0.2]},
            (0.2, 0.2), SpacingSource.DETECTOR, id="equal-is-not-calibrated",
        ),
        pytest.param(
            {"Modality": "DX", "ImagerPixelSpacing": [0.2, 0.2], "PixelSpacing": [0.15, 0.15]},
            (0.15, 0.15), SpacingSource.CALIBRATED, id="different-is-calibrated",
        ),
        pytest.param(
            {
                "Modality": "CT", "ImagerPixelSpacing": [3.2, 3.2], "PixelSpacing": [3.2, 3.2],
                **cosines(1, 0, 0, 0, 1, 0),
            },
            (3.2, 3.2), SpacingSource.PATIENT, id="a-slice-lies-in-the-patient",
        ),
        pytest.param(
            {"Modality": "XA", "PixelSpacing": [0.15, 0.15]},
            (0.15, 0.15), SpacingSource.UNKNOWN, id="projection-without-imager",
        ),
        pytest.param(
            {
                "Modality": "XA", "PixelSpacing": [0.1, 0.1],
                "PixelSpacingCalibrationType": "FIDUCIAL",
            },
            (0.1, 0.1), SpacingSource.CALIBRATED, id="fiducial",
        ),
        pytest.param(
            {
                "Modality": "MG", "ImagerPixelSpacing": [0.3, 0.3],
                "EstimatedRadiographicMagnificationFactor": 1.5,
            },
            (0.2, 0.2), SpacingSource.MAGNIFIED, id="magnification-factor",
        ),
        pytest.param(
            {
                "Modality": "XA", "ImagerPixelSpacing": [0.3, 0.3],
                "DistanceSourceToDetector": 1500, "DistanceSourceToPatient": 1000,
            },
            (0.2, 0.2), SpacingSource.MAGNIFIED, id="distances",
        ),
    ],
)  # fmt: skip
def test_spacing_and_where_it_is_from(tmp_path, attributes, spacing, source):
    found = described(tmp_path, image(**attributes)).spacing

    assert (found.row_mm, found.column_mm) == pytest.approx(spacing)
    assert found.source is source


@pytest.mark.parametrize("value", [b"0\\0", b"-1\\1", b"0.5", b"nan\\1", b"1\\1\\1", b"a\\b"])
def test_impossible_spacing_is_no_spacing_and_named(tmp_path, value):
    description = described(tmp_path, image(PixelSpacing=value))

    assert description.spacing is None
    assert "PixelSpacing" in told(description)


def region(delta_x=0.05, delta_y=0.05, unit=3):
    return {
        "PhysicalUnitsXDirection": unit, "PhysicalUnitsYDirection": unit,
        "PhysicalDeltaX": delta_x, "PhysicalDeltaY": delta_y,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("regions", "spacing"),
    [
        pytest.param([region(0.05, -0.02)], (0.2, 0.5), id="signs-are-directions"),
        pytest.param([region(), region(unit=4)], (0.5, 0.5), id="a-time-region-beside"),
        pytest.param([region(), region(0.1, 0.1)], None, id="two-scales"),
        pytest.param([region(0.0)], None, id="zero"),
    ],
)
def test_ultrasound_regions(tmp_path, regions, spacing):
    found = described(tmp_path, image(SequenceOfUltrasoundRegions=regions)).spacing

    assert (found and (found.row_mm, found.column_mm)) == (spacing and pytest.approx(spacing))


@pytest.mark.parametrize(
    ("attributes", "aspect"),
    [
        pytest.param({}, 1, id="none"),
        pytest.param({"PixelAspectRatio": [4, 3]}, 4 / 3, id="vertical-by-horizontal"),
        pytest.param({"PixelSpacing": [2, 1]}, 2, id="spacing"),
        pytest.param({"PixelSpacing": [1, 1], "PixelAspectRatio": [4, 3]}, 1, id="spacing-first"),
        pytest.param({"PixelAspectRatio": b"1"}, 1, id="single"),
        pytest.param({"PixelAspectRatio": b"0\\1"}, 1, id="zero"),
        pytest.param({"PixelAspectRatio": b"9999\\1"}, 1, id="absurd"),
    ],
)
def test_pixel_shape(tmp_path, attributes, aspect):
    assert described(tmp_path, image(**attributes)).pixel_aspect == pytest.approx(aspect)


def test_plane_is_normalised(tmp_path):
    source = image(**cosines(1.01, 0, 0, 0.01, 0.99, 0), PixelSpacing=[2, 1])

    plane = described(tmp_path, source).plane

    assert np.dot(plane.row_direction, plane.column_direction) == pytest.approx(0)
    assert np.linalg.norm(plane.column_direction) == pytest.approx(1)
    assert plane.spacing_mm == (2, 1)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"0\\0\\0\\0\\0\\0", id="zero"),
        pytest.param(b"1\\0\\0\\0\\1", id="five-values"),
        pytest.param(b"1\\0\\0\\1\\0\\0", id="parallel"),
        pytest.param(b"2\\0\\0\\0\\2\\0", id="not-unit"),
        pytest.param(b"1\\0\\0\\0\\nan\\0", id="nan"),
        pytest.param(b"1\\0\\0\\0\\x\\0", id="text"),
    ],
)
def test_impossible_cosines_give_no_plane_and_are_named(tmp_path, value):
    description = described(tmp_path, image(ImageOrientationPatient=value))

    assert description.plane is None
    assert "ImageOrientationPatient" in told(description)


def test_an_orientation_without_position_or_spacing_still_gives_directions(tmp_path):
    source = image(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])

    plane = described(tmp_path, source).plane

    assert plane.row_direction == (1, 0, 0)
    assert np.isnan(plane.origin_mm).all()
    assert np.isnan(plane.spacing_mm).all()


@pytest.mark.parametrize(
    ("value", "found"), [(["A", "FL"], ("A", "FL")), (["A"], None), (["A", ""], ("A", ""))]
)
def test_patient_orientation(tmp_path, value, found):
    assert described(tmp_path, image(PatientOrientation=value)).patient_orientation == found


# C.7.6.1.1.1: both name the same directions where both are there.
@pytest.mark.parametrize(
    ("value", "contradicts"),
    [
        pytest.param(["L", "P"], False, id="same"),
        pytest.param(["LA", "P"], False, id="compound"),
        pytest.param(["", "P"], False, id="half-unknown"),
        pytest.param(["LE", "V"], False, id="words-of-a-quadruped"),
        pytest.param(["R", "P"], True, id="mirrored"),
        pytest.param(["L", "F"], True, id="another-plane"),
    ],
)
def test_contradicting_orientations_are_told(tmp_path, value, contradicts):
    source = image(ImageOrientationPatient=[1, 0, 0, 0, 1, 0], PatientOrientation=value)

    assert ("contradicts" in told(described(tmp_path, source))) is contradicts
