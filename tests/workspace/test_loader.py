"""The background loader on real files: urgency, failures, states, bounds, and a clean end."""

from __future__ import annotations

import os
import shutil
import threading

import numpy as np
import pytest

from tests.data import ct_dataset, ct_series, write_ct, write_dataset
from tests.workspace.conftest import FRAME_BYTES, SLICES, GatedReader, stacks_of
from viewer.core.image import VoiSource
from viewer.errors import Severity
from viewer.workspace.loader import FrameState, Loader

LOADED, ABSENT, FAILED = FrameState.LOADED, FrameState.ABSENT, FrameState.FAILED


def all_loaded(loader, stack):
    return set(loader.states(stack)) == {LOADED}


def wait_for(qtbot, loader, ref):
    qtbot.waitUntil(lambda: loader.get(ref) is not None)


@pytest.fixture
def copied(ct_folder, tmp_path):
    """A folder that a test may damage."""
    return shutil.copytree(ct_folder, tmp_path / "copy")


def test_the_frame_asked_for_arrives_ready_to_draw(qtbot, loader, stack):
    with qtbot.waitSignal(loader.frame_loaded, check_params_cb=lambda r: r == stack.frames[7]):
        loader.request("v", stack, 7)

    ready = loader.ready(stack.frames[7])
    assert ready.frame.stored.shape == (16, 16)
    assert ready.voi.source is VoiSource.FILE_WINDOW
    assert loader.get(stack.frames[7]) is ready.frame


def test_the_rest_of_the_stack_follows_outwards(qtbot, loader, stack, reader):
    loader.request("v", stack, 20)

    qtbot.waitUntil(lambda: all_loaded(loader, stack))

    first = {stack.frames.index(ref) for ref in reader.asked[:10]}
    assert first <= set(range(16, 30))
    assert sorted(reader.asked, key=stack.frames.index) == list(stack.frames)


def test_a_new_wish_overtakes_what_was_planned(qtbot, loader, stack, reader):
    reader.hold(stack.frames[0])
    loader.request("v", stack, 0)
    qtbot.waitUntil(lambda: reader.is_loading(stack.frames[0]))

    loader.request("v", stack, 30)
    wait_for(qtbot, loader, stack.frames[30])

    assert reader.asked[1] == stack.frames[30]


def test_nothing_is_loaded_ahead_before_the_wanted_frame_was_painted(qtbot, loader, stack, reader):
    reader.hold(stack.frames[5])
    asked = []
    loader.frame_loaded.connect(lambda _: asked.append(len(reader.asked)))

    loader.request("v", stack, 5)
    qtbot.waitUntil(lambda: reader.is_loading(stack.frames[5]))
    reader.release()
    qtbot.waitUntil(lambda: all_loaded(loader, stack))

    assert asked[0] == 1


def test_a_scan_leaves_one_lane_for_what_is_ahead(qtbot, loader, stack, reader):
    loader.set_scanning(True)
    reader.hold(stack.frames[1])
    loader.request("v", stack, 0)
    qtbot.waitUntil(lambda: reader.is_loading(stack.frames[1]))
    loader.request("v", stack, 20)
    wait_for(qtbot, loader, stack.frames[20])
    held = list(reader.asked)

    loader.set_scanning(False)
    reader.release()
    qtbot.waitUntil(lambda: all_loaded(loader, stack))

    assert held == [stack.frames[0], stack.frames[1], stack.frames[20]]


def test_a_slow_frame_ahead_of_need_never_delays_the_visible_one(qtbot, loader, stack, reader):
    loader._typical_s = 1.0  # loads were slow so far
    ahead = stack.frames[1]
    reader.hold(ahead)
    loader.request("v", stack, 0)
    qtbot.waitUntil(lambda: reader.is_loading(ahead))

    with qtbot.waitSignal(loader.frame_loaded, check_params_cb=lambda r: r == stack.frames[25]):
        loader.request("v", stack, 25)

    assert loader.get(ahead) is None


def test_states_are_told_for_the_scroll_bar(qtbot, loader, stack, reader):
    reader.hold(stack.frames[9])
    with qtbot.waitSignal(loader.states_changed) as told:
        loader.request("v", stack, 5)
    qtbot.waitUntil(lambda: loader.states(stack).count(LOADED) == SLICES - 1)

    assert stack.key in told.args[0]
    assert loader.states(stack)[9] is ABSENT


