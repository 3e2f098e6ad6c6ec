"""The hand on the canvas: what each button, wheel and modifier does to the real Viewport."""

from __future__ import annotations

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from tests.data import ct_series
from tests.ui.viewport.hand import ALT, CTRL, LEFT, MIDDLE, RIGHT, SHIFT, Hand
from tests.ui.viewport.opened import wait_until
from tests.ui.viewport.phantom import write_phantom
from viewer.core.placement import place
from viewer.core.view import View
from viewer.settings import (
    BOTH_BUTTONS_ZOOM,
    INVERT_WINDOW_DRAG,
    WHEEL_WRAPS,
    WINDOW_DRAG_GAIN,
    MemoryBackend,
)
from viewer.workspace.tools import Tool

CENTER, WIDTH = -523.5, 1001  # the file's window; one pixel of a drag is WIDTH / 200
STEP = WIDTH / 200


@pytest.fixture
def opened(show, tmp_path):
    return show([write_phantom(tmp_path / "phantom.dcm")])


@pytest.fixture
def stack(show, tmp_path):
    ct_series(tmp_path / "ct", 30)
    opened = show([tmp_path / "ct"], frames=30)
    opened.viewport.set_index(10)
    wait_until(lambda: opened.viewport.loaded is not None)
    return opened


def window(opened) -> tuple[float, float]:
    chosen = opened.viewport.voi.window
    return chosen.center, chosen.width


def point_at(opened, place_px: tuple[float, float]) -> tuple[float, float]:
    return place(opened.viewport.view, opened.canvas._stage()).to_image(place_px)


@pytest.mark.parametrize(
    ("end", "keys", "expected"),
    [
        pytest.param((250, 100), None, (CENTER, WIDTH + 50 * STEP), id="right-is-wider"),
        pytest.param((200, 60), None, (CENTER - 40 * STEP, WIDTH), id="up-is-brighter"),
        pytest.param((180, 120), None, (CENTER + 20 * STEP, WIDTH - 20 * STEP), id="both"),
        pytest.param((200, 100), None, (CENTER, WIDTH), id="a-click-is-nothing"),
        pytest.param((203, 103), None, (CENTER, WIDTH), id="a-shaky-click-is-nothing"),
    ],
)
def test_left_drag_is_the_window(opened, end, keys, expected):
    Hand(opened.canvas).drag((200, 100), end)

    assert window(opened) == pytest.approx(expected)


def test_shift_is_fine_and_ctrl_coarse_during_the_drag(opened):
    hand = Hand(opened.canvas)
    hand.press((200, 100), LEFT)
    hand.move((220, 100))
    hand.move((240, 100), SHIFT)
    hand.move((260, 100), CTRL)
    hand.release((260, 100), LEFT)

    assert window(opened)[1] == pytest.approx(WIDTH + STEP * (20 + 5 + 80))


def test_settings_of_the_window_drag(show, tmp_path):
    backend = MemoryBackend()
    INVERT_WINDOW_DRAG.write(backend, True)
    WINDOW_DRAG_GAIN.write(backend, 2.0)
    opened = show([write_phantom(tmp_path / "a.dcm")], backend=backend)

    Hand(opened.canvas).drag((200, 100), (210, 90))

    assert window(opened) == pytest.approx((CENTER + 20 * STEP, WIDTH + 20 * STEP))


def test_a_drag_is_one_undo_step(opened):
    Hand(opened.canvas).drag((200, 100), (210, 100), (220, 110), (230, 120))
    Hand(opened.canvas).drag((200, 100), (240, 100))
    second = window(opened)

    opened.viewport.undo()
    first = window(opened)
    opened.viewport.undo()

    assert window(opened) == (CENTER, WIDTH)
    assert len({second, first, window(opened)}) == 3
    assert opened.viewport.undo_label == ""


@pytest.mark.parametrize(
    ("button", "keys", "space"),
    [(MIDDLE, None, False), (LEFT, SHIFT, False), (LEFT, None, True)],
    ids=["middle", "shift-left", "space-left"],
)
def test_pan_moves_the_image_with_the_hand(opened, qtbot, button, keys, space):
    opened.viewport.set_view(View(zoom=10.0))
    held = point_at(opened, (200, 100))
    if space:
        qtbot.keyPress(opened.canvas, Qt.Key.Key_Space)

    more = {"keys": keys} if keys else {}
    Hand(opened.canvas).drag((200, 100), (215, 108), (230, 120), button=button, **more)

    assert point_at(opened, (230, 120)) == pytest.approx(held)
    assert window(opened) == (CENTER, WIDTH)
    opened.viewport.undo()
    assert opened.viewport.view == View(zoom=10.0)


