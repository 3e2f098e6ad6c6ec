"""Real World Value Mapping for the read-out (PS3.3 C.7.6.16.2.11, rule 23)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.dicom.light_data import described, image, told

LINEAR = {
    "RealWorldValueFirstValueMapped": 10,
    "RealWorldValueLastValueMapped": 20,
    "RealWorldValueSlope": 0.5,
    "RealWorldValueIntercept": -1.0,
    "LUTLabel": "RCBF",
    "MeasurementUnitsCodeSequence": [{"CodeValue": "ml/min", "CodeMeaning": "millilitre"}],
}


def mapping_of(tmp_path, **changes):
    item = {key: value for key, value in (LINEAR | changes).items() if value is not None}
    description = described(tmp_path, image(RealWorldValueMappingSequence=[item]))
    return description, next(iter(description.real_world), None)


@pytest.mark.parametrize(
    ("stored", "value"), [(9, None), (10, 4.0), (20, 9.0), (21, None), (float("nan"), None)]
)
def test_a_linear_mapping_covers_its_range(tmp_path, stored, value):
    _, mapping = mapping_of(tmp_path)

    assert mapping.value_of(stored) == value
    assert (mapping.unit, mapping.label) == ("ml/min", "RCBF")


@pytest.mark.parametrize(("stored", "value"), [(10, 1.5), (12, 3.5), (13, None)])
def test_a_table_goes_before_slope_and_intercept(tmp_path, stored, value):
    _, mapping = mapping_of(tmp_path, RealWorldValueLUTData=[1.5, 2.5, 3.5])

    assert mapping.value_of(stored) == value


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"RealWorldValueSlope": None}, "RealWorldValueSlope"),
        ({"RealWorldValueFirstValueMapped": 30}, "RealWorldValueFirstValueMapped"),
        ({"RealWorldValueLastValueMapped": None}, "RealWorldValueFirstValueMapped"),
    ],
)
def test_a_broken_mapping_is_left_out_and_told(tmp_path, changes, word):
    description, mapping = mapping_of(tmp_path, **changes)

    assert mapping is None
    assert word in told(description)


def test_the_frame_s_mapping_goes_before_the_shared_one_and_leaves_the_window_alone(tmp_path):
    groups = {
        "SharedFunctionalGroupsSequence": [{"RealWorldValueMappingSequence": [LINEAR]}],
        "PerFrameFunctionalGroupsSequence": [
            {"RealWorldValueMappingSequence": [LINEAR | {"RealWorldValueSlope": 3.0}]},
            {},
        ],
    }
    source = image(np.zeros((2, 4, 4), np.uint16), **groups)

    first, second = described(tmp_path, source, 0), described(tmp_path, source, 1)

    assert (first.real_world[0].slope, second.real_world[0].slope) == (3.0, 0.5)
    assert first.transform.slope == 1
