"""Splits series into stacks as they grow, without ever holding up the window.

Small series are split on the GUI thread, a few milliseconds at a time; the frames of a large one
are sorted by a thread, on a copy of their numbers, and only the result is taken over here.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer.workspace.jobs import Jobs

if TYPE_CHECKING:
    from viewer.core.stacking import FrameGroup
    from viewer.dicom.description.series_frames import Columns
    from viewer.library.nodes import Series

DELAY_MS = 200  # a series that grows is not sorted anew for every bite
SLICE_S = 0.003  # of GUI time between two turns of the event loop


class Stacker(QObject):
    """Brings the stacks of series up to date, the earliest asked for first. GUI thread only."""

    split = Signal(list)  # of Series whose stacks were worked out
    rested = Signal()  # nothing is left to do

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = Jobs(threads=1, parent=self)
        self._todo: dict[int, Series] = {}
        self._sorting: dict[int, Series] = {}  # those on the thread
        self._delay = QTimer(self, interval=DELAY_MS, singleShot=True)
        self._untold: list[Series] = []  # taken over from the thread, which is work enough
        self._slices = QTimer(self, interval=0)
        self._telling = QTimer(self, interval=0, singleShot=True)
        self._telling.timeout.connect(self._tell)
        self._delay.timeout.connect(self._slices.start)
        self._slices.timeout.connect(self._work)

    @property
    def busy(self) -> bool:
        """Whether there are series whose stacks are not those of all that was found."""
        return bool(self._todo or self._sorting or self._untold)

    def add(self, series: Iterable[Series]) -> None:
        """These have grown; they are looked at in a moment."""
        grown = list(series)
        self._todo.update((id(one), one) for one in grown)
        if any(not (one.is_small or one.stacks_now) for one in grown):
            self._slices.start()  # a large object, perhaps the first picture
        elif self._todo and not self._slices.isActive() and not self._delay.isActive():
            self._delay.start()

    def hurry(self, series: Iterable[Series] = ()) -> None:
        """Nothing more will come: begin now, and end with the small ones given here at once."""
        done = [one for one in series if not one.is_split and one.is_small]
        for one in done:
            self._todo.pop(id(one), None)
            assert one.stacks is not None
        if done:
            self.split.emit(done)
        self._delay.stop()
        if self.busy:
            self._slices.start()
        else:
            self.rested.emit()

    def clear(self) -> None:
        """The studies were closed."""
        self._delay.stop()
        self._slices.stop()
        self._telling.stop()
        self._untold = []
        self._jobs.cancel_all()
        self._todo.clear()
        self._sorting.clear()

    def close(self) -> None:
        self.clear()
        self._jobs.close()

    @Slot()
    def _work(self) -> None:
        end_s = perf_counter() + SLICE_S
        done: list[Series] = []
        while self._todo and perf_counter() < end_s:
            series = self._todo.pop(next(iter(self._todo)))
            if id(series) in self._sorting:
                continue  # looked at again when the thread is through with it
            if not series.is_split and not series.is_small:
                self._sort(series)
                continue
            assert series.stacks is not None
            done.append(series)
        if not self._todo:
            self._slices.stop()
        if done:
            self.split.emit(done)
        self._rest()

    def _sort(self, series: Series) -> None:
        columns = series.contents.columns()

        def work() -> Generator[object, None, None]:
            from viewer.library.stacks import split

            yield split(columns)

        self._sorting[id(series)] = series
        job = self._jobs.start(work)
        job.item.connect(lambda groups: self._adopt(series, columns, groups))
        job.failed.connect(_raise)
        job.ended.connect(lambda: self._end(series))

    def _adopt(self, series: Series, columns: Columns, groups: list[FrameGroup]) -> None:
        if id(series) in self._sorting:
            series.adopt(columns, groups)
            self._untold.append(series)
            self._telling.start()

    @Slot()
    def _tell(self) -> None:
        done, self._untold = self._untold, []
        self.split.emit(done)
        self._rest()

    def _end(self, series: Series) -> None:
        if self._sorting.pop(id(series), None) is None:
            return  # the studies were closed meanwhile
        if not series.is_split:
            self.add([series])
        self._rest()

    def _rest(self) -> None:
        if not self.busy:
            self.rested.emit()


def _raise(error: Exception) -> None:
    """Sorting never fails by design; if it does, the banner and the log say so."""
    raise error
