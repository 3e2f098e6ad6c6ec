"""Order, spacing and letters of real series, as GDCM, PixelMed, dcm2niix and vtk-dicom say."""

from __future__ import annotations

import json
import os
import random

import numpy as np
import pytest

from viewer.core.orientation import edge_letters
from viewer.core.plane import ImagePlane
from viewer.core.stacking import normalised
from viewer.core.view import View
from viewer.dicom.frame_geometry import read_frame_geometry
from viewer.dicom.scan import scan
from viewer.dicom.source import FileRef
from viewer.library.afterwards import with_details
from viewer.library.catalog import Catalog

SERIES = [
    "ct-head-axial-140", "ct-head-axial-small-93", "ct-head-tilted-58", "ct-uneven-spacing-4",
    "mr-axial-oblique-bigendian-20", "mr-double-oblique-canon-vol2", "mr-feet-first-10x5",
    "mr-hitachi-oblique-4", "mr-inconsistent-orientation-4", "mr-localizer-3planes", "mr-mosaic",
    "mr-sagittal-j2k-4", "mr-sagittal-prone-3", "mr-timeseries-8x3",
]  # fmt: skip
# What dcm2niix and we understand differently, and why.
NIFTI_EXCEPTIONS = {
    "mr-mosaic": "dcm2niix takes the Siemens mosaic apart into 36 slices; we show it as stored",
}


@pytest.fixture(scope="module")
def reference(shared_data):
    return json.loads((shared_data / "reference" / "geometry.json").read_text())


@pytest.fixture(scope="module")
def stacks(shared_data):
    """Stacks of images by series folder."""
    found = {}
    for name in SERIES:
        catalog = Catalog()
        catalog.add(with_details(scan([shared_data / "series" / name])))
        found[name] = [s for series in catalog.series for s in series.stacks if s.is_image]
    return found


def names(stack):
    return [os.path.basename(ref.file.path).decode() for ref in stack.frames]


def test_every_series_of_the_reference_is_tested(reference):
    assert sorted(reference["series"]) == sorted(SERIES)


@pytest.mark.parametrize("name", SERIES)
def test_order_is_that_of_pixelmed(reference, stacks, name):
    """PixelMed orders a whole series along one normal: each of our stacks is a part of that."""
    order = {file: place for place, file in enumerate(reference["series"][name]["pixelmed_order"])}

    for stack in stacks[name]:
        places = [order[file] for file in names(stack)]
        assert places == sorted(places)


@pytest.mark.parametrize("name", SERIES)
def test_order_is_that_of_gdcm(reference, stacks, name):
    order = reference["series"][name]["gdcm_ipp_order"]
    if not isinstance(order, list):
        assert len(stacks[name]) > 1 or stacks[name][0].tilt_deg  # IPPSorter refuses these
        return

    assert [names(stack) for stack in stacks[name]] == [order]


@pytest.mark.parametrize("name", SERIES)
def test_every_file_is_in_one_stack(reference, stacks, name):
    shown = [file for stack in stacks[name] for file in names(stack)]

    assert len(shown) == len(set(shown)) == reference["series"][name]["files"]


@pytest.mark.parametrize("name", SERIES)
def test_positions_are_pixelmeds_distances(reference, stacks, name):
    said = reference["series"][name]
    distance = dict(zip(said["pixelmed_order"], said["pixelmed_distances"], strict=True))

    for stack in stacks[name]:
        expected = [distance[file] for file in names(stack)]
        assert stack.positions_mm == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("name", SERIES)
def test_stacks_are_the_volumes_of_dcm2niix(reference, stacks, name):
    if name in NIFTI_EXCEPTIONS:
        pytest.skip(NIFTI_EXCEPTIONS[name])
    volumes = []
    for volume in reference["series"][name]["dcm2niix"]:
        if "_Tilt" in volume["name"] or "_Eq" in volume["name"]:
            continue  # resampled
        size = volume["dim"]
        along = 0 if size[0] < size[1] == size[2] else 2  # one sagittal volume is turned to RAS
        volumes += [(size[along], volume["pixdim"][along])] * (*size, 1)[3]

    ours = [(len(stack.frames), stack.slice_spacing_mm) for stack in stacks[name]]

    assert sorted(n for n, _ in ours) == sorted(n for n, _ in volumes)
    for (_, mine), (_, theirs) in zip(sorted(ours), sorted(volumes), strict=True):
        assert mine == pytest.approx(theirs, rel=0.011)  # it takes the first step, we the usual one


