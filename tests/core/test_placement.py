"""Zoom, pan and turns as algebra: what must hold for every image, view and viewport."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from viewer.core.placement import (
    Stage,
    center_of,
    fit_zoom,
    one_to_one,
    panned,
    place,
    zoom_limits,
    zoom_of,
    zoomed_by,
    zoomed_to,
)
from viewer.core.view import View

stages = st.builds(
    Stage,
    rows=st.integers(1, 6000),
    columns=st.integers(1, 6000),
    width_px=st.integers(16, 4000),
    height_px=st.integers(16, 4000),
    pixel_aspect=st.floats(0.1, 10),
    device_ratio=st.sampled_from([1.0, 1.25, 1.5, 2.0, 3.0]),
)
turns = st.builds(View, quarter_turns=st.integers(0, 3), mirrored=st.booleans())
views = st.builds(
    View,
    quarter_turns=st.integers(0, 3),
    mirrored=st.booleans(),
    zoom=st.none() | st.floats(0.05, 64),
    center=st.none() | st.tuples(st.floats(-100, 6000), st.floats(-100, 6000)),
)
points = st.tuples(st.floats(0, 4000), st.floats(0, 4000))


@given(views, stages, points)
def test_screen_to_image_and_back_is_the_same_point(view, stage, point):
    placement = place(view, stage)

    back = placement.to_screen(placement.to_image(point))

    assert back == pytest.approx(point, abs=1e-5)


@given(views, stages)
def test_the_center_is_shown_in_the_middle(view, stage):
    shown = place(view, stage).to_screen(center_of(view, stage))

    assert shown == pytest.approx(stage.middle, abs=1e-6)


@given(views, stages, points, st.floats(0.1, 10))
def test_zoom_keeps_the_point_under_the_cursor(view, stage, anchor, factor):
    before = place(view, stage).to_image(anchor)

    zoomed = zoomed_by(view, stage, factor, anchor)

    on_screen = place(zoomed, stage).to_screen(before)
    assert on_screen == pytest.approx(anchor, abs=1e-4)


@given(views, stages, points, st.floats(1.001, 3))
def test_zoom_in_and_out_again_is_where_it_was(view, stage, anchor, factor):
    zoom = zoom_of(view, stage)
    low, high = zoom_limits(view, stage)
    assume(low <= zoom and zoom * factor <= high)

    back = zoomed_by(zoomed_by(view, stage, factor, anchor), stage, 1 / factor, anchor)

    assert zoom_of(back, stage) == pytest.approx(zoom)
    corner = place(view, stage).to_screen((0, 0))
    assert place(back, stage).to_screen((0, 0)) == pytest.approx(corner, abs=1e-4)


@given(views, stages, st.floats(1e-4, 1e4))
def test_zoom_stays_within_its_limits(view, stage, zoom):
    low, high = zoom_limits(view, stage)

    reached = zoom_of(zoomed_to(view, stage, zoom), stage)

    assert low <= reached <= high
    assert low <= fit_zoom(view, stage) <= high
    assert low <= 1 / stage.device_ratio <= high


@given(turns, stages)
def test_fit_shows_all_of_the_image_and_touches_two_edges(view, stage):
    placement = place(view, stage)

    corners = [placement.to_screen((c, r)) for c in (0, stage.columns) for r in (0, stage.rows)]

    left, right = min(x for x, _ in corners), max(x for x, _ in corners)
    top, bottom = min(y for _, y in corners), max(y for _, y in corners)
    assert min(left, top, stage.width_px - right, stage.height_px - bottom) >= -1e-6
    slack = min(stage.width_px - (right - left), stage.height_px - (bottom - top))
    assert slack == pytest.approx(0, abs=1e-6)


@given(turns, stages)
def test_one_to_one_is_one_stored_column_per_device_pixel(view, stage):
    zoomed = one_to_one(view, stage)

    step = place(zoomed, stage).column_step
    assert max(map(abs, step)) * stage.device_ratio == pytest.approx(1)


@given(stages, st.floats(-50, 50), st.floats(-50, 50))
def test_pan_moves_the_image_by_what_the_hand_moved(stage, dx, dy):
    view = View(zoom=2.0, center=(stage.columns / 2, stage.rows / 2))
    assume(abs(dx) < stage.columns and abs(dy) < stage.rows * stage.pixel_aspect)

    moved = place(panned(view, stage, dx, dy), stage).to_screen((0, 0))

    x, y = place(view, stage).to_screen((0, 0))
    assert moved == pytest.approx((x + dx, y + dy), abs=1e-5)


@given(turns, stages, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5))
def test_pan_never_loses_the_image(view, stage, dx, dy):
    column, row = center_of(panned(view, stage, dx, dy), stage)

    assert 0 <= column <= stage.columns
    assert 0 <= row <= stage.rows


def test_pan_does_not_pull_back_an_image_that_zoom_put_outside():
    stage = Stage(rows=10, columns=10, width_px=100, height_px=100)
    outside = View(zoom=2.0, center=(-20.0, 5.0))

    assert panned(outside, stage, 2, 0).center == (-20.0, 5.0)
    assert panned(outside, stage, -2, 0).center == (-19.0, 5.0)


@given(views, stages)
def test_snapping_moves_by_half_a_device_pixel_at_most(view, stage):
    exact = place(view, stage)

    snapped = exact.snapped(stage.device_ratio)

    for before, after in zip(exact.offset, snapped.offset, strict=True):
        assert abs(before - after) * stage.device_ratio <= 0.5 + 1e-6
        assert after * stage.device_ratio == pytest.approx(round(after * stage.device_ratio))


@given(turns, stages)
def test_the_map_and_the_turned_array_agree(view, stage):
    """A pixel's centre lands in the cell of the turned array that holds its value."""
    image = np.arange(12).reshape(3, 4)
    stage = Stage(3, 4, stage.width_px, stage.height_px, stage.pixel_aspect)
    placement = place(view, stage)
    turned = view.turn(image)
    left = min(placement.to_screen((c, r))[0] for c in (0, 4) for r in (0, 3))
    top = min(placement.to_screen((c, r))[1] for c in (0, 4) for r in (0, 3))
    width = abs(placement.column_step[0] + placement.row_step[0])
    height = abs(placement.column_step[1] + placement.row_step[1])

    for row in range(3):
        for column in range(4):
            x, y = placement.to_screen((column + 0.5, row + 0.5))
            cell = int((y - top) / height), int((x - left) / width)
            assert turned[cell] == image[row, column]


