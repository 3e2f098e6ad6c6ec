"""The read-out tells of the picture under the cursor, also when the cursor rests."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from tests.data import write_ct
from tests.ui.viewport.hand import Hand
from tests.ui.viewport.opened import wait_until

LEFT_HALF, RIGHT_HALF = 100, 500  # stored values of the first slice; the second has 11 more
PLACE = (120.0, 150.0)  # left of the middle of the canvas


@pytest.fixture
def pointed(show, tmp_path):
    """Two slices, parted left and right, and a cursor that rests on the left half."""
    half = np.full((20, 20), LEFT_HALF, np.int16)
    half[:, 10:] = RIGHT_HALF
    for number in (0, 1):
        place = (0.0, 0.0, 5.0 * number)
        write_ct(
            tmp_path / f"{number}.dcm",
            pixels=half + 11 * number,
            position=place,
            instance_number=number + 1,
        )
    opened = show([tmp_path], frames=2)
    Hand(opened.canvas).move(PLACE)
    return opened


def stored(opened) -> int | None:
    """The stored value that the words on the image tell."""
    for line in opened.canvas.layers.corners.bottom_left.lines:
        if "stored" in line:
            return int(line.rsplit(" ", 1)[-1])
    return None


def test_another_slice_is_read_when_it_is_drawn(pointed):
    pointed.viewport.set_index(1)
    wait_until(lambda: not pointed.viewport.loading)

    assert stored(pointed) == LEFT_HALF + 11


@pytest.mark.parametrize("change", ["flip_horizontal", "rotate_180"])
def test_a_turned_picture_is_read_anew(pointed, change):
    assert stored(pointed) == LEFT_HALF

    if change == "rotate_180":
        pointed.viewport.rotate(2)
    else:
        pointed.viewport.flip_horizontally()

    assert stored(pointed) == RIGHT_HALF
    pointed.viewport.undo()
    assert stored(pointed) == LEFT_HALF


def test_nothing_is_read_when_the_cursor_has_left(pointed):
    QApplication.sendEvent(pointed.canvas, QEvent(QEvent.Type.Leave))
    pointed.viewport.set_index(1)
    wait_until(lambda: not pointed.viewport.loading)

    assert stored(pointed) is None