def test_slice_spacing_is_that_of_vtk_dicom(reference, stacks):
    compared = 0
    for name, said in reference["series"].items():
        if len(stacks[name]) > 1 or len(stacks[name][0].frames) < 2 or stacks[name][0].missing:
            continue  # vtk-dicom averages over gaps and joins planes
        vtk = said["vtk_dicom_dicomtonifti"]
        assert stacks[name][0].slice_spacing_mm == pytest.approx(vtk["pixdim"][2], abs=1e-4)
        compared += 1

    assert compared == 8


def test_the_affine_runs_from_the_first_slice_to_the_last(reference, stacks):
    """dcm2niix's third column, in RAS, is our normal times our spacing, in LPS."""
    said = reference["series"]["ct-head-axial-140"]["dcm2niix"][0]
    (stack,) = stacks["ct-head-axial-140"]

    step = np.array([row[2] for row in said["sform"]]) * (-1, -1, 1)

    assert step[:3].tolist() == pytest.approx([0, 0, stack.slice_spacing_mm], abs=1e-4)


def test_the_tilted_series_has_the_tilt_dcm2niix_finds(stacks):
    (stack,) = stacks["ct-head-tilted-58"]

    assert stack.tilt_deg == pytest.approx(16.5, abs=0.01)


def test_the_missing_slice_of_the_uneven_series_is_found(stacks):
    (stack,) = stacks["ct-uneven-spacing-4"]

    assert stack.missing == 1
    assert stack.slice_spacing_mm == pytest.approx(5, abs=1e-3)


@pytest.mark.parametrize("name", SERIES)
def test_the_order_of_arrival_does_not_matter(shared_data, stacks, name):
    items = list(with_details(scan([shared_data / "series" / name])))
    random.Random(7).shuffle(items)
    catalog = Catalog()

    for start in range(0, len(items), 7):
        catalog.add(items[start : start + 7])
        for series in catalog.series:
            assert series.stacks  # looked at while it grows, as the window does

    found = [s for series in catalog.series for s in series.stacks if s.is_image]
    assert sorted(map(names, found)) == sorted(map(names, stacks[name]))
    assert sorted(s.label for s in found) == sorted(s.label for s in stacks[name])


@pytest.mark.parametrize("name", ["mr-inconsistent-orientation-4", "mr-localizer-3planes"])
def test_planes_are_those_pixelmed_names(reference, stacks, name):
    expected = {o["label"].lower(): o["images"] for o in reference["series"][name]["orientations"]}
    assert {stack.label: len(stack.frames) for stack in stacks[name]} == expected


def test_enhanced_frames_lie_where_pixelmed_says(reference, shared_data):
    compared = 0
    for name, said in reference["files"].items():
        frames = said["pixelmed"].get("frames", 1)
        if frames < 2:
            continue
        geometry = read_frame_geometry(FileRef(os.fsencode(shared_data / name)))
        directions = normalised(geometry.orientations)
        for frame, where in said["pixelmed"]["slices"].items():
            row = int(frame)
            _assert_lies_there(geometry.positions[row], directions[row], where)
            compared += 1

    assert compared > 30


def _assert_lies_there(position, directions, where):
    assert position.tolist() == pytest.approx(where["origin"], abs=2e-3)
    normal = np.cross(directions[:3], directions[3:])
    assert position @ normal == pytest.approx(where["dist_along_normal"], abs=5e-3)
    plane = ImagePlane(tuple(position), tuple(directions[:3]), tuple(directions[3:]), (1.0, 1.0))
    letters = edge_letters(plane, None, False, View())
    assert where["right"].startswith(letters.right)
    assert where["bottom"].startswith(letters.bottom)
    assert where["left"].startswith(letters.left)
    assert where["top"].startswith(letters.top)


@pytest.mark.parametrize(
    ("name", "stacks_of_frames"),
    [
        ("enhanced/siemens-xa-localizer-3-orientations.dcm", [[0], [1], [2]]),
        ("enhanced/mr_brucker.dcm", [[0, 1, 2, 3]]),
        ("enhanced/BRTUM001", [list(range(15))]),
        ("enhanced/jpeg2000-multiframe-multifragments.dcm", [list(range(19))]),
    ],
)
def test_enhanced_objects_make_these_stacks(shared_data, name, stacks_of_frames):
    catalog = Catalog()
    catalog.add(with_details(scan([shared_data / name])))

    (series,) = catalog.series

    assert [[ref.frame for ref in stack.frames] for stack in series.stacks] == stacks_of_frames
