"""The window with real files: open, look, press keys, type in fields, drop, close."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLabel, QTreeView

from tests.data import ct_series, write_ct
from tests.ui.conftest import open_and_wait, press
from viewer.core.image import VoiSource
from viewer.settings import NAME_IN_TITLE
from viewer.ui.actions import ACTIONS
from viewer.ui.main_window import MainWindow
from viewer.workspace.workspace import Workspace

Key, Mod = Qt.Key, Qt.KeyboardModifier


def drop(window, *paths) -> None:
    """Let files go over the middle of the window, as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    place, copy = QPoint(400, 400), Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Mod.NoModifier
    window.dragEnterEvent(QDragEnterEvent(place, copy, data, left, none))
    window.dropEvent(QDropEvent(QPointF(place), copy, data, left, none))


def test_every_action_is_bound(window):
    assert window.actions_by_id.unbound == []


def test_an_empty_window_says_where_to_begin(window):
    assert window.view_area.currentWidget().accessibleName() == "Nothing is open"
    assert window.windowTitle() == "Lightbox"


def test_a_dropped_folder_is_read_and_its_first_image_shown(qtbot, window, ct_folder):
    drop(window, ct_folder)

    qtbot.waitUntil(lambda: window.workspace.active.loaded is not None)
    assert window.view_area.canvas is not None
    assert window.view_area.currentWidget() is window.view_area.canvas
    tree = window.browser.model
    assert tree.index(0, 0).data() == "Phantom, Test  (P1)"


def test_the_row_of_the_shown_series_is_current(ct_window):
    node = ct_window.browser.model.node(ct_window.browser.tree.currentIndex())

    assert node is ct_window.workspace.active.stack.series


KEYS_THAT_WALK = [
    pytest.param(Key.Key_Down, Mod.NoModifier, 3, id="down"),
    pytest.param(Key.Key_Right, Mod.NoModifier, 3, id="right"),
    pytest.param(Key.Key_Up, Mod.NoModifier, 1, id="up"),
    pytest.param(Key.Key_Left, Mod.NoModifier, 1, id="left"),
    pytest.param(Key.Key_Home, Mod.NoModifier, 0, id="home"),
    pytest.param(Key.Key_End, Mod.NoModifier, 4, id="end"),
    pytest.param(Key.Key_Down, Mod.ShiftModifier, 4, id="shift-down"),
    pytest.param(Key.Key_Up, Mod.ShiftModifier, 0, id="shift-up"),
]


@pytest.mark.parametrize(("key", "modifier", "index"), KEYS_THAT_WALK)
def test_keys_walk_through_the_stack(qtbot, ct_window, key, modifier, index):
    ct_window.workspace.active.set_index(2)

    press(qtbot, ct_window, key, modifier)

    assert ct_window.workspace.active.index == index


KEYS_THAT_PLACE = [
    pytest.param(Key.Key_BracketRight, Mod.NoModifier, (1, False), id="rotate-right"),
    pytest.param(Key.Key_BracketLeft, Mod.NoModifier, (3, False), id="rotate-left"),
    pytest.param(Key.Key_R, Mod.AltModifier, (1, False), id="alt-r"),
    pytest.param(Key.Key_L, Mod.AltModifier, (3, False), id="alt-l"),
    pytest.param(Key.Key_H, Mod.ShiftModifier, (0, True), id="flip-horizontal"),
    pytest.param(Key.Key_F, Mod.AltModifier, (0, True), id="alt-f"),
    pytest.param(Key.Key_V, Mod.ShiftModifier, (2, True), id="flip-vertical"),
]


@pytest.mark.parametrize(("key", "modifier", "placed"), KEYS_THAT_PLACE)
def test_keys_turn_and_mirror_and_undo_takes_it_back(qtbot, ct_window, key, modifier, placed):
    viewport = ct_window.workspace.active

    press(qtbot, ct_window, key, modifier)
    turned = (viewport.view.quarter_turns, viewport.view.mirrored)
    press(qtbot, ct_window, Key.Key_Z, Mod.ControlModifier)

    assert turned == placed
    assert (viewport.view.quarter_turns, viewport.view.mirrored) == (0, False)


