"""Every way of showing values: by key, by menu, refused with its reason, taken back by undo."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from tests.data import ct_dataset, write_dataset
from tests.dicom.light_data import put_overlay
from tests.ui.conftest import open_and_wait, press
from viewer.core.color_tables import COLOR_TABLES, color_table
from viewer.core.image import VoiSource, Window, WindowFunction
from viewer.settings import OVERLAY_COLOR, OWN_WINDOW_CENTER, OWN_WINDOW_WIDTH
from viewer.ui.display_commands import color_action

Key, Mod = Qt.Key, Qt.KeyboardModifier
PET = {
    "Modality": "PT",
    "SOPClassUID": "1.2.840.10008.5.1.4.1.1.128",
    "Units": "GML",
    "SUVType": "BW",
    "RescaleIntercept": 0,
    "RescaleType": None,
}


def show(qtbot, window, folder, source) -> None:
    write_dataset(folder / "a.dcm", source)
    open_and_wait(qtbot, window, folder)


def covered(pixels: np.ndarray | None = None):
    """A CT with an overlay of one pixel and a shutter that leaves its middle."""
    source = ct_dataset(
        pixels=pixels,
        ShutterShape="RECTANGULAR",
        ShutterLeftVerticalEdge=3,
        ShutterRightVerticalEdge=14,
        ShutterUpperHorizontalEdge=3,
        ShutterLowerHorizontalEdge=14,
    )
    mask = np.zeros((16, 16), bool)
    mask[5, 9] = True
    put_overlay(source, mask)
    return source


KEYS_THAT_TOGGLE = [
    pytest.param(Key.Key_O, Mod.ShiftModifier, "overlays", id="overlays"),
    pytest.param(Key.Key_S, Mod.ShiftModifier, "shutter", id="shutter"),
    pytest.param(Key.Key_M, Mod.ShiftModifier, "smooth", id="smooth"),
    pytest.param(Key.Key_N, Mod.NoModifier, "inverted", id="invert"),
]


@pytest.mark.parametrize(("key", "modifier", "what"), KEYS_THAT_TOGGLE)
def test_keys_toggle_and_undo_takes_it_back(qtbot, window, tmp_path, key, modifier, what):
    show(qtbot, window, tmp_path, covered())
    view = window.workspace.active
    before = getattr(view.display, what)

    press(qtbot, window, key, modifier)
    toggled = getattr(view.display, what)
    press(qtbot, window, Key.Key_Z, Mod.ControlModifier)

    assert (toggled, getattr(view.display, what)) == (not before, before)


def test_the_profile_is_switched_off_by_key(qtbot, window, tmp_path):
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    rgb = np.zeros((8, 8, 3), np.uint8)
    source = ct_dataset(pixels=rgb, PhotometricInterpretation="RGB", ICCProfile=profile)
    show(qtbot, window, tmp_path, source)
    view = window.workspace.active

    press(qtbot, window, Key.Key_I, Mod.ShiftModifier)
    off = view.choice.icc
    press(qtbot, window, Key.Key_Z, Mod.ControlModifier)

    assert (off, view.choice.icc) == (False, True)


def test_least_to_greatest_value(qtbot, ct_window):
    press(qtbot, ct_window, Key.Key_0, Mod.AltModifier)

    voi = ct_window.workspace.active.voi
    assert (voi.source, voi.window.width) == (VoiSource.MIN_MAX, 256)  # stored 0..255


def test_colours_in_turn_and_back_to_gray(qtbot, ct_window):
    view = ct_window.workspace.active

    seen = []
    for _ in range(len(COLOR_TABLES) + 1):
        press(qtbot, ct_window, Key.Key_P)
        seen.append(view.display.color_table)

    assert seen == [*COLOR_TABLES, ""]


@pytest.mark.parametrize("table", ["", *COLOR_TABLES])
def test_each_table_has_its_entry(ct_window, table):
    action = ct_window.actions_by_id[color_action(table)]

    action.trigger()

    assert ct_window.workspace.active.display.color_table == table
    assert action.isChecked()


# The user's own window


def test_the_shown_window_is_kept_as_ones_own(qtbot, ct_window, backend):
    view, own = ct_window.workspace.active, ct_window.actions_by_id["preset_own"]
    assert not own.isEnabled()

    view.set_window(77, 333)
    ct_window.actions_by_id["keep_own"].trigger()
    view.reset()
    press(qtbot, ct_window, Key.Key_9)

    assert (view.voi.label, view.voi.window.center, view.voi.window.width) == ("Your own", 77, 333)
    assert (OWN_WINDOW_CENTER.read(backend), OWN_WINDOW_WIDTH.read(backend)) == (77, 333)


def test_ones_own_window_keeps_the_function_of_the_file(qtbot, window, tmp_path, backend):
    """As a window set by hand does: C.11.2.1.3 makes the curve the file's."""
    OWN_WINDOW_CENTER.write(backend, 77)
    OWN_WINDOW_WIDTH.write(backend, 333)
    show(qtbot, window, tmp_path, ct_dataset(VOILUTFunction="SIGMOID"))

    press(qtbot, window, Key.Key_9)

    voi = window.workspace.active.voi
    assert (voi.label, voi.window) == ("Your own", Window(77, 333, WindowFunction.SIGMOID))


