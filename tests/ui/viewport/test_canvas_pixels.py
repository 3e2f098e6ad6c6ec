"""What is really on the screen, pixel by pixel, grabbed from the shown widget."""

from __future__ import annotations

import numpy as np
import pytest

from tests.ui.viewport.phantom import COLUMNS, ROWS, phantom, write_phantom
from viewer.core.light import to_light
from viewer.core.view import View

# Each orientation by the user's steps and, independently, by what numpy makes of the array.
ORIENTATIONS = {
    "as-stored": ([], lambda a: a),
    "right": (["right"], lambda a: np.rot90(a, -1)),
    "half": (["right", "right"], lambda a: a[::-1, ::-1]),
    "left": (["left"], lambda a: np.rot90(a, 1)),
    "flip-h": (["h"], lambda a: a[:, ::-1]),
    "flip-v": (["v"], lambda a: a[::-1]),
    "right-then-h": (["right", "h"], lambda a: np.rot90(a, -1)[:, ::-1]),
    "h-then-right": (["h", "right"], lambda a: np.rot90(a[:, ::-1], -1)),
}


def turn(viewport, steps: list[str]) -> None:
    for step in steps:
        {
            "right": lambda: viewport.rotate(1),
            "left": lambda: viewport.rotate(-1),
            "h": viewport.flip_horizontally,
            "v": viewport.flip_vertically,
        }[step]()


def light_of(viewport) -> np.ndarray:
    loaded = viewport.loaded
    return to_light(loaded.stored, loaded.description, viewport.shown_choice)


@pytest.fixture
def bare(show, tmp_path):
    """The phantom without words on it, in a room of 400 x 300."""
    opened = show([write_phantom(tmp_path / "phantom.dcm")])
    opened.viewport.set_annotation_level("none")
    return opened


def assert_shows(opened, light: np.ndarray, cell: int) -> None:
    """The grab is the turned light, each pixel a square of `cell`, in the middle, on black."""
    opened.canvas.layers.badges.hide()  # turned images carry a warning on top
    shown = opened.grab()
    image = np.repeat(light.repeat(cell, 0).repeat(cell, 1)[..., np.newaxis], 3, -1)
    top, left = (shown.shape[0] - image.shape[0]) // 2, (shown.shape[1] - image.shape[1]) // 2
    part = shown[top : top + image.shape[0], left : left + image.shape[1]].copy()
    np.testing.assert_array_equal(part, image)
    shown[top : top + image.shape[0], left : left + image.shape[1]] = 0
    assert shown.max() == 0


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("name", ORIENTATIONS)
def test_one_to_one_is_exact_under_every_orientation(bare, name, smooth):
    steps, expected = ORIENTATIONS[name]
    turn(bare.viewport, steps)
    bare.viewport.set_smooth(smooth)
    bare.viewport.one_to_one(bare.canvas.devicePixelRatioF())

    assert_shows(bare, expected(light_of(bare.viewport)), 1)


@pytest.mark.parametrize("name", ORIENTATIONS)
@pytest.mark.parametrize("cell", [2, 5])
def test_integer_zooms_are_squares_under_every_orientation(bare, name, cell):
    steps, expected = ORIENTATIONS[name]
    turn(bare.viewport, steps)
    bare.viewport.set_smooth(False)
    view = bare.viewport.view
    bare.viewport.set_view(View(view.quarter_turns, view.mirrored, zoom=float(cell)))

    assert_shows(bare, expected(light_of(bare.viewport)), cell)


def test_odd_zoom_without_smoothing_still_shows_every_pixel_as_a_block(bare):
    bare.viewport.set_smooth(False)
    bare.viewport.set_view(View(zoom=3.7))

    row = bare.grab()[150, :, 0].astype(int)

    widths = np.diff(np.flatnonzero(np.diff(row)))
    assert set(widths.tolist()) <= {3, 4, 7, 8}  # neighbours of equal light merge


def test_smooth_magnification_keeps_each_pixel_at_its_centre(bare):
    """An odd zoom has a device pixel at each pixel's centre: there the value is its own.

    Qt's blending rounds down twice, so 2 of 255 may be lost; a shift by a pixel would be 13.
    """
    bare.viewport.set_view(View(zoom=5.0))
    shown = bare.grab()[75:225, 75:325, 0].astype(int)

    light = light_of(bare.viewport)

    assert abs(shown[2::5, 2::5] - light).max() <= 2
    assert abs(shown[5:25, 5:40] - 255).max() == 0  # the mark: an even area stays as it is
    assert len(np.unique(shown)) > len(np.unique(light))


