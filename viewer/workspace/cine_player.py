"""Plays the frames of a viewport by the wall clock.

The rule when frames arrive late: the order is never wrong and the speed never slows down;
frames are dropped instead. Of those due since the last one shown, the newest that is in memory
is shown. Only when for a quarter of a second none is in memory (a cold start, a slow disc) the
clock stands still until one is, so that a clip never jumps by more than that.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from shiboken6 import isValid

from viewer.core.cine import CineRate, RateSource, Sequencing, frame_at

if TYPE_CHECKING:
    from viewer.library.nodes import Stack
    from viewer.workspace.viewport import Viewport

SPEEDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 8.0)
MOST_LATE_S = 0.25
MEASURED_S = 2.0  # the span over which shown frames are counted


def rate_of(stack: Stack) -> CineRate | None:
    """The rate a stack's file gives, or None for slices and other things that are no film."""
    from viewer.library.clips import clip_rate

    return clip_rate(stack)


class CinePlayer(QObject):
    """Play, pause, step, speed and sequencing of one viewport. GUI thread only."""

    changed = Signal()  # playing, speed, rate, sequencing; while playing the measured rate too

    def __init__(
        self,
        viewport: Viewport,
        clock: Callable[[], float] = time.perf_counter,
        default_fps: float = 15.0,
    ) -> None:
        super().__init__(viewport)
        self._viewport = viewport
        self._clock = clock
        self._default_fps = default_fps
        self._rate: CineRate | None = None
        self._speed = 1.0
        self._began_s = 0.0
        self._start = 0
        self._shown = 0
        self._shown_at_s = 0.0  # of the play time, like elapsed
        self._headed_for = -1
        self._times_s: deque[float] = deque()
        self._reported_s = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        viewport.stack_changed.connect(self._begin_stack)

    @property
    def playing(self) -> bool:
        """False, too, once Qt has deleted it with its viewport: a widget may ask that late."""
        return isValid(self._timer) and self._timer.isActive()

    @property
    def is_clip(self) -> bool:
        """The stack is a film by what its file says, and not slices."""
        stack = self._viewport.stack
        return stack is not None and rate_of(stack) is not None

    @property
    def rate(self) -> CineRate:
        """How the stack plays at speed 1, and who says so."""
        if self._rate is None:
            stack = self._viewport.stack
            found = rate_of(stack) if stack is not None else None
            if found is None or found.source is RateSource.DEFAULT:
                found = replace(found or CineRate(0.0), fps=self._default_fps)
            self._rate = found
        return self._rate

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def fps(self) -> float:
        """Frames per second that are due now."""
        return self.rate.fps * self._speed

    @property
    def measured_fps(self) -> float | None:
        """Frames per second really shown over the last two seconds, None before it is known."""
        if not self.playing or len(self._times_s) < 3:
            return None
        return (len(self._times_s) - 1) / (self._times_s[-1] - self._times_s[0])

    def play(self) -> None:
        if self.playing or self._viewport.count < 2:
            return
        self._times_s.clear()
        self._reported_s = self._clock()
        self._restart()
        self._timer.start(self._interval_ms())
        self.changed.emit()

    def pause(self) -> None:
        if self.playing:
            self._timer.stop()
            self.changed.emit()

    def toggle(self) -> None:
        if self.playing:
            self.pause()
        else:
            self.play()

    def step(self, count: int) -> None:
        """Pause, and go on by single frames, round the ends."""
        self.pause()
        self._viewport.step(count, wraps=True)

    def faster(self) -> None:
        self.set_speed(min((s for s in SPEEDS if s > self._speed), default=SPEEDS[-1]))

    def slower(self) -> None:
        self.set_speed(max((s for s in SPEEDS if s < self._speed), default=SPEEDS[0]))

    def set_speed(self, speed: float) -> None:
        """Multiple of the file's rate."""
        if speed <= 0:
            raise ValueError("a clip plays forwards")
        if speed != self._speed:
            self._speed = speed
            self._retime()

    def set_sequencing(self, sequencing: Sequencing) -> None:
        """Loop, or sweep there and back."""
        if sequencing is not self.rate.sequencing:
            self._rate = replace(self.rate, sequencing=sequencing)
            self._retime()

    def use_rate(self, source: RateSource, fps: float) -> None:
        """Play at another rate: one of `rate.alternatives`, or the user's own."""
        if fps <= 0:
            raise ValueError("a rate is above 0")
        self._rate = replace(self.rate, fps=fps, source=source, durations_ms=())
        self._retime()

    def set_default_fps(self, fps: float) -> None:
        """The rate for what has none of its own."""
        self._default_fps = fps
        if self._rate is None or self._rate.source is RateSource.DEFAULT:
            self._rate = None
            self._retime()

    @Slot()
    def tick(self) -> None:
        """Show what is due; the timer calls it a few times for each frame."""
        if self._viewport.index != self._shown:  # the user scrolled: go on from there
            self._restart()
        elapsed_s = self._elapsed_s()
        if self._viewport.loading:  # nothing of this clip is on screen yet
            self._hold(elapsed_s, self._shown_at_s)
        elif not self._show_newest(elapsed_s):
            self._hold(elapsed_s, self._shown_at_s + MOST_LATE_S * self._speed)
        self._report()

    def _show_newest(self, elapsed_s: float) -> bool:
        """Show the newest frame due that is in memory; False when none is but one is due."""
        due = self._frame_at(elapsed_s)
        if due == self._shown:
            self._shown_at_s = elapsed_s
            return True
        at_s, frame = elapsed_s, due
        while at_s > self._shown_at_s and not self._viewport.has(frame):
            at_s = max(at_s - 1 / self.rate.fps, self._shown_at_s)
            frame = self._frame_at(at_s)
        if frame == self._shown or not self._viewport.has(frame):
            self._head_for(due)
            return False
        self._shown, self._shown_at_s = frame, at_s
        self._headed_for = -1
        self._viewport.set_index(frame, wraps=self.rate.sequencing is Sequencing.LOOP)
        self._times_s.append(self._clock())
        return True

    def _head_for(self, frame: int) -> None:
        if frame != self._headed_for:
            self._headed_for = frame
            loops = self.rate.sequencing is Sequencing.LOOP
            forwards = loops or frame > self._viewport.index
            self._viewport.head_for(frame, 1 if forwards else -1, wraps=loops)

    def _frame_at(self, elapsed_s: float) -> int:
        return frame_at(elapsed_s, self._viewport.count, self.rate, self._start)

    def _elapsed_s(self) -> float:
        """Play time since the start frame: wall clock times speed."""
        return (self._clock() - self._began_s) * self._speed

    def _hold(self, elapsed_s: float, most_s: float) -> None:
        """Let the clock stand where the play time is `most_s`, if it is beyond."""
        if elapsed_s > most_s:
            self._began_s += (elapsed_s - most_s) / self._speed

    def _restart(self) -> None:
        """Time runs from the frame on screen."""
        self._start = self._shown = self._viewport.index
        self._began_s, self._shown_at_s = self._clock(), 0.0
        self._headed_for = -1
        self._viewport.head_for(self._shown, 1, wraps=self.rate.sequencing is Sequencing.LOOP)

    def _retime(self) -> None:
        if self.playing:
            self._restart()
            self._timer.setInterval(self._interval_ms())
        self.changed.emit()

    def _interval_ms(self) -> int:
        """A quarter of a frame, so that none is later than that; never busier than 2 ms."""
        shortest_ms = min(self.rate.durations_ms, default=1000 / self.rate.fps) / self._speed
        return int(max(2, min(16, shortest_ms / 4)))

    def _report(self) -> None:
        now_s = self._clock()
        while self._times_s and now_s - self._times_s[0] > MEASURED_S:
            self._times_s.popleft()
        if now_s - self._reported_s >= 0.5:
            self._reported_s = now_s
            self.changed.emit()

    @Slot()
    def _begin_stack(self) -> None:
        self._timer.stop()
        self._rate = None
        self._speed = 1.0
        self._times_s.clear()
        self.changed.emit()