# The file's alternatives


def test_the_files_windows_stand_in_the_menu_by_their_explanations(qtbot, window, tmp_path):
    source = ct_dataset(
        WindowCenter=[40, -600],
        WindowWidth=[400, 1500],
        WindowCenterWidthExplanation=["SOFT & <b>", "LUNG"],
    )
    show(qtbot, window, tmp_path, source)
    menu = window.actions_by_id.menu("Window/&From the file")

    menu.aboutToShow.emit()
    entries = {entry.text(): entry for entry in menu.actions()[2:]}
    entries["LUNG: W 1500 C -600"].trigger()

    assert list(entries) == ["SOFT && <b>: W 400 C 40", "LUNG: W 1500 C -600"]
    assert window.workspace.active.voi.window.width == 1500
    menu.aboutToShow.emit()
    assert [entry.isChecked() for entry in menu.actions()[2:]] == [False, True]
    press(qtbot, window, Key.Key_Z, Mod.ControlModifier)
    assert window.workspace.active.voi.window.width == 400


def test_a_file_without_windows_says_so(qtbot, window, tmp_path):
    show(qtbot, window, tmp_path, ct_dataset(WindowCenter=None, WindowWidth=None))
    menu = window.actions_by_id.menu("Window/&From the file")

    menu.aboutToShow.emit()

    assert menu.actions()[-1].text() == "The file gives no window and no table"
    assert not menu.actions()[-1].isEnabled()


# What makes no sense is off, and says why


def reason(window, action_id: str) -> str:
    action = window.actions_by_id[action_id]
    return "" if action.isEnabled() else action.toolTip().split("\n", 1)[1]


def test_a_plain_ct_refuses_what_it_has_no_use_for(ct_window):
    assert reason(ct_window, "preset_lung") == ""
    assert reason(ct_window, "preset_suv5") == "Only for PT"
    assert reason(ct_window, "icc") == "The image has no profile of its colours"
    assert reason(ct_window, "shutter") == "The file has no shutter"
    assert reason(ct_window, "overlays") == "The file has no overlays"


def test_colour_refuses_windows_and_colours(qtbot, window, tmp_path):
    rgb = np.zeros((8, 8, 3), np.uint8)
    show(qtbot, window, tmp_path, ct_dataset(pixels=rgb, PhotometricInterpretation="RGB"))

    assert reason(window, "window_auto") == "Colour images have no window"
    assert reason(window, "next_colors") == "Only gray images can be shown in other colours"
    press(qtbot, window, Key.Key_P)
    assert window.workspace.active.display.color_table == ""


def test_suv_presets_of_a_pet_with_suv(qtbot, window, tmp_path):
    show(qtbot, window, tmp_path, ct_dataset(**PET))

    assert reason(window, "preset_suv5") == ""
    assert reason(window, "preset_lung") == "Only for CT"
    window.actions_by_id["preset_suv5"].trigger()
    view = window.workspace.active
    assert (view.voi.window.center, view.voi.window.width, view.inverted) == (2.5, 5, True)


def test_suv_presets_without_suv_say_why(qtbot, window, tmp_path):
    show(qtbot, window, tmp_path, ct_dataset(**PET | {"Units": "CNTS"}))

    told = reason(window, "preset_suv5")

    assert told.startswith("SUV by weight is not known: values are not corrected")


def test_a_reason_goes_with_what_it_was_about(qtbot, window, tmp_path):
    show(qtbot, window, tmp_path, ct_dataset(**PET))
    window.close_studies()
    (tmp_path / "ct").mkdir()
    show(qtbot, window, tmp_path / "ct", ct_dataset())

    action = window.actions_by_id["preset_lung"]

    assert action.isEnabled()
    assert action.toolTip() == "Lung (2)\nWidth 1500, centre -600 HU"


# What is shown is what is copied


