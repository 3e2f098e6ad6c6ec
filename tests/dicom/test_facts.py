"""The words on the image hold for the frame that is shown."""

from __future__ import annotations

import numpy as np

from tests.dicom.light_data import described, image
from viewer.core.annotation_keywords import ANNOTATION_KEYWORDS

STACK = np.zeros((2, 4, 4), np.uint16)


def test_values_are_as_the_file_writes_them_and_nothing_else_is_there(tmp_path):
    facts = described(
        tmp_path, image(PatientName="Yamada^Tarou", StudyDate="20260102", PatientID="")
    ).facts

    assert facts["PatientName"] == "Yamada^Tarou"
    assert facts["StudyDate"] == "20260102"
    assert set(facts) <= set(ANNOTATION_KEYWORDS)
    assert "PatientID" not in facts


def test_names_are_in_their_character_set(tmp_path):
    source = image(SpecificCharacterSet="ISO_IR 144", PatientName="Люкceмбypг")

    assert described(tmp_path, source).facts["PatientName"] == "Люкceмбypг"


def test_a_code_is_its_meaning(tmp_path):
    source = image(ViewCodeSequence=[{"CodeValue": "R-1", "CodeMeaning": "cranio-caudal"}])

    assert described(tmp_path, source).facts["ViewCodeSequence"] == "cranio-caudal"


def test_the_frame_s_own_value_goes_first(tmp_path):
    source = image(
        STACK,
        DiffusionBValue=5.0,
        PerFrameFunctionalGroupsSequence=[
            {"MRDiffusionSequence": [{"DiffusionBValue": 0.0}]},
            {"MRDiffusionSequence": [{"DiffusionBValue": 1000.0}]},
        ],
    )

    values = [described(tmp_path, source, frame).facts["DiffusionBValue"] for frame in (0, 1)]

    assert values == ["0", "1000"]


def test_the_tracer_is_found_in_its_sequence(tmp_path):
    source = image(
        RadiopharmaceuticalInformationSequence=[
            {"Radiopharmaceutical": "FDG", "RadionuclideTotalDose": 3.7e8}
        ]
    )

    assert described(tmp_path, source).facts["Radiopharmaceutical"] == "FDG"
