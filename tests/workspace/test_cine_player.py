"""The wall clock decides; the order is never wrong; what is late is dropped, never slowed."""

from __future__ import annotations

import pytest
import shiboken6

from tests.data import ct_dataset, write_dataset
from tests.workspace.conftest import stacks_of
from viewer.core.cine import RateSource, Sequencing
from viewer.workspace.cine_player import MOST_LATE_S, SPEEDS, CinePlayer

FRAMES = 12
FPS = 20.0


class Clock:
    """Stands until it is moved."""

    def __init__(self):
        self.now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


def make_clip(folder, **attributes):
    import numpy as np

    pixels = np.arange(FRAMES * 256, dtype=np.int16).reshape(FRAMES, 16, 16)
    clip = {"FrameTime": "50", "FrameIncrementPointer": 0x00181063} | attributes
    path = write_dataset(
        folder / "clip.dcm",
        ct_dataset(pixels=pixels, ImagePositionPatient=None, ImageOrientationPatient=None, **clip),
    )
    (stack,) = stacks_of(path)
    return stack


@pytest.fixture
def stack(tmp_path):
    return make_clip(tmp_path)


@pytest.fixture
def player(qtbot, viewport, stack, clock):
    """A player on a clip whose frames are all in memory; the test is its timer."""
    viewport.cine = CinePlayer(viewport, clock)
    viewport.show(stack)
    qtbot.waitUntil(lambda: viewport.loaded is not None)
    qtbot.waitUntil(lambda: all(viewport.has(n) for n in range(FRAMES)))
    player = viewport.cine
    player.play()
    player._timer.setInterval(60_000)
    yield player
    player.pause()


def played(player, viewport, clock, steps_s):
    """Indices on screen after each step of the clock."""
    shown = []
    for step_s in steps_s:
        clock.now_s += step_s
        player.tick()
        shown.append(viewport.index)
    return shown


def test_the_rate_comes_from_the_file_with_its_source(player):
    assert (player.rate.fps, player.rate.source) == (FPS, RateSource.FRAME_TIME)


def test_frames_follow_the_wall_clock(player, viewport, clock):
    assert played(player, viewport, clock, [0.02, 0.02, 0.02, 0.05, 0.05]) == [0, 0, 1, 2, 3]


def test_a_loop_begins_again(player, viewport, clock):
    assert played(player, viewport, clock, [0.051] * 13)[-3:] == [11, 0, 1]


def test_a_sweep_turns_back(player, viewport, clock):
    player.set_sequencing(Sequencing.SWEEP)

    assert played(player, viewport, clock, [0.0501] * 14)[-4:] == [11, 10, 9, 8]


def test_a_late_tick_drops_frames_and_keeps_the_time(player, viewport, clock):
    assert played(player, viewport, clock, [0.051, 0.15, 0.05]) == [1, 4, 5]


def test_speed_multiplies_the_rate(player, viewport, clock):
    player.set_speed(2.0)

    assert player.fps == 2 * FPS
    assert played(player, viewport, clock, [0.026, 0.025]) == [1, 2]


def test_faster_and_slower_walk_the_table(player):
    walked = []
    for change in (player.faster, player.faster, player.slower, player.slower, player.slower):
        change()
        walked.append(player.speed)
    assert walked == [1.5, 2.0, 1.5, 1.0, 0.75]

    for _ in SPEEDS:
        player.slower()
    assert player.speed == SPEEDS[0]


def test_a_change_of_speed_does_not_jump(player, viewport, clock):
    played(player, viewport, clock, [0.051] * 5)

    player.set_speed(8.0)
    player.tick()

    assert viewport.index == 5


def test_the_user_scrolls_while_it_plays_and_it_goes_on_from_there(player, viewport, clock):
    played(player, viewport, clock, [0.051])
    viewport.set_index(8)

    assert played(player, viewport, clock, [0.0, 0.051]) == [8, 9]


def test_a_step_pauses(player, viewport):
    player.step(-1)

    assert not player.playing
    assert viewport.index == FRAMES - 1


def test_pause_and_play_go_on_where_it_stood(player, viewport, clock):
    played(player, viewport, clock, [0.051] * 3)
    player.pause()
    clock.now_s += 100
    player.play()
    player._timer.setInterval(60_000)

    assert played(player, viewport, clock, [0.051]) == [4]


