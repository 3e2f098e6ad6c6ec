"""Bounded in bytes; the farthest leave first, what is on screen never."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import numpy as np
import pytest

from viewer.core.image import VoiChoice, VoiSource
from viewer.core.pyramid import Pyramid
from viewer.dicom.source import FileRef, FrameRef
from viewer.workspace.frame_cache import FrameCache, ReadyFrame

VOI = VoiChoice("auto", VoiSource.PERCENTILE)


def ref(number):
    return FrameRef(FileRef(b"a"), number)


def frame(nbytes=100, extra=0):
    levels = (np.zeros(nbytes, np.uint8), np.zeros(extra, np.uint8))
    return ReadyFrame(SimpleNamespace(nbytes=nbytes), Pyramid(levels), VOI)


def distance_from(number):
    return lambda other: abs(other.frame - number)


def filled(count, limit=1000, at=0):
    cache = FrameCache(limit)
    for number in range(count):
        cache.put(ref(number), frame(), distance_from(at))
    return cache


def test_the_farthest_leaves_first():
    cache = filled(10)

    left = cache.put(ref(2000), frame(), distance_from(4))

    assert left == [ref(2000), ref(9)]
    assert ref(0) in cache


def test_equally_far_ones_leave_by_last_use():
    cache = filled(10)
    cache.get(ref(0))

    left = cache.put(ref(10), frame(), lambda other: float(other != ref(10)))

    assert left == [ref(1), ref(2)]


def test_bytes_are_counted_with_the_reduced_copies():
    cache = FrameCache(1000)

    cache.put(ref(0), frame(nbytes=100, extra=30), distance_from(0))
    cache.put(ref(0), frame(nbytes=200, extra=50), distance_from(0))

    assert (cache.nbytes, len(cache)) == (250, 1)


def test_what_is_on_screen_stays_even_if_too_large():
    cache = FrameCache(50)

    left = cache.put(ref(3), frame(), distance_from(3))

    assert (left, ref(3) in cache) == ([], True)


def test_a_smaller_limit_takes_hold_at_once():
    cache = filled(10)

    left = cache.set_limit(500, distance_from(0))

    assert len(left) == 6  # to five per cent below the limit
    assert cache.nbytes == 400


def test_clear_leaves_nothing():
    cache = filled(5)

    cache.clear()

    assert (len(cache), cache.nbytes, cache.get(ref(0))) == (0, 0, None)


@pytest.mark.parametrize("threads", [4])
def test_many_threads_keep_the_count_right(threads):
    cache = FrameCache(5_000)

    def work(first):
        for number in range(first, first + 300):
            cache.put(ref(number), frame(), distance_from(0))
            cache.get(ref(number // 2))

    workers = [threading.Thread(target=work, args=(100 * n,)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert cache.nbytes == 100 * len(cache) <= 5_000