@pytest.mark.parametrize(
    ("spacing", "shape"),
    [
        pytest.param([1.4, 0.7], (ROWS * 8, COLUMNS * 4), id="twice-as-high"),
        pytest.param([0.7, 1.4], (ROWS * 4, COLUMNS * 8), id="twice-as-wide"),
    ],
)
def test_non_square_pixels_are_true_to_the_patient(show, tmp_path, spacing, shape):
    white = np.full((ROWS, COLUMNS), 1000, np.int16)
    opened = show([write_phantom(tmp_path / "a.dcm", white, PixelSpacing=spacing)])
    opened.viewport.set_annotation_level("none")

    seen = opened.grab()[..., 0] > 128

    height, width = np.ptp(np.flatnonzero(seen.any(1))) + 1, np.ptp(np.flatnonzero(seen.any(0))) + 1
    assert height / width == pytest.approx(shape[0] / shape[1], rel=0.02)
    assert max(height / 300, width / 400) == pytest.approx(1, abs=0.02)


def test_the_marked_corner_lies_between_its_letters(show, tmp_path):
    """First pixel right and front: wherever the mark goes, R and A must go with it."""
    opened = show([write_phantom(tmp_path / "phantom.dcm")])
    opened.canvas.layers.badges.hide()
    for name, (steps, _) in ORIENTATIONS.items():
        opened.viewport.reset()
        turn(opened.viewport, steps)

        letters = opened.canvas.layers.letters
        opened.viewport.set_annotation_level("none")
        rows, columns = np.nonzero(opened.grab()[..., 0] == 255)
        opened.viewport.set_annotation_level("all")
        across = letters.left if columns.mean() < 200 else letters.right
        down = letters.top if rows.mean() < 150 else letters.bottom

        assert {across.lines, down.lines} == {("R",), ("A",)}, name


def test_letters_stand_at_their_edges(show, tmp_path):
    opened = show([write_phantom(tmp_path / "phantom.dcm")], (500, 400))

    letters = opened.canvas.layers.letters
    places = {
        name: getattr(letters, name).sceneBoundingRect().center()
        for name in ("top", "bottom", "left", "right")
    }

    assert places["top"].y() < 30
    assert places["bottom"].y() > 370
    assert places["left"].x() < 30
    assert places["right"].x() > 470
    assert abs(places["top"].x() - 250) < 3
    assert abs(places["left"].y() - 200) < 3


def test_oblique_letters_are_compound(show, tmp_path):
    cosines = [0.8, 0.6, 0.0, 0.0, 0.0, -1.0]
    opened = show([write_phantom(tmp_path / "a.dcm", orientation=cosines)])

    letters = opened.canvas.layers.letters
    assert letters.right.lines == ("LP",)
    assert letters.left.lines == ("RA",)
    assert letters.top.lines == ("H",)


def test_inversion_reaches_the_screen(bare):
    bare.viewport.one_to_one()
    before = bare.grab()[140:160, 180:220]

    bare.viewport.set_inverted(True)

    after = bare.grab()[140:160, 180:220].astype(int)
    assert abs(after - (255 - before.astype(int))).max() <= 1  # both are rounded


def test_overlay_is_drawn_and_taken_off(show, tmp_path):
    mask = np.zeros((ROWS, COLUMNS), np.uint8)
    mask[20, :] = 1
    bits = np.packbits(mask.ravel(), bitorder="little").tobytes()
    path = _with_overlay(tmp_path / "a.dcm", bits + b"\0" * (len(bits) % 2))
    opened = show([path])
    opened.viewport.set_annotation_level("none")
    opened.viewport.one_to_one()
    row = 150 - ROWS // 2 + 20

    assert (opened.grab()[row, 180:220] == 255).all()

    opened.viewport.set_overlays_shown(False)
    assert not (opened.grab()[row, 180:220] == 255).any()


def _with_overlay(path, bits):
    import pydicom

    write_phantom(path)
    dataset = pydicom.dcmread(path)
    for element, vr, value in (
        (0x0010, "US", ROWS), (0x0011, "US", COLUMNS), (0x0040, "CS", "G"),
        (0x0050, "SS", [1, 1]), (0x0100, "US", 1), (0x0102, "US", 0), (0x3000, "OW", bits),
    ):  # fmt: skip
        dataset.add_new((0x6000, element), vr, value)
    dataset.save_as(path)
    return path


def test_phantom_is_asymmetric():
    image = phantom(20, 20)
    shown = {expected(image).tobytes() for _, expected in ORIENTATIONS.values()}

    assert len(shown) == 8
