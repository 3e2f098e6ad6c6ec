"""The tag inspector on a real workspace: follows, searches, keeps its place, copies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QScrollArea

from tests.data import ct_dataset, ct_series, dataset, write_ct, write_dataset
from viewer.ui.models.tag_model import HIT_ROLE, NAME, VALUE
from viewer.ui.panels.tag_inspector import TagInspector
from viewer.workspace.workspace import Workspace


@pytest.fixture
def workspace(qapp: object) -> Iterator[Workspace]:
    workspace = Workspace()
    yield workspace
    workspace.close()


@pytest.fixture
def opened(qtbot, workspace: Workspace) -> Callable[[Path], TagInspector]:
    """Opens a path and returns an inspector that shows its first picture's tags."""

    def open_path(path: Path) -> TagInspector:
        workspace.open_paths([path])
        qtbot.waitUntil(lambda: workspace.active.stack is not None and not workspace.scanning)
        panel = TagInspector(workspace)
        show(qtbot, panel)
        qtbot.waitUntil(lambda: panel.model.document is not None)
        return panel

    return open_path


def show(qtbot, panel: TagInspector) -> None:
    """Show it as a dock shows it: inside a window, without size hints of its own."""
    window = QScrollArea()
    window.setWidget(panel)
    window.setWidgetResizable(True)
    window.resize(700, 500)
    qtbot.addWidget(window)
    panel.holder = window
    window.show()


def value_at(panel: TagInspector, keyword: str, parent: QModelIndex | None = None) -> str:
    parent = parent or QModelIndex()
    for row in range(panel.model.rowCount(parent)):
        if panel.model.index(row, NAME, parent).data() == keyword:
            return str(panel.model.index(row, VALUE, parent).data())
    raise AssertionError(f"{keyword} is not listed")


def enhanced(path: Path, frames: int = 3) -> Path:
    pixels = np.arange(frames * 16, dtype=np.uint16).reshape(frames, 4, 4)
    item = ct_dataset(pixels=pixels, ImagePositionPatient=None, ImageOrientationPatient=None)
    groups = dataset(
        PerFrameFunctionalGroupsSequence=[
            {"FrameContentSequence": [{"FrameComments": f"comment {n}"}]} for n in range(frames)
        ]
    )
    item.update(groups)
    return write_dataset(path, item)


def test_it_shows_the_file_of_the_active_viewport(opened, tmp_path):
    ct_series(tmp_path, 1)

    panel = opened(tmp_path)

    assert value_at(panel, "PatientName") == "Phantom^Test"
    assert value_at(panel, "TransferSyntaxUID").endswith("= Explicit VR Little Endian")


def test_it_follows_scrolling_and_keeps_the_selection(qtbot, opened, workspace, tmp_path):
    ct_series(tmp_path, 3)
    panel = opened(tmp_path)
    panel.reveal("InstanceNumber")
    before = value_at(panel, "InstanceNumber")

    workspace.active.step(1)
    qtbot.waitUntil(lambda: value_at(panel, "InstanceNumber") != before)

    assert panel.tree.currentIndex().siblingAtColumn(NAME).data() == "InstanceNumber"


def test_a_file_that_was_replaced_and_opened_again_is_read_again(
    qtbot, opened, workspace, tmp_path
):
    (path,) = ct_series(tmp_path, 1)
    panel = opened(tmp_path)
    write_ct(path, StudyDescription="Written anew")
    os.utime(path, ns=(1, 1))

    workspace.open_paths([tmp_path])

    qtbot.waitUntil(lambda: value_at(panel, "StudyDescription") == "Written anew")


def test_nothing_is_read_while_it_is_hidden(qtbot, workspace, tmp_path):
    ct_series(tmp_path, 1)
    panel = TagInspector(workspace)
    workspace.open_paths([tmp_path])
    qtbot.waitUntil(lambda: workspace.active.stack is not None and not workspace.scanning)
    qtbot.waitUntil(lambda: not panel._pause.isActive())

    assert panel.model.document is None
    show(qtbot, panel)
    qtbot.waitUntil(lambda: panel.model.document is not None)


def test_the_frames_own_groups_follow_the_frame(qtbot, opened, workspace, tmp_path):
    panel = opened(enhanced(tmp_path / "e.dcm"))
    workspace.active.set_index(2)

    def comment() -> str:
        model = panel.model
        frame = model.index(0, 0)
        if model.frame_node is None or model.frame_node.row != 2:
            return ""
        for parent in (frame, content := model.index(0, 0, frame), model.index(0, 0, content)):
            if model.canFetchMore(parent):
                model.fetchMore(parent)
        item = model.index(0, 0, model.index(0, 0, model.index(0, 0)))
        return value_at(panel, "FrameComments", item)

    qtbot.waitUntil(lambda: comment() == "comment 2")
    assert panel.model.index(0, 0).data() == "Frame 3"
    assert panel.tree.isExpanded(panel.model.index(0, 0))


def test_a_search_counts_marks_and_steps(qtbot, opened, tmp_path):
    ct_series(tmp_path, 1)
    panel = opened(tmp_path)

    panel.search_bar.field.setText("patient")
    qtbot.waitUntil(lambda: panel.search_bar.count.text().startswith("1 of "))
    qtbot.waitUntil(lambda: not panel.search_bar.count.text().endswith("…"))
    first = panel.tree.currentIndex()
    assert first.data(HIT_ROLE)

    qtbot.keyClick(panel.search_bar.field, Qt.Key.Key_Return)

    assert panel.search_bar.count.text().startswith("2 of ")
    assert panel.tree.currentIndex().row() != first.row()
    assert panel.tree.currentIndex().data(HIT_ROLE)


