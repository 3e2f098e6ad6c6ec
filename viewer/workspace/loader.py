"""Brings frames into memory: the one on screen first, then where the user is heading."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable, Sequence, Set
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, overload

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer.dicom.files.source import FileRef, FrameRef
from viewer.errors import NoPictureError, Problem, Severity, ViewerError
from viewer.workspace.frame_cache import FrameCache, ReadyFrame
from viewer.workspace.load_plan import Code, LoadPlan, Task, Track, Want
from viewer.workspace.mailbox import Mailbox
from viewer.workspace.same_object import check_same_object

if TYPE_CHECKING:
    from viewer.dicom.headers.header import Header
    from viewer.dicom.pixels.frames import LoadedFrame
    from viewer.library.nodes import Stack

log = logging.getLogger(__name__)

PAINT_MS = 10  # given to the GUI thread after a frame on screen has arrived
SHORT_LOAD_S = 0.03  # a load the visible frame may have to wait for without being noticed


class FrameState(StrEnum):
    """How far a frame is, for the progress on the scroll bar."""

    ABSENT = "absent"
    LOADED = "loaded"
    FAILED = "failed"


class FrameStates(Sequence[FrameState]):
    """States of the frames of a stack, in display order.

    Attributes:
        codes: the same as numbers, uint8 (frames,), by `Code`.
    """

    def __init__(self, codes: np.ndarray) -> None:
        self.codes = codes

    def __len__(self) -> int:
        return len(self.codes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # as a list: it stands for one moment

    @overload
    def __getitem__(self, place: int) -> FrameState: ...
    @overload
    def __getitem__(self, place: slice) -> FrameStates: ...
    def __getitem__(self, place: int | slice) -> FrameState | FrameStates:
        if isinstance(place, slice):
            return FrameStates(self.codes[place])
        return _STATES[self.codes[place]]


_UNDECIDED = (Code.ABSENT, Code.LOADING)
_STATES = (FrameState.ABSENT, FrameState.LOADED, FrameState.FAILED, FrameState.ABSENT)  # by Code


class Reader(Protocol):
    """What reads and decodes: `viewer.dicom.pixels.frames.FrameReader`."""

    def load(self, frame_ref: FrameRef, /) -> LoadedFrame: ...

    def retry(self, frame_ref: FrameRef, /) -> None: ...

    def prestart(self) -> None: ...

    def close(self) -> None: ...


class PooledReader:
    """The real reader with as many decoders as the user set.

    Importing it takes a quarter of a second, so a loading thread makes it.
    """

    def __init__(self, workers: int) -> None:
        from viewer.dicom.pixels.decoder_pool import DecoderPool
        from viewer.dicom.pixels.frames import FrameReader

        self._pool = DecoderPool(workers)
        self._reader = FrameReader(self._pool)

    def load(self, frame_ref: FrameRef, /) -> LoadedFrame:
        return self._reader.load(frame_ref)

    def retry(self, frame_ref: FrameRef, /) -> None:
        self._reader.retry(frame_ref)

    def prestart(self) -> None:
        """Start the decoders now: the first compressed frame would wait a quarter of a second."""
        self._pool.prestart()

    def close(self) -> None:
        self._pool.close()  # first, so that frames being decoded fail at once
        self._reader.close()


class Loader(QObject):
    """The background loader, shared by all viewports. Public methods: GUI thread only.

    One lane (thread) keeps itself free for frames on screen: it takes frames ahead of need only
    while loads are short. So a wanted frame never waits for a slow one that nobody sees yet.

    Short loads are mostly Python, and two lanes of them leave the GUI thread little of the
    interpreter: nothing is loaded ahead from the moment a frame is wanted until it was painted,
    and by one lane only while files are scanned.
    """

    frame_loaded = Signal(object)  # FrameRef
    frame_failed = Signal(object, object)  # FrameRef, Problem
    scanning_changed = Signal()
    states_changed = Signal(object)  # set of keys of the stacks concerned, at most every 15 ms

    def __init__(
        self,
        cache_bytes: int,
        workers: int = 2,
        open_reader: Callable[[int], Reader] = PooledReader,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.cache = FrameCache(cache_bytes)
        self._plan = LoadPlan(cache_bytes)
        self._failures: dict[FrameRef, Problem] = {}
        self._open_reader = open_reader
        self._workers = workers
        self._reader: Reader | None = None
        self._reader_lock = threading.Lock()
        self._typical_s = 0.0
        self._closed = False
        self._awaited = False  # a frame on screen is on its way, or being painted
        self._scanning = False
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.setInterval(PAINT_MS)
        self._painted.timeout.connect(self._go_on)
        self._wake = threading.Condition()
        self._mailbox = Mailbox(parent=self)
        self._mailbox.delivered.connect(self._publish)
        self._lanes: list[threading.Thread] = []

    def request(
        self, viewport: Hashable, stack: Stack, index: int, direction: int = 1, wraps: bool = False
    ) -> None:
        """Say what a viewport shows and where it is heading; replaces its earlier wish."""
        with self._wake:
            if self._closed:
                return
            track = self._track(stack)
            self._plan.want(viewport, Want(stack.key, index, direction, wraps))
            self._awaited = index < len(track.codes) and track.codes[index] in _UNDECIDED
            self._wake.notify_all()
        self._start_lanes()

    def forget(self, viewport: Hashable) -> None:
        """A viewport is gone or empty: nothing is loaded for it any more."""
        with self._wake:
            self._plan.unwant(viewport)
            self._awaited = False
            self._wake.notify_all()

    def get(self, ref: FrameRef) -> LoadedFrame | None:
        ready = self.cache.get(ref)
        return ready.frame if ready else None

    def ready(self, ref: FrameRef) -> ReadyFrame | None:
        """The frame with its sizes and the viewer's window, or None while it is not there."""
        return self.cache.get(ref)

    def read(self, ref: FrameRef) -> LoadedFrame:
        """Any thread: a frame from memory, or read now without keeping it (thumbnails).

        Raises:
            ViewerError: it cannot be read.
        """
        return self.get(ref) or self._the_reader().load(ref)

    def failure(self, ref: FrameRef) -> Problem | None:
        return self._failures.get(ref)

    def retry(self, ref: FrameRef) -> None:
        """Load a frame again that had failed; the medium may be back."""
        with self._wake:
            if self._failures.pop(ref, None) is not None:
                if self._reader is not None:
                    self._reader.retry(ref)
                self._plan.mark([ref], Code.ABSENT)
                self._wake.notify_all()

    def drop(self, files: Set[FileRef]) -> None:
        """Forget the frames of files that were replaced; they are read again when wanted."""
        with self._wake:
            refs = {ref for track in self._plan.tracks.values() for ref in track.frames}
            old = [ref for ref in refs if ref.file in files]
            self.cache.discard(old)
            for ref in old:
                self._failures.pop(ref, None)
            self._plan.mark(old, Code.ABSENT)
            self._wake.notify_all()

    def states(self, stack: Stack) -> FrameStates:
        """State of each frame of a stack, in display order, as it is at this moment."""
        with self._wake:
            return FrameStates(self._track(stack).codes.copy())

    def set_scanning(self, scanning: bool) -> None:
        """Leave more of the interpreter to a scan while it runs."""
        if scanning == self._scanning:
            return
        with self._wake:
            self._scanning = scanning
            self._wake.notify_all()
        self.scanning_changed.emit()

    @property
    def scanning(self) -> bool:
        """Whether more frames may come: what a stack seems to lack is no news until then."""
        return self._scanning

    def set_cache_limit(self, cache_bytes: int) -> None:
        with self._wake:
            self._plan.set_limit(cache_bytes)
            gone = self.cache.set_limit(cache_bytes, self._plan.distance)
            self._plan.mark(gone, Code.ABSENT)
            self._wake.notify_all()

    def warm_up(self) -> None:
        """Import what reading needs, on a thread, so that the first image does not wait for it."""
        if self._reader is None:
            threading.Thread(target=self.get_ready, name="warm-up", daemon=True).start()

    def clear(self) -> None:
        """Forget all frames, failures and wishes: the studies were closed."""
        with self._wake:
            self._plan = LoadPlan(self._plan.limit_bytes)
            self._awaited = False
            self.cache.clear()
            self._failures.clear()

    def close(self) -> None:
        """Stop the lanes and the decoders; nothing is reported afterwards."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        self.blockSignals(True)
        with self._reader_lock:
            if self._reader is not None:
                self._reader.close()
        for lane in self._lanes:
            lane.join()
        self.cache.clear()

    def _start_lanes(self) -> None:
        if not self._lanes:
            for number in range(max(2, self._workers)):
                lane = threading.Thread(
                    target=self._run, args=(number == 0,), name=f"loader-{number}", daemon=True
                )
                self._lanes.append(lane)
                lane.start()

    def _track(self, stack: Stack) -> Track:
        track = self._plan.track(stack.key, stack.frames, stack.headers)
        if track is None:
            track = Track(stack.frames, stack.headers)
            for ref in stack.frames if len(self.cache) or self._failures else ():
                if ref in self.cache:
                    track.mark(ref, Code.LOADED)
                elif ref in self._failures:
                    track.mark(ref, Code.FAILED)
            self._plan.tracks[stack.key] = track
        return track

    # Below: the lanes' threads.

    def get_ready(self, *, decoders: bool = False) -> None:
        """What `warm_up` does, here and now, and the decoders started too; any thread."""
        with suppress(ViewerError):
            reader = self._the_reader()
            if decoders:
                reader.prestart()

    def _run(self, keeps_free: bool) -> None:
        while True:
            with self._wake:
                task = self._next(keeps_free)
                while task is None and not self._closed:
                    self._wake.wait()
                    task = self._next(keeps_free)
                if self._closed or task is None:
                    return
                plan = self._plan
            self._finish(plan, task.ref, self._load(task))

    def _next(self, keeps_free: bool) -> Task | None:
        slow = self._typical_s > SHORT_LOAD_S
        spared = keeps_free and (slow or self._scanning)
        visible_only = spared or (self._awaited and not slow)
        return None if self._closed else self._plan.next(visible_only=visible_only)

    def _load(self, task: Task) -> ReadyFrame | Problem:
        where = task.ref.file.text
        if task.header.frames > 1:
            where += f", frame {task.ref.frame + 1}"
        started = time.perf_counter()
        try:
            reader = self._the_reader()
            check_same_object(task.header)
            frame = reader.load(task.ref)
            if frame.stamp != task.header.stamp:  # exchanged between the check and the reading
                check_same_object(task.header)
            ready = _made_ready(frame)
        except ViewerError as error:
            return Problem(where, str(error), error.advice, _severity(task.header, error))
        except MemoryError:
            return Problem(
                where, "There is not enough memory for this frame.",
                "Close other programs or studies.", Severity.ERROR,
            )  # fmt: skip
        except Exception:
            log.exception("a frame could not be loaded")  # no path, no patient: those stay out
            return Problem(
                where, "This frame could not be read, for an unexpected reason.",
                "The log says more; please report it.", Severity.ERROR,
            )  # fmt: skip
        self._typical_s += 0.25 * (time.perf_counter() - started - self._typical_s)
        return ready

    def _the_reader(self) -> Reader:
        with self._reader_lock:
            if self._closed:
                raise ViewerError("The window is closing.")
            if self._reader is None:
                self._reader = self._open_reader(self._workers)
            return self._reader

    def _finish(self, plan: LoadPlan, ref: FrameRef, result: ReadyFrame | Problem) -> None:
        with self._wake:
            if self._closed or plan is not self._plan:  # closed studies stay closed
                return
            visible = plan.is_visible(ref)
            if isinstance(result, ReadyFrame):
                gone = self.cache.put(ref, result, plan.distance)
                touched = plan.mark([ref], Code.LOADED, result.nbytes)
                touched |= plan.mark(gone, Code.ABSENT)
            else:
                self._failures[ref] = result
                touched = plan.mark([ref], Code.FAILED)
            self._wake.notify_all()
        problem = None if isinstance(result, ReadyFrame) else result
        self._mailbox.post((ref, problem, touched), urgent=visible)

    @Slot(list)
    def _publish(self, results: list[tuple[FrameRef, Problem | None, set[Hashable]]]) -> None:
        for ref, problem, _ in results:
            if problem is None:
                self.frame_loaded.emit(ref)
            else:
                self.frame_failed.emit(ref, problem)
        if self._awaited and any(self._plan.is_visible(ref) for ref, _, _ in results):
            self._painted.start()
        self.states_changed.emit(set().union(*(touched for _, _, touched in results)))

    @Slot()
    def _go_on(self) -> None:
        with self._wake:
            self._awaited = False
            self._wake.notify_all()


def _severity(header: Header, error: ViewerError) -> Severity:
    """How grave it is that there is no picture: a report has none, and nothing is wrong with it."""
    from viewer.dicom.datasets.object_kinds import kind_of

    if not isinstance(error, NoPictureError):
        return Severity.ERROR
    return Severity.NOTE if kind_of(header.text("SOPClassUID")) else Severity.WARNING


def _made_ready(frame: LoadedFrame) -> ReadyFrame:
    from viewer.core.light import choose_voi
    from viewer.core.pyramid import build_pyramid

    return ReadyFrame(
        frame,
        build_pyramid(frame.stored, frame.description),
        choose_voi(frame.stored, frame.description),
    )
