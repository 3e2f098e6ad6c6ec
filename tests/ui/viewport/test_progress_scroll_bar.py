"""The scroll bar: where the stack stands and how much of it is in memory."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.data import ct_series
from tests.ui.viewport.opened import wait_until
from tests.ui.viewport.phantom import write_phantom
from viewer.ui.viewport.progress_scroll_bar import COLORS, track_colors


def names(colors: np.ndarray) -> list[str]:
    by_color = {color: name for name, color in COLORS.items()}
    return [by_color[tuple(int(part) for part in color)] for color in colors]


@pytest.mark.parametrize(
    ("states", "height", "shown"),
    [
        pytest.param(["loaded", "absent"], 4, ["loaded"] * 2 + ["absent"] * 2, id="stretched"),
        pytest.param(["loaded"] * 9 + ["failed"], 2, ["loaded", "failed"], id="failed-outranks"),
        pytest.param(["loaded", "absent"] * 4, 2, ["absent"] * 2, id="loaded-only-when-all-are"),
        pytest.param([], 5, [], id="empty"),
        pytest.param(["loaded"], 0, [], id="no-room"),
    ],
)
def test_track(states, height, shown):
    assert names(track_colors(states, height)) == shown


@pytest.fixture
def stack(show, tmp_path):
    ct_series(tmp_path / "ct", 20)
    return show([tmp_path / "ct"], frames=20)


def test_it_follows_the_stack(stack):
    stack.viewport.set_index(7)

    assert (stack.canvas.bar.value(), stack.canvas.bar.maximum()) == (7, 19)
    assert stack.canvas.bar.isVisible()


def test_a_single_image_has_none(show, tmp_path):
    opened = show([write_phantom(tmp_path / "a.dcm")])

    assert not opened.canvas.bar.isVisible()
    assert opened.canvas._area().width == 400


def test_press_goes_there_and_drag_goes_on(stack, qtbot):
    bar = stack.canvas.bar
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=QPoint(5, 299))
    assert stack.viewport.index == 19

    bar._go_to(QPoint(5, 150))

    assert stack.viewport.index in (9, 10)


def test_what_is_in_memory_lights_up(stack):
    def share() -> float:
        return float((stack.grab()[20:280, -7] == COLORS["loaded"]).all(-1).mean())

    wait_until(lambda: share() > 0.9)

    stack.workspace.loader.clear()
    stack.canvas.bar.refresh()
    assert share() == 0


def test_a_failed_frame_is_marked(show, tmp_path):
    files = ct_series(tmp_path / "ct", 10)
    files[5].write_bytes(files[5].read_bytes()[:-510])
    opened = show([tmp_path / "ct"], frames=10)
    opened.viewport.set_index(5)
    wait_until(lambda: opened.viewport.failure is not None)

    def marked() -> int:
        return int((opened.grab()[:, -7] == COLORS["failed"]).all(-1).sum())

    wait_until(lambda: marked() > 0)
    assert 10 < marked() < 45