def test_memory_stays_within_the_limit(qtbot, stack, reader):
    loader = Loader(10 * FRAME_BYTES, open_reader=lambda _: reader)
    seen = []
    loader.frame_loaded.connect(lambda _: seen.append(loader.cache.nbytes))

    for index, ref in enumerate(stack.frames):
        loader.request("v", stack, index)
        wait_for(qtbot, loader, ref)

    assert max(seen) <= 10 * FRAME_BYTES
    assert loader.states(stack)[0] is ABSENT
    loader.close()


def test_a_frame_that_left_comes_back(qtbot, stack, reader):
    loader = Loader(10 * FRAME_BYTES, open_reader=lambda _: reader)
    for index in (*range(SLICES), 0):
        loader.request("v", stack, index)
        wait_for(qtbot, loader, stack.frames[index])

    assert reader.asked.count(stack.frames[0]) == 2
    loader.close()


@pytest.mark.parametrize("limit_frames", [3, 10, 25])
def test_loading_comes_to_rest_in_a_small_cache(qtbot, stack, reader, limit_frames):
    """Frames loaded ahead must not push out others that are then loaded again, for ever."""
    loader = Loader(limit_frames * FRAME_BYTES, open_reader=lambda _: reader)
    loader.request("v", stack, 20)
    loader.request("w", stack, 3)
    qtbot.waitUntil(lambda: loader._plan.next() is None)

    assert len(reader.asked) < 2 * limit_frames + 6
    loader.close()


def test_a_vanished_file_is_a_failure_with_a_sentence(qtbot, copied, loader):
    (stack,) = stacks_of(copied)
    os.unlink(stack.frames[3].file.path)

    with qtbot.waitSignal(loader.frame_failed) as failed:
        loader.request("v", stack, 3)

    ref, problem = failed.args
    assert ref == stack.frames[3]
    assert problem.where == ref.file.text
    assert problem.what.endswith(".")
    assert problem.advice
    assert loader.failure(ref) == problem
    assert loader.states(stack)[3] is FAILED


@pytest.mark.parametrize(
    ("sop_class", "severity"),
    [
        pytest.param("1.2.840.10008.5.1.4.1.1.88.11", Severity.NOTE, id="a-report-has-no-picture"),
        pytest.param("1.2.840.10008.5.1.4.1.1.2", Severity.WARNING, id="an-image-should-have-one"),
    ],
)
def test_no_picture_is_as_grave_as_the_object_promised_one(
    qtbot, loader, tmp_path, sop_class, severity
):
    write_dataset(tmp_path / "a.dcm", pictureless(sop_class))
    (stack,) = stacks_of(tmp_path)

    with qtbot.waitSignal(loader.frame_failed) as told:
        loader.request("v", stack, 0)

    assert told.args[1].severity is severity


def pictureless(sop_class):
    dataset = ct_dataset(SOPClassUID=sop_class)
    del dataset.PixelData
    return dataset


def test_a_failure_names_the_frame_of_a_clip(qtbot, loader, tmp_path):
    path = write_ct(tmp_path / "clip.dcm", pixels=np.zeros((4, 16, 16), np.int16))
    (stack,) = stacks_of(path)
    os.unlink(path)

    with qtbot.waitSignal(loader.frame_failed) as failed:
        loader.request("v", stack, 2)

    assert failed.args[1].where == f"{path}, frame 3"


def test_a_file_that_became_another_image_is_refused(qtbot, copied, loader):
    (stack,) = stacks_of(copied)
    write_ct(stack.frames[3].file.path, PatientName="Somebody^Else", instance_uid="1.2.3.4")

    with qtbot.waitSignal(loader.frame_failed) as failed:
        loader.request("v", stack, 3)

    assert "another image" in failed.args[1].what


def test_a_file_written_again_with_the_same_object_is_shown(qtbot, copied, loader):
    (stack,) = stacks_of(copied)
    path = stack.frames[3].file.path
    os.utime(path, ns=(1, 1))

    with qtbot.waitSignal(loader.frame_loaded):
        loader.request("v", stack, 3)

    assert loader.failure(stack.frames[3]) is None


