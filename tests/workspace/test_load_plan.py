"""Which frame comes next: the visible one, then the way the user goes, never more than fits."""

from __future__ import annotations

import pytest

from viewer.dicom.source import FileRef, FrameRef
from viewer.workspace.load_plan import BEHIND, Code, LoadPlan, Track, Want

FRAME = 1000  # bytes


def planned(*stacks, limit=10**9, count=20):
    """A plan with tracks of `count` frames named by the stack."""
    plan = LoadPlan(limit)
    for name in stacks:
        frames = tuple(FrameRef(FileRef(name.encode()), n) for n in range(count))
        plan.tracks[name] = Track(frames, [None] * count)
        plan.tracks[name].frame_bytes = FRAME
    return plan


def taken(plan, count, **how):
    """The next frames as (stack, frame), each loaded at once."""
    result = []
    for _ in range(count):
        task = plan.next(**how)
        if task is None:
            break
        plan.mark([task.ref], Code.LOADED, FRAME)
        result.append((task.ref.file.path.decode(), task.ref.frame))
    return result


def numbers(taken_frames):
    return [frame for _, frame in taken_frames]


def test_the_visible_frame_then_outwards_with_the_direction_preferred():
    plan = planned("a")
    plan.want(1, Want("a", 10, direction=1))

    assert BEHIND == 3
    assert numbers(taken(plan, 8)) == [10, 11, 12, 9, 13, 14, 15, 8]


def test_scrolling_back_turns_the_order_round():
    plan = planned("a")
    plan.want(1, Want("a", 10, direction=-1))

    assert numbers(taken(plan, 5)) == [10, 9, 8, 7, 11]


def test_a_loop_loads_round_the_end():
    plan = planned("a")
    plan.want(1, Want("a", 18, wraps=True))

    assert numbers(taken(plan, 5)) == [18, 19, 0, 1, 17]


def test_a_newer_wish_replaces_the_older_one():
    plan = planned("a")
    plan.want(1, Want("a", 2))
    plan.want(1, Want("a", 12))

    assert numbers(taken(plan, 2)) == [12, 13]


def test_all_visible_frames_come_before_anything_ahead_of_need():
    plan = planned("a", "b")
    plan.want(1, Want("a", 0))
    plan.want(2, Want("b", 5))

    assert taken(plan, 3) == [("b", 5), ("a", 0), ("b", 6)]


def test_a_lane_that_keeps_itself_free_takes_visible_frames_only():
    plan = planned("a")
    plan.want(1, Want("a", 3))

    assert numbers(taken(plan, 5, visible_only=True)) == [3]


def test_a_frame_being_loaded_is_not_given_twice():
    plan = planned("a")
    plan.want(1, Want("a", 3))

    assert plan.next().ref != plan.next().ref


def test_no_more_is_loaded_ahead_than_fits_into_the_cache():
    plan = planned("a", limit=10 * FRAME)
    plan.want(1, Want("a", 10))

    assert 6 <= len(taken(plan, 20)) <= 8  # 85 % of ten


def test_stacks_share_the_cache():
    plan = planned("a", "b", limit=20 * FRAME)
    plan.want(1, Want("a", 10))
    plan.want(2, Want("b", 10))

    frames = taken(plan, 40)

    assert sorted({stack: 0 for stack, _ in frames}) == ["a", "b"]
    assert len(frames) <= 17


def test_the_visible_frame_is_loaded_even_if_it_alone_is_too_large():
    plan = planned("a", limit=FRAME // 2)
    plan.want(1, Want("a", 10))

    assert numbers(taken(plan, 5)) == [10]


def test_before_the_size_is_known_little_is_loaded_ahead():
    plan = planned("a")
    plan.tracks["a"].frame_bytes = 0
    plan.want(1, Want("a", 10))

    assert [plan.next().ref.frame, plan.next().ref.frame, plan.next()] == [10, 11, None]


def test_distance_is_zero_on_screen_and_infinite_beyond_reach():
    plan = planned("a", limit=10 * FRAME)
    plan.want(1, Want("a", 0))
    frames = plan.tracks["a"].frames

    distances = [plan.distance(frames[n]) for n in (0, 1, 19)]

    assert distances == [0, 1, float("inf")]
    assert plan.distance(FrameRef(FileRef(b"elsewhere"))) == float("inf")


def test_states_follow_their_frames_when_the_stack_is_sorted_anew():
    plan = planned("a")
    plan.want(1, Want("a", 4))
    taken(plan, 1)
    old = plan.tracks["a"]
    shuffled = tuple(reversed(old.frames))

    track = plan.track("a", shuffled, [None] * len(shuffled))

    assert track.codes.nonzero()[0].tolist() == [shuffled.index(old.frames[4])]
    assert track.frame_bytes == FRAME


def test_without_a_viewport_nothing_is_loaded():
    plan = planned("a")
    plan.want(1, Want("a", 4))
    plan.unwant(1)

    assert plan.next() is None


def test_an_index_beyond_a_shrunken_stack_is_no_accident():
    plan = planned("a", count=3)
    plan.want(1, Want("a", 7))

    assert numbers(taken(plan, 9)) == [2, 1, 0]


@pytest.mark.parametrize("wraps", [False, True])
@pytest.mark.parametrize("direction", [-1, 1])
def test_every_frame_is_reached_once(direction, wraps):
    plan = planned("a")
    plan.want(1, Want("a", 7, direction, wraps))

    assert sorted(numbers(taken(plan, 50))) == list(range(20))
