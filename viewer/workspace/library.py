"""The library of one window: its list of studies, read and changed off the GUI thread."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from viewer.errors import Problem, ViewerError
from viewer.settings import LIBRARY_MOST_DAYS, LIBRARY_MOST_GB, REMEMBER_STUDIES, Backend
from viewer.workspace.jobs import Job, Jobs

if TYPE_CHECKING:
    from viewer.library.entries import Order, StudyEntry
    from viewer.library.folder_lock import FolderLock
    from viewer.library.index import Index
    from viewer.library.quota import Plan
    from viewer.library.reconcile import Progress
    from viewer.library.trash import Deleted, Trash
    from viewer.workspace.workspace import Workspace

WHERE = "Library"
CHANGED_MS = 400  # lists are read anew at most so often while studies arrive
Work = Generator[object, None, None]


class Library(QObject):
    """Opens the list in the background and does one thing after the other on its own thread.

    GUI thread only; nothing is answered at once.

    Signals:
        opened: the list is there; `trouble` says why it is not.
        changed: studies came, went or were looked at.
        deleted: what `undo` would bring back has changed.
    """

    opened = Signal()
    changed = Signal()
    deleted = Signal()

    def __init__(self, workspace: Workspace, backend: Backend, folder: Path) -> None:
        super().__init__(workspace)
        self.folder = folder
        self.trouble: Problem | None = None
        self._workspace = workspace
        self._backend = backend
        self._jobs = Jobs(threads=1, parent=self)
        self._repairs = Jobs(threads=1, parent=self)  # long ones, beside what the user asks
        self._looks = Jobs(threads=1, parent=self)  # at drives that may answer late
        self._index: Index | None = None
        self._trash: Trash | None = None
        self._lock: FolderLock | None = None
        self._gone: list[Deleted] = []
        self._seen: set[str] = set()  # studies shown in this session
        self._told: dict[int, int] = {}  # headers of each series that the list knows
        self._soon = QTimer(self, interval=CHANGED_MS, singleShot=True)
        self._soon.timeout.connect(self.changed)
        workspace.scan_progress.connect(self._remember_opened)
        workspace.catalog_changed.connect(self._forget_closed)

    @property
    def is_open(self) -> bool:
        return self._index is not None

    @property
    def can_undo(self) -> bool:
        return bool(self._gone)

    def open(self) -> None:
        """Open the list and put right what a crash left."""
        job = self._jobs.start(self._opening)
        job.item.connect(self._take_opened)
        job.failed.connect(self._fail)

    def close(self) -> None:
        """End all work and remove for good what was deleted."""
        self._soon.stop()
        self._looks.close()
        self._repairs.close()
        self._jobs.close()
        with contextlib.suppress(ViewerError):  # the next start tries again
            if self._trash is not None and self._gone:
                self._trash.empty()
        if self._index is not None:
            self._index.close()
        if self._lock is not None:
            self._lock.close()

    def do(
        self,
        work: Callable[[Index], object],
        then: Callable[[Any], None] | None = None,
        jobs: Jobs | None = None,
    ) -> Job | None:
        """Run something on the list; `then` gets its result on the GUI thread."""
        index = self._index
        if index is None:
            return None

        def steps() -> Work:
            yield work(index)

        job = (jobs or self._jobs).start(steps)
        if then is not None:
            job.item.connect(then)
        job.failed.connect(self._fail)
        return job

    def note_change(self) -> None:
        """Something came into the list; whoever shows it hears of it soon."""
        if not self._soon.isActive():
            self._soon.start()

    # What the user asks for

    def page(
        self,
        text: str,
        order: Order | None,
        offset: int,
        limit: int,
        then: Callable[[Any], None],
    ) -> Job | None:
        """Answers with (number of all, list of StudyEntry, remarks on the query)."""

        def look(index: Index) -> object:
            from viewer.library.entries import Order
            from viewer.library.query import parse

            query = parse(text)
            entries = index.studies(query, order or Order.NEWEST, limit=limit, offset=offset)
            return index.count(query), entries, query.remarks

        return self.do(look, then)

    def show(self, study: StudyEntry) -> None:
        """Open a study's files in the active view."""

        def files(index: Index) -> object:
            index.mark_viewed(study.id, time.time_ns())
            return list(dict.fromkeys(ref.path for ref in index.files(study.id)))

        self.do(files, self._open_files)

    def note_shown(self, uid: str) -> None:
        """A study is on the screen: it is no longer new."""
        if uid and uid not in self._seen and self._index is not None:
            self._seen.add(uid)

            def view(index: Index) -> object:
                entries = [study for study in index.with_uid(uid) if study.new]
                for study in entries:
                    index.mark_viewed(study.id, time.time_ns())
                return bool(entries)

            self.do(view, self._take_view)

    @Slot(object)
    def _take_view(self, changed: bool) -> None:
        if changed:
            self.note_change()

    def delete(self, uids: Sequence[str]) -> None:
        """Move stored studies into the trash; opened ones are only forgotten."""
        trash = self._trash

        def throw(_index: Index) -> object:
            assert trash is not None
            return [trash.delete(uid) for uid in dict.fromkeys(uids)]

        self.do(throw, self._take_deleted)

    def undo(self) -> None:
        """Bring back what was deleted last."""
        if self._gone:
            deleted, trash = self._gone.pop(), self._trash

            def restore(_index: Index) -> object:
                assert trash is not None
                trash.restore(deleted)
                return None

            self.do(restore, self._take_change)
            self.deleted.emit()

    def look_for(self, studies: Sequence[StudyEntry], then: Callable[[Any], None]) -> None:
        """Look whether the files of opened studies are still there."""
        ids = [study.id for study in studies if study.stored < study.instances]
        if ids:
            self.do(lambda index: dict(index.look_for(ids)), then, self._looks)

    def plan(self, then: Callable[[Any], None]) -> None:
        """What the rules about room and age would remove; nothing is changed."""
        most_gb, most_days = (s.read(self._backend) for s in (LIBRARY_MOST_GB, LIBRARY_MOST_DAYS))

        def look(index: Index) -> object:
            from viewer.library.quota import GIGABYTE, Rules, plan

            rules = Rules(most_gb * GIGABYTE if most_gb else None, most_days or None)
            return plan(index, rules, time.time_ns())

        self.do(look, then)

    def apply(self, plan: Plan) -> None:
        """Move what was planned and shown into the trash."""
        self.delete([planned.study.uid for planned in plan.studies])

    # On the job's thread

    def _opening(self) -> Work:
        from viewer.library.folder_lock import FolderInUseError, FolderLock
        from viewer.library.index import NAME, Index
        from viewer.library.trash import Trash

        index = Index(self.folder / NAME)
        trash = Trash(index)
        lock = None
        try:
            lock = FolderLock(self.folder, "window")
            trash.recover()
        except FolderInUseError:
            pass  # another window has it: this one may read, and deletes nothing
        yield index, (trash if lock is not None else None), lock

    def _repairing(self) -> Work:
        from viewer.library.reconcile import reconcile
        from viewer.library.store import Store

        assert self._index is not None
        yield from reconcile(self._index, Store(self.folder))

    @Slot(object)
    def _take_opened(self, told: tuple[object, ...]) -> None:
        self._index, self._trash, self._lock = told  # type: ignore[assignment]
        assert self._index is not None
        self._workspace.problems.add(self._index.problems)
        self.opened.emit()
        self._remember_opened()
        if self._lock is not None:
            job = self._repairs.start(self._repairing)
            job.item.connect(self._take_repair)
            job.failed.connect(self._fail)

    @Slot(object)
    def _take_repair(self, progress: Progress) -> None:
        self._workspace.problems.add(progress.problems)
        if progress.added or progress.missing:
            self.note_change()

    @property
    def can_delete(self) -> bool:
        """Whether this window is the one that may."""
        return self._trash is not None

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        advice = error.advice if isinstance(error, ViewerError) else ""
        what = str(error) if isinstance(error, ViewerError) else "The list of studies failed."
        self.trouble = Problem(WHERE, what, advice)
        self._workspace.problems.add([self.trouble])
        self.opened.emit()
        if not isinstance(error, ViewerError):
            raise error

    @Slot(object)
    def _open_files(self, paths: list[bytes]) -> None:
        self._workspace.open_paths(paths, show=True)
        self.note_change()

    @Slot(object)
    def _take_deleted(self, deleted: list[Deleted]) -> None:
        self._gone += deleted
        self.deleted.emit()
        self.changed.emit()

    @Slot(object)
    def _take_change(self, _: object) -> None:
        self.changed.emit()

    # What was opened

    @Slot(object)
    def _remember_opened(self, _: object = None) -> None:
        """When a scan has ended, remember by reference what it found."""
        if self._index is None or self._workspace.scanning:
            return
        if not REMEMBER_STUDIES.read(self._backend):
            return
        new = []
        for series in self._workspace.catalog.series:
            known = self._told.get(id(series), 0)
            if len(series.headers) > known:
                new += series.headers[known:]
                self._told[id(series)] = len(series.headers)
        if new:
            self.do(lambda index: index.add_opened(new, time.time_ns()), self._take_change)

    @Slot(object)
    def _forget_closed(self, _: object) -> None:
        if not self._workspace.catalog.patients:
            self._told.clear()
