"""T17, T63: words of a file are shown as they are, and never reach the log."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGraphicsTextItem,
    QLabel,
    QMessageBox,
    QTextBrowser,
    QTextEdit,
    QWidget,
)

from tests.data import write_ct
from tests.hostile.looking import Seen, all_stacks, first_and_middle, look_at, open_all
from viewer.log_file import TALKATIVE, start_log
from viewer.ui.dialogs.about import AboutDialog

MARKUP = "<b>DOE</b><img src='/tmp/red.png'>&lt;a href=x&gt;"
MARK = "ZZMARK"
PHI = ("PatientName", "PatientID", "StudyDescription", "SeriesDescription", 
       "ReferringPhysicianName", "InstitutionName", "PatientComments")  # fmt: skip
MOST_ROWS = 400
COLUMNS = 10
_TOP = QModelIndex()


@pytest.fixture
def words(corpus: Path, tmp_path: Path) -> Path:
    """The cases that attack by their texts or by their names, and one with markup everywhere."""
    folder = tmp_path / "words"
    folder.mkdir()
    for path in corpus.glob("D*.dcm"):
        shutil.copy(path, folder)
    for path in (corpus / "J_filesystem").iterdir():
        if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
            shutil.copy(path, folder)
    write_ct(
        folder / "<b>markup<img src=x>.dcm",
        **dict.fromkeys(PHI, MARKUP),
        AccessionNumber="<b>1</b>",
    )
    write_ct(
        folder / "<i>broken</i>.dcm",
        Rows=0,
        **dict.fromkeys(PHI, MARKUP),
        AccessionNumber="<b>1</b>",
    )
    return folder


def rich_labels(window: QWidget) -> list[str]:
    return [
        label.text()
        for label in window.findChildren(QLabel)
        if label.textFormat() is not Qt.TextFormat.PlainText
        and (GuiQt.mightBeRichText(label.text()) or label.textFormat() is Qt.TextFormat.RichText)
    ]


def rich_tips(window: QWidget) -> list[str]:
    return [
        widget.toolTip()
        for widget in window.findChildren(QWidget)
        if GuiQt.mightBeRichText(widget.toolTip())
    ]


def indexes(model: QAbstractItemModel, parent: QModelIndex = _TOP) -> Iterator[QModelIndex]:
    for row in range(min(model.rowCount(parent), MOST_ROWS)):
        for column in range(COLUMNS):
            if model.hasIndex(row, column, parent):
                yield model.index(row, column, parent)
        yield from indexes(model, model.index(row, 0, parent))


def rich_cells(window: QWidget) -> list[str]:
    """Tips of item views know no plain mode; their cells are painted by our plain delegates."""
    return [
        str(tip)
        for view in window.findChildren(QAbstractItemView)
        if view.model() is not None
        for index in indexes(view.model())
        if GuiQt.mightBeRichText(str(tip := index.data(Qt.ItemDataRole.ToolTipRole) or ""))
    ]


def rich_editors(window: QWidget) -> list[str]:
    return [
        type(widget).__name__
        for kind in (QTextEdit, QTextBrowser, QMessageBox)
        for widget in window.findChildren(kind)
    ]


def rich_items(window) -> list[str]:
    canvas = window.view_area.canvas
    items = canvas.scene().items() if canvas is not None else []
    return [type(item).__name__ for item in items if isinstance(item, QGraphicsTextItem)]


@pytest.mark.timeout(200)
def test_no_widget_reads_markup_out_of_a_file(qtbot, window, words):
    for dock in window.docks.values():
        dock.show()
    open_all(qtbot, window, words)
    seen = Seen()

    for stack in all_stacks(window):
        look_at(qtbot, window, stack, seen, first_and_middle(stack))
        assert rich_labels(window) == []
        assert rich_items(window) == []

    assert seen.tags > 20
    qtbot.waitUntil(lambda: window.problems.model.rowCount() == len(window.workspace.problems))
    assert rich_tips(window) == []
    assert rich_cells(window) == []
    assert rich_editors(window) == []
    assert any(MARKUP[:10] in str(cell.data()) for cell in indexes(window.browser.model))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The program's log at its most talkative."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    path = start_log(tmp_path / "log")
    assert path is not None
    root.setLevel(logging.DEBUG)
    yield path
    for handler in [h for h in root.handlers if h not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    logging.captureWarnings(False)
    for name in TALKATIVE:
        logging.getLogger(name).propagate = True


LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} [A-Z]+ [\w.]+ ")


@pytest.mark.timeout(200)
def test_the_log_holds_no_word_of_a_file_even_at_its_most_talkative(
    qtbot, window, words, log, tmp_path
):
    marked = tmp_path / f"{MARK}_folder"
    marked.mkdir()
    values = dict.fromkeys(PHI, MARK + "\\n\\x1b[31m")
    write_ct(marked / f"{MARK}.dcm", **values)
    write_ct(marked / f"{MARK}2.dcm", Rows=0, SOPInstanceUID="1.2.9", **values)
    (marked / f"{MARK}.txt").write_text(MARK)
    window.docks["tags"].show()
    open_all(qtbot, window, words, marked)
    seen = Seen()

    for stack in all_stacks(window):
        look_at(qtbot, window, stack, seen, first_and_middle(stack))
    window.workspace.open_paths([marked / f"{MARK}_nowhere"])
    qtbot.waitUntil(lambda: not window.workspace.scanning)
    window.close_studies()

    text = log.read_text(encoding="utf-8")
    assert MARK not in text
    assert "DOE" not in text
    assert all(LINE.match(line) for line in text.splitlines())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\x80-\x9f]", text)


def test_the_about_dialog_shows_nothing_of_a_file(qtbot, window, words):
    open_all(qtbot, window, words)
    dialog = AboutDialog(window)
    qtbot.addWidget(dialog)

    told = " ".join(label.text() for label in dialog.findChildren(QLabel))

    assert "DOE" not in told
