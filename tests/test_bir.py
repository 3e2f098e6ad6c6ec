"""IHE Basic Image Review (Rev 1.3, 4.16.4.2.2.5) as an acceptance test: one test for each row.

Each test drives the real window, offscreen, over data sets made in code, as a physician would:
by keys, the wheel and the mouse. Numbers in names are those of 4.16.4.2.2.5.

These parts wait for what they are about, and are no tests here until it exists:

- .2 side-by-side comparison, tiling inside a viewport, and the BIR profile that allows rotation
  and flip for CR and DX only (ours allows them everywhere and says so on the image);
- .4 inversion and clamping per viewport of a layout;
- .5 synchronised scrolling of framesets, link and unlink;
- .7 localizer lines and the cross-hair in all viewports;
- .9 several clips in step with each other;
- .10 distance, angle and Cobb angle;
- .11 the choice between several viewports;
- .12 reports and printing;
- .13 the keys of the tools above (D A J O I-for-lines L U P);
- the time limits of the PDI option, which belong to reference hardware.

Left drag scrolls only with the scroll tool: the window tool is in hand at first (a deviation that
the user guide names).
"""

from __future__ import annotations

import stat
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolBar, QToolButton

from tests.data import ct_series, write_ct, write_dataset
from tests.dicom.light_data import image
from tests.ui import conftest as ui
from tests.ui.conftest import open_and_wait, press
from viewer.ui.dialogs.key_sheet import KeySheet
from viewer.ui.main_window import MainWindow
from viewer.workspace.tools import Tool

# Fixtures of the folder of window tests, below which this module does not lie.
backend, collect_here, window = ui.backend, ui.collect_here, ui.window

Key, Mod = Qt.Key, Qt.KeyboardModifier
MIDDLE = QPoint(300, 250)
LEFT_HALF, RIGHT_HALF = 1024 - 100, 1024 + 300  # stored; -100 and 300 HU


def two_halves(offset: int = 0) -> np.ndarray:
    """Dark on the left, light on the right, at the default window of the made CT."""
    pixels = np.full((32, 32), LEFT_HALF + offset, np.int16)
    pixels[:, 16:] = RIGHT_HALF + offset
    return pixels


def clip(path: Path, count: int = 6, **attributes: object) -> Path:
    """An ultrasound clip in colour whose frames get redder."""
    frames = np.zeros((count, 24, 32, 3), np.uint8)
    frames[..., 0] = np.linspace(40, 240, count).astype(np.uint8)[:, None, None]
    given = {
        "Modality": "US",
        "PatientName": "Phantom^Test",
        "PatientID": "P1",
        "StudyInstanceUID": "1.2.7",
        "SeriesInstanceUID": "1.2.7.1",
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1",
        "SOPInstanceUID": f"1.2.7.1.{sum(path.name.encode())}",
        "FrameIncrementPointer": 0x00181063,
        "FrameTime": 50,
        **attributes,
    }
    return write_dataset(path, image(frames, **given))


def picture(window: MainWindow) -> np.ndarray:
    """What the canvas shows, uint8 (rows, columns, 3)."""
    grabbed = window.view_area.canvas.grab().toImage()
    grabbed = grabbed.convertToFormat(QImage.Format.Format_RGB888)
    raw = np.frombuffer(grabbed.constBits(), np.uint8).reshape(grabbed.height(), -1)
    return raw[:, : grabbed.width() * 3].reshape(grabbed.height(), grabbed.width(), 3).copy()


