"""The words in the four corners: which, where, and what goes first when room is short."""

from __future__ import annotations

import pytest

from viewer.core.annotation import (
    ANNOTATION_KEYWORDS,
    Corners,
    Formats,
    Level,
    Line,
    Priority,
    Readout,
    Shown,
    breast_mark,
    corner_lines,
    fitting,
    moment,
)
from viewer.core.annotation_keywords import TECHNIQUE_KEYWORDS
from viewer.core.image import LookupTable, VoiChoice, VoiSource, Window, WindowFunction
from viewer.core.technique import technique_lines

FACTS = {
    "PatientName": "Doe^Jane",
    "PatientID": "12345",
    "PatientBirthDate": "19600131",
    "PatientSex": "F",
    "PatientAge": "064Y",
    "InstitutionName": "General Hospital",
    "StudyDescription": "CT chest with contrast in the arterial phase",
    "StudyID": "S1",
    "AccessionNumber": "A77",
    "AcquisitionDate": "20240501",
    "AcquisitionTime": "102030",
    "StudyDate": "20240430",
    "SeriesNumber": "4",
    "SeriesDescription": "Lung 1.0",
    "ContrastBolusAgent": "Iohexol",
    "SliceThickness": "1.0",
    "SliceLocation": "-123.50",
    "KVP": "120",
    "XRayTubeCurrent": "210",
    "ConvolutionKernel": "B30f",
}
VOI = VoiChoice("Abdomen", VoiSource.PRESET, Window(40, 350))


def texts(lines: tuple[Line, ...]) -> list[str]:
    return [line.text for line in lines]


def shown_of(**more: object) -> Shown:
    return Shown(index=4, count=120, voi=VOI, zoom=1.5, **more)


def test_all_words_of_a_ct():
    corners = corner_lines(FACTS, "CT", shown_of(slice_spacing_mm=0.7), Level.ALL)

    assert texts(corners.top_left) == ["Doe, Jane", "ID 12345", "born 1960-01-31", "female  64 y"]
    assert texts(corners.top_right) == [
        "General Hospital",
        "CT chest with contrast in the a…",
        "Study S1  Acc. A77",
        "2024-05-01  10:20:30",
    ]
    assert texts(corners.bottom_left) == [
        "Zoom 1.5×",
        "W 350 C 40  Abdomen (preset)",
        "Image 5/120",
    ]
    assert texts(corners.bottom_right) == [
        "120 kV  210 mA",
        "Kernel B30f",
        "Contrast Iohexol",
        "Thickness 1 mm  spacing 0.7 mm",
        "Location -123.5 mm",
        "Series 4  Lung 1.0",
    ]


def test_minimal_is_name_id_and_date():
    corners = corner_lines(FACTS, "CT", shown_of(), Level.MINIMAL)

    assert texts(corners.top_left) == ["Doe, Jane", "ID 12345"]
    assert texts(corners.top_right) == ["2024-05-01  10:20:30"]
    assert corners.bottom_left == corners.bottom_right == ()


def test_none_is_none():
    assert corner_lines(FACTS, "CT", shown_of(), Level.NONE) == Corners()


def test_no_value_no_line():
    corners = corner_lines({}, "CT", Shown(), Level.ALL)

    assert corners == Corners()


def test_hidden_identity_leaves_nothing_that_names_the_patient():
    corners = corner_lines(FACTS, "CT", shown_of(hide_identity=True), Level.ALL)

    words = " ".join(
        line.text for corner in (corners.top_left, corners.top_right) for line in corner
    )
    for secret in ("Doe", "12345", "1960", "A77", "S1", "General"):
        assert secret not in words
    assert "identity hidden" in words


def test_dates_by_another_format():
    formats = Formats(date=lambda raw: f"<{raw}>", time=lambda raw: "noon")

    corners = corner_lines(FACTS, "CT", shown_of(), Level.ALL, formats)

    assert "born <19600131>" in texts(corners.top_left)
    assert "<20240501>  noon" in texts(corners.top_right)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"StudyDate": "1", "ContentDate": "2", "ContentTime": "3"}, ("2", "3")),
        ({"StudyDate": "1", "SeriesTime": "9"}, ("1", "")),
        ({"AcquisitionDateTime": "20240501102030+0100"}, ("20240501", "102030")),
        ({}, ("", "")),
    ],
)
def test_moment_is_the_nearest_to_the_acquisition(facts, expected):
    assert moment(facts) == expected


@pytest.mark.parametrize(
    ("voi", "line"),
    [
        (VoiChoice("auto", VoiSource.PERCENTILE, Window(40, 350)), "W 350 C 40  (auto)"),
        (VoiChoice("", VoiSource.FILE_WINDOW, Window(40, 350)), "W 350 C 40  (file)"),
        (
            VoiChoice("x", VoiSource.FILE_WINDOW, Window(4, 5, WindowFunction.SIGMOID)),
            "W 5 C 4  sigmoid  x (file)",
        ),
        (
            VoiChoice("Dense", VoiSource.FILE_LUT, lut=LookupTable(None, 0, 8)),
            "LUT  Dense (file LUT)",
        ),
        (VoiChoice("as stored", VoiSource.FILE_WINDOW), None),
        (None, None),
    ],
)
def test_window_names_who_proposed_it(voi, line):
    corners = corner_lines({}, "CT", Shown(index=0, count=1, voi=voi), Level.ALL)

    assert texts(corners.bottom_left) == ([line] if line else []) + ["Image 1/1"]