# The dihedral group of the square: what every pair of turns and flips must come to.
@given(turns)
def test_each_flip_undoes_itself_and_four_turns_are_none(view):
    assert view.flipped_horizontally().flipped_horizontally() == view
    assert view.flipped_vertically().flipped_vertically() == view
    assert view.turned(1).turned(1).turned(1).turned(1) == view
    assert view.turned(1).turned(-1) == view


@given(turns)
def test_two_flips_are_half_a_turn(view):
    assert view.flipped_horizontally().flipped_vertically() == view.turned(2)
    assert view.flipped_vertically().flipped_horizontally() == view.turned(2)


@given(turns)
def test_flips_act_on_the_screen_whatever_lies_there(view):
    image = np.arange(12).reshape(3, 4)

    np.testing.assert_array_equal(
        view.flipped_horizontally().turn(image), view.turn(image)[:, ::-1]
    )
    np.testing.assert_array_equal(view.flipped_vertically().turn(image), view.turn(image)[::-1])
    np.testing.assert_array_equal(view.turned(1).turn(image), np.rot90(view.turn(image), -1))


def test_the_eight_orientations_are_eight():
    image = np.arange(12).reshape(3, 4)
    shown = {View(q, m).turn(image).tobytes() for q in range(4) for m in (False, True)}

    assert len(shown) == 8
