"""The frames that are in memory, bounded in bytes and shared by all viewports."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.core.image import VoiChoice
from viewer.core.pyramid import Pyramid
from viewer.dicom.files.source import FrameRef

if TYPE_CHECKING:
    from viewer.dicom.pixels.frames import LoadedFrame

ROOM_LEFT = 0.05  # of the limit, made at each eviction, so that not every new frame sorts the cache


@dataclass(frozen=True, slots=True, eq=False)
class ReadyFrame:
    """A frame with all that takes time to find out about it, done off the GUI thread.

    Attributes:
        frame: its stored values and description.
        pyramid: the stored values in all sizes worth drawing.
        voi: what the viewer chooses when the user has not.
    """

    frame: LoadedFrame
    pyramid: Pyramid
    voi: VoiChoice

    @property
    def nbytes(self) -> int:
        return int(self.frame.nbytes) + self.pyramid.extra_bytes


class FrameCache:
    """Frames by reference; the ones farthest from what is on screen leave first.

    Any thread. A frame on screen (distance 0) never leaves, even when it alone is larger than
    the limit: what is seen has to be in memory anyway.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._limit = limit_bytes
        self._frames: OrderedDict[FrameRef, ReadyFrame] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        return self._bytes

    def __len__(self) -> int:
        return len(self._frames)

    def __contains__(self, ref: FrameRef) -> bool:
        return ref in self._frames

    def get(self, ref: FrameRef) -> ReadyFrame | None:
        with self._lock:
            frame = self._frames.get(ref)
            if frame is not None:
                self._frames.move_to_end(ref)
            return frame

    def put(
        self, ref: FrameRef, frame: ReadyFrame, distance: Callable[[FrameRef], float]
    ) -> list[FrameRef]:
        """Keep a frame and make room for it.

        Args:
            distance: how far a frame is from being seen; 0 on screen, infinite if not wanted.

        Returns:
            What had to leave; may include `ref` itself when all others are nearer.
        """
        with self._lock:
            self._remove(ref)
            self._frames[ref] = frame
            self._bytes += frame.nbytes
            if self._bytes <= self._limit:
                return []
            return self._make_room(distance)

    def discard(self, refs: list[FrameRef]) -> None:
        with self._lock:
            for ref in refs:
                self._remove(ref)

    def clear(self) -> None:
        with self._lock:
            self._frames.clear()
            self._bytes = 0

    def set_limit(self, limit_bytes: int, distance: Callable[[FrameRef], float]) -> list[FrameRef]:
        """Change the bound; returns what had to leave."""
        with self._lock:
            self._limit = limit_bytes
            return self._make_room(distance) if self._bytes > limit_bytes else []

    def _make_room(self, distance: Callable[[FrameRef], float]) -> list[FrameRef]:
        # The sort is stable and the dictionary least recently used first: ties leave in that order.
        farthest_first = sorted(self._frames, key=distance, reverse=True)
        left: list[FrameRef] = []
        for ref in farthest_first:
            if self._bytes <= self._limit * (1 - ROOM_LEFT) or distance(ref) == 0:
                break
            self._remove(ref)
            left.append(ref)
        return left

    def _remove(self, ref: FrameRef) -> None:
        frame = self._frames.pop(ref, None)
        if frame is not None:
            self._bytes -= frame.nbytes