@pytest.mark.parametrize(
    ("readout", "line"),
    [
        (Readout(119, 44, (981.0,), -43.0, "HU"), "(120, 45)  -43 HU  stored 981"),
        (Readout(0, 0, (981.0,), 981.0), "(1, 1)  981"),
        (Readout(0, 0, (1.0, 2.0, 3.0)), "(1, 1)  RGB 1 2 3"),
        (Readout(0, 0, (7.0,)), "(1, 1)  stored 7"),
        (Readout(0, 0, (-2000.0,), padding=True), "(1, 1)  padding  stored -2000"),
    ],
)
def test_pixel_under_the_cursor(readout, line):
    corners = corner_lines({}, "CT", Shown(index=0, count=1, readout=readout), Level.ALL)

    assert texts(corners.bottom_left)[0] == line


def test_frame_of_a_multiframe_object_beside_its_place_in_the_stack():
    shown = Shown(index=2, count=10, frame=13, frames=40, rate="15 frames/s (Frame Time)")

    corners = corner_lines({"TriggerTime": "120"}, "US", shown, Level.ALL)

    assert texts(corners.bottom_left) == [
        "15 frames/s (Frame Time)",
        "Image 3/10  frame 13/40  t 120 ms",
    ]


def test_a_clip_that_is_the_stack_counts_once():
    corners = corner_lines({}, "US", Shown(index=2, count=40, frame=3, frames=40), Level.ALL)

    assert texts(corners.bottom_left) == ["Frame 3/40"]


# interaction.md section 4, per modality.
@pytest.mark.parametrize(
    ("modality", "facts", "lines"),
    [
        pytest.param(
            "MR",
            {
                "SequenceName": "*tse2d1_9", "MagneticFieldStrength": "1.5",
                "RepetitionTime": "5000", "EchoTime": "102", "FlipAngle": "150",
                "DiffusionBValue": "1000",
            },
            ["*tse2d1_9  1.5 T", "TR 5000 ms  TE 102 ms  FA 150°", "b 1000 s/mm²"],
            id="mr",
        ),
        pytest.param(
            "DX",
            {"ViewPosition": "PA", "KVP": "120", "ExposureInuAs": "4500",
             "EstimatedRadiographicMagnificationFactor": "1.05"},
            ["PA", "120 kV  4.5 mAs", "magnified ×1.05"],
            id="dx",
        ),
        pytest.param(
            "US",
            {"DepthOfScanField": "160", "MechanicalIndex": "1.1", "SoftTissueThermalIndex": "0.4"},
            ["Depth 160 mm", "MI 1.1  TIS 0.4"],
            id="us",
        ),
        pytest.param(
            "XA",
            {"PositionerPrimaryAngle": "-30.2", "PositionerSecondaryAngle": "20", "CineRate": "15",
             "FrameTime": "66.67"},
            ["RAO 30.2°  CRA 20°", "15 frames/s"],
            id="xa",
        ),
        pytest.param(
            "PT",
            {"Radiopharmaceutical": "FDG", "RadionuclideTotalDose": "370000000",
             "RadiopharmaceuticalStartTime": "233000", "AcquisitionTime": "003000",
             "Units": "BQML"},
            ["FDG", "370 MBq  uptake 60 min", "Bq/ml"],
            id="pt-over-midnight",
        ),
        pytest.param(
            "NM", {"RadionuclideTotalDose": "740", "Units": "CNTS"}, ["740 MBq", "counts"], id="nm"
        ),
        pytest.param(
            "PT", {"SUVType": "BW", "Units": "GML"}, ["SUVbw"], id="pt-suv"
        ),
        pytest.param(
            "SM", {"BodyPartExamined": "BREAST", "ImageComments": "H&E"}, ["BREAST", "H&E"], id="sm"
        ),
        pytest.param("CT", {"KVP": "", "Exposure": "many"}, ["many"], id="text-stays-text"),
        pytest.param(
            "DX", {"KVP": "0", "XRayTubeCurrent": "0", "Exposure": "0", "ExposureInuAs": "900"},
            ["0.9 mAs"], id="zeros-are-no-values",
        ),
        pytest.param("MR", {"RepetitionTime": "0", "EchoTime": "5", "DiffusionBValue": "0"},
                     ["TE 5 ms", "b 0 s/mm²"], id="zero-b-is-a-value"),
    ],
)  # fmt: skip
def test_technique(modality, facts, lines):
    assert list(technique_lines(facts, modality)) == lines


def test_every_technique_keyword_is_asked_for():
    assert set(TECHNIQUE_KEYWORDS) <= set(ANNOTATION_KEYWORDS)
    assert len(set(ANNOTATION_KEYWORDS)) == len(ANNOTATION_KEYWORDS)


def test_room_is_made_by_priority_from_the_end():
    lines = tuple(
        Line(text, priority)
        for text, priority in (
            ("a1", Priority.A), ("c1", Priority.C), ("b1", Priority.B),
            ("c2", Priority.C), ("b2", Priority.B),
        )
    )  # fmt: skip

    assert texts(fitting(lines, 4)) == ["a1", "c1", "b1", "b2"]
    assert texts(fitting(lines, 2)) == ["a1", "b1"]
    assert texts(fitting(lines, 0)) == []


@pytest.mark.parametrize(
    ("facts", "modality", "mark"),
    [
        ({"ImageLaterality": "R", "ViewPosition": "CC"}, "MG", "R  CC"),
        ({"ImageLaterality": "L", "ViewCodeSequence": "medio-lateral oblique"}, "MG", "L  MLO"),
        ({"ImageLaterality": "R", "ViewPosition": "CC"}, "DX", ""),
    ],
)
def test_breast_mark(facts, modality, mark):
    assert breast_mark(facts, modality) == mark
