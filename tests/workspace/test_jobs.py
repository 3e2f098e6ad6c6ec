"""A generator on another thread: what is heard of it, and what is not after cancel and close."""

from __future__ import annotations

import itertools
import threading

import pytest
from PySide6.QtCore import QCoreApplication, QThread

from viewer.errors import ViewerError
from viewer.workspace.jobs import BACKLOG, Job, Jobs
from viewer.workspace.mailbox import Mailbox


def recorded(job):
    """What the job reports, in order."""
    log = []
    job.item.connect(lambda value: log.append(("item", value)))
    job.items.connect(lambda values: log.append(("items", values)))
    job.failed.connect(lambda error: log.append(("failed", str(error))))
    job.ended.connect(lambda: log.append(("ended",)))
    return log


def test_items_then_end(qtbot, jobs):
    job = jobs.start(lambda: (n for n in range(3)))
    log = recorded(job)

    with qtbot.waitSignal(job.ended):
        pass  # started before the wait: safe, signals need the event loop

    assert log == [("item", 0), ("item", 1), ("item", 2), ("ended",)]


def test_items_are_heard_on_the_gui_thread(qtbot, jobs):
    threads = []
    job = jobs.start(lambda: (threading.get_ident() for _ in range(1)))
    job.item.connect(lambda made_on: threads.extend((made_on, threading.get_ident())))

    with qtbot.waitSignal(job.ended):
        pass

    assert threads[0] != threads[1] == threading.get_ident()
    assert job.thread() is QThread.currentThread()


def test_nothing_follows_cancel_but_ended(qtbot, jobs):
    seen = []
    job = jobs.start(lambda: (n for n in itertools.count()))
    job.item.connect(lambda n: (seen.append(n), job.cancel()))

    with qtbot.waitSignal(job.ended):
        pass

    assert seen == [0]


def test_a_failure_is_reported_before_the_end(qtbot, jobs):
    def work():
        yield 1
        raise ViewerError("The peer is gone.")

    job = jobs.start(work)
    log = recorded(job)

    with qtbot.waitSignal(job.ended):
        pass

    assert log == [("item", 1), ("failed", "The peer is gone."), ("ended",)]


def test_a_work_that_cannot_even_begin_fails_and_ends(qtbot, jobs):
    def work():
        raise OSError("no such folder")

    job = jobs.start(work)
    log = recorded(job)

    with qtbot.waitSignal(job.ended):
        pass

    assert log == [("failed", "no such folder"), ("ended",)]


def test_a_batched_job_hears_everything_in_lists(qtbot, jobs):
    job = jobs.start(lambda: (n for n in range(10_000)), batched=True)
    log = recorded(job)

    with qtbot.waitSignal(job.ended):
        pass

    assert log[-1] == ("ended",)
    assert [n for what, values in log[:-1] for n in values if what == "items"] == [*range(10_000)]
    assert len(log) < 1000


def test_a_batched_job_reports_the_first_item_while_it_waits_for_the_second(qtbot, jobs):
    gate = threading.Event()

    def work():
        yield "first"
        gate.wait(5)
        yield "second"

    job = jobs.start(work, batched=True)
    log = recorded(job)

    qtbot.waitUntil(lambda: log == [("items", ["first"])])
    gate.set()
    with qtbot.waitSignal(job.ended):
        pass

    assert log == [("items", ["first"]), ("items", ["second"]), ("ended",)]


@pytest.mark.parametrize("batched", [False, True])
def test_a_cancelled_generator_is_closed(qtbot, jobs, batched):
    closed = threading.Event()

    def work():
        try:
            yield from itertools.count()
        finally:
            closed.set()

    job = jobs.start(work, batched=batched)
    (job.items if batched else job.item).connect(lambda _: job.cancel())

    with qtbot.waitSignal(job.ended):
        pass

    assert closed.is_set()


def test_close_ends_running_work_and_nothing_is_heard_afterwards(qtbot):
    jobs = Jobs(threads=1)
    running = jobs.start(lambda: (n for n in itertools.count()))
    waiting = jobs.start(lambda: (n for n in range(3)))
    log, late = recorded(running), recorded(waiting)
    qtbot.waitUntil(lambda: bool(log))

    jobs.close()
    heard = len(log)
    QCoreApplication.processEvents()

    assert (len(log), late) == (heard, [])


def test_work_started_after_close_never_begins(qapp):
    jobs = Jobs(threads=1)
    jobs.close()
    begun = []

    jobs.start(lambda: begun.append(1) or iter(()))

    assert (begun, jobs.running) == ([], 0)


def test_a_generator_faster_than_the_window_is_held_back(qtbot, jobs):
    made = itertools.count()
    job = jobs.start(lambda: (next(made) for _ in itertools.count()))

    qtbot.waitUntil(lambda: job._mailbox.waiting > BACKLOG)
    with qtbot.waitSignal(job.ended):
        job.cancel()

    assert next(made) < 100 * BACKLOG


def test_ended_jobs_are_forgotten(qtbot, jobs):
    job = jobs.start(lambda: (n for n in range(3)))

    with qtbot.waitSignal(job.destroyed):
        pass

    assert (jobs.running, jobs.findChildren(Job)) == (0, [])


def test_what_a_worker_posts_to_outlives_the_job(qtbot, jobs):
    """The worker may still be inside its last post when the job has been heard and deleted."""
    mailbox, *others = jobs.findChildren(Mailbox)
    job = jobs.start(lambda: (n for n in range(3)))

    with qtbot.waitSignal(job.destroyed):
        pass

    assert jobs.findChildren(Mailbox) == [mailbox]
    assert (mailbox.parent(), others) == (jobs, [])


def test_jobs_side_by_side_hear_only_their_own(qtbot):
    jobs = Jobs(threads=2)
    two = [jobs.start(lambda n=n: (n for _ in range(500)), batched=n == 2) for n in (1, 2)]
    logs = [recorded(job) for job in two]

    qtbot.waitUntil(lambda: all(log and log[-1] == ("ended",) for log in logs))
    jobs.close()

    assert logs[0] == [("item", 1)] * 500 + [("ended",)]
    assert [n for what, values in logs[1][:-1] for n in values] == [2] * 500


def test_signals_stay_alive_through_20000_reports(qtbot, jobs):
    """PySide6 6.12.0 below Python 3.12 loses references to True and aborts."""
    job = jobs.start(lambda: (True for _ in range(20_000)))
    seen = []
    job.item.connect(seen.append)

    with qtbot.waitSignal(job.ended, timeout=20_000):
        pass

    assert len(seen) == 20_000
