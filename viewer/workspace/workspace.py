"""What is open now: the catalogue, the viewports, the loader, and what went wrong."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer import settings
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.errors import Problem, Severity
from viewer.library.catalog import Catalog, CatalogChange
from viewer.library.skips import SkipLog
from viewer.settings import Backend, MemoryBackend
from viewer.workspace.collector import GuiThreadCollector
from viewer.workspace.display import Display
from viewer.workspace.first_picture import FirstPicture
from viewer.workspace.jobs import Jobs
from viewer.workspace.leaving import Leaving
from viewer.workspace.loader import Loader, PooledReader, Reader
from viewer.workspace.opening import AnyPath, Opening, ScanProgress
from viewer.workspace.problem_log import ProblemLog
from viewer.workspace.stacker import Stacker
from viewer.workspace.viewport import Viewport

if TYPE_CHECKING:
    from viewer.library.nodes import Series, Stack

SKIPS_MS = 300  # rows of files that were left out are drawn anew as their numbers grow


class Workspace(QObject):
    """Owner of everything that is open in one window. GUI thread only."""

    catalog_changed = Signal(object)  # CatalogChange
    active_changed = Signal(object)  # Viewport
    viewports_changed = Signal()
    scan_progress = Signal(object)  # ScanProgress

    def __init__(
        self,
        backend: Backend | None = None,
        open_reader: Callable[[int], Reader] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._backend = backend or MemoryBackend()
        self._collector = GuiThreadCollector(self)
        self.catalog = Catalog()
        self.problems = ProblemLog(self)
        self.jobs = Jobs(threads=max(2, os.cpu_count() or 1), parent=self)
        self.loader = Loader(
            settings.CACHE_MB.read(self._backend) << 20,
            settings.DECODER_WORKERS.read(self._backend),
            open_reader or PooledReader,
            self,
        )
        self.viewports: list[Viewport] = []
        self._active = self.add_viewport()
        self.stacker = Stacker(self)
        self._leaving = Leaving(self)
        self._opening = Opening(self.catalog, self)
        self._first = FirstPicture(self.catalog, self.loader, self)
        self.stacker.split.connect(self._follow_growth)
        self.stacker.rested.connect(self._survey_stacks)
        self._replaced: set[FileRef] = set()
        self._skips = SkipLog()
        self._skips_told = 0
        self._tell_skips_soon = QTimer(self, singleShot=True, interval=SKIPS_MS)
        self._tell_skips_soon.timeout.connect(self._tell_skips)
        self._opening.grown.connect(self._take_growth)
        self._opening.problems_met.connect(self.problems.add)
        self._opening.progressed.connect(self._take_progress)
        self._opening.ended.connect(self._end_scan)
        self.loader.frame_failed.connect(self._log_failure)

    # Opening

    def open_paths(self, paths: Iterable[AnyPath], show: bool = False) -> None:
        """Read files, folders and archives into the catalogue.

        Args:
            show: put their first picture into the active viewport even if it shows something.
        """
        if show or self.active.stack is None:
            self._first.await_in(self.active)
        self.loader.warm_up()
        self._opening.open_paths(paths)

    def cancel_scan(self) -> None:
        """Stop reading; what was found stays open."""
        self._opening.cancel()

    @property
    def scanning(self) -> bool:
        return self._opening.progress.running

    def show(
        self, stack: Stack, viewport: Viewport | None = None, index: int | None = None
    ) -> None:
        """Show a stack the user chose, in the active viewport unless told otherwise."""
        self._first.give_up()
        (viewport or self.active).show(stack, index)

    def close_studies(self) -> None:
        """Forget all studies; files and settings stay as they are."""
        self._first.give_up()
        self._opening.cancel(forget=True)
        for viewport in self.viewports:
            viewport.clear()
        self.loader.clear()
        self.stacker.clear()
        self._leaving.take(self.catalog.clear())
        self.problems.clear()
        self._tell_skips_soon.stop()
        self._skips.clear()
        self._skips_told = 0
        self._collector.forget()
        self.catalog_changed.emit(CatalogChange())

    def close(self) -> None:
        """End all work; nothing is reported afterwards."""
        for viewport in self.viewports:
            viewport.cine.pause()
        self._opening.close()
        self.stacker.close()
        self._leaving.close()
        self.jobs.close()
        self.loader.close()
        self._collector.close()

    # Viewports

    @property
    def active(self) -> Viewport:
        """The viewport that keys and menus act on."""
        return self._active

    def set_active(self, viewport: Viewport) -> None:
        if viewport is not self._active:
            self._active = viewport
            self.active_changed.emit(viewport)

    def add_viewport(self) -> Viewport:
        defaults = Display(
            overlays=settings.OVERLAYS_SHOWN.read(self._backend),
            shutter=settings.SHUTTER_SHOWN.read(self._backend),
            smooth=settings.SMOOTH.read(self._backend),
        )
        viewport = Viewport(self.loader, defaults, self)
        viewport.set_annotation_level(settings.ANNOTATION_LEVEL.read(self._backend))
        viewport.cine.set_default_fps(settings.CINE_RATE_FPS.read(self._backend))
        viewport.frame_changed.connect(self._log_notes)
        viewport.stack_changed.connect(self._autoplay)
        for signal in (viewport.index_changed, viewport.view_changed, viewport.display_changed):
            signal.connect(self._collector.stir)
        self.viewports.append(viewport)
        self.viewports_changed.emit()
        return viewport

    def remove_viewport(self, viewport: Viewport) -> None:
        """Take a viewport away; the last one stays."""
        if len(self.viewports) == 1:
            return
        self.viewports.remove(viewport)
        viewport.clear()
        if viewport is self._active:
            self.set_active(self.viewports[-1])
        self.viewports_changed.emit()
        viewport.deleteLater()

    # What follows growth

    @Slot(object)
    def _take_growth(self, change: CatalogChange) -> None:
        self._first.look_at(change)
        self.stacker.add((*change.series, *change.changed))
        self._replaced.update(change.replaced)
        if change.skipped and not self._tell_skips_soon.isActive():
            self._tell_skips_soon.start()
        self.catalog_changed.emit(change)

    @Slot(object)
    def _take_progress(self, progress: ScanProgress) -> None:
        if progress.running:
            self._collector.set_busy(True)
        self.loader.set_scanning(progress.running)
        self.scan_progress.emit(progress)

    @Slot(list)
    def _follow_growth(self, split: list[Series]) -> None:
        if self._replaced:  # not before: their frames would be loaded again as what they were
            self.loader.drop(self._replaced)
        self._first.look_again(split)
        for viewport in self.viewports:
            if viewport.stack is not None and viewport.stack.series in split:
                viewport.follow_growth()

    @Slot()
    def _end_scan(self) -> None:
        self._tell_skips()
        self.stacker.hurry(v.stack.series for v in self.viewports if v.stack is not None)

    @Slot()
    def _tell_skips(self) -> None:
        skipped = self.catalog.skipped
        if len(skipped) > self._skips_told:
            self._skips.add(skipped[self._skips_told :])
            self._skips_told = len(skipped)
            self.problems.replace_passing(self._skips.problems, "skips")

    @Slot()
    def _survey_stacks(self) -> None:
        """Once all is there: what is odd about stacks nobody has looked at yet."""
        if self.scanning:
            return
        self._replaced.clear()
        self._first.scan_ended()
        self._first.settle()
        found = [p for series in self.catalog.series for s in series.stacks for p in s.problems]
        self.problems.replace_passing([*self.catalog.doubts, *found])

    @Slot(object, object)
    def _log_failure(self, _: FrameRef, problem: Problem) -> None:
        self.problems.add([problem])

    @Slot()
    def _autoplay(self) -> None:
        viewport = self.sender()
        assert isinstance(viewport, Viewport)
        if viewport.cine.is_clip and settings.CINE_AUTOPLAY.read(self._backend):
            viewport.cine.play()

    @Slot()
    def _log_notes(self) -> None:
        """What was assumed or contradictory about the frames that were really looked at."""
        viewport = self.sender()
        assert isinstance(viewport, Viewport)
        if viewport.loaded is not None:
            notes = (*viewport.loaded.problems, *viewport.loaded.description.problems)
            self.problems.add(p for p in notes if p.severity is not Severity.NOTE)
