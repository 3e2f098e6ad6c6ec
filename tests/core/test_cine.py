"""Rates, the frame due now, loop and sweep (rules 53-58)."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from viewer.core.cine import (
    DEFAULT_FPS,
    CineFacts,
    CineRate,
    RateSource,
    Sequencing,
    frame_at,
    frame_rate,
    is_cine,
)


# Rule 54: what the pointer names, Frame Time, Recommended, Cine Rate, times, default.
@pytest.mark.parametrize(
    ("facts", "fps", "source"),
    [
        pytest.param({"frame_time_ms": 40}, 25, RateSource.FRAME_TIME, id="frame-time"),
        pytest.param(
            {"frame_time_ms": 40, "recommended_fps": 25, "cine_rate_fps": 25},
            25,
            RateSource.FRAME_TIME,
            id="frame-time-first",
        ),
        pytest.param(
            {
                "frame_time_ms": 40,
                "frame_time_vector_ms": (0, 50, 50),
                "pointer": ("FrameTimeVector",),
            },
            20,
            RateSource.FRAME_TIME_VECTOR,
            id="pointer-names-the-vector",
        ),
        pytest.param(
            {"frame_time_ms": 40, "frame_time_vector_ms": (0, 50, 50), "pointer": ("FrameTime",)},
            25,
            RateSource.FRAME_TIME,
            id="pointer-names-frame-time",
        ),
        pytest.param(
            {"frame_time_vector_ms": (0, 50, 50)},
            20,
            RateSource.FRAME_TIME_VECTOR,
            id="vector-alone",
        ),
        pytest.param(
            {"recommended_fps": 15, "cine_rate_fps": 30},
            15,
            RateSource.RECOMMENDED,
            id="recommended",
        ),
        pytest.param({"cine_rate_fps": 30}, 30, RateSource.CINE_RATE, id="cine-rate"),
        pytest.param(
            {"acquisition_s": (10.0, 10.5, 11.0)}, 2, RateSource.ACQUISITION, id="acquisition-times"
        ),
        pytest.param({}, DEFAULT_FPS, RateSource.DEFAULT, id="nothing-said"),
        pytest.param(
            {"frame_time_ms": 0, "cine_rate_fps": 0}, DEFAULT_FPS, RateSource.DEFAULT, id="0"
        ),
        pytest.param({"frame_time_ms": -40}, DEFAULT_FPS, RateSource.DEFAULT, id="negative"),
        pytest.param({"frame_time_ms": math.nan}, DEFAULT_FPS, RateSource.DEFAULT, id="nan"),
        pytest.param({"frame_time_ms": 1e9}, DEFAULT_FPS, RateSource.DEFAULT, id="weeks"),
        pytest.param(
            {"frame_time_ms": 1e-9, "cine_rate_fps": 8}, 8, RateSource.CINE_RATE, id="tiny"
        ),
        pytest.param(
            {"frame_time_vector_ms": (0, 0, 0), "cine_rate_fps": 8},
            8,
            RateSource.CINE_RATE,
            id="zeros",
        ),
        pytest.param(
            {"frame_time_vector_ms": (0, math.inf, 1), "cine_rate_fps": 8},
            8,
            RateSource.CINE_RATE,
            id="broken-vector",
        ),
        pytest.param(
            {"acquisition_s": (11.0, 10.0)}, DEFAULT_FPS, RateSource.DEFAULT, id="backwards"
        ),
    ],
)
def test_the_rate_and_who_says_so(facts, fps, source):
    rate = frame_rate(CineFacts(frames=3, **facts))

    assert rate.fps == pytest.approx(fps)
    assert rate.source is source


# Rule 58 (C.7.6.6, C.8.4.8): a pointer to something else than time.
@pytest.mark.parametrize(
    ("facts", "film"),
    [
        pytest.param(CineFacts(frames=10), True, id="no-pointer"),
        pytest.param(CineFacts(frames=1, frame_time_ms=40), False, id="one-frame"),
        pytest.param(CineFacts(frames=9, pointer=("SliceVector",)), False, id="slices"),
        pytest.param(
            CineFacts(frames=9, pointer=("EnergyWindowVector", "DetectorVector")), False, id="nm"
        ),
        pytest.param(CineFacts(frames=9, pointer=("00189999",)), False, id="unknown"),
        pytest.param(CineFacts(frames=9, pointer=("FrameTimeVector",)), True, id="vector"),
        pytest.param(CineFacts(frames=9, tiled=True), False, id="tiles-of-a-slide"),
    ],
)
def test_what_is_a_film(facts, film):
    assert is_cine(facts) is film
    assert (frame_rate(facts) is not None) is film


# Rule 54: Recommended is an integer, so 150 ms frames round to 6 or 7.
@pytest.mark.parametrize(("recommended", "told"), [(6, False), (7, False), (8, True), (30, True)])
def test_a_disagreement_beyond_rounding_is_told(recommended, told):
    rate = frame_rate(CineFacts(frames=5, frame_time_ms=150, recommended_fps=recommended))

    assert bool(rate.alternatives) is told
    assert ("Recommended Display Frame Rate" in rate.warning) is told


# Rule 53: increments, the first is 0; each frame stays until the next one's increment is over.
def test_vector_increments_are_how_long_the_frame_before_stays():
    rate = frame_rate(CineFacts(frames=4, frame_time_vector_ms=(0, 10, 20, 30)))

    assert rate.durations_ms == (10, 20, 30, 20)


# Rule 57: vectors over 65,534 bytes are cut.
@pytest.mark.parametrize("vector", [(0, 40), (0, 40, 40), (0, 40, 40, 40, 40, 40, 40)])
def test_a_vector_of_the_wrong_length_is_tolerated(vector):
    rate = frame_rate(CineFacts(frames=4, frame_time_vector_ms=vector))

    assert rate.durations_ms == (40, 40, 40, 40)


# Rule 56: trims count from 1; nonsense is ignored.
@pytest.mark.parametrize(
    ("start", "stop", "first", "last"),
    [(3, 8, 2, 7), (None, 8, 0, 7), (3, None, 2, None), (1, 10, 0, None),
     (8, 3, 0, None), (0, 5, 0, 4), (-4, 5, 0, None), (5, 99, 0, None)],
)  # fmt: skip
def test_trims(start, stop, first, last):
    rate = frame_rate(CineFacts(frames=10, start_trim=start, stop_trim=stop))

    assert (rate.first, rate.last) == (first, last)


def test_sweep_is_preferred_playback_sequencing_1():
    assert frame_rate(CineFacts(frames=2, sweep=True)).sequencing is Sequencing.SWEEP
    assert frame_rate(CineFacts(frames=2)).sequencing is Sequencing.LOOP


LOOP = CineRate(10.0)
SWEEP = CineRate(10.0, sequencing=Sequencing.SWEEP)


def played(count, rate, start=None, steps=12):
    """The frame in the middle of each tenth of a second."""
    return [frame_at((step + 0.5) / 10, count, rate, start) for step in range(steps)]


@pytest.mark.parametrize(
    ("rate", "start", "frames"),
    [
        pytest.param(LOOP, None, [0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3], id="loop"),
        pytest.param(SWEEP, None, [0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1], id="sweep"),
        pytest.param(LOOP, 2, [2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1], id="loop-from-2"),
        pytest.param(SWEEP, 2, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1], id="sweep-from-2"),
        pytest.param(
            CineRate(10.0, first=1, last=2), None, [1, 2] * 6, id="trimmed"
        ),
        pytest.param(
            CineRate(10.0, first=1, last=2), 0, [1, 2] * 6, id="start-outside-the-trim"
        ),
        pytest.param(
            CineRate(10.0, durations_ms=(200, 100, 100, 300)), None,
            [0, 0, 1, 2, 3, 3, 3, 0, 0, 1, 2, 3], id="variable",
        ),
        pytest.param(
            CineRate(10.0, sequencing=Sequencing.SWEEP, durations_ms=(200, 100, 300)), None,
            [0, 0, 1, 2, 2, 2, 1, 0, 0, 1, 2, 2], id="variable-sweep",
        ),
    ],
)  # fmt: skip
def test_the_frame_due(rate, start, frames):
    count = 3 if len(rate.durations_ms) == 3 else 4

    assert played(count, rate, start) == frames


@pytest.mark.parametrize("count", [0, 1])
def test_nothing_to_play(count):
    assert frame_at(5.0, count, LOOP) == 0


def test_a_clip_shorter_than_its_trim_and_vector_plays_what_there_is():
    rate = CineRate(10.0, durations_ms=(100,) * 8, first=2, last=7)

    assert {frame_at(t / 10 + 0.05, 4, rate) for t in range(20)} == {2, 3}


rates = st.builds(
    CineRate,
    fps=st.floats(0.1, 200),
    sequencing=st.sampled_from(Sequencing),
    durations_ms=st.one_of(st.just(()), st.lists(st.floats(1, 500), min_size=12, max_size=12)).map(
        tuple
    ),
    first=st.integers(0, 5),
    last=st.one_of(st.none(), st.integers(5, 20)),
)


@given(st.floats(-5, 1e6), st.integers(1, 12), rates, st.one_of(st.none(), st.integers(0, 11)))
def test_the_frame_is_always_one_that_plays(elapsed_s, count, rate, start):
    frame = frame_at(elapsed_s, count, rate, start)

    last = count - 1 if rate.last is None else min(rate.last, count - 1)
    assert min(rate.first, last) <= frame <= last


@given(rates, st.integers(2, 12), st.data())
def test_playing_begins_with_the_start_frame(rate, count, data):
    last = count - 1 if rate.last is None else min(rate.last, count - 1)
    assume(last > rate.first)
    start = data.draw(st.integers(rate.first, last))

    assert frame_at(1e-9, count, rate, start) == start


@given(rates, st.integers(2, 12), st.floats(0, 50))
def test_a_small_step_of_time_moves_to_a_neighbour(rate, count, elapsed_s):
    last = count - 1 if rate.last is None else min(rate.last, count - 1)
    assume(last > rate.first)
    least_ms = min([1000 / rate.fps, *rate.durations_ms])

    before = frame_at(elapsed_s, count, rate)
    after = frame_at(elapsed_s + 0.9 * least_ms / 1000, count, rate)

    wrapped = rate.sequencing is Sequencing.LOOP and (before, after) == (last, rate.first)
    assert abs(after - before) <= 1 or wrapped


@given(st.lists(st.floats(1, 500), min_size=2, max_size=30), st.integers(0, 20))
def test_a_loop_repeats_after_the_sum_of_its_durations(durations, rounds):
    rate = CineRate(10.0, durations_ms=tuple(durations))
    middle_s = durations[0] / 2000

    assert frame_at(middle_s + rounds * sum(durations) / 1000, len(durations), rate) == 0
