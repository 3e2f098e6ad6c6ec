"""Thumbnails, problems, messages, settings, keys: the parts beside the image."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QSpinBox

from tests.data import ct_series, write_ct
from tests.ui.conftest import open_and_wait, press
from viewer.errors import Problem, Severity, UnreadableFileError
from viewer.settings import CACHE_MB, SMOOTH, THEME, MemoryBackend
from viewer.ui.dialogs.about import diagnostics
from viewer.ui.dialogs.key_sheet import KeySheet
from viewer.ui.dialogs.settings_dialog import SettingsDialog
from viewer.ui.icons import draw_icon
from viewer.ui.labels import plain_label, plain_tool_tip
from viewer.ui.messages import Banner
from viewer.ui.panels.problems_panel import ProblemsPanel
from viewer.ui.theme import THEMES

# The offscreen platform cannot raise windows or pass on their smallest size; real ones can.
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")

PROBLEMS = [
    Problem("a.dcm", "It is cut off.", "Copy it again.", Severity.ERROR),
    Problem("b.dcm", "Two slices are missing.", "", Severity.WARNING),
]


def test_a_thumbnail_is_made_from_the_middle_image(qtbot, ct_window):
    stack = ct_window.workspace.active.stack

    qtbot.waitUntil(lambda: ct_window.thumbnails.get(stack) is not None)

    picture = ct_window.thumbnails.get(stack)
    assert max(picture.width(), picture.height()) == 144


def test_a_stack_that_cannot_be_drawn_leaves_a_mark_and_no_error(qtbot, window, tmp_path):
    write_ct(tmp_path / "x.dcm", BitsAllocated=7)
    open_and_wait(qtbot, window, tmp_path)
    stack = next(window.workspace.catalog.series).stacks[0]

    assert window.thumbnails.get(stack) is None
    qtbot.waitUntil(lambda: not stack.is_image or window.thumbnails.failed(stack))


def test_the_strip_lists_the_stacks_of_the_study(qtbot, window, tmp_path):
    for number in (3, 1, 2):
        ct_series(tmp_path / str(number), 2, series_uid=f"1.2.{number}", SeriesNumber=number)
    open_and_wait(qtbot, window, tmp_path)
    strip = window.browser.strip

    qtbot.waitUntil(lambda: strip.strip_model.rowCount() == 3)

    texts = [strip.strip_model.index(row).data()[0] for row in range(3)]
    assert texts == ["1", "2", "3"]
    assert strip.currentIndex().row() == strip.strip_model.row_of(window.workspace.active.stack)


def test_enter_in_the_strip_shows_that_stack(qtbot, window, tmp_path):
    for number in (1, 2):
        ct_series(tmp_path / str(number), 2, series_uid=f"1.2.{number}", SeriesNumber=number)
    open_and_wait(qtbot, window, tmp_path)
    strip = window.browser.strip
    qtbot.waitUntil(lambda: strip.strip_model.rowCount() == 2)

    strip.activated.emit(strip.strip_model.index(1))

    assert window.workspace.active.stack.series.number == 2


def test_return_in_the_tree_shows_the_selected_series(qtbot, window, tmp_path):
    for number in (1, 2):
        ct_series(tmp_path / str(number), 2, series_uid=f"1.2.{number}", SeriesNumber=number)
    open_and_wait(qtbot, window, tmp_path)
    tree, model = window.browser.tree, window.browser.model
    tree.setFocus()
    second = next(s for s in window.workspace.catalog.series if s.number == 2)
    tree.setCurrentIndex(model.index_of(second))

    press(qtbot, window, Qt.Key.Key_Return)

    assert window.workspace.active.stack.series is second


@pytest.fixture
def panel(qtbot) -> ProblemsPanel:
    shown: list[BaseException] = []
    made = ProblemsPanel(shown.append)
    made.shown = shown
    qtbot.addWidget(made)
    made.set_theme(THEMES["dark"])
    made.show_problems(PROBLEMS)
    return made


def test_a_problem_has_word_and_mark(panel):
    index = panel.model.index(0, 0)

    assert index.data() == "Error"
    assert not index.data(Qt.ItemDataRole.DecorationRole).isNull()


def test_problems_are_filtered_and_exported_as_text(panel, tmp_path):
    panel.show_receipt("2 DICOM files found.")
    panel.field.setText("missing")

    panel.export(tmp_path / "list.txt")

    text = (tmp_path / "list.txt").read_text(encoding="utf-8")
    assert "2 DICOM files found." in text
    assert "Two slices are missing." in text
    assert "cut off" not in text


def test_a_receipt_takes_one_line_until_it_is_unfolded(panel):
    whole = "2 DICOM files found.\n1 skipped: not DICOM\n1 exact copy left out"
    panel.show_receipt(whole)
    folded = panel.receipt.text()

    panel.expand.click()

    assert (folded, panel.receipt.text()) == ("2 DICOM files found. +2", whole)
    assert whole in panel.text()
    panel.expand.click()
    assert panel.receipt.text() == folded
    assert whole in panel.text()


def test_a_receipt_of_one_line_has_nothing_to_unfold(panel):
    panel.show_receipt("2 DICOM files found.")

    assert (panel.receipt.text(), panel.expand.isHidden()) == ("2 DICOM files found.", True)


def test_a_receipt_without_problems_can_be_copied_too(panel):
    panel.show_problems([])
    panel.show_receipt("2 DICOM files found.")

    assert panel.can_export
    assert "2 DICOM files found." in panel.text()


def test_an_export_that_fails_is_said_on_the_banner(panel, tmp_path):
    panel.export(tmp_path)  # a folder

    assert str(panel.shown[0]) == "The list could not be written."


def test_more_problems_only_add_rows(qtbot, panel):
    more = [*PROBLEMS, Problem("c.dcm", "Not DICOM.")]

    with qtbot.waitSignal(panel.model.rowsInserted):
        panel.show_problems(more)

    assert panel.model.rowCount() == 3


def test_copying_selected_rows(qtbot, panel):
    panel.show()
    panel.table.selectRow(1)

    panel._copy_rows()

    assert QGuiApplication.clipboard().text() == "Warning\tb.dcm\tTwo slices are missing."


@pytest.fixture
def banner(qtbot) -> Banner:
    made = Banner()
    qtbot.addWidget(made)
    made.set_theme(THEMES["dark"])
    return made


def test_an_error_we_know_speaks_for_itself(banner):
    banner.show_error(UnreadableFileError("The disc is gone.", "Put it back."))

    assert (banner.text, banner.details) == ("The disc is gone.", "Put it back.")


def test_an_unexpected_error_tells_its_kind_but_not_its_values(banner):
    banner.show_error(ValueError("invalid value 'DOE^JANE'"))

    assert "unexpected" in banner.text
    assert "ValueError" in banner.details
    assert "DOE" not in banner.text + banner.details


def test_a_message_can_offer_an_action(banner):
    done = []
    banner.show_message("The disc is gone.", action=("Retry", lambda: done.append(1)))

    banner.act()

    assert done == [1]
    assert banner.isHidden()


def test_settings_are_kept_as_soon_as_they_change(qtbot):
    backend = MemoryBackend()
    dialog = SettingsDialog(backend)
    qtbot.addWidget(dialog)

    with qtbot.waitSignal(dialog.changed):
        dialog.findChild(QComboBox, THEME.key).setCurrentText("light")
    dialog.findChild(QCheckBox, SMOOTH.key).setChecked(False)

    assert (THEME.read(backend), SMOOTH.read(backend)) == ("light", False)


def test_a_setting_out_of_range_goes_back(qtbot):
    backend = MemoryBackend()
    dialog = SettingsDialog(backend)
    qtbot.addWidget(dialog)

    dialog.findChild(QSpinBox, CACHE_MB.key).setValue(1)

    assert dialog.findChild(QSpinBox, CACHE_MB.key).value() == CACHE_MB.default


def test_a_theme_is_changed_while_the_window_is_open(qtbot, window, backend):
    window.actions_by_id["theme_light"].trigger()

    light = QColor(THEMES["light"].window)
    qtbot.waitUntil(lambda: window.palette().window().color() == light)
    assert THEME.read(backend) == "light"


def test_the_key_sheet_is_searched(qtbot):
    sheet = KeySheet()
    qtbot.addWidget(sheet)

    sheet.search("rotate")

    items = [sheet.list.topLevelItem(n) for n in range(sheet.list.topLevelItemCount())]
    shown = {item.text(0) for item in items if not item.isHidden()}
    assert "[, Alt+L" in shown
    assert "Ctrl+Q" not in shown


def test_the_key_sheet_names_nested_menus_without_their_mnemonics(qtbot):
    sheet = KeySheet()
    qtbot.addWidget(sheet)

    items = [sheet.list.topLevelItem(n) for n in range(sheet.list.topLevelItemCount())]
    keys = {item.text(1): item.text(0) for item in items}

    assert keys["SUV 0-5"] == "menu Window/PT presets"
    assert not [text for text in keys.values() if "&" in text]


def test_f1_opens_the_keys_beside_the_work(qtbot, window):
    press(qtbot, window, Qt.Key.Key_F1)

    sheet = window.findChild(KeySheet)
    assert sheet.isVisible()
    assert not sheet.isModal()


def test_diagnostics_name_versions_and_nothing_else(ct_window):
    text = diagnostics()

    assert "Qt" in text
    assert "Phantom" not in text
    assert "/" not in text


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda t: t.id)
@pytest.mark.parametrize("ground", ["window", "base", "raised"])
@pytest.mark.parametrize("words", ["text", "quiet", "warning", "error"])
def test_words_stand_out_from_their_ground(theme, ground, words):
    assert contrast(getattr(theme, words), getattr(theme, ground)) >= 4.5


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda t: t.id)
def test_selected_words_stand_out(theme):
    assert contrast(theme.on_accent, theme.accent) >= 4.5


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color: str) -> float:
    parts = [value / 255 for value in QColor(color).getRgb()[:3]]
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return sum(weight * v for weight, v in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_icons_are_drawn_in_the_colour_asked_for(qapp):
    image = draw_icon("close", QColor("#00FF00"), 24, 2.0).toImage()

    assert image.width() == 48
    colors = {image.pixelColor(x, x).name() for x in range(14, 34)}
    assert "#00ff00" in colors


def test_labels_and_tips_take_markup_as_text(qapp):
    text = "<b>x</b> &lt;i&gt;"

    assert plain_label(text).textFormat() is Qt.TextFormat.PlainText
    assert "<" not in plain_tool_tip(text)
