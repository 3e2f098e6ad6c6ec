"""Work on other threads, heard on the GUI thread. Work is an ordinary generator."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing

from PySide6.QtCore import QObject, Signal, Slot

from viewer.workspace.mailbox import Mailbox

BACKLOG = 2000  # reports a job may be ahead of the GUI thread: bounds memory and one delivery
Work = Callable[[], Generator[object, None, None]]


class Job(QObject):
    """Runs a generator on a pool thread and republishes it on the GUI thread.

    The signals are emitted on the GUI thread only. After cancel() nothing but `ended`
    follows; `ended` comes exactly once, on success, error and cancel alike, unless the whole
    `Jobs` was closed. Every `yield` of the generator is a progress report and the point where
    a cancel takes hold.

    A `batched` job emits `items` (lists, at most one every 15 ms) instead of `item`.
    """

    item = Signal(object)
    items = Signal(list)
    failed = Signal(object)  # the Exception
    ended = Signal()

    def __init__(
        self, work: Work, mailbox: Mailbox, *, batched: bool = False, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._work = work
        self._batched = batched
        self._cancelled = threading.Event()
        self._mailbox = mailbox

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def start(self, pool: Executor) -> None:
        pool.submit(self._run)

    def cancel(self) -> None:
        self._cancelled.set()

    def _run(self) -> None:  # worker thread
        try:
            with closing(self._work()) as items:
                while not self._cancelled.is_set():
                    self._mailbox.post((self, "item", next(items)))
                    while self._mailbox.waiting > BACKLOG and not self._cancelled.wait(0.005):
                        pass
        except StopIteration:
            pass
        except Exception as error:
            self._mailbox.post((self, "failed", error))
        finally:
            self._mailbox.post((self, "ended", None), urgent=True)

    def publish(self, posts: list[tuple[str, object]]) -> None:
        """GUI thread: tell what the worker thread has posted."""
        values = [value for what, value in posts if what == "item"]
        if self._batched and values and not self.cancelled:
            self.items.emit(values)
        for what, value in posts:
            if what == "ended":
                self.ended.emit()
            elif self.cancelled:
                continue
            elif what == "failed":
                self.failed.emit(value)
            elif not self._batched:
                self.item.emit(value)


class Jobs(QObject):
    """A small pool of threads and the jobs on it. One thread makes a serial queue.

    All jobs post into one mailbox that lives until the threads have ended. A mailbox of each
    job's own was destroyed with the job while the worker was still inside its last post (which
    waits for the interpreter), and the process died.
    """

    def __init__(self, threads: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="job")
        self._running: set[Job] = set()
        self._closed = False
        self._mailbox = Mailbox(parent=self)
        self._mailbox.delivered.connect(self._deliver)

    @property
    def running(self) -> int:
        """Jobs that have not ended yet, waiting ones included."""
        return len(self._running)

    def start(self, work: Work, *, batched: bool = False) -> Job:
        """Queue `work`; after close() the job never begins and never reports."""
        job = Job(work, self._mailbox, batched=batched, parent=self)
        if not self._closed:
            self._running.add(job)
            job.ended.connect(self._forget)
            job.start(self._pool)
        return job

    def cancel_all(self) -> None:
        for job in self._running:
            job.cancel()

    def close(self) -> None:
        """Cancel everything and wait for the threads; nothing is reported afterwards."""
        self._closed = True
        self.cancel_all()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._mailbox.blockSignals(True)
        for job in self._running:
            job.blockSignals(True)
        self._running.clear()

    @Slot(list)
    def _deliver(self, posts: list[tuple[Job, str, object]]) -> None:
        by_job: dict[Job, list[tuple[str, object]]] = {}
        for job, what, value in posts:
            by_job.setdefault(job, []).append((what, value))
        for job, told in by_job.items():
            job.publish(told)

    @Slot()
    def _forget(self) -> None:
        job = self.sender()
        assert isinstance(job, Job)
        self._running.discard(job)
        job.deleteLater()