def test_right_drag_zooms_about_the_pressed_point(opened):
    anchor = (123.0, 77.0)
    held = point_at(opened, anchor)
    before = opened.canvas._stage()
    zoom = place(opened.viewport.view, before).column_step[0]

    Hand(opened.canvas).drag(anchor, (140, 120), (150, 177), button=RIGHT)

    assert opened.viewport.view.zoom == pytest.approx(zoom * math.exp(100 / 200))
    assert point_at(opened, anchor) == pytest.approx(held)


def test_right_click_asks_for_the_menu_and_a_right_drag_does_not(opened, qtbot):
    hand = Hand(opened.canvas)
    with qtbot.waitSignal(opened.canvas.context_menu_requested) as menu:
        hand.drag((50, 60), (52, 61), button=RIGHT)

    assert menu.args == [opened.canvas.viewport().mapToGlobal(QPoint(52, 61))]
    assert opened.viewport.view == View()
    with qtbot.assertNotEmitted(opened.canvas.context_menu_requested):
        hand.drag((50, 60), (50, 90), button=RIGHT)


def test_double_click_asks_to_maximise(opened, qtbot):
    with qtbot.waitSignal(opened.canvas.maximise_requested):
        Hand(opened.canvas).double_click((100, 100))


def test_any_press_activates(opened, qtbot):
    with qtbot.waitSignal(opened.canvas.activated):
        Hand(opened.canvas).drag((100, 100), button=MIDDLE)


@pytest.mark.parametrize(
    ("turns", "index"),
    [
        pytest.param([{"angle": -120}], 11, id="towards-the-user-is-next"),
        pytest.param([{"angle": 120}, {"angle": 120}], 8, id="away-is-previous"),
        pytest.param([{"angle": -40}] * 3, 11, id="fine-wheel-adds-up"),
        pytest.param([{"angle": -40}] * 2, 10, id="fine-wheel-waits"),
        pytest.param([{"angle": -9, "pixels": -20}] * 4, 12, id="touchpad-40-px"),
        pytest.param([{"angle": -120, "keys": SHIFT}], 20, id="shift-is-ten"),
        pytest.param([{"angle": -100}, {"angle": -100, "keys": SHIFT}], 10, id="no-mixing"),
    ],
)
def test_wheel_scrolls(stack, turns, index):
    hand = Hand(stack.canvas)
    for turn in turns:
        hand.turn(**turn)

    assert stack.viewport.index == index


@pytest.mark.parametrize(("start", "angle", "edge"), [(29, -120, 1), (0, 120, -1)])
def test_the_ends_stop_and_flash(stack, start, angle, edge):
    stack.viewport.set_index(start)

    Hand(stack.canvas).turn(angle)

    assert stack.viewport.index == start
    assert stack.canvas.layers.frame.flashing == edge


def test_the_flash_ends(stack, qtbot):
    stack.viewport.set_index(29)
    Hand(stack.canvas).turn(-120)

    qtbot.waitUntil(lambda: stack.canvas.layers.frame.flashing == 0)


def test_the_wheel_goes_round_by_setting(show, tmp_path):
    backend = MemoryBackend()
    WHEEL_WRAPS.write(backend, True)
    ct_series(tmp_path / "ct", 3)
    opened = show([tmp_path / "ct"], backend=backend, frames=3)
    opened.viewport.set_index(2)

    Hand(opened.canvas).turn(-120)

    assert opened.viewport.index == 0
    assert opened.canvas.layers.frame.flashing == 0


def test_ctrl_wheel_zooms_at_the_cursor(opened):
    at = (60.0, 240.0)
    held = point_at(opened, at)
    fit = place(opened.viewport.view, opened.canvas._stage()).column_step[0]

    Hand(opened.canvas).turn(240, at, CTRL)

    assert opened.viewport.view.zoom == pytest.approx(fit * 1.1**2)
    assert point_at(opened, at) == pytest.approx(held)


def test_alt_wheel_is_the_window_width(opened):
    Hand(opened.canvas).turn(-120, keys=ALT)

    assert window(opened) == pytest.approx((CENTER, WIDTH * 1.1))


