"""Nothing heavy stands between the start and the first picture of the window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pydicom", "pyqtgraph", "imagecodecs", "pynetdicom", "PIL", "openjpeg", "av")

PAINT_AND_TELL = """
import json, sys
from viewer.ui.main_window import MainWindow
paint = MainWindow.paintEvent
def painted(self, event):
    paint(self, event)
    MainWindow.paintEvent = paint
    loaded = [name for name in {heavy!r} if name in sys.modules]
    print(json.dumps(loaded), flush=True)
    from PySide6.QtCore import QTimer
    QTimer.singleShot(0, self.close)
MainWindow.paintEvent = painted
from viewer.app import run
sys.exit(run({paths!r}))
"""


def run_window(tmp_path: Path, code: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "XDG_STATE_HOME": str(tmp_path / "state"),
    }
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_the_first_paint_needs_no_heavy_import(tmp_path):
    done = run_window(tmp_path, PAINT_AND_TELL.format(heavy=HEAVY, paths=[]))

    assert (done.stdout.strip(), done.returncode, done.stderr) == ("[]", 0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_what_we_write_is_for_its_owner_alone(tmp_path):
    run_window(tmp_path, "import os; os.umask(0)\n" + PAINT_AND_TELL.format(heavy=(), paths=[]))

    written = [path for path in tmp_path.rglob("*") if "fontconfig" not in str(path)]
    ours = [path for path in written if "lightbox" in str(path)]
    assert {path.name for path in ours if path.is_file()} >= {"lightbox.ini", "lightbox.log"}
    assert [str(path) for path in ours if path.stat().st_mode & 0o077] == []


def test_a_path_that_is_not_there_opens_the_window_all_the_same(tmp_path):
    code = PAINT_AND_TELL.format(heavy=(), paths=[os.fsencode(tmp_path / "nowhere")])

    done = run_window(tmp_path, code)

    assert (done.returncode, done.stderr) == (0, "")
