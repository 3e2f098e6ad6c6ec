"""State with one owner: what is shown, how, what undo takes back, and when signals come."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.data import ct_series, write_ct
from tests.workspace.conftest import SLICES, stacks_of
from viewer.core.image import VoiChoice, VoiSource, Window
from viewer.core.presets import find_preset
from viewer.core.view import View
from viewer.workspace.display import Display
from viewer.workspace.viewport import Viewport

LUNG = VoiChoice("Lung", VoiSource.PRESET, Window(-600, 1500))


@pytest.fixture
def shown(qtbot, viewport, stack):
    """A viewport with its first frame loaded."""
    with qtbot.waitSignal(viewport.frame_changed):
        viewport.show(stack)
    return viewport


def go_to(qtbot, viewport, index):
    viewport.set_index(index)
    qtbot.waitUntil(lambda: viewport.loaded is not None)


def heard(viewport):
    """Names of the signals emitted from now on."""
    names = []
    for name in ("stack", "index", "view", "display", "frame", "annotations"):
        getattr(viewport, f"{name}_changed").connect(lambda name=name: names.append(name))
    return names


# What is shown


def test_an_empty_viewport_has_nothing(viewport):
    assert (viewport.stack, viewport.frame_ref, viewport.loaded, viewport.count) == (
        None, None, None, 0,
    )  # fmt: skip
    assert not viewport.loading
    assert not viewport.step(1)


def test_show_announces_the_stack_and_then_the_frame(qtbot, viewport, stack):
    names = heard(viewport)

    viewport.show(stack, 5)

    assert viewport.loading
    assert names == ["stack"]
    qtbot.waitUntil(lambda: viewport.loaded is not None)
    assert names == ["stack", "frame"]
    assert viewport.loaded.ref == viewport.frame_ref == stack.frames[5]


def test_a_frame_in_memory_is_there_at_once(qtbot, shown):
    go_to(qtbot, shown, 1)
    names = heard(shown)

    shown.set_index(0)

    assert names == ["index", "frame"]
    assert not shown.loading


def test_steps_stop_at_the_ends(qtbot, shown):
    assert not shown.step(-1)
    assert shown.step(1000)
    assert shown.index == SLICES - 1
    with qtbot.assertNotEmitted(shown.index_changed):
        assert not shown.step(1)


def test_steps_go_round_where_wished(shown):
    assert shown.step(-1, wraps=True)
    assert (shown.index, shown.direction) == (SLICES - 1, -1)

    assert shown.step(1, wraps=True)
    assert (shown.index, shown.direction) == (0, 1)


def test_scrolling_fast_ends_on_the_newest_frame(qtbot, shown, stack):
    for index in range(SLICES):
        shown.set_index(index)
    qtbot.waitUntil(lambda: shown.loaded is not None)

    assert shown.loaded.ref == stack.frames[-1]


def test_a_late_frame_is_not_taken_for_the_newest(qtbot, shown, stack, reader, loader):
    loader.clear()
    reader.hold(stack.frames[30])
    shown.set_index(30)
    qtbot.waitUntil(lambda: reader.is_loading(stack.frames[30]))
    shown.set_index(20)
    reader.release()
    qtbot.waitUntil(lambda: loader.get(stack.frames[30]) is not None)

    assert shown.frame_ref == stack.frames[20]
    assert shown.loaded is None or shown.loaded.ref == stack.frames[20]


def test_a_failed_frame_says_why_and_the_next_one_is_shown(qtbot, viewport, tmp_path):
    ct_series(tmp_path, 3)
    (stack,) = stacks_of(tmp_path)
    (tmp_path / "IM0002.dcm").unlink()
    viewport.show(stack, 1)
    qtbot.waitUntil(lambda: viewport.failure is not None)

    assert viewport.loaded is None
    assert viewport.failure.where == str(tmp_path / "IM0002.dcm")
    go_to(qtbot, viewport, 2)
    assert viewport.failure is None


def test_retry_shows_a_frame_that_came_back(qtbot, viewport, tmp_path):
    ct_series(tmp_path, 3)
    (stack,) = stacks_of(tmp_path)
    (tmp_path / "IM0002.dcm").rename(tmp_path / "away")
    viewport.show(stack, 1)
    qtbot.waitUntil(lambda: viewport.failure is not None)
    (tmp_path / "away").rename(tmp_path / "IM0002.dcm")

    viewport.retry()
    qtbot.waitUntil(lambda: viewport.loaded is not None)

    assert viewport.failure is None


def test_growth_keeps_the_frame_on_screen(qtbot, shown, stack):
    go_to(qtbot, shown, 3)
    ref = shown.frame_ref
    stack.frames, stack.headers = stack.frames[::-1], stack.headers[::-1]

    with qtbot.waitSignal(shown.index_changed), qtbot.assertNotEmitted(shown.frame_changed):
        shown.follow_growth()

    assert (shown.frame_ref, shown.index) == (ref, SLICES - 4)
    assert shown.loaded.ref == ref


def test_growth_that_splits_the_stack_follows_the_frame(qtbot, viewport, tmp_path):
    ct_series(tmp_path, 3)
    first, second = stacks_of(tmp_path)[0], stacks_of(tmp_path)[0]
    viewport.show(first, 2)
    ref = viewport.frame_ref
    first.frames, second.frames = first.frames[:2], first.frames[2:]
    first.series._stacks.append(second)
    second.key = replace(first.key, frame=99)

    viewport.follow_growth()

    assert (viewport.stack, viewport.frame_ref, viewport.index) == (second, ref, 0)


def test_no_growth_says_nothing(qtbot, shown):
    with qtbot.assertNotEmitted(shown.index_changed):
        shown.follow_growth()


def test_a_stack_is_found_again_as_it_was_left(qtbot, shown, stack, tmp_path):
    ct_series(tmp_path, 3, series_uid="1.2.8")
    (other,) = stacks_of(tmp_path)
    shown.set_index(12)
    shown.set_voi(LUNG)
    shown.rotate(1)

    shown.show(other)
    elsewhere = (shown.index, shown.view, shown.choice.voi, shown.undo_label)
    shown.show(stack)

    assert elsewhere == (0, View(), None, "")
    assert (shown.index, shown.view, shown.choice.voi) == (12, View(quarter_turns=1), LUNG)
    assert shown.undo_label == "rotation"


def test_clear_forgets_everything(shown, stack):
    shown.set_index(12)

    shown.clear()
    empty = (shown.stack, shown.frame_ref, shown.loaded)
    shown.show(stack)

    assert empty == (None, None, None)
    assert shown.index == 0


# How it is shown


@pytest.mark.parametrize(
    ("change", "signal", "label"),
    [
        pytest.param(lambda v: v.set_view(View(zoom=2.0), "zoom"), "view", "zoom", id="zoom"),
        pytest.param(lambda v: v.rotate(-1), "view", "rotation", id="rotate"),
        pytest.param(lambda v: v.flip_horizontally(), "view", "flip", id="flip-h"),
        pytest.param(lambda v: v.flip_vertically(), "view", "flip", id="flip-v"),
        pytest.param(lambda v: v.one_to_one(2.0), "view", "1:1", id="one-to-one"),
        pytest.param(lambda v: v.set_inverted(True), "display", "inversion", id="invert"),
        pytest.param(lambda v: v.set_voi(LUNG), "display", "window", id="voi"),
        pytest.param(lambda v: v.set_window(30, 90), "display", "window", id="window"),
        pytest.param(lambda v: v.use_automatic_voi(), "display", "window", id="auto"),
        pytest.param(lambda v: v.set_overlays_shown(False), "display", "overlays", id="overlays"),
        pytest.param(lambda v: v.set_shutter_shown(False), "display", "shutter", id="shutter"),
        pytest.param(lambda v: v.set_smooth(False), "display", "smoothing", id="smooth"),
        pytest.param(
            lambda v: v.set_color_table("hot iron"), "display", "colour table", id="colour"
        ),
        pytest.param(lambda v: v.apply_preset(find_preset("bone")), "display", "Bone", id="preset"),
    ],
)
def test_every_change_is_told_once_undone_and_redone(shown, change, signal, label):
    before = shown.display
    names = heard(shown)

    change(shown)
    after = shown.display

    assert names == [signal]
    assert after != before
    assert shown.undo_label == label
    shown.undo()
    assert (shown.display, names) == (before, [signal] * 2)
    shown.redo()
    assert (shown.display, names) == (after, [signal] * 3)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.set_index(0),
        lambda v: v.set_view(View()),
        lambda v: v.fit(),
        lambda v: v.set_inverted(False),
        lambda v: v.set_voi(None),
        lambda v: v.set_annotation_level("all"),
        lambda v: v.reset(),
        lambda v: v.undo(),
        lambda v: v.redo(),
    ],
)
def test_what_changes_nothing_says_nothing(shown, change):
    names = heard(shown)

    change(shown)

    assert names == []
    assert shown.undo_label == ""


def test_a_window_drag_is_one_step(shown):
    for width in (100, 110, 120):
        shown.set_window(40, width, drag="drag 1")

    shown.undo()

    assert shown.choice.voi is None
    assert shown.undo_label == ""


def test_reset_restores_all_and_is_one_step(shown):
    shown.set_voi(LUNG)
    shown.set_inverted(True)
    shown.rotate(1)
    changed = shown.display

    shown.reset()

    assert shown.display == Display()
    shown.undo()
    assert shown.display == changed


def test_reset_keeps_the_image(shown):
    shown.set_index(9)
    shown.rotate(1)

    shown.reset()

    assert shown.index == 9


def test_a_chosen_window_is_kept_while_scrolling(qtbot, shown):
    shown.set_voi(LUNG)

    go_to(qtbot, shown, 6)

    assert shown.voi == LUNG


def test_a_preset_that_is_inverted_inverts(shown):
    shown.apply_preset(replace(find_preset("lung"), inverted=True))

    assert shown.inverted


def test_a_preset_in_suv_changes_nothing_where_there_is_no_suv(shown):
    before = shown.choice

    shown.apply_preset(find_preset("suv10"))

    assert shown.choice == before


def test_an_unknown_annotation_level_is_refused(shown):
    with pytest.raises(ValueError, match="loud"):
        shown.set_annotation_level("loud")


def test_annotation_level_is_told_and_no_undo_step(qtbot, shown):
    with qtbot.waitSignal(shown.annotations_changed):
        shown.set_annotation_level("none")

    assert shown.undo_label == ""


# Windows of the file: rule 22, each frame has its own (PS3.3 C.7.6.16.2.10)


@pytest.fixture
def windows(qtbot, viewport, tmp_path):
    """Three slices, each with two windows of its own."""
    for n in range(3):
        write_ct(
            tmp_path / f"{n}.dcm",
            position=(0, 0, 5.0 * n),
            instance_number=n + 1,
            WindowCenter=[10 * n + 1, 1000 + n],
            WindowWidth=[100, 200],
        )
    (stack,) = stacks_of(tmp_path)
    with qtbot.waitSignal(viewport.frame_changed):
        viewport.show(stack)
    return viewport


def centers(qtbot, viewport):
    found = []
    for index in range(3):
        go_to(qtbot, viewport, index)
        found.append(viewport.voi.window.center)
    viewport.set_index(0)
    return found


def test_untouched_each_frame_has_its_own_window(qtbot, windows):
    assert centers(qtbot, windows) == [1, 11, 21]


def test_the_files_second_window_is_each_frames_own(qtbot, windows):
    windows.use_next_file_voi()

    assert centers(qtbot, windows) == [1000, 1001, 1002]


def test_the_files_windows_come_in_turn(windows):
    shown = []
    for _ in range(3):
        windows.use_next_file_voi()
        shown.append(windows.voi.window.center)

    assert shown == [1000, 1, 1000]


def test_after_another_window_the_files_first_comes_first(windows):
    windows.set_voi(LUNG)

    windows.use_next_file_voi()

    assert windows.voi.window.center == 1


def test_a_window_of_the_user_holds_for_all_frames(qtbot, windows):
    windows.set_window(5, 50)

    assert centers(qtbot, windows) == [5, 5, 5]


def test_shown_choice_is_ready_for_any_part_of_the_frame(windows):
    assert windows.choice.voi is None
    assert windows.shown_choice.voi.window.center == 1


def test_a_large_frame_comes_with_reduced_copies(qtbot, viewport, tmp_path):
    write_ct(tmp_path / "large.dcm", pixels=np.zeros((1100, 600), np.int16))
    (stack,) = stacks_of(tmp_path)

    with qtbot.waitSignal(viewport.frame_changed):
        viewport.show(stack)

    assert [level.shape for level in viewport.pyramid.levels] == [(1100, 600), (550, 300)]


def test_two_viewports_share_frames_and_nothing_else(qtbot, loader, shown, stack, reader):
    other = Viewport(loader)
    qtbot.waitUntil(lambda: loader.get(stack.frames[-1]) is not None)
    asked = len(reader.asked)

    other.show(stack)
    other.set_inverted(True)

    assert other.loaded is shown.loaded
    assert not shown.inverted
    assert len(reader.asked) == asked