def test_the_filter_shows_hits_only_and_takes_them_back(qtbot, opened, tmp_path):
    ct_series(tmp_path, 1)
    panel = opened(tmp_path)
    every = panel.model.rowCount()
    panel.search_bar.field.setText("PatientID")
    qtbot.waitUntil(lambda: panel.search_bar.count.text() == "1 of 1")

    panel.search_bar.filter_button.click()

    assert panel.model.rowCount() == 1
    assert panel.model.index(0, NAME).data() == "PatientID"
    panel.search_bar.filter_button.click()
    assert panel.model.rowCount() == every


def test_a_hit_inside_an_item_is_opened(qtbot, opened, tmp_path):
    panel = opened(enhanced(tmp_path / "e.dcm"))

    panel.search_bar.field.setText("comment 1")
    qtbot.waitUntil(lambda: panel.search_bar.count.text() == "1 of 1")

    assert panel.tree.currentIndex().siblingAtColumn(VALUE).data() == "comment 1"


@pytest.mark.parametrize(
    ("action", "copied"),
    [
        ("copy_value", "P1"),
        ("copy_path", "PatientID"),
        ("copy_row", "(0010,0020)\tPatientID\tLO\t1\t2\tP1"),
    ],
)
def test_rows_are_copied(qtbot, opened, tmp_path, action, copied):
    ct_series(tmp_path, 1)
    panel = opened(tmp_path)
    panel.reveal("PatientID")
    QGuiApplication.clipboard().clear()

    next(a for a in panel.tree.actions() if a.objectName() == action).trigger()

    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() == copied)


def test_json_is_copied(qtbot, opened, tmp_path):
    panel = opened(enhanced(tmp_path / "e.dcm"))
    panel.reveal("PerFrameFunctionalGroupsSequence")
    QGuiApplication.clipboard().clear()

    panel.tree.copy_json()

    qtbot.waitUntil(lambda: QGuiApplication.clipboard().text() != "")
    model = json.loads(QGuiApplication.clipboard().text())
    assert len(model["52009230"]["Value"]) == 3


def test_large_values_are_shown_as_hex_page_by_page(qtbot, opened, tmp_path):
    write_dataset(tmp_path / "a.dcm", ct_dataset(rows=64, columns=64))
    panel = opened(tmp_path)
    panel.reveal("PixelData")

    panel.tree.detail_asked.emit()
    qtbot.waitUntil(lambda: panel.pane.text.toPlainText().startswith("00000000  00 00 01 00"))
    panel.pane.next_button.click()

    qtbot.waitUntil(lambda: panel.pane.text.toPlainText().startswith("00001000"))
    assert panel.pane.place.text() == "Bytes 4,096 to 8,192 of 8,192"
    assert not panel.pane.next_button.isEnabled()


def test_a_file_that_vanished_says_so(qtbot, opened, workspace, tmp_path):
    paths = ct_series(tmp_path, 2)
    panel = opened(tmp_path)
    for path in paths:
        path.unlink()

    workspace.active.step(1 if workspace.active.index == 0 else -1)

    qtbot.waitUntil(lambda: panel.message.isVisible())
    assert panel.message.text()
    assert panel.model.rowCount() == 0


def test_markup_in_a_name_stays_text(opened, tmp_path):
    evil = "<b>DOE</b><img src='x'>"
    write_dataset(tmp_path / "a.dcm", ct_dataset(PatientName=evil))

    panel = opened(tmp_path)

    assert value_at(panel, "PatientName") == evil
    labels = panel.findChildren(QLabel)
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    panel.reveal("PatientName")
    tip = panel.tree.currentIndex().siblingAtColumn(VALUE).data(Qt.ItemDataRole.ToolTipRole)
    assert "<" not in tip


def test_everything_has_a_name_for_tests_and_readers(opened, tmp_path):
    ct_series(tmp_path, 1)

    panel = opened(tmp_path)

    bar, pane = panel.search_bar, panel.pane
    named = (panel, panel.tree, bar.field, bar.next_button, bar.filter_button, pane.text)
    assert all(part.objectName() and part.accessibleName() for part in named)


def test_an_attribute_inside_the_frames_groups_is_revealed(opened, workspace, tmp_path):
    panel = opened(enhanced(tmp_path / "e.dcm"))

    panel.reveal("FrameComments")

    assert panel.tree.currentIndex().siblingAtColumn(NAME).data() == "FrameComments"
    assert panel.tree.currentIndex().siblingAtColumn(VALUE).data() == "comment 0"


def test_what_was_open_is_open_in_the_next_file(qtbot, opened, workspace, tmp_path):
    requests = dataset(RequestAttributesSequence=[{"StudyID": "7"}])
    for number in (1, 2):
        item = ct_dataset(instance_number=number, position=(0, 0, number * 5.0))
        item.update(requests)
        write_dataset(tmp_path / f"{number}.dcm", item)
    panel = opened(tmp_path)
    panel.reveal("RequestAttributesSequence")
    panel.tree.expand(panel.tree.currentIndex())
    panel.tree.expand(panel.model.index(0, 0, panel.tree.currentIndex()))
    before = panel.model.document

    workspace.active.step(1 if workspace.active.index == 0 else -1)
    qtbot.waitUntil(lambda: panel.model.document is not before)

    sequence = panel.tree.currentIndex()
    assert sequence.siblingAtColumn(NAME).data() == "RequestAttributesSequence"
    assert panel.tree.isExpanded(sequence)
    assert panel.tree.isExpanded(panel.model.index(0, 0, sequence))
