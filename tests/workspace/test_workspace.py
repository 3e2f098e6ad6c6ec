"""Paths go in, a picture comes out; what cannot be read is said; closing ends everything."""

from __future__ import annotations

import os
import shutil
import threading

import numpy as np
import pytest

from tests.data import ct_dataset, ct_series, write_ct, write_dataset
from tests.workspace.conftest import SLICES
from viewer import settings
from viewer.dicom.files.scan import scan
from viewer.errors import Severity
from viewer.settings import MemoryBackend
from viewer.workspace.first_picture import FirstPicture
from viewer.workspace.workspace import Workspace


@pytest.fixture
def workspace(qapp):
    workspace = Workspace()
    yield workspace
    workspace.close()
    workspace.deleteLater()


def opened(qtbot, workspace, *paths, **how):
    """Open and wait until all is read."""
    workspace.open_paths(paths, **how)
    qtbot.waitUntil(lambda: not workspace.scanning)


def stacks(workspace):
    return [stack for series in workspace.catalog.series for stack in series.stacks]


def whats(workspace):
    return [problem.what for problem in workspace.problems.rows]


def test_a_folder_is_read_and_its_first_picture_shown(qtbot, workspace, ct_folder):
    workspace.open_paths([ct_folder])
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)
    qtbot.waitUntil(lambda: not workspace.scanning)

    (stack,) = stacks(workspace)
    assert len(stack.frames) == SLICES
    assert workspace.active.stack is stack
    assert workspace.active.count == SLICES
    assert workspace.active.loaded.ref == stack.frames[workspace.active.index]
    assert workspace.problems.rows == []


def test_the_first_picture_comes_before_the_scan_ends(qtbot, workspace, ct_folder, tmp_path):
    pipe_like = tmp_path / "many"
    for number in range(30):
        shutil.copytree(ct_folder, pipe_like / str(number))
    scanning = []
    workspace.active.stack_changed.connect(lambda: scanning.append(workspace.scanning))

    opened(qtbot, workspace, ct_folder, pipe_like)

    assert scanning[0]


def test_progress_counts_and_ends(qtbot, workspace, ct_folder, tmp_path):
    (tmp_path / "note.txt").write_text("not DICOM")
    told = []
    workspace.scan_progress.connect(told.append)

    opened(qtbot, workspace, ct_folder, tmp_path)

    last = told[-1]
    assert told[0].running
    assert (last.found, last.skipped, last.seen, last.running) == (SLICES, 1, SLICES + 1, False)
    assert last.files_per_second > 0
    assert sum(not progress.running for progress in told) == 1


def test_changes_tell_each_new_node_once(qtbot, workspace, tmp_path):
    for number in range(8):
        ct_series(tmp_path / str(number), 20, series_uid=f"1.2.{number}")
    series = []
    workspace.catalog_changed.connect(lambda change: series.extend(change.series))

    opened(qtbot, workspace, tmp_path)

    assert sorted(s.uid for s in series) == [f"1.2.{n}" for n in range(8)]


def test_a_second_folder_is_read_after_the_first(qtbot, workspace, ct_folder, tmp_path):
    ct_series(tmp_path, 3, series_uid="1.2.7")
    workspace.open_paths([ct_folder])
    workspace.open_paths([tmp_path])
    qtbot.waitUntil(lambda: not workspace.scanning)

    assert [len(stack.frames) for stack in stacks(workspace)] == [SLICES, 3]
    assert workspace.active.stack is stacks(workspace)[0]


def test_a_drop_may_replace_what_is_shown(qtbot, workspace, ct_folder, tmp_path):
    ct_series(tmp_path, 3, series_uid="1.2.7")
    opened(qtbot, workspace, ct_folder)
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)

    opened(qtbot, workspace, tmp_path, show=True)

    assert workspace.active.stack is stacks(workspace)[1]