def test_a_file_overwritten_with_junk_is_a_failure(qtbot, copied, loader):
    (stack,) = stacks_of(copied)
    with open(stack.frames[3].file.path, "wb") as file:
        file.write(b"holiday" * 1000)

    with qtbot.waitSignal(loader.frame_failed) as failed:
        loader.request("v", stack, 3)

    assert failed.args[1].advice


def test_retry_loads_a_frame_whose_medium_is_back(qtbot, copied, loader):
    (stack,) = stacks_of(copied)
    path = stack.frames[3].file.path
    os.rename(path, path + b".away")
    with qtbot.waitSignal(loader.frame_failed):
        loader.request("v", stack, 3)
    os.rename(path + b".away", path)

    with qtbot.waitSignal(loader.frame_loaded, check_params_cb=lambda r: r == stack.frames[3]):
        loader.retry(stack.frames[3])

    assert loader.failure(stack.frames[3]) is None


def test_a_defect_in_reading_is_a_failure_and_not_the_end_of_the_lane(
    qtbot, stack, reader, loader, caplog
):
    original = reader.load

    def load(ref):
        if ref == stack.frames[0]:
            raise ZeroDivisionError
        return original(ref)

    reader.load = load
    with qtbot.waitSignal(loader.frame_failed) as failed:
        loader.request("v", stack, 0)
    qtbot.waitUntil(lambda: loader.states(stack).count(LOADED) == SLICES - 1)

    assert "unexpected" in failed.args[1].what
    assert "IM0001" not in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_closed_studies_stay_closed(qtbot, loader, stack, reader):
    reader.hold(stack.frames[0])
    loader.request("v", stack, 0)
    qtbot.waitUntil(lambda: reader.is_loading(stack.frames[0]))

    loader.clear()
    reader.release()
    loader.request("w", stack, 10)
    qtbot.waitUntil(lambda: loader.get(stack.frames[10]) is not None)

    assert reader.asked[1] == stack.frames[10]
    assert loader.get(stack.frames[0]) is None


def test_close_ends_the_lanes_and_says_nothing_more(qtbot, stack, reader):
    before = threading.active_count()
    loader = Loader(64 << 20, open_reader=lambda _: reader)
    loader.request("v", stack, 0)
    qtbot.waitUntil(lambda: bool(reader.asked))

    loader.close()

    with qtbot.assertNotEmitted(loader.frame_loaded, wait=0):
        loader.request("v", stack, 5)
    assert threading.active_count() == before
    assert reader.closed


def test_the_reader_is_made_by_the_first_load_and_not_on_the_gui_thread(qtbot, stack):
    made_on = []

    def open_reader(_):
        made_on.append(threading.current_thread())
        return GatedReader()

    loader = Loader(64 << 20, open_reader=open_reader)
    assert made_on == []

    with qtbot.waitSignal(loader.frame_loaded):
        loader.request("v", stack, 0)

    assert len(made_on) == 1
    assert made_on[0] is not threading.main_thread()
    loader.close()


def test_states_of_a_grown_stack_keep_what_is_loaded(qtbot, loader, tmp_path):
    ct_series(tmp_path, 4)
    (stack,) = stacks_of(tmp_path)
    loader.request("v", stack, 0)
    qtbot.waitUntil(lambda: all_loaded(loader, stack))
    ct_series(tmp_path / "more", 2, position=(0.0, 0.0, -10.0), series_uid="1.2.9")
    (more,) = stacks_of(tmp_path / "more")

    stack.frames, stack.headers = more.frames + stack.frames, [*more.headers, *stack.headers]

    assert loader.states(stack) == (ABSENT, ABSENT, LOADED, LOADED, LOADED, LOADED)


def test_thumbnails_read_without_filling_the_cache(loader, stack):
    frame = loader.read(stack.frames[0])

    assert frame.stored.shape == (16, 16)
    assert len(loader.cache) == 0


def test_importing_the_workspace_imports_no_decoder():
    import subprocess
    import sys

    code = (
        "import sys, viewer.workspace.workspace;"
        "print([m for m in sys.modules if m.partition('.')[0] in"
        " ('pydicom', 'pyqtgraph', 'imagecodecs', 'PIL', 'PySide6.QtWidgets')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert out.stdout.strip() == "[]"