def test_ctrl_drag_takes_the_window_from_a_region(opened):
    opened.viewport.set_view(View(zoom=4.0))  # 50 x 30 pixels from (100, 90) on
    corner = (100 + 20 * 4 + 1, 90 + 10 * 4 + 1)
    opposite = (100 + 40 * 4 - 1, 90 + 20 * 4 - 1)

    Hand(opened.canvas).drag(corner, (200, 150), opposite, keys=CTRL)

    values = opened.viewport.loaded.stored[10:20, 20:40] - 1024
    low, high = values.min(), values.max()
    assert window(opened) == ((low + high + 1) / 2, high - low + 1)
    assert not opened.canvas.layers.band.isVisible()
    opened.viewport.undo()
    assert window(opened) == (CENTER, WIDTH)


def test_a_box_can_be_cancelled(opened):
    hand = Hand(opened.canvas)
    hand.press((150, 120), LEFT, CTRL)
    hand.move((200, 160), CTRL)
    assert opened.canvas.layers.band.isVisible()

    assert opened.canvas.cancel_gesture()
    hand.release((200, 160), LEFT, CTRL)

    assert window(opened) == (CENTER, WIDTH)
    assert not opened.canvas.cancel_gesture()


@pytest.mark.parametrize(
    ("tool", "changed"),
    [
        (Tool.WINDOW, "window"),
        (Tool.SCROLL, "index"),
        (Tool.ZOOM, "zoom"),
        (Tool.PAN, "center"),
        (Tool.SELECT, ""),
    ],
)
def test_the_left_button_holds_the_chosen_tool(stack, tool, changed):
    stack.viewport.set_view(View(zoom=20.0))
    stack.toolbox.set_tool(tool)
    viewport = stack.viewport

    def state():
        view = viewport.view
        return {
            "window": window(stack), "index": viewport.index,
            "zoom": view.zoom, "center": view.center if tool is not Tool.ZOOM else None,
        }  # fmt: skip

    before = state()
    Hand(stack.canvas).drag((200, 100), (200, 160))

    differing = {key for key, value in state().items() if value != before[key]}
    assert differing == ({changed} if changed else set())


def test_scroll_drag_down_is_later(stack):
    stack.toolbox.set_tool(Tool.SCROLL)

    Hand(stack.canvas).drag((200, 100), (200, 150))

    assert stack.viewport.index == 15  # 300 px for 30 images


def test_both_buttons_zoom_by_setting(show, tmp_path):
    backend = MemoryBackend()
    BOTH_BUTTONS_ZOOM.write(backend, True)
    opened = show([write_phantom(tmp_path / "a.dcm")], backend=backend)
    hand = Hand(opened.canvas)
    hand.press((200, 100), LEFT)
    hand.press((200, 100), RIGHT)
    hand.move((200, 140))

    assert opened.viewport.view.zoom is not None
    assert window(opened) == (CENTER, WIDTH)


def test_pet_keeps_its_lower_end_at_zero(show, tmp_path):
    path = write_phantom(
        tmp_path / "pt.dcm", Modality="PT", RescaleIntercept=0, WindowCenter=500, WindowWidth=1000
    )
    opened = show([path])

    Hand(opened.canvas).drag((200, 100), (240, 130))

    center, width = window(opened)
    assert center - width / 2 == pytest.approx(0)
    assert width > 1000


def test_a_released_button_outside_ends_the_drag(opened):
    hand = Hand(opened.canvas)
    hand.press((200, 100), LEFT)
    hand.move((220, 100))
    hand._held = Qt.MouseButton.NoButton
    before = window(opened)
    hand.move((300, 100))

    assert window(opened) == before


def test_the_cursor_reads_stored_and_modality_value(opened):
    opened.viewport.set_view(View(zoom=4.0))

    Hand(opened.canvas).move((100 + 20 * 4 + 2, 90 + 10 * 4 + 2))

    stored = opened.viewport.loaded.stored[10, 20]
    line = opened.canvas.layers.corners.bottom_left.lines[0]
    assert line == f"(21, 11)  {stored - 1024} HU  stored {stored}"


def test_gestures_without_an_image_do_nothing(show, tmp_path):
    path = tmp_path / "cut.dcm"
    write_phantom(path)
    path.write_bytes(path.read_bytes()[:-2900])
    opened = show([path])
    hand = Hand(opened.canvas)

    for button in (LEFT, MIDDLE, RIGHT):
        hand.drag((100, 100), (150, 150), button=button)
    hand.turn(120, keys=CTRL)
    hand.turn(120, keys=ALT)

    assert np.isfinite(opened.grab()).all()
