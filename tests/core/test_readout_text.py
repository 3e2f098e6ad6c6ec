"""The words for the pixel under the cursor."""

from __future__ import annotations

import pytest

from viewer.core.annotation import Level, Shown, corner_lines
from viewer.core.readout_text import Readout, readout_lines, value_text
from viewer.core.regions import Measure

HU = Readout(119, 44, (981.0,), -43.0, "HU")


@pytest.mark.parametrize(
    ("readout", "text"),
    [
        pytest.param(HU, "(120, 45)  -43 HU  stored 981", id="modality-and-stored"),
        pytest.param(Readout(0, 0, (7.0,), 7.0), "(1, 1)  7", id="the-same-without-unit"),
        pytest.param(
            Readout(0, 0, (7.0,), padding=True), "(1, 1)  padding  stored 7", id="padding"
        ),
        pytest.param(Readout(0, 0, (1.0, 2.0, 3.0)), "(1, 1)  RGB 1 2 3", id="colour"),
        pytest.param(
            Readout(0, 0, (9.0,), color=(1, 2, 3)), "(1, 1)  RGB 1 2 3  stored 9", id="palette"
        ),
        pytest.param(
            Readout(0, 0, (9.0,), 18.0, "BQML", suv=2.5),
            "(1, 1)  18 BQML  SUVbw 2.5  stored 9",
            id="suv",
        ),
        pytest.param(
            Readout(0, 0, (9.0,), 18.0, "BQML", no_suv="weight is not given"),
            "(1, 1)  18 BQML  SUV unknown  stored 9",
            id="no-suv",
        ),
    ],
)
def test_the_line_of_values(readout, text):
    assert value_text(readout) == text


@pytest.mark.parametrize(
    ("place", "quadruped", "text"),
    [
        ((12.34, -5.0, 100.0), False, "L 12.3  A 5.0  H 100.0 mm"),
        ((-1.0, 0.0, -0.06), False, "R 1.0  P 0.0  F 0.1 mm"),
        ((1.0, 2.0, 3.0), True, "LE 1.0  D 2.0  CR 3.0 mm"),
    ],
)
def test_a_place_has_letters_and_no_signs(place, quadruped, text):
    readout = Readout(0, 0, (1.0,), patient_mm=place, quadruped=quadruped)

    assert readout_lines(readout)[0] == text


def test_measures_stand_on_a_line_of_their_own():
    measures = (Measure(4.25, "ml/min", "RCBF"), Measure(-1.5, "cm"))

    assert readout_lines(Readout(0, 0, (1.0,), measures=measures)) == (
        "RCBF 4.25 ml/min  -1.5 cm",
        "(1, 1)  stored 1",
    )


def test_the_corner_holds_all_its_lines():
    readout = Readout(0, 0, (1.0,), 2.0, "HU", patient_mm=(1.0, 2.0, 3.0))

    corners = corner_lines({}, "CT", Shown(readout=readout), Level.ALL)

    assert [line.text for line in corners.bottom_left] == [
        "L 1.0  P 2.0  H 3.0 mm",
        "(1, 1)  2 HU  stored 1",
    ]
