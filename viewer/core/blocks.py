"""Work over many pixels in steps that fit the caches; a second thread where cores are free."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

BLOCK = 32 * 1024  # pixels a step, of work that makes wide copies of them
_PORTION = 16 * BLOCK  # pixels fetched at a time by each of the two threads
_SHARED_FROM = 2 * _PORTION  # below, handing over costs more than it saves
# On two cores the other one decodes the next frames: a helper that has to wait for it makes the
# picture late (measured: 6 ms instead of 1.4 for 2048 x 2048 while others work).
CORES_TO_SHARE = 3
cores = os.cpu_count() or 1


def in_blocks(size: int, work: Callable[[slice], None], block: int = BLOCK) -> None:
    """Call `work` once for each slice of `range(size)`, in any order; it ends when all are done.

    A block is `block` pixels: fewer suit the caches, more suit the calls they need.

    Numpy lets other threads run meanwhile, so large images are shared with a helper thread. The
    two draw portions from one heap: a helper busy elsewhere only means that less is shared.
    """
    if size < _SHARED_FROM or cores < CORES_TO_SHARE:
        _work_through(0, size, work, block)
        return
    portions = iter(range(0, size, _PORTION))
    lock = threading.Lock()

    def draw() -> None:
        while True:
            with lock:
                start = next(portions, None)
            if start is None:
                return
            _work_through(start, min(start + _PORTION, size), work, block)

    helped = _helper().submit(draw)
    draw()
    if not helped.cancel():
        helped.result()


def _work_through(start: int, stop: int, work: Callable[[slice], None], block: int) -> None:
    for at in range(start, stop, block):
        work(slice(at, min(at + block, stop)))


@cache
def _helper() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="light")