def test_a_damaged_first_file_is_passed_over(qtbot, workspace, tmp_path):
    broken = ct_dataset(series_uid="1.2.1")
    broken.BitsAllocated = 13
    write_dataset(tmp_path / "1.dcm", broken)
    write_ct(tmp_path / "2.dcm", series_uid="1.2.2")

    workspace.open_paths([tmp_path / "1.dcm", tmp_path / "2.dcm"])
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)

    assert workspace.active.frame_ref.file.path.endswith(b"2.dcm")
    assert any(p.where.endswith("1.dcm") for p in workspace.problems.rows)


def test_when_nothing_can_be_shown_the_view_says_why(qtbot, workspace, tmp_path):
    broken = ct_dataset()
    broken.BitsAllocated = 13
    write_dataset(tmp_path / "1.dcm", broken)

    opened(qtbot, workspace, tmp_path)
    qtbot.waitUntil(lambda: workspace.active.failure is not None)

    assert workspace.active.failure.advice
    assert workspace.problems.rows


def test_a_file_without_pixels_is_in_the_tree_and_says_so(qtbot, workspace, tmp_path):
    report = ct_dataset(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.11", Modality="SR", PixelData=None,
                        Rows=None, Columns=None)  # fmt: skip
    write_dataset(tmp_path / "sr.dcm", report)

    opened(qtbot, workspace, tmp_path)
    qtbot.waitUntil(lambda: workspace.active.failure is not None)

    assert not workspace.active.stack.is_image
    assert workspace.active.failure.what


# A row with a sentence for each disappointment


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("note.txt", b"Dear colleague,\n", id="text"),
        pytest.param("empty.dcm", b"", id="empty-file"),
        pytest.param("text.dcm", b"just words, no DICOM at all " * 50, id="text-named-dcm"),
        pytest.param("cut.dcm", None, id="cut-in-the-header"),
    ],
)
def test_what_is_skipped_is_a_row_with_advice(qtbot, workspace, tmp_path, name, content):
    path = tmp_path / name
    if content is None:
        content = write_ct(path).read_bytes()[:300]
    path.write_bytes(content)

    opened(qtbot, workspace, tmp_path)

    (row,) = workspace.problems.rows
    assert row.where.endswith(name)
    assert row.what
    assert row.severity is Severity.ERROR


def test_a_path_that_does_not_exist_is_a_row(qtbot, workspace, tmp_path):
    opened(qtbot, workspace, tmp_path / "nowhere")

    assert len(workspace.problems) == 1
    assert workspace.active.stack is None


def test_an_empty_folder_is_said_to_be_empty(qtbot, workspace, tmp_path):
    opened(qtbot, workspace, tmp_path)

    assert workspace.active.stack is None
    assert whats(workspace) == ["There are no files in this folder."]


@pytest.mark.parametrize(
    ("second", "sentence"),
    [
        pytest.param({"rows": 8}, "the same SOP Instance UID", id="object-in-conflict"),
        pytest.param({"PatientName": "Doe^Jane"}, "under different names", id="shared-patient-id"),
        pytest.param({"PatientID": "P2"}, "images in this study", id="study-of-two-patients"),
    ],
)
def test_whose_something_is_is_doubted_aloud(qtbot, workspace, tmp_path, second, sentence):
    own_uid = {} if "rows" in second else {"SOPInstanceUID": "1.2.3.4.5"}
    write_ct(tmp_path / "a.dcm")
    write_ct(tmp_path / "b.dcm", **second, **own_uid)

    opened(qtbot, workspace, tmp_path)

    qtbot.waitUntil(lambda: any(sentence in what for what in whats(workspace)))


