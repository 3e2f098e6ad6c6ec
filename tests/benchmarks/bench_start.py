"""From process start to a painted empty window, beside a bare PySide6 window in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.table import Row, interleaved_ms

ROOT = Path(__file__).resolve().parents[2]
ROUNDS = 7
LIMIT = 4.0

BARE = """
import os, sys
from PySide6.QtWidgets import QApplication, QWidget
class Window(QWidget):
    def paintEvent(self, event):
        os.write(1, b"painted")
        os.close(1)
app = QApplication([])
window = Window()
window.resize(1440, 900)
window.show()
app.exec()
"""
OURS = """
import os
from viewer.ui.main_window import MainWindow
paint = MainWindow.paintEvent
def painted(self, event):
    paint(self, event)
    os.write(1, b"painted")
    os.close(1)
    MainWindow.paintEvent = paint
MainWindow.paintEvent = painted
from viewer.app import run
run([])
"""


def wait_for_paint(code: str, home: Path) -> None:
    """Run `code` in a new interpreter until it reports its first paint."""
    environment = os.environ | {
        "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen"),
        "PYTHONPATH": str(ROOT),
        "PYTHONPYCACHEPREFIX": str(home / "bytecode"),  # as an installed program has it
        "XDG_CONFIG_HOME": str(home),
        "XDG_DATA_HOME": str(home),
        "XDG_STATE_HOME": str(home),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, cwd=home
    )
    assert process.stdout is not None
    said = process.stdout.read(7)
    process.kill()
    process.wait()
    process.stdout.close()
    if said != b"painted":
        raise RuntimeError("the window was never painted")


def run() -> list[Row]:
    """Interleaved, so that both see the same machine; one round first to warm the caches."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        contenders = {
            "bare": lambda: wait_for_paint(BARE, home),
            "ours": lambda: wait_for_paint(OURS, home),
        }
        interleaved_ms(contenders, rounds=1)
        times = interleaved_ms(contenders, rounds=ROUNDS)
    return [
        Row(
            "process start to the painted empty window",
            times["ours"],
            "a bare PySide6 window",
            times["bare"],
            goal=LIMIT,
        )
    ]
