"""Cycles die on the GUI thread and nowhere else."""

from __future__ import annotations

import gc
import threading
import weakref

import pytest

from viewer.workspace.collector import GuiThreadCollector


class Cycle:
    """Dies only by the collector, and tells on which thread."""

    def __init__(self, died_on):
        self.me = self
        weakref.finalize(self, lambda: died_on.append(threading.current_thread()))


@pytest.fixture
def collector(qapp):
    collector = GuiThreadCollector()
    yield collector
    collector.close()


def test_another_thread_never_collects(collector):
    died_on = []

    def litter():
        for _ in range(5000):
            Cycle(died_on)

    thread = threading.Thread(target=litter)
    thread.start()
    thread.join()
    before = list(died_on)
    collector.collect()

    assert before == []
    assert died_on == [threading.main_thread()] * 5000


@pytest.mark.parametrize("before", [True, False])
def test_close_leaves_collecting_as_it_was_found(qapp, before):
    if before:
        gc.enable()
    collector = GuiThreadCollector()
    during = gc.isenabled()

    collector.close()

    assert (during, gc.isenabled(), gc.get_freeze_count()) == (False, before, 0)
    gc.disable()


def test_what_a_scan_found_is_set_aside_and_looked_through_once_studies_were_closed(
    qtbot, collector, monkeypatch
):
    monkeypatch.setattr("viewer.workspace.collector.QUIET_S", 0.0)
    died_on = []
    collector.set_busy(True)
    found = Cycle(died_on)
    collector.set_busy(False)
    del found
    gc.collect()
    kept = list(died_on)

    collector.forget()
    qtbot.waitUntil(lambda: bool(died_on))

    assert kept == []
    assert gc.get_freeze_count() > 0


def test_young_cycles_die_while_a_scan_runs(qtbot, collector):
    died_on = []
    collector.set_busy(True)

    for _ in range(5000):
        Cycle(died_on)

    qtbot.waitUntil(lambda: len(died_on) > 4000)