def test_a_gap_is_told_once_all_is_read_and_leaves_when_filled(qtbot, workspace, tmp_path):
    ct_series(tmp_path, 9)
    missing = (tmp_path / "IM0004.dcm").rename(tmp_path.parent / "IM0004.dcm")

    opened(qtbot, workspace, tmp_path)
    qtbot.waitUntil(lambda: bool(workspace.problems.rows))
    gap = whats(workspace)
    opened(qtbot, workspace, missing)
    qtbot.waitUntil(lambda: not workspace.problems.rows)

    assert gap[0].startswith("1 slice missing")


def test_a_file_that_vanishes_before_it_is_viewed(qtbot, workspace, tmp_path):
    ct_series(tmp_path, 60)
    opened(qtbot, workspace, tmp_path)
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)
    workspace.loader.clear()
    gone = (workspace.active.index + 30) % 60
    os.unlink(workspace.active.stack.frames[gone].file.path)

    workspace.active.set_index(gone)
    qtbot.waitUntil(lambda: workspace.active.failure is not None)
    workspace.active.step(1, wraps=True)
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)

    name = f"IM{gone + 1:04d}.dcm"
    assert name in [os.path.basename(problem.where) for problem in workspace.problems.rows]


# Cancel, close


def test_cancel_stops_soon_and_keeps_what_was_found(qtbot, workspace, ct_folder, tmp_path):
    for number in range(40):
        shutil.copytree(ct_folder, tmp_path / str(number))
    workspace.open_paths([ct_folder, tmp_path])
    qtbot.waitUntil(lambda: workspace.catalog.found > 0)

    workspace.cancel_scan()
    qtbot.waitUntil(lambda: not workspace.scanning, timeout=200)

    assert stacks(workspace)


def test_closing_the_studies_leaves_an_empty_window_that_works(qtbot, workspace, ct_folder):
    opened(qtbot, workspace, ct_folder)
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)
    catalog = workspace.catalog

    workspace.close_studies()
    empty = (workspace.catalog is catalog, list(catalog.patients), workspace.active.stack,
             len(workspace.loader.cache), workspace.problems.rows)  # fmt: skip
    opened(qtbot, workspace, ct_folder)
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)

    assert empty == (True, [], None, 0, [])
    assert len(stacks(workspace)) == 1


def test_closing_the_studies_during_a_scan_brings_nothing_back(
    qtbot, workspace, ct_folder, tmp_path
):
    for number in range(20):
        shutil.copytree(ct_folder, tmp_path / str(number))
    workspace.open_paths([ct_folder, tmp_path])
    qtbot.waitUntil(lambda: workspace.catalog.found > 0)

    workspace.close_studies()
    qtbot.waitUntil(lambda: not workspace.scanning)

    assert workspace.catalog.patients == []
    assert workspace.active.stack is None


def test_close_leaves_no_thread(qtbot, ct_folder):
    before = threading.active_count()
    workspace = Workspace()
    workspace.open_paths([ct_folder])
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)

    workspace.close()

    qtbot.waitUntil(lambda: threading.active_count() == before)
    workspace.deleteLater()


def test_close_in_the_middle_of_everything(qtbot, ct_folder):
    for _ in range(5):
        workspace = Workspace()
        workspace.open_paths([ct_folder])
        qtbot.waitUntil(lambda w=workspace: w.active.stack is not None)
        workspace.close()
        workspace.deleteLater()


# Viewports and settings


def test_settings_are_heeded(qapp):
    backend = MemoryBackend()
    settings.SMOOTH.write(backend, False)
    settings.ANNOTATION_LEVEL.write(backend, "minimal")
    settings.CINE_RATE_FPS.write(backend, 7.0)
    settings.CACHE_MB.write(backend, 300)

    workspace = Workspace(backend)

    viewport = workspace.active
    assert (viewport.smooth, viewport.annotation_level) == (False, "minimal")
    assert viewport.cine.rate.fps == 7.0
    assert workspace.loader._plan.limit_bytes == 300 << 20
    workspace.close()


