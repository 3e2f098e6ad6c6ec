"""Every pixel is worked on exactly once, however many threads do it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from viewer.core import blocks
from viewer.core.blocks import BLOCK, in_blocks

SIZES = [0, 1, BLOCK, BLOCK + 1, 40 * BLOCK + 17]


@pytest.fixture(autouse=True, params=[2, 8])
def cores(request, monkeypatch):
    """With and without a helper, whatever this machine has."""
    monkeypatch.setattr(blocks, "cores", request.param)


@pytest.mark.parametrize("size", SIZES)
def test_each_pixel_is_visited_once(size):
    visits = np.zeros(size, np.uint8)

    def visit(part: slice) -> None:
        visits[part] += 1

    in_blocks(size, visit)

    assert (visits == 1).all()


def test_many_callers_share_one_helper_without_waiting_for_each_other():
    def once(_: int) -> bool:
        visits = np.zeros(SIZES[-1], np.uint8)
        in_blocks(visits.size, lambda part: visits[part].__iadd__(1))
        return bool((visits == 1).all())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(once, range(20)))


def test_a_fault_in_either_thread_is_raised():
    def fail(part: slice) -> None:
        raise ZeroDivisionError(part)

    with pytest.raises(ZeroDivisionError):
        in_blocks(SIZES[-1], fail)
