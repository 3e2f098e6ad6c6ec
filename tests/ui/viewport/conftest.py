"""Real files on a real canvas, closed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.ui.viewport.opened import Opened, open_canvas


@pytest.fixture
def show(qapp: object) -> Iterator[Callable[..., Opened]]:
    """Open files on a canvas: `show(paths, size=..., backend=..., frames=...)`."""
    opened: list[Opened] = []

    def open_one(*arguments: object, **more: object) -> Opened:
        opened.append(open_canvas(*arguments, **more))
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()
