"""Brings paths into the catalogue: one scan after the other, each a job, in small bites."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer.errors import Problem
from viewer.library.afterwards import Digested
from viewer.workspace.jobs import Job, Jobs

if TYPE_CHECKING:
    from viewer.dicom.headers.header import Header
    from viewer.library.catalog import Catalog, CatalogChange

AnyPath = bytes | str | Path

BITE_S = 0.003  # of GUI time between two turns of the event loop
BITE_ITEMS = 32
TOLD_S = 0.08  # between two reports of growth and progress: each redraws trees and labels


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far reading is, for the status bar.

    Attributes:
        found: DICOM files.
        skipped: files that were left out.
        running: more may come.
        seconds: since the first of the scans that are running began.
    """

    found: int = 0
    skipped: int = 0
    running: bool = False
    seconds: float = 0.0

    @property
    def seen(self) -> int:
        return self.found + self.skipped

    @property
    def files_per_second(self) -> float:
        return self.seen / self.seconds if self.seconds > 0 else 0.0


def scan_work(
    paths: tuple[AnyPath, ...], known: Callable[[str], Header | None]
) -> Callable[[], Generator[object, None, None]]:
    """The work of one scan; its modules are imported on the job's thread.

    Args:
        known: answers a SOP Instance UID with what an earlier scan found, on that thread.
    """

    def work() -> Generator[object, None, None]:
        from viewer.dicom.files.scan import scan
        from viewer.library.afterwards import digested, with_details

        yield from digested(with_details(scan(paths), known))

    return work


class Opening(QObject):
    """Runs the scans of one workspace and feeds its catalogue. GUI thread only."""

    progressed = Signal(object)  # ScanProgress
    grown = Signal(object)  # CatalogChange since the last one
    problems_met = Signal(list)  # of Problem, of single files
    ended = Signal()  # the last scan is through or was cancelled

    def __init__(self, catalog: Catalog, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._jobs = Jobs(threads=1, parent=self)
        self._running: set[Job] = set()
        self._items: deque[object] = deque()
        self._change: CatalogChange | None = None
        self._progress = ScanProgress()
        self._began_s = 0.0
        self._told_s = 0.0
        self._eager = False  # the first new series is told at once: it holds the first picture
        self._bites = QTimer(self)
        self._bites.setInterval(0)
        self._bites.timeout.connect(self._bite)

    @property
    def progress(self) -> ScanProgress:
        return self._progress

    def open_paths(self, paths: Iterable[AnyPath]) -> None:
        """Scan files and folders after those being scanned now."""
        wanted = tuple(os.fsencode(path) for path in paths)
        if not wanted:
            return
        if not self._progress.running:
            self._began_s = time.perf_counter()
            self._progress = ScanProgress(running=True)
        job = self._jobs.start(scan_work(wanted, self._catalog.first_with), batched=True)
        self._running.add(job)
        job.items.connect(self._take)
        job.failed.connect(self._take_failure)
        job.ended.connect(self._end_job)
        self._tell()
        self._eager = True

    def cancel(self, forget: bool = False) -> None:
        """Stop reading; what was found stays, unless the catalogue is about to be emptied."""
        for job in self._running:
            job.cancel()
        self._items.clear()
        if forget:
            self._change = None

    def close(self) -> None:
        self._bites.stop()
        self._items.clear()
        self._jobs.close()
        self._running.clear()

    @Slot(list)
    def _take(self, items: list[object]) -> None:
        self._items.extend(items)
        if not self._bites.isActive():
            self._bite()

    @Slot()
    def _bite(self) -> None:
        """Add as much to the catalogue as the window can spare the time for."""
        began_s = time.perf_counter()
        while self._items and time.perf_counter() - began_s < BITE_S:
            count = min(BITE_ITEMS, len(self._items))
            self._add([self._items.popleft() for _ in range(count)])
        if self._items:
            self._bites.start()
            return
        self._bites.stop()
        self._finish_if_done()

    def _add(self, items: list[object]) -> None:
        found_before, skipped_before = self._catalog.found, len(self._catalog.skipped)
        change = self._catalog.add(items)  # type: ignore[arg-type]  # what with_details yields
        found = self._progress.found + self._catalog.found - found_before
        skipped = self._progress.skipped + len(self._catalog.skipped) - skipped_before
        self._progress = ScanProgress(found, skipped, True, time.perf_counter() - self._began_s)
        problems = [problem for item in items for problem in _problems_of(item)]
        if problems:
            self.problems_met.emit(problems)
        self._change = _merged(self._change, change) if self._change else change
        if time.perf_counter() - self._told_s > TOLD_S or (self._eager and self._change.series):
            self._eager = False
            self._tell()

    @Slot(object)
    def _take_failure(self, error: Exception) -> None:
        """A scan never fails by design; if it does, what was found stays and the user is told."""
        raise error

    @Slot()
    def _end_job(self) -> None:
        job = self.sender()
        assert isinstance(job, Job)
        self._running.discard(job)
        self._finish_if_done()

    def _finish_if_done(self) -> None:
        if self._running or self._items or not self._progress.running:
            return
        seconds = time.perf_counter() - self._began_s
        self._progress = ScanProgress(self._progress.found, self._progress.skipped, False, seconds)
        self._tell()
        self.ended.emit()

    def _tell(self) -> None:
        change, self._change = self._change, None
        if change:
            self.grown.emit(change)
        self.progressed.emit(self._progress)
        self._told_s = time.perf_counter()


def _problems_of(item: object) -> tuple[Problem, ...]:
    """What a header says of itself; what was skipped is told by the catalogue."""
    return item.header.problems if isinstance(item, Digested) else ()


def _merged(first: CatalogChange, then: CatalogChange) -> CatalogChange:
    """Two changes as one; what is new in the first has not "changed" as well."""
    new = {id(series) for series in first.series}
    known = new | {id(series) for series in first.changed}
    first.patients += then.patients
    first.studies += then.studies
    first.series += then.series
    first.changed += [series for series in then.changed if id(series) not in known]
    first.replaced += then.replaced
    if then.gone:
        first.gone += then.gone
        first.leave_out_gone()
    first.skipped += then.skipped
    return first
