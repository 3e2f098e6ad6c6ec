"""Sequence of Ultrasound Regions into plain regions (PS3.3 C.8.5.5, rules 48 and 49)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.dicom.light_data import described, image, told
from viewer.core.regions import Axis, Region

REGION = {
    "RegionLocationMinX0": 10,
    "RegionLocationMinY0": 20,
    "RegionLocationMaxX1": 59,
    "RegionLocationMaxY1": 39,
    "RegionFlags": 1,
    "PhysicalUnitsXDirection": 4,
    "PhysicalUnitsYDirection": 7,
    "PhysicalDeltaX": 0.01,
    "PhysicalDeltaY": -2.5,
    "ReferencePixelX0": 0,
    "ReferencePixelY0": 8,
    "ReferencePixelPhysicalValueX": 1.5,
}


def regions_of(tmp_path, *items):
    source = image(np.zeros((64, 64), np.uint8), SequenceOfUltrasoundRegions=list(items))
    description = described(tmp_path, source)
    return description, description.regions


def test_place_units_sign_and_reference(tmp_path):
    _, regions = regions_of(tmp_path, REGION)

    across, down = Axis("s", 0.01, 0, 1.5), Axis("cm/s", -2.5, 8, 0.0)
    assert regions == (Region(10, 20, 59, 39, True, across, down),)


@pytest.mark.parametrize(
    ("changes", "axis"),
    [
        pytest.param({"PhysicalUnitsXDirection": 0}, Axis("", 0.01, 0, 1.5), id="no-unit"),
        pytest.param({"PhysicalUnitsXDirection": 99}, Axis("", 0.01, 0, 1.5), id="unknown-unit"),
        pytest.param({"PhysicalDeltaX": 0.0}, Axis("", 0.0, 0, 1.5), id="no-delta"),
        pytest.param({"ReferencePixelX0": None}, Axis("s", 0.01, None, 1.5), id="no-reference"),
    ],
)
def test_what_is_missing_measures_nothing(tmp_path, changes, axis):
    item = {key: value for key, value in (REGION | changes).items() if value is not None}

    _, (region,) = regions_of(tmp_path, item)

    assert region.across == axis


@pytest.mark.parametrize("changes", [{"RegionLocationMaxX1": 3}, {"RegionLocationMinY0": None}])
def test_a_region_without_a_place_is_told_and_left_out(tmp_path, changes):
    item = {key: value for key, value in (REGION | changes).items() if value is not None}

    description, regions = regions_of(tmp_path, item, REGION)

    assert len(regions) == 1
    assert "SequenceOfUltrasoundRegions has a region without a usable place" in told(description)
