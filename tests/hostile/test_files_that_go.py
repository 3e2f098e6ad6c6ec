"""T26, T30: files that are cut, deleted, exchanged or taken away while they are looked at."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data import ct_dataset, ct_series, set_pixels, write_ct, write_dataset
from tests.hostile.looking import all_stacks, open_all

SLICES = 30
LINUX_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def clip(path: Path, frames: int) -> Path:
    """A multi-frame object of 64 x 64 pixels."""
    dataset = ct_dataset()
    pixels = np.arange(frames * 64 * 64, dtype=np.uint16).reshape(frames, 64, 64)
    set_pixels(dataset, pixels)
    dataset.NumberOfFrames = frames
    return write_dataset(path, dataset)


def badges(window) -> str:
    canvas = window.view_area.canvas
    return " ".join(badge.text for badge in canvas.layers.badges.badges)


def test_a_clip_cut_at_seventy_percent_shows_its_whole_frames(qtbot, window, tmp_path):
    path = clip(tmp_path / "cut.dcm", 300)
    start = path.stat().st_size - 300 * 64 * 64 * 2
    os.truncate(path, start + 210 * 64 * 64 * 2 + 100)

    open_all(qtbot, window, path)

    viewport = window.workspace.active
    qtbot.waitUntil(lambda: viewport.loaded is not None)
    assert "210 of 300 frames" in badges(window)
    viewport.set_index(209)
    qtbot.waitUntil(lambda: not viewport.loading)
    assert viewport.loaded is not None
    assert viewport.loaded.stored[0, 0] == (209 * 64 * 64) % 65536
    assert any("210" in row.what for row in window.workspace.problems.rows)


@pytest.mark.parametrize("name", ["F05_fragment_past_eof", "F07_no_seq_end"])
def test_whole_frames_of_a_cut_compressed_file_are_shown_or_said(qtbot, window, corpus, name):
    open_all(qtbot, window, corpus / f"{name}.dcm")

    viewport = window.workspace.active
    qtbot.waitUntil(lambda: viewport.stack is not None and not viewport.loading)
    assert viewport.loaded is not None or viewport.failure is not None
    assert window.workspace.problems.rows


def truncated(path: Path) -> None:
    os.truncate(path, 300)


def deleted(path: Path) -> None:
    path.unlink()


def replaced(path: Path) -> None:
    """By another patient's image of the same size, as a copying program does it."""
    write_ct(path.with_suffix(".new"), SOPInstanceUID="1.2.99", PatientName="Other^Patient")
    path.with_suffix(".new").rename(path)


def became_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def became_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


WAYS = [truncated, deleted, replaced, became_a_folder, became_a_pipe]


@pytest.fixture
def series(qtbot, window, tmp_path) -> Path:
    """A folder of slices that is shown, larger than the memory for frames."""
    window.workspace.loader.set_cache_limit(4 << 10)  # two frames: scrolling reads again
    ct_series(tmp_path / "series", SLICES)
    open_all(qtbot, window, tmp_path / "series")
    qtbot.waitUntil(lambda: window.workspace.active.loaded is not None)
    return tmp_path / "series"


def scroll_through(qtbot, window) -> dict[str, str]:
    """Wheel to the end and back; returns the words about each frame that did not come."""
    viewport = window.workspace.active
    said = {}
    for index in (*range(viewport.count), *reversed(range(viewport.count))):
        viewport.set_index(index)
        qtbot.waitUntil(lambda: not viewport.loading)
        if viewport.failure is not None:
            said[Path(viewport.failure.where).name] = viewport.failure.what
    return said


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_one_file_goes_while_scrolling(qtbot, window, series, way: Callable[[Path], None]):
    victim = series / "IM0015.dcm"

    way(victim)
    said = scroll_through(qtbot, window)

    assert list(said) == ["IM0015.dcm"]
    assert said["IM0015.dcm"]
    rows = window.workspace.problems
    qtbot.waitUntil(lambda: any(row.where == str(victim) for row in rows.rows))
    assert window.isVisible()


@pytest.mark.skipif(LINUX_ROOT, reason="root may read everything")
def test_a_file_is_locked_while_scrolling(qtbot, window, series):
    (series / "IM0015.dcm").chmod(0)

    said = scroll_through(qtbot, window)

    assert list(said) == ["IM0015.dcm"]


def test_the_file_on_screen_goes_and_its_picture_stays_until_it_is_read_again(
    qtbot, window, series
):
    viewport = window.workspace.active
    shown = viewport.frame_ref.file

    os.unlink(shown.path)
    viewport.step(5)
    qtbot.waitUntil(lambda: not viewport.loading)

    assert viewport.loaded is not None
    assert window.view_area.canvas.layers.failure is not None


def test_the_whole_folder_goes_and_comes_back(qtbot, window, series):
    away = series.with_name("away")

    series.rename(away)
    said = scroll_through(qtbot, window)
    away.rename(series)

    viewport = window.workspace.active
    assert len(said) >= SLICES // 2  # those in memory are still shown
    assert all(said.values())
    viewport.retry()
    qtbot.waitUntil(lambda: viewport.loaded is not None)


@pytest.mark.skipif(not LINUX_ROOT or shutil.which("mount") is None, reason="only root may mount")
def test_the_medium_is_pulled(qtbot, window, tmp_path):
    """A lazy unmount takes the file system away from under open windows, as a pulled stick does."""
    medium = tmp_path / "medium"
    medium.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(medium)]
    if subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        ct_series(medium / "disc", SLICES)
        window.workspace.loader.set_cache_limit(4 << 10)
        open_all(qtbot, window, medium / "disc")
        qtbot.waitUntil(lambda: window.workspace.active.loaded is not None)
        # Nothing of ours may keep the medium busy, or its owner cannot eject it.
        qtbot.waitUntil(lambda: not open_below(medium))
    finally:
        done = subprocess.run(["umount", str(medium)], capture_output=True, check=False)
        if done.returncode:
            subprocess.run(["umount", "-l", str(medium)], check=True)

    said = scroll_through(qtbot, window)

    assert done.returncode == 0
    assert len(said) >= SLICES // 2


def open_below(folder: Path) -> list[str]:
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            target = os.readlink(f"/proc/self/fd/{number}")
        except OSError:
            continue
        if target.startswith(str(folder)):
            found.append(target)
    return found


def test_the_tags_of_a_file_that_has_gone_say_so(qtbot, window, series):
    window.docks["tags"].show()
    inspector = window.docks["tags"].widget()
    viewport = window.workspace.active
    gone = viewport.stack.frames[20].file

    os.unlink(gone.path)
    viewport.set_index(20)

    qtbot.waitUntil(lambda: not inspector.message.isHidden())
    assert inspector.message.text()
    assert all_stacks(window)