def level_left_of_middle(window: MainWindow) -> int:
    shown = picture(window)
    return int(shown[shown.shape[0] // 3, shown.shape[1] * 3 // 8, 0])


def words(window: MainWindow) -> list[str]:
    corners = window.view_area.canvas.layers.corners
    return [line for block in corners.items for line in block.lines]


def letters(window: MainWindow) -> dict[str, str]:
    """Letter beside each edge of the canvas, by where it really stands."""
    canvas = window.view_area.canvas
    found = {}
    for block in canvas.layers.letters.items:
        if block.lines:
            middle = block.sceneBoundingRect().center()
            x, y = middle.x() / canvas.width() - 0.5, middle.y() / canvas.height() - 0.5
            edge = ("left", "right")[x > 0] if abs(x) > abs(y) else ("top", "bottom")[y > 0]
            found[edge] = block.lines[0]
    return found


def badges(window: MainWindow) -> list[str]:
    return [badge.text for badge in window.view_area.canvas.layers.badges.badges]


def drag(window: MainWindow, way: QPoint, button: Qt.MouseButton = Qt.MouseButton.LeftButton):
    """Drag on the image as a hand does: press, some moves, release."""
    target = window.view_area.canvas.viewport()
    QTest.mousePress(target, button, Mod.NoModifier, MIDDLE)
    for step in range(1, 6):
        QTest.mouseMove(target, MIDDLE + way * step / 5)
    QTest.mouseRelease(target, button, Mod.NoModifier, MIDDLE + way)


def wheel(window: MainWindow, notches: int, keys: Qt.KeyboardModifier = Mod.NoModifier) -> None:
    """Turn the wheel towards the user."""
    target = window.view_area.canvas.viewport()
    place = QPointF(MIDDLE)
    event = QWheelEvent(
        place, target.mapToGlobal(place), QPoint(), QPoint(0, -120 * notches),
        Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(target, event)


@pytest.fixture
def ct(qtbot, window, tmp_path) -> MainWindow:
    """Seven axial slices of two halves, feet to head."""
    for number in range(7):
        write_ct(
            tmp_path / "ct" / f"{number}.dcm",
            pixels=two_halves(number),
            position=(0, 0, 5.0 * number),
            instance_number=number + 1,
            KVP=120,
            InstitutionName="Hospital of Tests",
            ContrastBolusAgent="Dye",
        )
    open_and_wait(qtbot, window, tmp_path / "ct")
    return window


def test_row_0_shows_gray_and_colour_of_any_modality(qtbot, window, tmp_path):
    write_ct(tmp_path / "ct.dcm", pixels=two_halves(), PatientID="P1")
    clip(tmp_path / "us.dcm", count=2)
    white = image(two_halves().astype(np.uint16), 12, PhotometricInterpretation="MONOCHROME1")
    for keyword, value in (("PatientName", "Phantom^Test"), ("PatientID", "P1")):
        setattr(white, keyword, value)
    write_dataset(tmp_path / "dx.dcm", white)
    open_and_wait(qtbot, window, tmp_path)

    seen = {}
    for series in window.workspace.catalog.series:
        for stack in series.stacks:
            window.workspace.show(stack, window.workspace.active)
            qtbot.waitUntil(lambda: window.workspace.active.loaded is not None)
            shown = picture(window)
            rows, columns = shown.shape[:2]
            left, right = (shown[rows // 3, columns * part // 8].tolist() for part in (3, 5))
            seen[stack.modality] = (left, right)

    assert seen["CT"][0] < seen["CT"][1]
    assert seen["OT"][0] > seen["OT"][1]
    assert seen["US"][0][0] > 0
    assert seen["US"][0][1:] == [0, 0]


def test_row_2_one_viewport_turns_and_flips_and_says_so(qtbot, ct):
    press(qtbot, ct, Key.Key_BracketRight)
    turned = (letters(ct), badges(ct))
    press(qtbot, ct, Key.Key_BracketLeft)
    press(qtbot, ct, Key.Key_H, Mod.ShiftModifier)
    flipped = (letters(ct), badges(ct))

    assert len(ct.workspace.viewports) == 1
    assert turned[0] == {"top": "R", "bottom": "L", "left": "P", "right": "A"}
    assert any("ROTATED 90" in text for text in turned[1])
    assert flipped[0] == {"top": "A", "bottom": "P", "left": "L", "right": "R"}
    assert any("FLIPPED" in text for text in flipped[1])


def test_row_3_framesets_are_series_and_each_clip_alone(qtbot, window, tmp_path):
    ct_series(tmp_path / "ct", 4)
    for name in ("a", "b"):
        clip(tmp_path / f"{name}.dcm", StudyDate="20200101")
    open_and_wait(qtbot, window, tmp_path)
    strip = window.browser.strip.strip_model
    viewport = window.workspace.active
    press(qtbot, window, Key.Key_PageDown, Mod.ControlModifier)
    press(qtbot, window, Key.Key_PageUp, Mod.ControlModifier)
    first = viewport.stack

    press(qtbot, window, Key.Key_PageDown, Mod.ControlModifier)
    qtbot.waitUntil(lambda: strip.rowCount() == 2)
    second = viewport.stack
    press(qtbot, window, Key.Key_PageDown)
    third = viewport.stack

    assert [len(stack.frames) for stack in (first, second, third)] == [4, 6, 6]
    assert [stack.modality for stack in (first, second, third)] == ["CT", "US", "US"]
    assert viewport.index in (0, viewport.count // 2)
    qtbot.waitUntil(lambda: window.thumbnails.get(third) is not None)


def test_row_3_only_one_patient_is_shown(qtbot, window, tmp_path):
    write_ct(tmp_path / "a.dcm", PatientID="1", PatientName="One", study_uid="1.2.1")
    write_ct(
        tmp_path / "b.dcm", PatientID="2", PatientName="Two", study_uid="1.2.2", series_uid="1.2.9"
    )
    open_and_wait(qtbot, window, tmp_path)

    shown = {viewport.stack.series.study.patient.id for viewport in window.workspace.viewports}

    assert len(window.workspace.catalog.patients) == 2
    assert len(shown) == 1


def test_row_4_windowing(qtbot, ct):
    viewport = ct.workspace.active
    start = viewport.voi.window
    drag(ct, QPoint(100, 0))
    wider = viewport.voi.window
    press(qtbot, ct, Key.Key_R)
    drag(ct, QPoint(0, -100))
    brighter = viewport.voi.window
    press(qtbot, ct, Key.Key_2)
    lung = viewport.voi.window
    press(qtbot, ct, Key.Key_R)
    light = level_left_of_middle(ct)
    press(qtbot, ct, Key.Key_N)
    inverted = level_left_of_middle(ct)

    assert (start.center, start.width) == (40, 400)
    assert (wider.center, wider.width) == (40, 600)
    assert brighter.center < 40
    assert brighter.width == 400
    assert (lung.center, lung.width) == (-600, 1500)
    assert inverted == pytest.approx(255 - light, abs=1)
    assert inverted != light


def test_row_4_clamped_windowing_of_pet(qtbot, window, tmp_path):
    values = np.arange(1024, dtype=np.int16).reshape(32, 32)
    write_ct(
        tmp_path / "pt.dcm",
        pixels=values,
        Modality="PT",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.128",
        RescaleIntercept=0,
        WindowCenter=250,
        WindowWidth=500,
    )
    open_and_wait(qtbot, window, tmp_path)
    for way in (QPoint(0, -60), QPoint(80, 0)):
        drag(window, way)

        changed = window.workspace.active.voi.window
        assert changed.center - changed.width / 2 == pytest.approx(0, abs=1)
    assert changed.width != 500


def test_row_5_scrolling(qtbot, ct):
    viewport = ct.workspace.active
    viewport.set_index(3)
    wheel(ct, 1)
    after_wheel = viewport.index
    press(qtbot, ct, Key.Key_Up)
    after_key = viewport.index
    press(qtbot, ct, Key.Key_S)
    drag(ct, QPoint(0, -30))
    after_drag_up = viewport.index
    drag(ct, QPoint(0, 200))
    press(qtbot, ct, Key.Key_Home)
    heights = np.diff([viewport.stack.positions_mm])

    assert (after_wheel, after_key) == (4, 3)
    assert after_drag_up < 3  # up: lower Instance Number
    assert viewport.index == 0
    assert (heights > 0).all()


def test_row_6_zoom_and_pan_keep_their_place_between_frames(qtbot, ct):
    viewport = ct.workspace.active
    press(qtbot, ct, Key.Key_0, Mod.ControlModifier)
    one_to_one = viewport.view.zoom
    drag(ct, QPoint(0, 100), Qt.MouseButton.RightButton)
    closer = viewport.view.zoom
    drag(ct, QPoint(40, 0), Qt.MouseButton.MiddleButton)
    panned = viewport.view
    wheel(ct, 2)
    kept = viewport.view
    press(qtbot, ct, Key.Key_Equal)

    assert one_to_one == pytest.approx(1 / ct.devicePixelRatioF())
    assert closer == pytest.approx(one_to_one * np.exp(0.5))
    assert panned.center[0] < 16
    assert kept == panned
    assert viewport.view.zoom is None


@pytest.mark.parametrize(
    ("orientation", "expected"),
    [
        pytest.param(None, ("", "", "", ""), id="unknown"),
        pytest.param([1, 0, 0, 0, 1, 0], ("A", "P", "R", "L"), id="axial"),
        pytest.param([0, 1, 0, 0, 0, -1], ("H", "F", "A", "P"), id="sagittal"),
        pytest.param([0.8, 0.6, 0, 0, 0, -1], ("H", "F", "RA", "LP"), id="oblique"),
    ],
)
def test_row_7_sides_are_named(qtbot, window, tmp_path, orientation, expected):
    more = (
        {"ImageOrientationPatient": None} if orientation is None else {"orientation": orientation}
    )
    write_ct(tmp_path / "a.dcm", **more)
    open_and_wait(qtbot, window, tmp_path)

    found = letters(window)

    assert tuple(found.get(edge, "") for edge in ("top", "bottom", "left", "right")) == expected


def test_row_7_sides_of_a_projection_are_its_patient_orientation(qtbot, window, tmp_path):
    write_ct(
        tmp_path / "a.dcm",
        Modality="DX",
        ImageOrientationPatient=None,
        ImagePositionPatient=None,
        PatientOrientation=["L", "F"],
    )
    open_and_wait(qtbot, window, tmp_path)

    assert letters(window) == {"top": "H", "bottom": "F", "left": "R", "right": "L"}


def test_row_8_annotation_and_its_levels(qtbot, ct):
    told = "\n".join(words(ct))
    press(qtbot, ct, Key.Key_I)
    minimal = "\n".join(words(ct))
    press(qtbot, ct, Key.Key_I)
    none = words(ct)

    for word in (
        "Phantom, Test", "P1", "1970-01-01", "Hospital of Tests", "Chest", "2026-01-02",
        "Series 1", "Axial 5 mm", "120 kV", "Dye", "5 mm", "W 400 C 40", "Image 1/7",
    ):  # fmt: skip
        assert word in told, word
    assert "Phantom, Test" in minimal
    assert "Hospital" not in minimal
    assert none == []


def test_row_8_loss_is_told_with_ratio_and_method_at_every_level(qtbot, window, tmp_path):
    write_ct(
        tmp_path / "a.dcm",
        LossyImageCompression="01",
        LossyImageCompressionRatio=12,
        LossyImageCompressionMethod="ISO_15444_1",
    )
    open_and_wait(qtbot, window, tmp_path)
    for _ in range(3):
        assert "LOSSY 12:1 JPEG 2000" in badges(window)
        press(qtbot, window, Key.Key_I)


def test_row_9_cine_plays_at_the_files_rate(qtbot, window, tmp_path):
    clip(tmp_path / "us.dcm")
    open_and_wait(qtbot, window, tmp_path)
    viewport = window.workspace.active
    seen = []
    viewport.index_changed.connect(lambda: seen.append(viewport.index))

    press(qtbot, window, Key.Key_C)
    qtbot.waitUntil(lambda: len(seen) > 8)
    measured = viewport.cine.measured_fps
    press(qtbot, window, Key.Key_C)
    stopped = len(seen)

    assert viewport.cine.rate.fps == 20
    assert measured == pytest.approx(20, rel=0.25)
    assert {0, 5} <= set(seen)  # round the end
    assert not viewport.cine.playing
    press(qtbot, window, Key.Key_Period)
    assert viewport.cine.fps > 20
    press(qtbot, window, Key.Key_Home)
    press(qtbot, window, Key.Key_Right)
    assert viewport.index == 1
    assert len(seen) >= stopped


def test_row_9_cine_plays_stacks_too(qtbot, ct):
    press(qtbot, ct, Key.Key_C)

    qtbot.waitUntil(lambda: ct.workspace.active.index >= 2)
    told = "\n".join(words(ct))
    press(qtbot, ct, Key.Key_C)
    assert "frames/s (default)" in told
    assert not ct.workspace.active.cine.playing


def test_row_11_the_first_viewport_is_chosen_at_start(ct):
    assert ct.workspace.active is ct.workspace.viewports[0]
    assert ct.view_area.canvas.viewport().isVisible()
    assert QApplication.focusWidget() is ct.view_area.canvas


def test_row_13_tools_exclude_each_other_and_show_it(qtbot, ct):
    bar = ct.findChild(QToolBar)
    buttons = {
        button.defaultAction().text().replace("&", ""): button
        for button in bar.findChildren(QToolButton)
        if button.defaultAction() is not None
    }
    cursors = set()
    for key, tool in (
        (Key.Key_S, Tool.SCROLL), (Key.Key_Z, Tool.ZOOM), (Key.Key_T, Tool.PAN),
        (Key.Key_V, Tool.SELECT), (Key.Key_W, Tool.WINDOW),
    ):  # fmt: skip
        press(qtbot, ct, key)

        assert ct.toolbox.tool is tool
        pressed = [b.isChecked() for b in buttons.values() if b.defaultAction().actionGroup()]
        assert pressed.count(True) == 1
        cursors.add(ct.view_area.canvas.viewport().cursor().shape())
    assert len(cursors) == 5
    for button in buttons.values():
        keys = button.defaultAction().shortcut().toString()
        assert keys in button.toolTip()
        assert button.accessibleName() or button.text()


def test_row_14_help_is_one_key_away(qtbot, ct):
    press(qtbot, ct, Key.Key_F1)

    sheet = ct.findChild(KeySheet) or next(
        w for w in QApplication.topLevelWidgets() if isinstance(w, KeySheet)
    )
    qtbot.waitUntil(sheet.isVisible)
    sheet.close()


def test_row_pdi_a_medium_opens_and_nothing_is_written_on_it(qtbot, window, tmp_path):
    disc = tmp_path / "disc"
    ct_series(disc / "DICOM", 3)
    before = [(path, path.stat().st_mtime_ns) for path in sorted(disc.rglob("*"))]
    for folder in (disc / "DICOM", disc):
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        open_and_wait(qtbot, window, disc)

        assert window.workspace.active.count == 3
        after = [(path, path.stat().st_mtime_ns) for path in sorted(disc.rglob("*"))]
        assert after == before
    finally:
        for folder in (disc, disc / "DICOM"):
            folder.chmod(stat.S_IRWXU)
