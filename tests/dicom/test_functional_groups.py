"""Per-frame, then shared, then root, macro by macro (PS3.3 C.7.6.16; rules 22 and 60)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.dicom.light_data import described, image, told

STACK = np.zeros((3, 4, 4), np.uint16)


def voi(center):
    return {"FrameVOILUTSequence": [{"WindowCenter": center, "WindowWidth": 100}]}


def measures(**attributes):
    return {"PixelMeasuresSequence": [attributes]}


def windows(tmp_path, frame, **groups):
    return [
        choice.window.center
        for choice in described(tmp_path, image(STACK, **groups), frame).voi_choices
    ]


@pytest.mark.parametrize(("frame", "center"), [(0, 10), (1, 20), (2, 30)])
def test_each_frame_has_its_own_window(tmp_path, frame, center):
    groups = {"PerFrameFunctionalGroupsSequence": [voi(10), voi(20), voi(30)]}

    assert windows(tmp_path, frame, **groups) == [center]


def test_the_frame_s_group_goes_before_the_shared_one_and_that_before_the_root(tmp_path):
    groups = {
        "WindowCenter": 1,
        "WindowWidth": 100,
        "SharedFunctionalGroupsSequence": [voi(5)],
        "PerFrameFunctionalGroupsSequence": [voi(10), {}, {}],
    }

    assert windows(tmp_path, 0, **groups) == [10]
    assert windows(tmp_path, 1, **groups) == [5]
    del groups["SharedFunctionalGroupsSequence"]
    assert windows(tmp_path, 1, **groups) == [1]


def test_a_macro_is_taken_whole(tmp_path):
    """The frame's Pixel Measures without a spacing hide the shared spacing."""
    source = image(
        STACK,
        SharedFunctionalGroupsSequence=[measures(PixelSpacing=[1, 2], SliceThickness=5)],
        PerFrameFunctionalGroupsSequence=[measures(SliceThickness=9), {}, {}],
    )

    first, second = described(tmp_path, source, 0), described(tmp_path, source, 1)

    assert first.spacing is None
    assert first.facts["SliceThickness"] == "9.0"
    assert (second.spacing.row_mm, second.spacing.column_mm) == (1, 2)
    assert second.facts["SliceThickness"] == "5.0"


def test_short_per_frame_groups_are_told(tmp_path):
    source = image(
        STACK,
        SharedFunctionalGroupsSequence=[voi(5)],
        PerFrameFunctionalGroupsSequence=[voi(10)],
    )

    description = described(tmp_path, source, 2)

    assert description.voi_choices[0].window.center == 5
    assert "PerFrameFunctionalGroupsSequence has no item for frame 3" in told(description)


def test_place_and_rescale_come_from_the_groups(tmp_path):
    frame = {
        "PlanePositionSequence": [{"ImagePositionPatient": [1, 2, 3]}],
        "PlaneOrientationSequence": [{"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]}],
        "PixelValueTransformationSequence": [
            {"RescaleSlope": 2, "RescaleIntercept": -7, "RescaleType": "US"}
        ],
    }
    source = image(STACK, PerFrameFunctionalGroupsSequence=[{}, frame, {}])

    description = described(tmp_path, source, 1)

    assert description.plane.origin_mm == (1, 2, 3)
    assert description.plane.column_direction == (0, 0, -1)
    assert (description.transform.slope, description.transform.unit) == (2, "US")
    assert described(tmp_path, source, 0).plane is None