def test_zoom_keys(qtbot, ct_window):
    viewport = ct_window.workspace.active
    press(qtbot, ct_window, Key.Key_Equal, Mod.ShiftModifier)
    assert viewport.view.zoom == pytest.approx(1 / ct_window.devicePixelRatioF())

    press(qtbot, ct_window, Key.Key_Plus)
    assert viewport.view.zoom > 1

    press(qtbot, ct_window, Key.Key_Minus)
    assert viewport.view.zoom == pytest.approx(1)

    press(qtbot, ct_window, Key.Key_Equal)
    assert viewport.view.zoom is None


@pytest.mark.parametrize(
    ("key", "width", "center"),
    [
        pytest.param(Key.Key_1, 350, 40, id="abdomen"),
        pytest.param(Key.Key_2, 1500, -600, id="lung"),
        pytest.param(Key.Key_3, 2000, 300, id="bone"),
        pytest.param(Key.Key_4, 80, 40, id="brain"),
    ],
)
def test_digits_set_presets(qtbot, ct_window, key, width, center):
    press(qtbot, ct_window, key)

    voi = ct_window.workspace.active.voi
    assert (voi.window.width, voi.window.center, voi.source) == (width, center, VoiSource.PRESET)


def test_automatic_and_the_files_own_window(qtbot, ct_window):
    viewport = ct_window.workspace.active
    press(qtbot, ct_window, Key.Key_0)
    assert viewport.voi.source is VoiSource.PERCENTILE

    press(qtbot, ct_window, Key.Key_QuoteLeft)
    assert viewport.voi.source is VoiSource.FILE_WINDOW


@pytest.mark.parametrize("tool", ["window", "scroll", "zoom", "pan", "select"])
def test_letters_take_tools(qtbot, ct_window, tool):
    key = next(a.keys[0] for a in ACTIONS if a.id == f"tool_{tool}")

    press(qtbot, ct_window, Key(ord(key)))

    assert ct_window.toolbox.tool == tool
    assert ct_window.actions_by_id[f"tool_{tool}"].isChecked()


def test_typing_in_a_field_never_changes_the_image(qtbot, ct_window):
    viewport = ct_window.workspace.active
    before = viewport.display
    ct_window.browser.field.setFocus()

    qtbot.keyClicks(ct_window.browser.field, "n[]rvwstzi12c.,=+-`")

    assert viewport.display == before
    assert ct_window.browser.field.text() == "n[]rvwstzi12c.,=+-`"
    assert ct_window.toolbox.tool == "window"


def test_letters_in_the_tree_never_change_the_image(qtbot, ct_window):
    before = ct_window.workspace.active.display
    ct_window.browser.tree.setFocus()

    qtbot.keyClicks(ct_window.browser.tree, "nr[")

    assert ct_window.workspace.active.display == before


def test_escape_empties_the_field_and_gives_the_keyboard_back(qtbot, ct_window):
    ct_window.workspace.active.set_inverted(True)
    ct_window.browser.field.setFocus()
    qtbot.keyClicks(ct_window.browser.field, "mod:mr")

    press(qtbot, ct_window, Key.Key_Escape)

    assert ct_window.browser.field.text() == ""
    assert ct_window.view_area.isAncestorOf(QApplication.focusWidget())
    assert ct_window.workspace.active.inverted


def test_escape_on_the_image_leaves_full_screen_first_then_resets(qtbot, ct_window):
    viewport = ct_window.workspace.active
    press(qtbot, ct_window, Key.Key_N)
    press(qtbot, ct_window, Key.Key_F11)
    assert ct_window.isFullScreen()

    press(qtbot, ct_window, Key.Key_Escape)
    assert (ct_window.isFullScreen(), viewport.inverted) == (False, True)

    press(qtbot, ct_window, Key.Key_Escape)
    assert not viewport.inverted


def test_f9_hides_the_panels_and_brings_them_back(qtbot, ct_window):
    studies = ct_window.docks["studies"]

    press(qtbot, ct_window, Key.Key_F9)
    assert studies.isHidden()

    press(qtbot, ct_window, Key.Key_F9)
    assert not studies.isHidden()


