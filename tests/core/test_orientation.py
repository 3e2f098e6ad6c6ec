"""Letters at the edges: the standard's cases, the group of views, and PixelMed's letters."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread

from viewer.core.orientation import (
    EdgeLetters,
    edge_letters,
    letters_of,
    opposite,
    plane_name,
    split_words,
)
from viewer.core.plane import ImagePlane
from viewer.core.view import View

AXIAL = ImagePlane((0, 0, 0), (1, 0, 0), (0, 1, 0), (1, 1))
SAGITTAL = ImagePlane((0, 0, 0), (0, 1, 0), (0, 0, -1), (1, 1))
CORONAL = ImagePlane((0, 0, 0), (1, 0, 0), (0, 0, -1), (1, 1))


# PS3.3 C.7.6.2.1.1: x grows to the left, y to the back, z to the head.
@pytest.mark.parametrize(
    ("vector", "letters"),
    [
        pytest.param((1, 0, 0), "L", id="left"),
        pytest.param((-1, 0, 0), "R", id="right"),
        pytest.param((0, 1, 0), "P", id="posterior"),
        pytest.param((0, -1, 0), "A", id="anterior"),
        pytest.param((0, 0, 1), "H", id="head"),
        pytest.param((0, 0, -1), "F", id="feet"),
        pytest.param((0.8, -0.5, 0.33), "LAH", id="three-by-weight"),
        pytest.param((-0.3, 0.9, 0.3), "PRH", id="equal-weights-keep-axis-order"),
        pytest.param((0.97, 0.24, 0), "L", id="below-threshold"),
        pytest.param((0.96, 0.26, 0), "LP", id="above-threshold"),
        pytest.param((9.6, 2.6, 0), "LP", id="not-unit-length"),
        pytest.param((0, 0, 0), "", id="no-direction"),
        pytest.param((float("nan"), 0, 1), "", id="not-a-number"),
        pytest.param((float("inf"), 0, 1), "", id="infinite"),
    ],
)
def test_letters_of_a_direction(vector, letters):
    assert letters_of(vector) == letters


# PS3.3 C.7.6.1.1.1 and C.7.6.2.1.1 for Anatomical Orientation Type QUADRUPED.
@pytest.mark.parametrize(
    ("vector", "letters"),
    [
        pytest.param((1, 0, 0), "LE", id="left"),
        pytest.param((0, 1, 0), "D", id="dorsal"),
        pytest.param((0, 0, 1), "CR", id="cranial"),
        pytest.param((-0.6, -0.7, -0.4), "VRTCD", id="compound"),
    ],
)
def test_letters_of_a_quadruped(vector, letters):
    assert letters_of(vector, quadruped=True) == letters


@pytest.mark.parametrize(
    ("plane", "edges"),
    [
        pytest.param(AXIAL, EdgeLetters("A", "P", "R", "L"), id="axial"),
        pytest.param(SAGITTAL, EdgeLetters("H", "F", "A", "P"), id="sagittal"),
        pytest.param(CORONAL, EdgeLetters("H", "F", "R", "L"), id="coronal"),
    ],
)
def test_edges_of_the_stored_image(plane, edges):
    assert edge_letters(plane, None, False, View()) == edges


# All eight ways an image can lie; an axial image, clockwise turns after the mirror.
@pytest.mark.parametrize(
    ("mirrored", "quarter_turns", "edges"),
    [
        pytest.param(False, 0, "APRL", id="as-stored"),
        pytest.param(False, 1, "RLPA", id="90-clockwise"),
        pytest.param(False, 2, "PALR", id="180"),
        pytest.param(False, 3, "LRAP", id="270"),
        pytest.param(True, 0, "APLR", id="mirrored"),
        pytest.param(True, 1, "LRPA", id="mirrored-90"),
        pytest.param(True, 2, "PARL", id="mirrored-180"),
        pytest.param(True, 3, "RLAP", id="mirrored-270"),
    ],
)
def test_edges_follow_the_view(mirrored, quarter_turns, edges):
    view = View(quarter_turns=quarter_turns, mirrored=mirrored)

    assert edge_letters(AXIAL, None, False, view) == EdgeLetters(*edges)


directions = st.tuples(*[st.floats(-1, 1).map(lambda v: round(v, 3))] * 3)
planes = st.builds(
    lambda row, column: ImagePlane((0, 0, 0), row, column, (1, 1)),
    directions.filter(any),
    directions.filter(any),
)
views = st.builds(View, quarter_turns=st.integers(0, 3), mirrored=st.booleans())


@given(planes, views)
def test_four_turns_are_none(plane, view):
    turned = view.turned(1).turned(1).turned(1).turned(1)

    assert edge_letters(plane, None, False, turned) == edge_letters(plane, None, False, view)


@given(planes, views)
def test_a_turn_moves_each_letter_clockwise(plane, view):
    before = edge_letters(plane, None, False, view)
    after = edge_letters(plane, None, False, view.turned(1))

    assert (after.right, after.bottom, after.left, after.top) == (
        before.top,
        before.right,
        before.bottom,
        before.left,
    )


@given(planes, views, st.booleans())
def test_opposite_edges_have_opposite_letters(plane, view, quadruped):
    edges = edge_letters(plane, None, quadruped, view)

    assert opposite(edges.left, quadruped) == edges.right
    assert opposite(edges.top, quadruped) == edges.bottom


@given(planes, views)
def test_flips_exchange_two_edges_and_commute(plane, view):
    edges = edge_letters(plane, None, False, view)
    flipped = edge_letters(plane, None, False, view.flipped_horizontally())

    assert flipped == EdgeLetters(edges.top, edges.bottom, edges.right, edges.left)
    assert edge_letters(
        plane, None, False, view.flipped_horizontally().flipped_vertically()
    ) == edge_letters(plane, None, False, view.turned(2))


@given(planes, views)
def test_patient_orientation_gives_the_letters_the_plane_gives(plane, view):
    stored = edge_letters(plane, None, False, View())

    assert edge_letters(None, (stored.right, stored.bottom), False, view) == edge_letters(
        plane, None, False, view
    )


# Rule 36: the fallback and its algebra; an empty value is unknown.
@pytest.mark.parametrize(
    ("values", "quadruped", "edges"),
    [
        pytest.param(("L", "F"), False, EdgeLetters("H", "F", "R", "L"), id="chest-film"),
        pytest.param(("PF", "AF"), False, EdgeLetters("PH", "AF", "AH", "PF"), id="compound"),
        pytest.param(("A", ""), False, EdgeLetters("", "", "P", "A"), id="one-unknown"),
        pytest.param(("l", "f "), False, EdgeLetters("H", "F", "R", "L"), id="sloppy-case"),
        pytest.param(("", ""), False, None, id="both-unknown"),
        pytest.param(("X1", "??"), False, None, id="not-the-standard's"),
        pytest.param(("CRV", "CDLE"), True, EdgeLetters("CRRT", "CDLE", "CDD", "CRV"), id="vet"),
        pytest.param(("M", "DI"), True, EdgeLetters("PR", "DI", "L", "M"), id="vet-limb"),
        pytest.param(("R", "LE"), True, EdgeLetters("RT", "LE", "CD", "R"), id="vet-head"),
        pytest.param(("DPR", "LE"), True, EdgeLetters("RT", "LE", "PA/PLDI", "DPR"), id="vet-paw"),
    ],
)
def test_patient_orientation_is_the_fallback(values, quadruped, edges):
    assert edge_letters(None, values, quadruped, View()) == edges


def test_the_plane_goes_before_patient_orientation():
    assert edge_letters(AXIAL, ("A", "F"), False, View()).right == "L"


def test_nothing_is_guessed_when_the_file_says_nothing():
    assert edge_letters(None, None, False, View()) is None


def test_quadruped_words_part_in_one_way_only():
    words = ["LE", "RT", "D", "V", "CR", "CD", "R", "M", "L", "PR", "DI", "PA", "PL"]

    for first in words:
        for second in words:
            assert split_words(first + second, quadruped=True) == (first, second)


@pytest.mark.parametrize(
    ("normal", "name"),
    [((0, 0, 1), "axial"), ((0, -1, 0), "coronal"), ((1, 0, 0), "sagittal"),
     ((0.6, 0.6, 0.53), "oblique"), ((0.5, 0, 0.86), "axial")],
)  # fmt: skip
def test_planes_have_names(normal, name):
    assert plane_name(normal) == name


def test_letters_agree_with_pixelmed_on_every_file(shared_data):
    """PixelMed says weak letters too: ours must be the beginning of its, and the rest weak."""
    reference = json.loads((shared_data / "reference" / "geometry.json").read_text())
    compared = 0

    for name, said in reference["files"].items():
        dataset = dcmread(shared_data / name, stop_before_pixels=True, force=True)
        cosines = dataset.get("ImageOrientationPatient")
        if cosines is None or len(cosines) != 6:
            continue  # enhanced objects: tests/library/test_reference_geometry.py
        for frame in said["pixelmed"]["slices"].values():
            for vector, letters in ((cosines[:3], frame["right"]), (cosines[3:], frame["bottom"])):
                _assert_agrees([float(v) for v in vector], letters)
                compared += 1

    assert compared > 250


def _assert_agrees(vector, pixelmed):
    ours = letters_of(vector)
    assert pixelmed.startswith(ours)
    for letter in pixelmed[len(ours) :]:
        axis = "LR AP HF".index(letter) // 3 if letter in "LR" else (1 if letter in "AP" else 2)
        assert abs(vector[axis]) < 0.25
