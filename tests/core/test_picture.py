"""What a viewport paints: the right pixels in the right place, under every turn and zoom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from viewer.core.image import (
    FrameDescription,
    Overlay,
    PixelFormat,
    Shutter,
    VoiChoice,
    VoiSource,
    Window,
)
from viewer.core.light import DisplayChoice, to_light
from viewer.core.picture import Look, Painted, Picture
from viewer.core.placement import Stage
from viewer.core.pyramid import build_pyramid
from viewer.core.view import View

ROWS, COLUMNS = 24, 40
VOI = VoiChoice("test", VoiSource.USER, Window(500, 1000))
SHARP = Look(DisplayChoice(voi=VOI), smooth=False)
SMOOTH = replace(SHARP, smooth=True)
ALL_TURNS = [View(turns, mirrored) for turns in range(4) for mirrored in (False, True)]


def describe(rows: int = ROWS, columns: int = COLUMNS, **more: object) -> FrameDescription:
    return FrameDescription(PixelFormat(rows, columns), **more)


def phantom(rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """No turn or flip leaves it as it is."""
    row, column = np.mgrid[:rows, :columns]
    return (row * 30 + column * 7 + 100 * (row < 4) * (column < 6)).astype(np.uint16)


def picture_of(stored: np.ndarray, description: FrameDescription) -> Picture:
    return Picture(build_pyramid(stored, description), description)


def rect(painted: Painted) -> tuple[float, float, float, float]:
    return painted.left, painted.top, painted.width, painted.height


@pytest.mark.parametrize("view", ALL_TURNS, ids=str)
def test_fit_paints_the_turned_image_into_its_rectangle(view):
    stored, description = phantom(), describe()
    stage = Stage(ROWS, COLUMNS, 200, 200)

    painted = picture_of(stored, description).paint(view, stage, SMOOTH)

    np.testing.assert_array_equal(
        painted.light, view.turn(to_light(stored, description, SMOOTH.choice))
    )
    wide = (0, 40, 200, 120) if not view.swaps_axes else (40, 0, 120, 200)
    assert rect(painted) == pytest.approx(wide)


@pytest.mark.parametrize("view", ALL_TURNS, ids=str)
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_integer_zoom_without_smoothing_repeats_pixels(view, ratio):
    stored, description = phantom(), describe()
    stage = Stage(ROWS, COLUMNS, 160, 160, device_ratio=ratio)

    painted = picture_of(stored, description).paint(replace(view, zoom=3.0), stage, SHARP)

    light = view.turn(to_light(stored, description, SHARP.choice))
    cell = int(3 * ratio)
    np.testing.assert_array_equal(painted.light, light.repeat(cell, 0).repeat(cell, 1))
    assert painted.exact


def test_only_what_is_seen_is_looked_up():
    stored = phantom(1000, 1000)
    stage = Stage(1000, 1000, 100, 50)

    painted = picture_of(stored, describe(1000, 1000)).paint(
        View(zoom=10.0, center=(500.0, 500.0)), stage, SMOOTH
    )

    assert painted.light.shape == (5 + 3, 10 + 2)  # 5 rows meet 6 half pixels, one more each way


def test_an_image_outside_the_viewport_paints_nothing():
    stage = Stage(ROWS, COLUMNS, 100, 100)

    away = View(zoom=1.0, center=(-500.0, 10.0))

    assert picture_of(phantom(), describe()).paint(away, stage, SMOOTH) is None


def test_non_square_pixels_take_their_height():
    stage = Stage(ROWS, COLUMNS, 400, 400, pixel_aspect=2.0)

    painted = picture_of(phantom(), describe()).paint(View(zoom=2.0), stage, SMOOTH)

    assert (painted.width, painted.height) == (COLUMNS * 2, ROWS * 2 * 2)


@pytest.mark.parametrize("view", ALL_TURNS, ids=str)
def test_reduced_copies_lie_where_the_image_lies(view):
    """An odd-sized frame at 1/4: the blob keeps its place although blocks overhang one edge."""
    rows, columns = 2301, 1901
    stored = np.zeros((rows, columns), np.uint16)
    stored[100:300, 200:440] = 1000
    stage = Stage(rows, columns, 600, 600)
    at = replace(view, zoom=0.25)

    painted = picture_of(stored, describe(rows, columns)).paint(at, stage, SMOOTH)

    turned = view.turn(stored) > 0
    expected = [np.flatnonzero(turned.any(axis)).mean() + 0.5 for axis in (0, 1)]
    found = [np.flatnonzero((painted.light > 127).any(axis)).mean() + 0.5 for axis in (0, 1)]
    cell = painted.width / painted.light.shape[1]
    left = (600 - turned.shape[1] / 4) / 2
    top = (600 - turned.shape[0] / 4) / 2
    assert painted.left + found[0] * cell == pytest.approx(left + expected[0] / 4, abs=0.7)
    assert painted.top + found[1] * cell == pytest.approx(top + expected[1] / 4, abs=0.7)
    assert painted.light.size < 1.5 * 600 * 600


def test_a_small_frame_shown_smaller_is_averaged():
    """A checkerboard becomes its mean; taking every other pixel would give black or white."""
    stored = (np.indices((256, 256)).sum(0) % 2 * 1000).astype(np.uint16)
    stage = Stage(256, 256, 64, 64)

    painted = picture_of(stored, describe(256, 256)).paint(View(), stage, SMOOTH)

    assert painted.light.shape == (64, 64)
    assert abs(painted.light.astype(int) - 128).max() <= 1
    assert rect(painted) == (0, 0, 64, 64)


def test_overlay_is_turned_cut_and_coloured_with_the_image():
    mask = np.zeros((6, 5), bool)
    mask[0, :] = True
    description = describe(overlays=(Overlay(0x6000, mask, (2, 30)),))
    view = View(1, True, zoom=4.0, center=(32.0, 4.0))
    look = replace(SMOOTH, overlay_color=(255, 225, 77))

    painted = picture_of(phantom(), description).paint(view, Stage(ROWS, COLUMNS, 60, 60), look)

    yellow = (painted.light == (255, 225, 77)).all(-1)
    full = np.zeros((ROWS, COLUMNS), bool)
    full[2, 30:35] = True
    assert yellow.sum() == 5
    assert np.array_equal(yellow.any(0).sum(), view.turn(full).any(0).sum())


def test_overlay_lines_survive_reduction():
    mask = np.zeros((2048, 2048), bool)
    mask[1001, :] = True
    description = describe(2048, 2048, overlays=(Overlay(0x6000, mask, (0, 0)),))
    stored = np.zeros((2048, 2048), np.uint16)

    painted = picture_of(stored, description).paint(View(), Stage(2048, 2048, 512, 512), SMOOTH)

    assert (painted.light.max(1) > 100).sum() == 1


@pytest.mark.parametrize(
    ("choice", "values"),
    [
        pytest.param({}, {100, 255}, id="overlay-over-shutter"),
        pytest.param({"overlays": False}, {100}, id="shutter-alone"),
        pytest.param({"shutter": False}, {0, 255}, id="overlay-alone"),
        pytest.param({"overlays": False, "shutter": False}, {0}, id="neither"),
    ],
)
def test_overlays_lie_over_the_shutter_and_both_can_be_taken_off(choice, values):
    """PS3.4 figure N.2-1: annotation follows the shutter."""
    shutter = Shutter(np.zeros((ROWS, COLUMNS), bool), presentation_value=100 << 8)
    mask = np.eye(ROWS, COLUMNS, dtype=bool)
    description = describe(overlays=(Overlay(0x6000, mask, (0, 0)),), shutter=shutter)
    stored = np.zeros((ROWS, COLUMNS), np.uint16)
    look = Look(DisplayChoice(voi=VOI, **choice))

    painted = picture_of(stored, description).paint(View(), Stage(ROWS, COLUMNS, 80, 80), look)

    assert set(painted.light.ravel().tolist()) == values


def test_a_shutter_of_another_size_is_left_out():
    description = describe(shutter=Shutter(np.zeros((3, 3), bool), 0xFFFF))
    stored = np.zeros((ROWS, COLUMNS), np.uint16)

    painted = picture_of(stored, description).paint(View(), Stage(ROWS, COLUMNS, 80, 80), SMOOTH)

    assert painted.light.max() == 0


def test_a_drag_looks_up_the_same_crop_again():
    picture = picture_of(phantom(), describe())
    stage = Stage(ROWS, COLUMNS, 80, 80)
    picture.paint(View(1), stage, SMOOTH)
    crop = picture._crop

    brighter = Look(DisplayChoice(voi=replace(VOI, window=Window(300, 1000))))
    painted = picture.paint(View(1), stage, brighter)

    assert picture._crop is crop
    np.testing.assert_array_equal(painted.light, to_light(crop, describe(), brighter.choice))