def test_f6_walks_the_keyboard_through_the_panes(qtbot, ct_window):
    press(qtbot, ct_window, Key.Key_F6)
    assert QApplication.focusWidget() is ct_window.browser.tree

    press(qtbot, ct_window, Key.Key_F6, Mod.ShiftModifier)
    assert ct_window.view_area.isAncestorOf(QApplication.focusWidget())


def test_invert_is_marked_where_it_is_on(qtbot, ct_window):
    press(qtbot, ct_window, Key.Key_N)

    assert ct_window.actions_by_id["invert"].isChecked()


def test_actions_on_images_are_off_while_there_is_none(window):
    assert not window.actions_by_id["invert"].isEnabled()
    assert not window.actions_by_id["next_series"].isEnabled()
    assert window.actions_by_id["open_folder"].isEnabled()


def test_page_keys_walk_through_series_and_studies(qtbot, window, tmp_path):
    ct_series(tmp_path / "a", 2, series_uid="1.2.1", SeriesNumber=1)
    ct_series(tmp_path / "b", 2, series_uid="1.2.2", SeriesNumber=2)
    ct_series(tmp_path / "c", 2, series_uid="1.2.3", study_uid="1.3", StudyDate="20200101")
    open_and_wait(qtbot, window, tmp_path / "a", tmp_path / "b", tmp_path / "c")
    active = window.workspace.active

    seen = []
    for key, modifier in (
        (Key.Key_PageDown, Mod.NoModifier),
        (Key.Key_PageDown, Mod.ControlModifier),
        (Key.Key_PageUp, Mod.ControlModifier),
    ):
        press(qtbot, window, key, modifier)
        seen.append(active.stack.series.uid)
        assert len(window.browser.tree.selectionModel().selectedRows()) == 1

    assert seen == ["1.2.2", "1.2.3", "1.2.1"]


@pytest.mark.parametrize("panels", [["tags"], ["tags", "why"], ["problems"]])
def test_the_image_keeps_half_of_a_small_window(qtbot, ct_window, panels):
    for name in panels:
        ct_window.docks[name].setVisible(True)
    qtbot.waitUntil(lambda: all(ct_window.docks[name].isVisible() for name in panels))

    ct_window.resize(1024, 700)

    qtbot.waitUntil(lambda: ct_window.width() == 1024 and ct_window.view_area.width() >= 512)


def test_the_image_keeps_half_when_a_panel_opens(qtbot, ct_window):
    ct_window.resize(1024, 700)

    ct_window.actions_by_id["panel_tags"].trigger()

    qtbot.waitUntil(lambda: ct_window.docks["tags"].isVisible())
    qtbot.waitUntil(lambda: ct_window.view_area.width() >= 512)


