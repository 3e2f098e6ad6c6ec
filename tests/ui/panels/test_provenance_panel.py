"""Why the image looks as it does: follows view and choice, leads to the tags, copies as text."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from tests.data import ct_dataset, ct_series, dataset, write_dataset
from tests.ui.conftest import open_and_wait, press
from viewer.core.trace import StepKind, trace_text
from viewer.dicom.description.provenance import provenance
from viewer.dicom.pixels.frames import FrameReader
from viewer.ui.models.tag_model import NAME
from viewer.ui.models.trace_model import ATTRIBUTE, STEP, WHAT

Key = Qt.Key


def opened(qtbot, window):
    """The panel, opened by its key and filled."""
    press(qtbot, window, Key.Key_Y)
    panel = window.provenance
    qtbot.waitUntil(lambda: panel.model.rowCount() > 0)
    return panel


def row_of(panel, name: str) -> int:
    return next(at for at, step in enumerate(panel.model.trace) if step.name == name)


def what(panel, name: str) -> str:
    return " | ".join(step.what for step in panel.model.trace if step.name == name)


def click(panel, name: str) -> None:
    panel.table.clicked.emit(panel.model.index(row_of(panel, name), WHAT))


def test_the_key_opens_and_closes_it(qtbot, ct_window):
    panel = opened(qtbot, ct_window)

    assert panel.isVisible()
    assert ct_window.actions_by_id["panel_why"].isChecked()
    press(qtbot, ct_window, Key.Key_Y)
    assert not panel.isVisible()


def test_it_says_what_the_command_line_says(qtbot, ct_window, ct_folder):
    panel = opened(qtbot, ct_window)
    ref = ct_window.workspace.active.frame_ref
    reader = FrameReader()

    told = trace_text(provenance(reader.load(ref)))
    reader.close()

    assert panel.text() == told
    assert "Rescale: stored x 1 + -1024 HU (RescaleSlope)" in panel.text()


def test_it_follows_the_choice(qtbot, ct_window):
    panel = opened(qtbot, ct_window)
    view = ct_window.workspace.active

    view.set_window(50, 350)
    view.set_color_table("viridis")

    qtbot.waitUntil(lambda: "W 350 C 50 LINEAR, user" in what(panel, "Window"))
    assert what(panel, "Colour table") == "gray levels shown in viridis"
    view.reset()
    qtbot.waitUntil(lambda: "W 400 C 40" in what(panel, "Window"))


def test_it_follows_the_frame(qtbot, window, tmp_path):
    for number in (1, 2):
        slices = {"instance_number": number, "position": (0, 0, 5 * number)}
        ct = ct_dataset(WindowCenter=10 * number, **slices)
        write_dataset(tmp_path / f"{number}.dcm", ct)
    open_and_wait(qtbot, window, tmp_path)
    panel = opened(qtbot, window)
    before = what(panel, "Window")

    window.workspace.active.step(1)

    qtbot.waitUntil(lambda: what(panel, "Window") != before)


def test_nothing_is_worked_out_while_it_is_hidden(qtbot, ct_window):
    panel = opened(qtbot, ct_window)
    press(qtbot, ct_window, Key.Key_Y)
    before = panel.model.trace

    ct_window.workspace.active.set_inverted(True)
    qtbot.waitUntil(lambda: not panel._pause.isActive())

    assert panel.model.trace == before
    press(qtbot, ct_window, Key.Key_Y)
    qtbot.waitUntil(lambda: what(panel, "Inverted") != "")


def test_kinds_have_a_word_and_a_mark_of_their_own(qtbot, window, tmp_path):
    ct = ct_dataset(WindowCenter=[40, -600], WindowWidth=[400, 1500], PixelSpacing=None)
    write_dataset(tmp_path / "a.dcm", ct)
    open_and_wait(qtbot, window, tmp_path)
    panel = opened(qtbot, window)

    marks, words = {}, {}
    for at, step in enumerate(panel.model.trace):
        index = panel.model.index(at, STEP)
        image = index.data(Qt.ItemDataRole.DecorationRole).toImage()
        marks[step.kind] = bytes(image.constBits())
        words[step.kind] = index.data().splitlines()[1]

    assert words == {kind: str(kind) for kind in StepKind}
    assert len(set(marks.values())) == 3


def test_a_row_leads_to_its_attribute_in_the_tags(qtbot, ct_window):
    panel = opened(qtbot, ct_window)

    click(panel, "Rescale")

    tree = ct_window.docks["tags"].widget().tree
    qtbot.waitUntil(lambda: tree.currentIndex().isValid())
    assert tree.currentIndex().siblingAtColumn(NAME).data() == "RescaleSlope"
    assert ct_window.docks["tags"].isVisible()
    click(panel, "Spacing")  # at once, now that the file is read
    assert tree.currentIndex().siblingAtColumn(NAME).data() == "PixelSpacing"


def test_an_attribute_that_is_not_there_is_said(qtbot, window, tmp_path):
    write_dataset(tmp_path / "a.dcm", ct_dataset(PixelSpacing=None))
    open_and_wait(qtbot, window, tmp_path)
    panel = opened(qtbot, window)

    click(panel, "Spacing")

    inspector = window.docks["tags"].widget()
    qtbot.waitUntil(lambda: inspector.message.text() == "PixelSpacing is not in this file.")
    click(panel, "Stored values")
    assert inspector.message.text() == ""


def test_an_attribute_inside_a_sequence_is_found(qtbot, window, tmp_path):
    drug = {"RadionuclideTotalDose": 4e8, "RadionuclideHalfLife": 3600}
    ct = ct_dataset()
    ct.RadiopharmaceuticalInformationSequence = [dataset(**drug)]
    write_dataset(tmp_path / "a.dcm", ct)
    open_and_wait(qtbot, window, tmp_path)

    window.reveal_tag("RadionuclideHalfLife")

    tree = window.docks["tags"].widget().tree
    qtbot.waitUntil(lambda: tree.currentIndex().isValid())
    assert tree.currentIndex().siblingAtColumn(NAME).data() == "RadionuclideHalfLife"


def test_all_or_the_selected_steps_are_copied(qtbot, ct_window):
    panel = opened(qtbot, ct_window)

    panel.copy_button.click()
    whole = QGuiApplication.clipboard().text()
    panel.table.selectRow(row_of(panel, "Rescale"))
    panel.table.setFocus()
    qtbot.keyClick(panel.table, Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert whole == panel.text()
    assert QGuiApplication.clipboard().text() == "Rescale: stored x 1 + -1024 HU (RescaleSlope)"


def test_a_frame_that_cannot_be_shown_says_so(qtbot, window, tmp_path):
    path = write_dataset(tmp_path / "a.dcm", ct_dataset())
    path.write_bytes(path.read_bytes()[:-500])
    open_and_wait(qtbot, window, path)
    press(qtbot, window, Key.Key_Y)
    panel = window.provenance

    qtbot.waitUntil(lambda: window.workspace.active.failure.what in panel.message.text())
    assert panel.model.rowCount() == 0


def test_a_profile_that_cannot_be_used_is_a_step_and_a_problem(qtbot, window, tmp_path):
    rgb = np.zeros((8, 8, 3), np.uint8)
    source = ct_dataset(pixels=rgb, PhotometricInterpretation="RGB", ICCProfile=b"nonsense" * 20)
    write_dataset(tmp_path / "a.dcm", source)
    open_and_wait(qtbot, window, tmp_path)
    panel = opened(qtbot, window)

    assert what(panel, "ICC") == "ICCProfile is damaged and is ignored."
    told = [problem.what for problem in window.workspace.problems.rows]
    assert told.count("ICCProfile is damaged and is ignored.") == 1


@pytest.mark.parametrize("column", [STEP, WHAT, ATTRIBUTE])
def test_markup_in_a_file_stays_text(qtbot, window, tmp_path, column):
    evil = "<img src=x>"
    ct_series(tmp_path, 1, WindowCenterWidthExplanation=evil)
    open_and_wait(qtbot, window, tmp_path)
    panel = opened(qtbot, window)

    assert evil in what(panel, "Window")
    tip = panel.model.index(row_of(panel, "Window"), column).data(Qt.ItemDataRole.ToolTipRole)
    assert "<" not in tip
