"""How soon a received image is on the screen, and how long the window pauses meanwhile.

A client of its own process sends 500 CT slices of 0.5 MB over one association to the window's
receiver. It writes down when the first Success came; the window, when its canvas had painted the
first image. Both read the system's one monotonic clock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication

from tests.benchmarks.bench_open import write_slices
from tests.benchmarks.pauses import Probe, turn_for, turn_until
from tests.benchmarks.table import Row
from viewer import program, settings
from viewer.app import SWITCH_S
from viewer.settings import MemoryBackend
from viewer.ui.main_window import MainWindow
from viewer.ui.theme import apply_theme
from viewer.ui.warm_up import WarmUp
from viewer.workspace.inbox import InboxState
from viewer.workspace.workspace import Workspace

SLICES = 500
FIRST_GOAL_MS = 300.0
PAUSE_GOAL_MS = 16.0
SEND = """
import os, sys, time
from pathlib import Path
from viewer.dicom.files.source import FileRef
from viewer.net.peer import Peer
from viewer.net.send import SendState, send
files = [FileRef(os.fsencode(p)) for p in sorted(Path(sys.argv[2]).iterdir())]
peer = Peer("window", "LIGHTBOX", "127.0.0.1", int(sys.argv[1]))
first = last = 0.0
for step in send(peer, files, "SCANNER"):
    if step.state is SendState.SENT:
        last = time.monotonic()
        first = first or last
    elif step.state in (SendState.FAILED, SendState.SKIPPED):
        raise SystemExit(step.what)
print(first, last)
"""


class FirstPaint(QObject):
    """Notes when the canvas paints with an image in it."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.at_s = 0.0
        self._window = window
        window.workspace.active.frame_changed.connect(self._look)

    def _look(self) -> None:
        canvas = self._window.view_area.canvas
        if self._window.workspace.active.loaded is not None and canvas is not None:
            self._window.workspace.active.frame_changed.disconnect(self._look)
            canvas.viewport().installEventFilter(self)
            canvas.viewport().update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.at_s = time.monotonic()
            watched.removeEventFilter(self)
        return False


def run() -> list[Row]:
    """The rows of receiving."""
    with tempfile.TemporaryDirectory() as home:
        return _measure(Path(home))


def _measure(home: Path) -> list[Row]:
    sys.setswitchinterval(SWITCH_S)
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    backend = MemoryBackend()
    settings.RECEIVE_PORT.write(backend, 0)
    settings.RECEIVE_FLOOR_MB.write(backend, 0)
    settings.RECEIVE_ON.write(backend, True)
    apply_theme(application, "dark")
    (home / "sent").mkdir()
    write_slices(home / "sent", SLICES)
    workspace = Workspace(backend)
    window = MainWindow(workspace, backend, home / "data")
    warm_up = WarmUp(then=workspace.loader.get_ready)
    window.painted.connect(warm_up.start)
    window.show()
    turn_until(lambda: window.receiving.reception.inbox.state is InboxState.LISTENING)
    turn_for(2)
    rows = _send(window, home / "sent")
    window.close()
    warm_up.wait()
    return rows


def _send(window: MainWindow, folder: Path) -> list[Row]:
    inbox = window.receiving.reception.inbox
    assert inbox.address is not None
    window.docks["inbox"].show()
    turn_for(0.5)
    painted = FirstPaint(window)
    command = [sys.executable, "-c", SEND, str(inbox.address[1]), str(folder)]
    with Probe() as probe:
        client = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=program.environment()
        )
        turn_until(lambda: client.poll() is not None)
        turn_until(lambda: bool(painted.at_s) and window.workspace.active.count == SLICES)
    if os.environ.get("LIGHTBOX_GUILTY"):
        for culprit, count in probe.found.culprits.most_common(8):
            print(f"      {count:5} x {culprit}", file=sys.stderr)
    assert client.stdout is not None
    first_s, last_s = map(float, client.stdout.read().split())
    rate = (SLICES - 1) / (last_s - first_s)
    return [
        Row("receive: first image on the screen after its Success",
            (painted.at_s - first_s) * 1000, goal=FIRST_GOAL_MS),
        Row(f"receive: longest pause, own work ({probe.found.guilty})",
            probe.found.work_ms, goal=PAUSE_GOAL_MS),
        Row("receive: longest pause by the clock", probe.found.wall_ms),
        Row("receive: rate into the window", rate, unit="images/s", at_least=True),
    ]  # fmt: skip
