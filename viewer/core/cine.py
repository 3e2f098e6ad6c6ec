"""How fast the frames of a clip follow each other, and which one is due now (PS3.3 C.7.6.5).

Rates by falling authority: what the Frame Increment Pointer names, Frame Time, Recommended
Display Frame Rate, Cine Rate, the acquisition times of the frames, and a stated default.
Frame Delay (0018,1066) is a delay before the first frame and never a rate.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate

DEFAULT_FPS = 10.0
# Outside of this a number is not a frame duration but an accident (rates of 0.02 to 2000 fps).
SHORTEST_MS, LONGEST_MS = 0.5, 60_000.0


class Sequencing(StrEnum):
    """Preferred Playback Sequencing (0018,1244)."""

    LOOP = "loop"
    SWEEP = "sweep"


class RateSource(StrEnum):
    """Who says how fast; the word is shown beside the rate."""

    FRAME_TIME = "Frame Time"
    FRAME_TIME_VECTOR = "Frame Time Vector"
    RECOMMENDED = "Recommended Display Frame Rate"
    CINE_RATE = "Cine Rate"
    ACQUISITION = "acquisition times"
    DEFAULT = "default"
    USER = "user"


@dataclass(frozen=True, slots=True)
class CineFacts:
    """The cine attributes of one clip as plain values; absent is None or empty.

    Attributes:
        frames: number of frames.
        pointer: keywords that the Frame Increment Pointer names.
        frame_time_ms: Frame Time (0018,1063).
        frame_time_vector_ms: increments from the frame before, the first is 0.
        recommended_fps: Recommended Display Frame Rate (0008,2144), an integer by the standard.
        cine_rate_fps: Cine Rate (0018,0040).
        acquisition_s: start of each frame on one clock.
        sweep: Preferred Playback Sequencing is 1.
        start_trim, stop_trim: first and last frame to play, counted from 1 (0008,2142/2143).
        tiled: the frames are tiles of a slide, segments or the like: no film.
    """

    frames: int
    pointer: tuple[str, ...] = ()
    frame_time_ms: float | None = None
    frame_time_vector_ms: tuple[float, ...] = ()
    recommended_fps: float | None = None
    cine_rate_fps: float | None = None
    acquisition_s: tuple[float, ...] = ()
    sweep: bool = False
    start_trim: int | None = None
    stop_trim: int | None = None
    tiled: bool = False


@dataclass(frozen=True, slots=True)
class CineRate:
    """How a clip plays.

    Attributes:
        fps: mean frames per second.
        source: who says so.
        sequencing: loop, or sweep there and back.
        durations_ms: how long each frame stays, for all frames of the clip; empty when constant.
        first, last: frames to play, counted from 0, both included; last None for the end.
        alternatives: other rates in the file that differ by more than rounding, for the user.
    """

    fps: float
    source: RateSource = RateSource.DEFAULT
    sequencing: Sequencing = Sequencing.LOOP
    durations_ms: tuple[float, ...] = ()
    first: int = 0
    last: int | None = None
    alternatives: tuple[tuple[RateSource, float], ...] = ()

    @property
    def warning(self) -> str:
        """One sentence when the file names different rates, or empty."""
        if not self.alternatives:
            return ""
        others = ", ".join(f"{source.value} {fps:.4g} fps" for source, fps in self.alternatives)
        return f"The file also says {others}; playing {self.source.value} {self.fps:.4g} fps."


# Vectors of the Multi-frame and NM modules that count something else than time (C.8.4.8, C.8.6.4).
TIME_POINTERS = {"FrameTime", "FrameTimeVector"}


def is_cine(facts: CineFacts) -> bool:
    """Whether the frames are a film (rule 58): several, and not slices, angles or detectors."""
    in_time = not facts.pointer or bool(TIME_POINTERS & set(facts.pointer))
    return facts.frames > 1 and in_time and not facts.tiled


def frame_rate(facts: CineFacts) -> CineRate | None:
    """The rate of a clip by falling authority, or None when it is not a film (rule 54)."""
    if not is_cine(facts):
        return None
    candidates = _candidates(facts)
    source, durations = candidates[0] if candidates else (RateSource.DEFAULT, ())
    fps = 1000 * len(durations) / sum(durations) if durations else DEFAULT_FPS
    first, last = _trim(facts)
    return CineRate(
        fps=fps,
        source=source,
        sequencing=Sequencing.SWEEP if facts.sweep else Sequencing.LOOP,
        durations_ms=tuple(durations) if len(durations) > 1 else (),
        first=first,
        last=last,
        alternatives=_disagreeing(fps, candidates[1:]),
    )


def frame_at(elapsed_s: float, count: int, rate: CineRate, start: int | None = None) -> int:
    """The frame due `elapsed_s` seconds of wall clock after playing began.

    Args:
        elapsed_s: seconds since the frame `start` appeared, already multiplied by the speed.
        count: number of frames there are; trims beyond it are cut.
        rate: how the clip plays.
        start: frame shown at 0 s; outside of the trim the trim's first one takes its place.
    """
    last = count - 1 if rate.last is None else min(rate.last, count - 1)
    first = min(rate.first, max(last, 0))
    length = last - first + 1
    if length <= 1:
        return first
    begin = start - first if start is not None and first <= start <= last else 0
    sweep = rate.sequencing is Sequencing.SWEEP
    steps = 2 * length - 2 if sweep else length  # the ends are shown once each time round
    if len(rate.durations_ms) <= last:
        step = int(max(elapsed_s, 0.0) * rate.fps + begin) % steps
    else:
        step = _variable_step(elapsed_s, rate.durations_ms[first : last + 1], begin, sweep)
    return first + (step if step < length else steps - step)


def _variable_step(
    elapsed_s: float, durations_ms: tuple[float, ...], begin: int, sweep: bool
) -> int:
    """The step of one round (there, and back when sweeping) that is due, by summed durations."""
    round_ms = durations_ms + durations_ms[-2:0:-1] if sweep else durations_ms
    ends_ms = list(accumulate(round_ms))
    offset_ms = ends_ms[begin - 1] if begin else 0.0
    now_ms = (max(elapsed_s, 0.0) * 1000 + offset_ms) % ends_ms[-1]
    return min(bisect_right(ends_ms, now_ms), len(ends_ms) - 1)


def _candidates(facts: CineFacts) -> list[tuple[RateSource, Sequence[float]]]:
    """Usable (source, durations) pairs, best first; one duration means a constant rate."""
    vector = _vector_durations(facts.frame_time_vector_ms, facts.frames)
    found: list[tuple[RateSource, Sequence[float]]] = [
        (RateSource.FRAME_TIME, (facts.frame_time_ms or 0.0,)),
        (RateSource.FRAME_TIME_VECTOR, vector),
        (RateSource.RECOMMENDED, (_period_ms(facts.recommended_fps),)),
        (RateSource.CINE_RATE, (_period_ms(facts.cine_rate_fps),)),
        (RateSource.ACQUISITION, _acquisition_durations(facts)),
    ]
    if "FrameTimeVector" in facts.pointer and "FrameTime" not in facts.pointer:
        found[0], found[1] = found[1], found[0]
    return [(source, durations) for source, durations in found if _usable(durations)]


def _usable(durations: Sequence[float]) -> bool:
    return bool(durations) and all(SHORTEST_MS <= d <= LONGEST_MS for d in durations)


def _period_ms(fps: float | None) -> float:
    return 1000 / fps if fps and math.isfinite(fps) else 0.0


def _vector_durations(increments: Sequence[float], frames: int) -> Sequence[float]:
    """How long each frame stays, from the increments *before* each frame (C.7.6.5.1.2).

    The vector is often one short or cut at 65,534 bytes (rule 57): what is missing stays as long
    as the mean of the rest, and so does the last frame, after which no increment is told.
    """
    steps = list(increments[1:frames])
    if not steps or not all(math.isfinite(step) and step >= 0 for step in steps) or not sum(steps):
        return ()
    mean = sum(steps) / len(steps)
    steps = [step if step >= SHORTEST_MS else SHORTEST_MS for step in steps]
    return steps + [mean] * (frames - len(steps))


def _acquisition_durations(facts: CineFacts) -> Sequence[float]:
    """One mean duration: single times are too coarse (often whole seconds) to play them."""
    times = facts.acquisition_s
    if len(times) < 2 or times[-1] <= times[0]:
        return ()
    return (1000 * (times[-1] - times[0]) / (len(times) - 1),)


def _trim(facts: CineFacts) -> tuple[int, int | None]:
    """Frames to play, counted from 0; a trim that leaves nothing is ignored (C.7.6.5)."""
    start = facts.start_trim or 1
    stop = facts.stop_trim or facts.frames
    if not 1 <= start <= stop <= facts.frames:
        return 0, None
    return start - 1, None if stop == facts.frames else stop - 1


def _disagreeing(
    fps: float, others: Sequence[tuple[RateSource, Sequence[float]]]
) -> tuple[tuple[RateSource, float], ...]:
    """Rates that differ by more than rounding to whole frames per second."""
    rates = [(source, 1000 * len(d) / sum(d)) for source, d in others]
    return tuple(pair for pair in rates if abs(pair[1] - fps) > max(1.0, 0.02 * fps))