@pytest.mark.parametrize("wished", [True, False])
def test_clips_play_by_themselves_where_wished(qtbot, tmp_path, wished):
    pixels = np.zeros((4, 16, 16), np.int16)
    clip = ct_dataset(pixels=pixels, ImagePositionPatient=None, FrameTime="50")
    write_dataset(tmp_path / "clip.dcm", clip)
    workspace = Workspace(MemoryBackend({settings.CINE_AUTOPLAY.key: wished}))
    workspace.open_paths([tmp_path])
    qtbot.waitUntil(lambda: workspace.active.loaded is not None)

    assert workspace.active.cine.playing is wished
    workspace.close()


def test_viewports_come_and_go_but_one_stays(qtbot, workspace):
    first = workspace.active
    second = workspace.add_viewport()
    with qtbot.waitSignal(workspace.active_changed):
        workspace.set_active(second)

    workspace.remove_viewport(second)
    workspace.remove_viewport(first)

    assert workspace.viewports == [first]
    assert workspace.active is first


def test_the_user_is_not_overruled_by_the_first_picture(qtbot, workspace, ct_folder, tmp_path):
    ct_series(tmp_path, 3, series_uid="1.2.7")
    opened(qtbot, workspace, ct_folder)
    workspace.open_paths([tmp_path], show=True)

    workspace.show(stacks(workspace)[0])
    qtbot.waitUntil(lambda: not workspace.scanning)

    assert workspace.active.stack is stacks(workspace)[0]


def test_other_files_of_a_disc_share_a_row(qtbot, workspace, ct_folder, tmp_path):
    for number in range(30):
        (tmp_path / f"{number}.html").write_text("a viewer")

    opened(qtbot, workspace, ct_folder, tmp_path)

    (row,) = workspace.problems.rows
    assert row.where == str(tmp_path)
    assert len(row.details) == 30
    assert len(workspace.catalog.skipped) == 30


def test_the_view_settles_on_the_first_image_when_all_is_sorted(qtbot, workspace, tmp_path):
    last, *others = reversed(ct_series(tmp_path / "ct", 30))
    viewport = workspace.active

    workspace.open_paths([last, *others])  # found from the far end: the last slice is shown first
    qtbot.waitUntil(lambda: viewport.stack is not None and viewport.count == 30)

    qtbot.waitUntil(lambda: not workspace.scanning and viewport.index == 0)


def test_a_user_who_moved_on_is_left_where_he_is(qtbot, workspace, tmp_path):
    last, *others = reversed(ct_series(tmp_path / "ct", 30))
    catalog, viewport = workspace.catalog, workspace.active
    first = FirstPicture(catalog, workspace.loader)
    first.await_in(viewport)
    first.look_at(catalog.add(scan([last, *others])))
    qtbot.waitUntil(lambda: viewport.loaded is not None and not first.waiting)

    viewport.set_index(9)
    first.settle()

    assert viewport.index == 9


def test_a_file_that_was_replaced_and_opened_again_is_shown_as_it_is_now(
    qtbot, workspace, tmp_path
):
    """Header and pixels alike; nothing of the old image stays in memory."""
    paths = ct_series(tmp_path, 3, pixels=np.full((8, 8), 7, np.uint16))
    opened(qtbot, workspace, tmp_path)
    view = workspace.active
    qtbot.waitUntil(lambda: view.loaded is not None)
    view.set_index(1)
    qtbot.waitUntil(lambda: view.loaded is not None)
    write_ct(paths[1], position=(0, 0, 5), instance_number=2,
             pixels=np.full((8, 8), 9, np.uint16), ContentTime="120000")  # fmt: skip
    os.utime(paths[1], ns=(1, 1))

    opened(qtbot, workspace, tmp_path)
    qtbot.waitUntil(lambda: view.loaded is not None and view.loaded.stored[0, 0] == 9)

    assert view.frame_ref.file.path == os.fsencode(paths[1])
    assert view.stack.headers[view.index].text("ContentTime") == "120000"
    assert view.count == 3
