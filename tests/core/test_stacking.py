"""Grouping and ordering of frames, on numbers made here."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.stack_geometry import measure, same_position
from viewer.core.stacking import Dimension, FrameTable, split_and_sort

AXIAL = (1, 0, 0, 0, 1, 0)
CORONAL = (1, 0, 0, 0, 0, -1)
SAGITTAL = (0, 1, 0, 0, 0, -1)
NORMAL = np.array([0.0, 0.0, 1.0])


def table(positions, orientation=AXIAL, keys=None, instance=None, dimensions=()):
    """A table of axial slices, unless told otherwise; Instance Numbers as found."""
    positions = np.array(positions, float).reshape(-1, 3)
    count = len(positions)
    orientations = np.array(orientation, float)
    if orientations.ndim == 1:
        orientations = np.tile(orientations, (count, 1))
    numbers = np.arange(count) if instance is None else instance
    return FrameTable(
        keys=np.zeros(count, int) if keys is None else np.array(keys),
        orientations=orientations,
        positions=positions,
        order=np.array(numbers, float).reshape(count, 1),
        dimensions=tuple(Dimension(n, np.array(v, float), t) for n, v, t in dimensions),
    )


def at(*heights):
    return [(0, 0, z) for z in heights]


def shown(groups):
    return [group.indices.tolist() for group in groups]


def test_slices_ascend_along_the_normal_whatever_their_number():
    groups = split_and_sort(table(at(30, 10, 20), instance=[1, 2, 3]))

    assert shown(groups) == [[1, 2, 0]]
    assert groups[0].spread.spacing_mm == 10


def test_stacks_come_by_their_lowest_number():
    groups = split_and_sort(table(at(1, 2, 3), keys=[0, 1, 2], instance=[3, np.nan, 1]))

    assert shown(groups) == [[2], [0], [1]]


def test_the_normal_is_row_times_column():
    positions = [(0, y, 0) for y in (10, 30, 20)]

    # Coronal: normal = x cross -z = +y, towards the back.
    assert shown(split_and_sort(table(positions, CORONAL))) == [[0, 2, 1]]


def test_instance_number_orders_where_there_is_no_geometry():
    nowhere = [(np.nan, np.nan, np.nan)] * 3

    assert shown(split_and_sort(table(nowhere, instance=[3, 1, 2]))) == [[1, 2, 0]]


def test_missing_instance_numbers_come_last():
    nowhere = [(np.nan, np.nan, np.nan)] * 3

    assert shown(split_and_sort(table(nowhere, instance=[np.nan, 2, 1]))) == [[2, 1, 0]]


def test_keys_are_never_mixed():
    assert shown(split_and_sort(table(at(1, 2, 3, 4), keys=[0, 1, 0, 1]))) == [[0, 2], [1, 3]]


def test_a_localizer_of_three_planes_is_three_stacks():
    orientations = [AXIAL, CORONAL, SAGITTAL, AXIAL]

    groups = split_and_sort(table(at(0, 0, 0, 5), orientations))

    assert shown(groups) == [[0, 3], [1], [2]]


def test_rounded_and_unnormalised_cosines_are_one_orientation():
    orientations = [(1, 0, 0, 0, 0.966, 0.259), (1.01, 0, 0, 0, 0.9659, 0.2588)]

    assert len(split_and_sort(table(at(0, 5), orientations))) == 1


def test_a_quarter_of_a_degree_apart_is_another_plane():
    tilted = (1, 0, 0, 0, np.cos(0.006), np.sin(0.006))

    assert len(split_and_sort(table(at(0, 5), [AXIAL, tilted]))) == 2


@pytest.mark.parametrize(
    "cosines",
    [(0, 0, 0, 0, 0, 0), (1, 0, 0, 1, 0, 0), (5, 0, 0, 0, 5, 0), (1e200, 0, 0, 0, 1e200, 0)],
)
def test_senseless_cosines_are_no_geometry(cosines):
    groups = split_and_sort(table(at(3, 1), cosines, instance=[1, 2]))

    assert shown(groups) == [[0, 1]]
    assert groups[0].normal is None


def test_many_single_planes_are_one_turning_stack():
    angles = np.arange(20) * np.pi / 20
    orientations = [(np.cos(a), np.sin(a), 0, 0, 0, -1) for a in angles]

    groups = split_and_sort(table(at(*[0] * 20), orientations, instance=range(20, 0, -1)))

    assert shown(groups) == [list(range(19, -1, -1))]
    assert groups[0].turning


# Rule 39: twins at one place mean a further dimension.
def test_twins_are_parted_by_the_first_dimension_that_tells_them_apart():
    positions = at(0, 5, 0, 5)
    dimensions = [("constant", [1, 1, 1, 1], False), ("echo", [1, 1, 2, 2], False)]

    groups = split_and_sort(table(positions, dimensions=dimensions))

    assert shown(groups) == [[0, 1], [2, 3]]
    assert [group.words for group in groups] == [("echo 1",), ("echo 2",)]


def test_a_value_that_changes_with_the_slice_parts_nothing():
    positions = at(0, 5, 10, 0, 5, 10)
    dimensions = [
        ("trigger", [1, 2, 3, 4, 5, 6], False),
        ("b", [0, 0, 0, 800, 800, 800], False),
    ]

    groups = split_and_sort(table(positions, dimensions=dimensions))

    assert [group.words for group in groups] == [("b 0",), ("b 800",)]


def test_two_dimensions_multiply():
    positions = at(*[0, 5] * 4)
    echo = [1, 1, 1, 1, 2, 2, 2, 2]
    phase = [1, 1, 2, 2, 1, 1, 2, 2]

    groups = split_and_sort(
        table(positions, dimensions=[("echo", echo, False), ("phase", phase, True)])
    )

    assert shown(groups) == [[0, 1], [2, 3], [4, 5], [6, 7]]
    assert groups[3].words == ("echo 2", "phase 2")


def test_a_missing_value_is_a_value_of_its_own():
    groups = split_and_sort(
        table(at(0, 5, 0, 5), dimensions=[("b", [np.nan, np.nan, 800, 800], False)])
    )

    assert [group.words for group in groups] == [("no b",), ("b 800",)]


def test_nameless_repetitions_are_parted_by_number():
    groups = split_and_sort(table(at(0, 5, 10, 0, 5, 10), instance=[1, 2, 3, 4, 5, 6]))

    assert shown(groups) == [[0, 1, 2], [3, 4, 5]]
    assert [group.words for group in groups] == [("volume 1",), ("volume 2",)]


def test_a_few_doubled_slices_stay_and_are_counted():
    groups = split_and_sort(table(at(0, 5, 10, 15, 20, 10), instance=[1, 2, 3, 4, 5, 6]))

    assert shown(groups) == [[0, 1, 2, 5, 3, 4]]
    assert groups[0].spread.doubled == 1


def test_one_place_over_time_stays_one_film():
    groups = split_and_sort(
        table(at(0, 0, 0), instance=[3, 1, 2], dimensions=[("time", [3, 1, 2], True)])
    )

    assert shown(groups) == [[1, 2, 0]]


def test_one_place_with_two_echoes_is_parted():
    groups = split_and_sort(table(at(0, 0), dimensions=[("echo", [1, 2], False)]))

    assert shown(groups) == [[0], [1]]


def test_stations_beside_each_other_are_parted():
    positions = [(x, y, 0) for x in (0, 400) for y in (0, 5, 10)]

    groups = split_and_sort(table(positions, CORONAL))

    assert shown(groups) == [[0, 1, 2], [3, 4, 5]]
    assert groups[1].words == ("station 2",)


def test_a_tilted_series_over_time_is_not_taken_for_stations():
    positions = [(0, z * 0.3, z) for z in (0, 5, 10)] * 2

    groups = split_and_sort(table(positions, dimensions=[("time", [1, 1, 1, 2, 2, 2], True)]))

    assert [group.words for group in groups] == [("time 1",), ("time 2",)]


def test_frames_found_later_do_not_change_who_founded_a_stack():
    positions = at(0, 5, 0, 5)
    echo = [("echo", [1, 1, 2, 2], False)]

    before = split_and_sort(table(positions[:2], dimensions=[("echo", [1, 1], False)]))
    after = split_and_sort(table(positions, dimensions=echo))

    assert before[0].indices.min() == after[0].indices.min() == 0


# What the distances say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heights", "spacing", "gaps", "uneven", "doubled"),
    [
        pytest.param([0, 5, 10], 5, (), False, 0, id="even"),
        pytest.param([0, 5.01, 9.99], 4.995, (), False, 0, id="rounded"),
        pytest.param([0, 5, 10, 20, 25], 5, ((2, 1),), False, 0, id="one-missing"),
        pytest.param([0, 5, 20, 25, 40, 45, 50], 5, ((1, 2), (3, 2)), False, 0, id="two-gaps"),
        pytest.param([0, 5, 10, 17, 22], 5, (), True, 0, id="uneven"),
        pytest.param([0, 5, 10, 12, 17], 5, (), True, 0, id="too-near"),
        pytest.param([0, 5, 5, 10], 5, (), False, 1, id="doubled"),
        pytest.param([0, 5, 10, 1000], 5, (), True, 0, id="far-apart-is-no-gap"),
        pytest.param([7], None, (), False, 0, id="single"),
        pytest.param([7, 7], None, (), False, 1, id="one-place"),
    ],
)
def test_distances_tell(heights, spacing, gaps, uneven, doubled):
    spread = measure(np.array(at(*heights), float), NORMAL)

    assert spread.spacing_mm == (None if spacing is None else pytest.approx(spacing))
    assert (spread.gaps, spread.uneven, spread.doubled) == (gaps, uneven, doubled)


def test_tilt_is_the_angle_between_steps_and_normal():
    positions = np.array([(0, z * np.tan(np.radians(16.5)), z) for z in (0.0, 5.0, 10.0)])

    spread = measure(positions, NORMAL)

    assert spread.tilt_deg == pytest.approx(16.5)
    assert spread.spacing_mm == pytest.approx(5)


def test_rounding_sideways_is_no_tilt():
    positions = np.array([(0, 0, 0), (0.01, 0, 5), (0, 0, 10), (0.01, 0, 15)])

    assert measure(positions, NORMAL).tilt_deg == 0


def test_micrometre_steps_are_places_of_their_own():
    positions = np.array(at(0, 0.003, 0.006), float)

    assert same_position(positions, NORMAL).tolist() == [0, 1, 2]


@given(st.permutations(range(12)))
def test_the_order_found_does_not_matter(order):
    heights = np.array([0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 33.0])

    (group,) = split_and_sort(table(at(*heights[list(order)]), instance=order))

    assert heights[list(order)][group.indices].tolist() == heights.tolist()


@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 4), st.sampled_from([AXIAL, CORONAL])),
        min_size=1,
        max_size=40,
    )
)
def test_every_frame_is_in_exactly_one_stack(frames):
    keys = [key for key, _, _ in frames]
    places = at(*[place for _, place, _ in frames])

    groups = split_and_sort(table(places, [o for _, _, o in frames], keys))

    assert sorted(i for group in groups for i in group.indices.tolist()) == list(range(len(frames)))


def test_five_thousand_frames_take_milliseconds():
    frames = table(at(*np.random.default_rng(1).permutation(5000)))
    split_and_sort(frames)  # warm

    taken = []
    for _ in range(5):
        began = time.perf_counter()
        split_and_sort(frames)
        taken.append(time.perf_counter() - began)

    assert min(taken) < 0.05  # 3 ms on a quiet machine
