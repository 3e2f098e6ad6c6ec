"""Where the frames of multi-frame objects lie (rules 40, 59-61)."""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.data import AXIAL, CORONAL, ct_dataset, dataset, set_pixels, write_dataset
from tests.dicom.enhanced import enhanced
from viewer.dicom.frame_geometry import geometry_of, needs_geometry, read_frame_geometry
from viewer.dicom.header import read_header
from viewer.dicom.source import FileRef

REF = FileRef(b"/nowhere")


def names(geometry):
    return {d.name: d.values.tolist() for d in geometry.dimensions if len(set(d.values)) > 1}


def test_the_per_frame_macro_goes_before_the_shared_one():
    made = enhanced([{"position": (0, 0, 1)}, {"position": (0, 0, 2), "orientation": CORONAL}])

    geometry = geometry_of(made, REF)

    assert geometry.positions.tolist() == [[0, 0, 1], [0, 0, 2]]
    assert geometry.orientations.tolist() == [list(AXIAL), list(CORONAL)]
    assert geometry.placed


def test_frames_without_a_group_have_no_place():
    made = enhanced([{"position": (0, 0, 1)}, {"position": (0, 0, 2)}])
    made.NumberOfFrames = 4

    geometry = geometry_of(made, REF)

    assert np.isnan(geometry.positions[2:]).all()


def test_broken_positions_are_no_place():
    made = enhanced([{"PlanePositionSequence": {"SliceLocation": 3}}, {"position": (1, 2, 3)}])
    made.PerFrameFunctionalGroupsSequence[1].PlanePositionSequence[0].ImagePositionPatient = [1, 2]

    assert np.isnan(geometry_of(made, REF).positions).all()


def test_what_differs_is_read_from_its_macro():
    made = enhanced(
        [
            {
                "position": (0, 0, 0),
                "content": {"TemporalPositionIndex": frame, "StackID": "A"},
                "MREchoSequence": {"EffectiveEchoTime": 10.0 * frame},
                "MRDiffusionSequence": {"DiffusionBValue": 500.0 * frame},
            }
            for frame in (1, 2)
        ]
    )

    geometry = geometry_of(made, REF)

    assert names(geometry) == {"TE": [10, 20], "b": [500, 1000], "time": [1, 2]}
    assert geometry.stacks.tolist() == [0, 0]


def test_stack_ids_are_numbered():
    made = enhanced(
        [{"position": (0, 0, z), "content": {"StackID": s}} for z, s in enumerate("AABB")]
    )

    assert geometry_of(made, REF).stacks.tolist() == [0, 0, 1, 1]


def test_a_stack_for_every_frame_is_no_stack():
    made = enhanced([{"position": (0, 0, z), "content": {"StackID": str(z)}} for z in range(5)])

    assert geometry_of(made, REF).stacks.tolist() == [0] * 5


def test_dimension_indices_beyond_place_are_kept():
    content = [{"DimensionIndexValues": [1, frame, 3 - frame]} for frame in (1, 2)]
    made = enhanced(
        [{"position": (0, 0, 0), "content": c} for c in content],
        pointers=(0x00209056, 0x00209057, 0x00200242),  # stack, in-stack position, a UID
    )

    assert list(names(geometry_of(made, REF)).values()) == [[2, 1]]


def test_frame_types_are_told_by_what_differs():
    made = enhanced(
        [
            {"MRImageFrameTypeSequence": {"FrameType": ["ORIGINAL", "PRIMARY", "M", kind]}}
            for kind in ("IN_PHASE", "OUT_OF_PHASE")
        ]
    )

    kind = geometry_of(made, REF).dimensions[0]

    assert kind.word(2.0) == "OUT_OF_PHASE"


def nuclear(**attributes):
    made = ct_dataset(
        Modality="NM",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.20",
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        **attributes,
    )
    return set_pixels(made, np.zeros((3, 4, 4), np.int16))


# C.8.4.15: Spacing Between Slices may be negative, against the normal.
@pytest.mark.parametrize(("step", "heights"), [(4, [5, 9, 13]), (-4, [5, 1, -3])])
def test_slices_of_nuclear_medicine_step_along_the_normal(step, heights):
    made = nuclear(SliceVector=[1, 2, 3], SpacingBetweenSlices=step)
    made.DetectorInformationSequence = [
        dataset(ImagePositionPatient=[0.0, 0.0, 5.0], ImageOrientationPatient=list(AXIAL))
    ]

    assert geometry_of(made, REF).positions[:, 2].tolist() == heights


def test_views_of_nuclear_medicine_have_no_place_but_dimensions():
    made = nuclear(DetectorVector=[1, 1, 2], AngularViewVector=[1, 2, 1])

    geometry = geometry_of(made, REF)

    assert not geometry.placed
    assert names(geometry) == {"detector": [1, 1, 2], "view": [1, 2, 1]}


# C.8.8.3.2: offsets relative to the first plane, or z itself.
@pytest.mark.parametrize("offsets", [[0.0, 2.5, 5.0], [100.0, 102.5, 105.0]])
def test_dose_planes_lie_at_their_offsets(offsets):
    made = ct_dataset(Modality="RTDOSE", position=(0, 0, 100), GridFrameOffsetVector=offsets)
    set_pixels(made, np.zeros((3, 4, 4), np.uint16))

    assert geometry_of(made, REF).positions[:, 2].tolist() == [100, 102.5, 105]


@pytest.mark.parametrize(
    ("made", "needed"),
    [
        pytest.param(enhanced([{"position": (0, 0, 0)}]), True, id="enhanced-single-frame"),
        pytest.param(ct_dataset(), False, id="classic"),
        pytest.param(nuclear(FrameIncrementPointer=[0x00540080]), True, id="slice-vector"),
        pytest.param(nuclear(FrameIncrementPointer=0x00181063), False, id="frame-time"),
        pytest.param(nuclear(), False, id="no-pointer"),
        pytest.param(
            enhanced([{}], SOPClassUID="1.2.840.10008.5.1.4.1.1.77.1.6"), False, id="slide"
        ),
    ],
)
def test_which_files_are_opened_for_it(tmp_path, made, needed):
    path = write_dataset(tmp_path / "a.dcm", made)

    assert needs_geometry(read_header(FileRef(os.fsencode(path)))) is needed


def test_reading_a_file_gives_the_same(tmp_path):
    path = write_dataset(tmp_path / "a.dcm", enhanced([{"position": (1, 2, 3)}]))
    ref = FileRef(os.fsencode(path))

    geometry = read_frame_geometry(ref)

    assert geometry.ref == ref
    assert geometry.positions.tolist() == [[1, 2, 3]]
