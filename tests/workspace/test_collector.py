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
    gc.disable()  # as the other tests here want it


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


def test_close_gives_collecting_back(qapp):
    collector = GuiThreadCollector()
    was_on = gc.isenabled()

    collector.close()

    assert (was_on, gc.isenabled(), gc.get_freeze_count()) == (False, True, 0)
    gc.disable()