def copied(qtbot, window) -> np.ndarray:
    QApplication.clipboard().clear()
    press(qtbot, window, Key.Key_C, Mod.ControlModifier)
    qtbot.waitUntil(lambda: not QApplication.clipboard().image().isNull())
    image = QApplication.clipboard().image().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).copy()


def test_the_copy_has_overlays_in_their_colour_shutter_and_colours(
    qtbot, window, tmp_path, backend
):
    OVERLAY_COLOR.write(backend, "red")
    show(qtbot, window, tmp_path, covered(np.full((16, 16), 1064, np.int16)))
    view = window.workspace.active
    view.set_color_table("viridis")
    view.set_window(40.5, 401)

    picture = copied(qtbot, window)

    assert picture[5, 9].tolist() == [255, 80, 80]
    assert picture[0, 0].tolist() == [0, 0, 0]
    assert picture[8, 8].tolist() == color_table("viridis")[128].tolist()


def test_the_copy_is_turned_and_switched_off_things_stay_off(qtbot, window, tmp_path):
    show(qtbot, window, tmp_path, covered(np.full((16, 16), 1064, np.int16)))
    view = window.workspace.active
    view.rotate(1)
    with_overlay = copied(qtbot, window)
    view.set_overlays_shown(False)
    view.set_shutter_shown(False)

    without = copied(qtbot, window)

    assert with_overlay[9, 10].tolist() == [255, 255, 255]  # (5, 9) turned clockwise
    assert np.ptp(without) == 0


def test_overlays_change_their_colour_at_once(qtbot, window, tmp_path, backend):
    show(qtbot, window, tmp_path, covered(np.full((16, 16), 1000, np.int16)))
    canvas = window.view_area.canvas

    def colors() -> set[tuple[int, ...]]:
        light = canvas.image.painted.light
        rgb = light if light.ndim == 3 else np.repeat(light[..., None], 3, axis=-1)
        return {tuple(color) for color in rgb.reshape(-1, 3).tolist()}

    assert (64, 230, 96) not in colors()
    OVERLAY_COLOR.write(backend, "green")
    window.read_settings()

    assert (64, 230, 96) in colors()


# The colour bar


def test_a_colour_bar_stands_beside_colours_only(ct_window):
    view, bar = ct_window.workspace.active, ct_window.view_area.canvas.layers.colors
    before = bar.bar

    view.set_color_table("hot")
    view.set_window(40.5, 401)
    labels = tuple(label.lines[0] for label in bar.labels)
    view.set_annotation_level("none")

    assert before is None
    assert labels == ("240 HU", "40", "-160")
    assert bar.bar is None


def test_the_colour_bar_is_painted_in_its_colours(ct_window):
    ct_window.workspace.active.set_color_table("rainbow")
    canvas = ct_window.view_area.canvas
    item = canvas.layers.colors
    place = canvas.mapFromScene(item.mapToScene(7.0, 0.0))
    top = canvas.mapFromScene(item.mapToScene(7.0, item.boundingRect().top() + 6))

    shown = canvas.grab().toImage()
    ratio = shown.devicePixelRatio()
    at = [shown.pixelColor(round(p.x() * ratio), round(p.y() * ratio)) for p in (top, place)]

    assert at[0].red() > 240
    assert at[0].blue() < 30
    assert at[1].green() > 240


def test_a_dock_opens_wide_enough_to_read(qtbot, ct_window):
    press(qtbot, ct_window, Key.Key_Y)

    table = ct_window.provenance.table
    qtbot.waitUntil(lambda: ct_window.docks["why"].width() >= 440)
    assert table.columnWidth(1) > 120


def test_name_date_and_modality_are_seen_in_the_study_list(ct_window):
    tree = ct_window.browser.tree
    ends = tree.header().sectionViewportPosition(2) + tree.header().sectionSize(2)

    assert ends <= tree.viewport().width()
    assert tree.header().sectionSize(0) > 200


def test_the_menu_of_an_image_leaves_out_what_is_for_others(qtbot, ct_window):
    menu = ct_window.actions_by_id.image_menu(ct_window)
    qtbot.addWidget(menu)

    nested = [entry.text() for entry in menu.actions() if entry.menu() and entry.isVisible()]

    assert nested == ["Colours", "&From the file", "CT &presets"]


def test_every_entry_of_a_nested_menu_shows_its_tooltip(ct_window):
    for path in ("Window/CT &presets", "Window/PT &presets", "Image/Colours"):
        assert ct_window.actions_by_id.menu(path).toolTipsVisible()
