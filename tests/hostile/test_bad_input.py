"""What people really give a viewer by mistake: said in the window and on the command line alike."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.conftest import ROOT
from tests.data import ct_dataset, ct_series, write_ct, write_dataset
from tests.dicom.files.test_dicomdir import dicomdir
from tests.hostile.looking import open_all
from viewer.errors import Severity


def empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


def holiday_pictures(folder: Path) -> Path:
    (folder / "holiday").mkdir()
    for number in range(3):
        Image.new("RGB", (40, 30), (number * 80, 99, 20)).save(folder / f"holiday/{number}.jpg")
    Image.new("L", (4, 3)).save(folder / "holiday/beach.png")
    return folder / "holiday"


def truncated_file(folder: Path) -> Path:
    path = write_ct(folder / "cut.dcm")
    os.truncate(path, path.stat().st_size - 200)
    return path


def cut_in_its_header(folder: Path) -> Path:
    path = write_ct(folder / "stump.dcm")
    os.truncate(path, 150)
    return path


def text_file(folder: Path) -> Path:
    (folder / "letter.dcm").write_text("Dear colleague,\nplease find enclosed the images.\n")
    return folder / "letter.dcm"


def no_pixel_data(folder: Path) -> Path:
    dataset = ct_dataset()
    del dataset.PixelData
    return write_dataset(folder / "nothing.dcm", dataset)


def disc_that_points_nowhere(folder: Path) -> Path:
    (folder / "disc").mkdir()
    (folder / "disc" / "DICOMDIR").write_bytes(dicomdir(["IMAGES\\IM1", "IMAGES\\IM2"]))
    return folder / "disc"


def no_such_path(folder: Path) -> Path:
    return folder / "nowhere"


# What is given, and the exit codes of `describe`, `render` and `tags` on it.
MISTAKES = [
    pytest.param(empty_folder, (1, 1, 1), id="empty-folder"),
    pytest.param(holiday_pictures, (1, 1, 1), id="holiday-pictures"),
    pytest.param(truncated_file, (0, None, 0), id="truncated-file"),
    pytest.param(cut_in_its_header, (1, 1, 0), id="cut-in-its-header"),
    pytest.param(text_file, (1, 1, 1), id="text-file"),
    pytest.param(no_pixel_data, (0, 1, 0), id="no-pixel-data"),
    pytest.param(disc_that_points_nowhere, (1, 1, 1), id="disc-that-points-nowhere"),
    pytest.param(no_such_path, (1, 1, 1), id="no-such-path"),
]


@pytest.mark.parametrize(("make", "codes"), MISTAKES)
def test_the_window_says_it_and_the_rest_opens(qtbot, window, tmp_path, make, codes):
    bad = make(tmp_path)
    ct_series(tmp_path / "good", 3, series_uid="1.2.77", study_uid="1.2.7")

    open_all(qtbot, window, bad, tmp_path / "good")

    qtbot.waitUntil(lambda: any(s.uid == "1.2.77" for s in window.workspace.catalog.series))
    good = next(s for s in window.workspace.catalog.series if s.uid == "1.2.77").stacks[0]
    for series in list(window.workspace.catalog.series):
        window.workspace.show(series.stacks[0])
        qtbot.waitUntil(lambda: not window.workspace.active.loading)
    window.workspace.show(good)
    qtbot.waitUntil(lambda: window.workspace.active.loaded is not None)
    rows = [row for row in window.workspace.problems.rows if row.severity is not Severity.NOTE]
    about = [row for row in rows if bad.name in row.where]
    assert about
    assert all(row.what.endswith(".") for row in about)
    assert any(row.advice for row in about)


@pytest.mark.parametrize("verb", ["describe", "render", "tags"])
@pytest.mark.parametrize(("make", "codes"), MISTAKES)
def test_the_command_line_says_it_in_one_line(tmp_path, verb, make: Callable[[Path], Path], codes):
    bad = make(tmp_path)
    more = [str(tmp_path / "out.png")] if verb == "render" else []

    done = subprocess.run(
        [sys.executable, "-m", "viewer", verb, str(bad), *more],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    wanted = codes[("describe", "render", "tags").index(verb)]
    assert done.returncode == wanted or (wanted is None and done.returncode in (0, 1)), done.stderr
    assert "Traceback" not in done.stderr
    if done.returncode:
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith(f"lightbox {verb}: ")
    else:
        assert done.stdout or verb == "render" or done.stderr


@pytest.mark.parametrize("verb", ["describe", "render", "tags"])
def test_bad_usage_is_another_exit_code(verb):
    done = subprocess.run(
        [sys.executable, "-m", "viewer", verb], cwd=ROOT, capture_output=True, check=False
    )

    assert done.returncode == 2


def test_a_file_that_vanishes_between_scan_and_view(qtbot, window, tmp_path):
    ct_series(tmp_path / "series", 30)
    open_all(qtbot, window, tmp_path / "series")
    viewport = window.workspace.active
    qtbot.waitUntil(lambda: viewport.loaded is not None)
    window.workspace.loader.set_cache_limit(1)
    (tmp_path / "series" / "IM0028.dcm").unlink()

    viewport.set_index(27)

    qtbot.waitUntil(lambda: viewport.failure is not None)
    assert viewport.failure.where == str(tmp_path / "series" / "IM0028.dcm")
    assert viewport.failure.advice
    qtbot.waitUntil(lambda: viewport.failure in window.workspace.problems.rows)