def test_measured_rate_counts_what_was_shown(player, viewport, clock):
    played(player, viewport, clock, [0.1] * 10)  # every second frame is dropped

    assert player.measured_fps == pytest.approx(10.0)


def test_another_stack_ends_playing(player, viewport):
    viewport.show(None)

    assert not player.playing
    assert player.measured_fps is None


def test_trims_are_not_needed_to_play_a_stack_of_slices(qtbot, viewport, ct_folder, clock):
    (slices,) = stacks_of(ct_folder)
    viewport.show(slices)

    assert viewport.cine.rate.source is RateSource.DEFAULT
    viewport.cine.set_default_fps(25.0)
    assert viewport.cine.rate.fps == 25.0


def test_one_frame_does_not_play(viewport, tmp_path):
    write_dataset(tmp_path / "one.dcm", ct_dataset())
    (single,) = stacks_of(tmp_path / "one.dcm")
    viewport.show(single)

    viewport.cine.play()

    assert not viewport.cine.playing


def test_a_rate_of_the_user(player):
    player.use_rate(RateSource.USER, 7.0)

    assert (player.fps, player.rate.source) == (7.0, RateSource.USER)


@pytest.mark.parametrize("wrong", [0, -1.0])
def test_no_speed_and_no_rate_below_zero(player, wrong):
    with pytest.raises(ValueError, match="clip"):
        player.set_speed(wrong)
    with pytest.raises(ValueError, match="rate"):
        player.use_rate(RateSource.USER, wrong)


# Frames that are not decoded yet


@pytest.fixture
def slow(qtbot, viewport, stack, clock, reader):
    """A player on a clip of which only the first three frames are in memory."""
    reader.hold(*stack.frames[3:])
    viewport.cine = CinePlayer(viewport, clock)
    viewport.show(stack)
    qtbot.waitUntil(lambda: viewport.loaded is not None and viewport.has(1) and viewport.has(2))
    viewport.cine.play()
    viewport.cine._timer.setInterval(60_000)
    yield viewport.cine
    viewport.cine.pause()


def test_the_newest_frame_in_memory_is_shown_while_a_later_one_is_due(slow, viewport, clock):
    assert played(slow, viewport, clock, [0.16]) == [2]  # due is 3


def test_it_waits_rather_than_to_jump_wildly(qtbot, slow, viewport, clock, reader, stack):
    shown = played(slow, viewport, clock, [0.11, 10.0, 10.0])
    reader.release()
    qtbot.waitUntil(lambda: all(viewport.has(n) for n in range(FRAMES)))
    shown += played(slow, viewport, clock, [0.0, 0.051])

    assert shown[:3] == [2, 2, 2]
    assert 3 <= shown[3] <= 2 + MOST_LATE_S * FPS + 1
    assert shown[4] == shown[3] + 1


def test_the_due_frame_is_loaded_first(qtbot, slow, viewport, clock, reader, stack):
    played(slow, viewport, clock, [0.11, 0.2])

    reader.release()
    qtbot.waitUntil(lambda: viewport.has(6))

    assert stack.frames[6] in reader.asked[:7]


def test_nothing_is_skipped_while_the_first_frame_is_on_its_way(
    qtbot, viewport, stack, clock, reader
):
    reader.hold(*stack.frames)
    viewport.cine = CinePlayer(viewport, clock)
    viewport.show(stack)
    viewport.cine.play()
    viewport.cine._timer.setInterval(60_000)
    waited = played(viewport.cine, viewport, clock, [5.0, 5.0])
    reader.release()
    qtbot.waitUntil(lambda: all(viewport.has(n) for n in range(FRAMES)))
    qtbot.waitUntil(lambda: viewport.loaded is not None)

    assert waited == [0, 0]
    assert played(viewport.cine, viewport, clock, [0.01, 0.05]) == [0, 1]
    viewport.cine.pause()


def test_the_timer_plays_by_itself(qtbot, viewport, stack):
    viewport.show(stack)
    viewport.cine.play()

    qtbot.waitUntil(lambda: viewport.index >= 3)

    assert viewport.cine.playing
    viewport.cine.pause()


def test_a_player_that_left_with_its_viewport_does_not_play(player, viewport):
    player.play()

    shiboken6.delete(viewport)

    assert not player.playing
    assert player.measured_fps is None
