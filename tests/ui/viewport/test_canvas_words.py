"""Words, warnings and reasons on the shown canvas, and what follows another frame or stack."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QEvent, QPointF
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QGraphicsTextItem

from tests.data import ct_dataset, ct_series, set_pixels, write_dataset
from tests.ui.viewport.opened import wait_until
from tests.ui.viewport.phantom import phantom, write_phantom
from viewer.core.view import View
from viewer.settings import ANNOTATION_SIZE_PT, HIDE_IDENTITY, MemoryBackend


def all_words(opened) -> str:
    layers = opened.canvas.layers
    blocks = [*layers.corners.items, *layers.letters.items, layers.failure.block]
    return "\n".join(line for block in blocks for line in block.lines)


@pytest.fixture
def opened(show, tmp_path):
    return show([write_phantom(tmp_path / "phantom.dcm")], (800, 600))


def test_the_corners_say_who_what_where(opened):
    corners = opened.canvas.layers.corners

    assert corners.top_left.lines[:2] == ("Phantom, Test", "ID P1")
    assert "Chest" in corners.top_right.lines
    assert corners.bottom_left.lines[-1] == "Image 1/1"
    assert corners.bottom_right.lines[-1] == "Series 1  Axial 5 mm"


def test_three_levels(opened):
    opened.viewport.set_annotation_level("minimal")
    minimal = all_words(opened)
    opened.viewport.set_annotation_level("none")

    assert "Phantom, Test" in minimal
    assert "Axial" not in minimal
    assert all_words(opened) == ""


def test_warnings_stay_at_level_none(show, tmp_path):
    lossy = {
        "LossyImageCompression": "01",
        "LossyImageCompressionRatio": 10,
        "LossyImageCompressionMethod": "ISO_10918_1",
    }
    opened = show([write_phantom(tmp_path / "a.dcm", **lossy)])
    opened.viewport.set_annotation_level("none")
    opened.viewport.rotate(1)

    badges = [badge.text for badge in opened.canvas.layers.badges.badges]

    assert badges == ["LOSSY 10:1 JPEG", "ROTATED 90"]


@pytest.mark.parametrize("width", [120, 170, 240, 320, 500, 800])
def test_corner_words_keep_clear_of_the_letters(show, tmp_path, width):
    opened = show([write_phantom(tmp_path / "a.dcm")], (width, 600))
    layers = opened.canvas.layers

    corners = [item.sceneBoundingRect() for item in layers.corners.items]
    letters = [item.sceneBoundingRect() for item in (layers.letters.top, layers.letters.bottom)]

    assert all(not rect.isEmpty() for rect in (*corners[:1], *letters))
    assert not [(c, x) for c in corners for x in letters if c.adjusted(3, 3, -3, -3).intersects(x)]


def test_a_wrong_file_meta_group_is_a_row_and_no_badge(show, tmp_path):
    path = write_phantom(tmp_path / "a.dcm")
    made = pydicom.dcmread(path)
    made.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    made.save_as(path)
    opened = show([path])

    assert opened.canvas.layers.badges.badges == ()
    told = [problem.what for problem in opened.workspace.problems.rows]
    assert told == ["Its file meta information names another object than its data set."]


def test_a_guessed_window_is_told(show, tmp_path):
    opened = show([write_phantom(tmp_path / "a.dcm", WindowCenter=None, WindowWidth=None)])
    badges = opened.canvas.layers.badges

    assert [badge.text for badge in badges.badges] == ["WINDOW GUESSED: the file has none"]
    opened.viewport.set_window(40, 400)
    assert badges.badges == ()


def badge_texts(opened) -> list[str]:
    return [badge.text for badge in opened.canvas.layers.badges.badges]


def test_what_the_user_changed_is_told_and_undone(opened):
    opened.viewport.set_inverted(True)
    opened.viewport.set_color_table("viridis")
    opened.viewport.set_window(50, 350)
    changed = badge_texts(opened)
    opened.viewport.reset()

    assert changed == ["DIFFERS FROM FILE: inverted, window, colours (viridis)"]
    assert badge_texts(opened) == []


def test_padding_that_an_inversion_hides_is_told(show, tmp_path):
    padded = phantom()
    padded[:2] = -500
    opened = show([write_phantom(tmp_path / "a.dcm", padded, PixelPaddingValue=-500)])
    before = badge_texts(opened)

    opened.viewport.set_inverted(True)

    assert before == []
    assert badge_texts(opened) == ["PADDING HIDDEN; DIFFERS FROM FILE: inverted"]


def test_gaps_are_no_news_while_files_are_still_read(show, tmp_path):
    slices = ct_series(tmp_path / "ct", 9)
    for path in slices[3:5]:
        path.unlink()
    opened = show([tmp_path / "ct"], frames=7)
    loader = opened.workspace.loader
    wait_until(lambda: any("missing" in text for text in badge_texts(opened)))

    loader.set_scanning(True)
    during = badge_texts(opened)
    loader.set_scanning(False)

    assert during == []
    assert any("missing" in text for text in badge_texts(opened))


def test_hidden_identity(show, tmp_path):
    backend = MemoryBackend()
    HIDE_IDENTITY.write(backend, True)
    opened = show([write_phantom(tmp_path / "a.dcm")], (800, 600), backend)

    assert "Phantom" not in all_words(opened)
    assert "P1" not in all_words(opened)


def test_the_window_line_follows_the_window(opened):
    opened.viewport.set_window(50, 350)

    assert "W 350 C 50  (user)" in opened.canvas.layers.corners.bottom_left.lines


def test_a_small_canvas_keeps_what_matters(opened):
    opened.canvas.resize(300, 64)

    corners = opened.canvas.layers.corners

    assert corners.top_left.lines == ("Phantom, Test", "ID P1")
    assert corners.bottom_left.lines[-1] == "Image 1/1"


def test_words_grow_with_the_canvas_and_the_users_factor(opened):
    small = opened.canvas._area().text_px
    opened.canvas.resize(1000, 900)
    large = opened.canvas._area().text_px
    ANNOTATION_SIZE_PT.write(opened.canvas._settings, 20)
    opened.canvas.read_settings()

    assert (small, large, opened.canvas._area().text_px) == (9, 14, 28)


def test_markup_in_a_name_is_letters(show, tmp_path):
    name = "DOE<img src='/tmp/red.png'>"
    opened = show([write_phantom(tmp_path / "a.dcm", PatientName=name)], (800, 600))

    assert opened.canvas.layers.corners.top_left.lines[0].startswith("DOE<img")
    items = opened.canvas.scene().items()
    assert not [item for item in items if isinstance(item, QGraphicsTextItem)]
    assert opened.canvas.toolTip() == ""


def test_scale_bar_says_its_length_and_source(opened):
    opened.viewport.set_view(View(zoom=4.0))
    bar = opened.canvas.layers.bar

    assert bar.label.lines == ("2 cm",)  # 0.7 mm / 4 a pixel; 240 px of room hold 42 mm
    assert bar.bar.length_px == pytest.approx(20 / (0.7 / 4))


def test_no_spacing_no_bar(show, tmp_path):
    path = write_phantom(
        tmp_path / "a.dcm",
        Modality="OT",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.7",
        PixelSpacing=None,
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
    )
    opened = show([path])

    assert opened.canvas.layers.bar.label.lines == ("px",)
    assert opened.canvas.layers.letters.left.lines == ()


def test_a_failure_says_what_how_coded_and_what_to_do(show, tmp_path):
    path = write_phantom(tmp_path / "cut.dcm")
    path.write_bytes(path.read_bytes()[:-2900])
    opened = show([path], (800, 600))

    words = " ".join(opened.canvas.layers.failure.block.lines)

    assert opened.viewport.failure.what in " ".join(words.split())
    assert "Explicit VR Little Endian (1.2.840.10008.1.2.1)" in words
    assert opened.viewport.failure.advice in " ".join(words.split())
    assert opened.canvas.image.painted is None


def test_another_stack_never_stands_under_the_old_image(show, tmp_path):
    """While the new frame is on its way, the canvas is black, not the other patient."""
    first = write_phantom(tmp_path / "a.dcm")
    other = ct_dataset(series_uid="1.2.3.4", PatientID="P2", PatientName="Other^One")
    second = write_dataset(tmp_path / "b.dcm", other)
    opened = show([first, second])
    shown = opened.viewport.stack
    stacks = [s for series in opened.workspace.catalog.series for s in series.stacks]

    opened.viewport.show(next(stack for stack in stacks if stack is not shown))

    assert opened.viewport.loading
    assert opened.canvas.image.painted is None
    assert "Phantom" not in all_words(opened) or "Other" not in all_words(opened)
    wait_until(lambda: opened.viewport.loaded is not None)
    assert opened.canvas.image.painted is not None


def test_a_stack_that_grows_while_its_frame_is_on_its_way_is_drawn(show, tmp_path):
    """The frame is in memory, the news of it is not here yet, and the stack is sorted anew."""
    ct_series(tmp_path / "ct", 5)
    opened = show([tmp_path / "ct"], frames=5)
    viewport, stack = opened.viewport, opened.viewport.stack
    ref = viewport.frame_ref
    viewport.clear()
    opened.workspace.loader.frame_loaded.disconnect(viewport._take_frame)
    opened.workspace.loader.clear()
    viewport.show(stack, stack.frames.index(ref))
    wait_until(lambda: opened.workspace.loader.ready(ref) is not None)
    assert opened.canvas.image.painted is None

    stack.frames = (*stack.frames,)
    viewport.follow_growth()

    assert opened.canvas.image.painted is not None


def test_closing_the_studies_empties_the_canvas(opened):
    opened.workspace.close_studies()

    assert opened.canvas.image.painted is None
    assert all_words(opened) == ""
    assert opened.canvas.accessibleName() == "Empty image view"


def test_a_frame_that_takes_its_time_is_said_to_load(show, tmp_path, qtbot):
    ct_series(tmp_path / "ct", 40)
    opened = show([tmp_path / "ct"], frames=40)
    opened.workspace.loader.clear()  # nothing in memory, and nothing is being read
    opened.workspace.loader.request = lambda *_: None

    opened.viewport.set_index(35)

    badges = opened.canvas.layers.badges
    assert badges.badges == ()
    qtbot.waitUntil(lambda: [badge.text for badge in badges.badges] == ["LOADING"])


def test_screen_readers_hear_place_and_window_but_no_name(opened):
    assert opened.canvas.accessibleName() == "Image view: CT, Axial 5 mm, series 1"
    opened.viewport.set_window(50, 350)

    description = opened.canvas.accessibleDescription()

    assert description == "image 1 of 1; window width 350, center 50"
    assert "Phantom" not in opened.canvas.accessibleName() + description


def test_the_active_viewport_is_framed(opened):
    opened.viewport.set_annotation_level("none")
    opened.canvas.set_active(True)
    shown = opened.grab()

    assert shown[0, 400].tolist() == [0x4D, 0xA3, 0xFF]
    assert shown[300, 1].tolist() == [0x4D, 0xA3, 0xFF]
    opened.canvas.set_active(False)
    assert opened.grab()[0, 400].tolist() == [0, 0, 0]


def test_the_large_mark_of_a_mammogram_is_away_from_the_chest_wall(show, tmp_path):
    path = write_phantom(
        tmp_path / "mg.dcm",
        Modality="MG",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.1.2",
        ImageLaterality="R",
        ViewPosition="CC",
        PatientOrientation=["P", "L"],
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
    )
    opened = show([path], (600, 600))
    layers = opened.canvas.layers

    assert layers.mark.lines == ("R  CC",)  # A is on the left
    opened.viewport.flip_horizontally()
    assert (layers.mark.lines, layers.mark_right.lines) == ((), ("R  CC",))


def test_words_take_no_mouse(opened):
    at = opened.canvas.layers.corners.top_left.sceneBoundingRect().center()
    place = QPointF(at).toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, place, opened.canvas.mapToGlobal(place))

    assert opened.canvas.viewportEvent(event) in (True, False)
    assert opened.canvas.toolTip() == ""


def test_slices_of_one_object_are_no_clip_and_have_no_rate(show, tmp_path):
    """A reconstruction has places; it may still be played, and then says how fast."""
    made = set_pixels(ct_dataset(), np.zeros((3, 16, 16), np.uint16))
    made.Modality, made.SOPClassUID = "NM", "1.2.840.10008.5.1.4.1.1.20"
    made.FrameIncrementPointer = 0x00540080
    made.SliceVector, made.NumberOfSlices, made.SpacingBetweenSlices = [1, 2, 3], 3, 4
    opened = show([write_dataset(tmp_path / "nm.dcm", made)])

    assert "frames/s" not in all_words(opened)
    opened.viewport.cine.play()
    assert "frames/s" in all_words(opened)
    opened.viewport.cine.pause()
