"""Which frame to load next. No threads and no Qt here: the loader holds a lock around it.

What is wanted is kept, not what was asked for: a newer wish of a viewport replaces its older
one, so nothing stale is ever waiting and the frame on screen is always first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from viewer.dicom.source import FrameRef

if TYPE_CHECKING:
    from viewer.dicom.header import Header

BEHIND = 3  # a frame behind costs as much as one three times as far ahead
PLANNED = 0.85  # share of the cache that is filled ahead of need; above lies the cache's own slack
KEPT_TRACKS = 16  # stacks whose states are remembered, so that going back to one costs nothing
BLIND_FRAMES = 2  # loaded ahead before the size of a frame is known


class Code(IntEnum):
    """State of a frame as one byte of `Track.codes`."""

    ABSENT = 0
    LOADED = 1
    FAILED = 2
    LOADING = 3


class Track:
    """The frames of one stack and how far each is."""

    def __init__(self, frames: tuple[FrameRef, ...], headers: Sequence[Header]) -> None:
        self.frames = frames
        self.headers = headers
        self.places = {ref: place for place, ref in enumerate(frames)}
        self.codes = np.zeros(len(frames), np.uint8)
        self.frame_bytes = 0

    def mark(self, ref: FrameRef, code: Code) -> None:
        place = self.places.get(ref)
        if place is not None:
            self.codes[place] = code

    def regrown(self, frames: tuple[FrameRef, ...], headers: Sequence[Header]) -> Track:
        """The same track after its stack has grown or was sorted anew."""
        track = Track(frames, headers)
        for place in np.flatnonzero(self.codes).tolist():
            track.mark(self.frames[place], Code(int(self.codes[place])))
        track.frame_bytes = self.frame_bytes
        return track


@dataclass(frozen=True, slots=True)
class Task:
    """A frame to load, and the header its file had when it was found."""

    ref: FrameRef
    header: Header


@dataclass(frozen=True, slots=True)
class Want:
    """What one viewport shows and where it is heading.

    Attributes:
        key: of its stack.
        index: frame on screen, 0-based in display order.
        direction: +1 or -1, the way the user scrolls.
        wraps: after the last frame comes the first (a clip that loops).
    """

    key: Hashable
    index: int
    direction: int = 1
    wraps: bool = False

    def costs(self, count: int) -> np.ndarray:
        """Distance of every frame of the stack from being seen, shape (count,), float."""
        ahead = (np.arange(count) - self.index) * self.direction
        if self.wraps:
            ahead %= count
            return np.minimum(ahead, BEHIND * (count - ahead)).astype(float)
        return np.where(ahead >= 0, ahead, -BEHIND * ahead).astype(float)


class LoadPlan:
    """Wants of all viewports, states of the frames they may need, and the next one to load."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.tracks: dict[Hashable, Track] = {}
        self._wants: dict[Hashable, Want] = {}  # by viewport, the newest last
        self._costs: dict[Want, np.ndarray] = {}
        self._reaches: dict[Want, float] = {}

    @property
    def limit_bytes(self) -> int:
        """Size of the cache that is planned for."""
        return self._limit_bytes

    def set_limit(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self._reaches.clear()

    def want(self, owner: Hashable, want: Want) -> None:
        """The newest wish of a viewport; its track must be there."""
        self._wants.pop(owner, None)
        self._wants[owner] = want
        self._tidy()

    def unwant(self, owner: Hashable) -> None:
        self._wants.pop(owner, None)
        self._tidy()

    def wanted_keys(self) -> set[Hashable]:
        return {want.key for want in self._wants.values()}

    def track(
        self, key: Hashable, frames: tuple[FrameRef, ...], headers: Sequence[Header]
    ) -> Track | None:
        """The track of a stack brought up to its present frames, or None when it has none yet."""
        track = self.tracks.pop(key, None)
        if track is None:
            return None
        if track.frames is not frames:
            track = track.regrown(frames, headers)
            self._costs.clear()
            self._reaches.clear()
        self.tracks[key] = track  # the latest asked for is the last to be forgotten
        return track

    def next(self, *, visible_only: bool = False) -> Task | None:
        """Take the most urgent frame; it counts as being loaded until mark() says otherwise."""
        newest_first = list(reversed(self._wants.values()))
        for want in newest_first:
            track = self.tracks[want.key]
            if want.index < len(track.frames) and track.codes[want.index] == Code.ABSENT:
                return self._take(track, want.index)
        if visible_only:
            return None
        for want in newest_first:
            place = self._nearest_absent(want)
            if place is not None:
                return self._take(self.tracks[want.key], place)
        return None

    def mark(self, refs: Iterable[FrameRef], code: Code, frame_bytes: int = 0) -> set[Hashable]:
        """Note what became of frames; returns the stacks concerned."""
        touched: set[Hashable] = set()
        for ref in refs:
            for key, track in self.tracks.items():
                if ref in track.places:
                    track.mark(ref, code)
                    if frame_bytes > track.frame_bytes:  # the largest: sizes may differ
                        track.frame_bytes = frame_bytes
                        self._reaches.clear()
                    touched.add(key)
        return touched

    def distance(self, ref: FrameRef) -> float:
        """How far a frame is from being seen: 0 on screen, infinite beyond what is loaded ahead.

        Infinite too where a stack has more than its share: else the frames of one stack would
        push out those of another that are loaded again at once.
        """
        nearest = float("inf")
        for want in self._wants.values():
            place = self.tracks[want.key].places.get(ref)
            if place is not None:
                cost = float(self._costs_of(want)[place])
                nearest = min(nearest, cost if cost <= self._reach(want) else float("inf"))
        return nearest

    def is_visible(self, ref: FrameRef) -> bool:
        return any(
            want.index < len(frames) and frames[want.index] == ref
            for want in self._wants.values()
            for frames in (self.tracks[want.key].frames,)
        )

    def _take(self, track: Track, place: int) -> Task:
        track.codes[place] = Code.LOADING
        return Task(track.frames[place], track.headers[place])

    def _nearest_absent(self, want: Want) -> int | None:
        track = self.tracks[want.key]
        absent = np.flatnonzero(track.codes == Code.ABSENT)
        if not absent.size:
            return None
        costs = self._costs_of(want)
        place = int(absent[np.argmin(costs[absent])])
        return place if costs[place] <= self._reach(want) else None

    def _reach(self, want: Want) -> float:
        """Largest cost that is loaded ahead, so that what is planned fits into the cache."""
        reach = self._reaches.get(want)
        if reach is None:
            track, costs = self.tracks[want.key], self._costs_of(want)
            share = PLANNED * self._limit_bytes / len(self._wants)
            count = int(share / track.frame_bytes) if track.frame_bytes else BLIND_FRAMES
            # Strictly below: frames of equal cost ahead and behind must not overfill the share.
            reach = float(np.partition(costs, count)[count]) - 0.5 if count < len(costs) else np.inf
            self._reaches[want] = max(reach, 0.0)  # what is on screen is always loaded
        return self._reaches[want]

    def _costs_of(self, want: Want) -> np.ndarray:
        count = len(self.tracks[want.key].frames)
        costs = self._costs.get(want)
        if costs is None or len(costs) != count:
            costs = self._costs[want] = want.costs(count)
        return costs

    def _tidy(self) -> None:
        self._reaches.clear()
        wants = set(self._wants.values())
        self._costs = {want: costs for want, costs in self._costs.items() if want in wants}
        keys = self.wanted_keys()
        for key in list(self.tracks):
            if len(self.tracks) > KEPT_TRACKS and key not in keys:
                del self.tracks[key]