def test_broken_files_are_rows_and_the_window_lives_on(qtbot, window, tmp_path, ct_folder):
    (ct_folder / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\xff" * 64)
    (ct_folder / "text.dcm").write_text("this is no image")

    open_and_wait(qtbot, window, ct_folder)

    qtbot.waitUntil(lambda: window.problems.model.rowCount() >= 2)
    where = {window.problems.model.problem(r).where for r in range(2)}
    assert {os.path.basename(name) for name in where} == {"broken.dcm", "text.dcm"}
    assert window.workspace.active.loaded is not None
    qtbot.waitUntil(lambda: "5 DICOM files found" in window.problems.receipt.text())


def test_a_path_that_is_not_there_is_a_row(qtbot, window, tmp_path):
    open_and_wait(qtbot, window, tmp_path / "nowhere")

    qtbot.waitUntil(lambda: window.problems.model.rowCount() == 1)


def test_no_name_reaches_the_title_unless_asked_for(qtbot, ct_window, backend):
    assert ct_window.windowTitle() == "Lightbox"

    NAME_IN_TITLE.write(backend, True)
    ct_window.refresh_title()

    assert ct_window.windowTitle() == "Phantom, Test - Lightbox"


def test_settings_hold_paths_but_no_names(qtbot, ct_window, backend, ct_folder):
    ct_window.close()

    stored = repr(backend.values)
    assert str(ct_folder) in stored
    assert "Phantom" not in stored
    assert "P1" not in stored


MARKUP = "<b>DOE</b><img src>"


def test_markup_in_a_name_stays_text_everywhere(qtbot, window, tmp_path):
    write_ct(tmp_path / "x.dcm", PatientName=MARKUP, SeriesDescription=MARKUP)

    open_and_wait(qtbot, window, tmp_path)

    index = window.browser.model.index(0, 0)
    assert MARKUP in index.data()
    assert not GuiQt.mightBeRichText(index.data(Qt.ItemDataRole.ToolTipRole))
    window.docks["problems"].show()
    labels = window.findChildren(QLabel)
    assert labels
    rich = [
        label.text()
        for label in labels
        if label.textFormat() is not Qt.TextFormat.PlainText and GuiQt.mightBeRichText(label.text())
    ]
    assert rich == []
    ours = [lb for lb in labels if lb.textFormat() is Qt.TextFormat.AutoText and lb.text()]
    assert [lb.text() for lb in ours if lb.objectName() != "qt_dockwidget_title"] == []


def test_every_action_button_and_view_has_a_name(ct_window):
    nameless = [
        widget
        for kind in (QAbstractButton, QAbstractItemView)
        for widget in ct_window.findChildren(kind)
        if widget.isVisibleTo(ct_window)
        and not widget.objectName().startswith("qt_")
        and not (
            widget.accessibleName()
            or (isinstance(widget, QAbstractButton) and (widget.text() or widget.toolTip()))
        )
    ]

    assert [type(w).__name__ + " in " + type(w.parent()).__name__ for w in nameless] == []
    assert [a.id for a in ACTIONS if not ct_window.actions_by_id[a.id].text()] == []


def test_closing_the_studies_empties_everything(qtbot, ct_window):
    ct_window.close_studies()

    assert ct_window.browser.model.rowCount() == 0
    assert ct_window.view_area.currentWidget().accessibleName() == "Nothing is open"
    assert not ct_window.actions_by_id["invert"].isEnabled()


def test_ctrl_i_and_ctrl_f_open_the_tags_even_from_inside_them(qtbot, ct_window):
    dock = ct_window.docks["tags"]
    press(qtbot, ct_window, Key.Key_I, Mod.ControlModifier)
    assert dock.isVisible()
    dock.widget().tree.setFocus()

    press(qtbot, ct_window, Key.Key_F, Mod.ControlModifier)

    assert QApplication.focusWidget() is dock.widget().search_bar.field


def test_values_can_be_read_when_the_tags_open(qtbot, ct_window):
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_I, Qt.KeyboardModifier.ControlModifier)
    tree = ct_window.findChild(QTreeView, "tag_tree")
    qtbot.waitUntil(lambda: tree.isVisible() and tree.model().rowCount() > 0)

    place = tree.header().sectionViewportPosition(tree.model().columnCount() - 1)
    assert tree.viewport().width() - place > 60


def test_the_layout_comes_back(qtbot, ct_window, backend):
    ct_window.docks["problems"].show()
    ct_window.browser.tree.setColumnHidden(1, True)
    ct_window.close()

    again = type(ct_window)(Workspace(backend), backend, Path("unused"))
    qtbot.addWidget(again, before_close_func=lambda w: w.workspace.close())

    assert not again.docks["problems"].isHidden()
    assert again.browser.tree.isColumnHidden(1)


def test_a_broken_layout_is_passed_over(qtbot, backend):
    backend.setValue("window/geometry", QByteArray(b"nonsense"))
    backend.setValue("window/panels", 7)

    made = MainWindow(Workspace(backend), backend, Path("unused"))
    qtbot.addWidget(made, before_close_func=lambda w: w.workspace.close())

    assert made.docks["problems"].isHidden()


def test_presets_of_another_modality_are_off(ct_window):
    assert ct_window.actions_by_id["preset_lung"].isEnabled()
    assert not ct_window.actions_by_id["preset_suv5"].isEnabled()


def test_copying_puts_the_bare_picture_on_the_clipboard(qtbot, ct_window):
    QApplication.clipboard().clear()

    press(qtbot, ct_window, Key.Key_C, Mod.ControlModifier)

    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull())
    image = QApplication.clipboard().image()
    assert (image.width(), image.height()) == (16, 16)
