"""Files shown on a real canvas: a workspace that reads them, and the canvas of its viewport."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QImage

from viewer.settings import Backend, MemoryBackend
from viewer.ui.viewport.canvas import Canvas
from viewer.workspace.tools import Toolbox
from viewer.workspace.viewport import Viewport
from viewer.workspace.workspace import Workspace


@dataclass
class Opened:
    """A canvas with all that is behind it."""

    workspace: Workspace
    viewport: Viewport
    toolbox: Toolbox
    canvas: Canvas

    def grab(self) -> np.ndarray:
        """What the canvas shows, uint8 (rows, columns, 3), device pixels."""
        image = self.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        raw = np.frombuffer(image.constBits(), np.uint8)
        rows = raw.reshape(image.height(), image.bytesPerLine())[:, : image.width() * 3]
        return rows.reshape(image.height(), image.width(), 3).copy()

    def close(self) -> None:
        self.canvas.close()
        self.workspace.close()


def open_canvas(
    paths: Iterable[Path],
    size: tuple[int, int] = (400, 300),
    backend: Backend | None = None,
    frames: int = 1,
) -> Opened:
    """Open files and wait until their first frame is on the canvas, or has failed.

    Args:
        frames: wait until so many frames of the stack are known.
    """
    backend = backend or MemoryBackend()
    workspace = Workspace(backend)
    viewport = workspace.active
    toolbox = Toolbox(workspace)
    canvas = Canvas(viewport, loader=workspace.loader, toolbox=toolbox, settings=backend)
    canvas.resize(*size)
    canvas.show()
    workspace.open_paths(paths)
    wait_until(
        lambda: (
            (viewport.loaded or viewport.failure) is not None
            and viewport.count >= frames
            and not workspace.scanning
        )
    )
    return Opened(workspace, viewport, toolbox, canvas)


def wait_until(holds: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Run the event loop until something holds."""
    deadline = time.monotonic() + timeout_s
    loop, timer = QEventLoop(), QTimer(interval=5)
    timer.timeout.connect(loop.quit)
    timer.start()
    while not holds():
        assert time.monotonic() < deadline, "what was waited for did not happen"
        loop.exec()
