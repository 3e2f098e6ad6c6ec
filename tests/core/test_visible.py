"""Which cells a viewport sees: never too few, hardly too many, always in the right place."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.placement import Stage, place
from viewer.core.view import View
from viewer.core.visible import lie_of, nearest_cells, visible_part

stages = st.builds(
    Stage,
    rows=st.integers(1, 500),
    columns=st.integers(1, 500),
    width_px=st.integers(16, 600),
    height_px=st.integers(16, 600),
    pixel_aspect=st.floats(0.3, 3),
)
views = st.builds(
    View,
    quarter_turns=st.integers(0, 3),
    mirrored=st.booleans(),
    zoom=st.floats(0.1, 40),
    center=st.tuples(st.floats(-50, 550), st.floats(-50, 550)),
)


@given(views, stages, st.integers(0, 3), st.floats(0, 1), st.floats(0, 1))
def test_every_visible_image_point_lies_in_the_part(view, stage, exponent, across, down):
    placement = place(view, stage)
    lie = lie_of(placement, stage)
    x, y = across * stage.width_px, down * stage.height_px
    column, row = placement.to_image((x, y))
    if not (0 < column < stage.columns and 0 < row < stage.rows):
        return

    part = visible_part(lie, stage, exponent)

    assert part is not None
    wide = (part.columns[1] - part.columns[0]) * part.cell_x
    high = (part.rows[1] - part.rows[0]) * part.cell_y
    assert part.left - 1e-6 <= x <= part.left + wide + 1e-6
    assert part.top - 1e-6 <= y <= part.top + high + 1e-6


@given(views, stages)
def test_no_more_than_the_seen_cells_and_a_margin(view, stage):
    lie = lie_of(place(view, stage), stage)
    part = visible_part(lie, stage)
    if part is None:
        return

    assert part.columns[1] - part.columns[0] <= stage.width_px / part.cell_x + 4
    assert part.rows[1] - part.rows[0] <= stage.height_px / part.cell_y + 4


@given(views, stages)
def test_the_cell_under_a_device_pixel_is_the_pixel_under_its_centre(view, stage):
    placement = place(view, stage)
    lie = lie_of(placement, stage)
    columns = nearest_cells(lie.left, lie.step_x, stage.width_px, 1.0, lie.columns)
    rows = nearest_cells(lie.top, lie.step_y, stage.height_px, 1.0, lie.rows)
    indices = view.turn(np.arange(stage.rows * stage.columns).reshape(stage.rows, stage.columns))

    for x, y in ((3, 5), (15, 15), (0, 0)):
        column, row = placement.to_image((x + 0.5, y + 0.5))
        near = min(abs(v - round(v)) for v in (column, row)) < 1e-6  # on an edge either is right
        inside = 0 <= column < stage.columns and 0 <= row < stage.rows
        if near:
            continue
        assert (rows[y] >= 0 and columns[x] >= 0) == inside
        if inside:
            assert indices[rows[y], columns[x]] == int(row) * stage.columns + int(column)


def test_fractions_of_device_pixels_are_counted_whole():
    assert nearest_cells(0.0, 1.0, 10.2, 1.25, 100).size == 13
    assert nearest_cells(0.0, 1.0, 10.0, 2.0, 4).tolist() == [0, 0, 1, 1, 2, 2, 3, 3] + [-1] * 12


def test_whole_copies_are_taken_whole():
    stage = Stage(100, 100, 50, 50)
    lie = lie_of(place(View(zoom=4.0), stage), stage)

    assert visible_part(lie, stage, whole=True).rows == (0, 100)
    assert visible_part(lie, stage).rows != (0, 100)


def test_far_away_is_nothing():
    stage = Stage(100, 100, 50, 50)
    away = View(zoom=1.0, center=(1000.0, 0.0))

    assert visible_part(lie_of(place(away, stage), stage), stage) is None
