"""Painting the canvas: window drags and scrolling, each beside a plain QPainter.drawImage.

`python -m tests.benchmarks canvas` measures on the offscreen platform; under
`xvfb-run -s "-screen 0 1600x1000x24"` with QT_QPA_PLATFORM=xcb it includes the way to the X server.
Every figure is a real repaint of a shown widget: table, image, words, and what Qt adds.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from tests.benchmarks.table import Row, interleaved_ms
from tests.data import ct_series, write_ct
from tests.ui.viewport.opened import Opened, open_canvas, wait_until
from viewer.core.view import View

SIDE = 1024
SLICES = 120


class Peer(QWidget):
    """What any Qt program must do: draw one ready 8-bit image into the same room."""

    def __init__(self, light: np.ndarray) -> None:
        super().__init__()
        self._light = np.ascontiguousarray(light)
        self.resize(SIDE, SIDE)
        self.show()
        wait_until(self._is_exposed)

    def _is_exposed(self) -> bool:
        handle = self.windowHandle()
        return handle is not None and handle.isExposed()

    def paintEvent(self, _: QPaintEvent) -> None:
        rows, columns = self._light.shape
        kind = QImage.Format.Format_Grayscale8
        image = QImage(self._light.data, columns, rows, self._light.strides[0], kind)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        scale = min(SIDE / columns, SIDE / rows)
        painter.drawImage(QRectF(0, 0, columns * scale, rows * scale), image)
        painter.end()


def anatomy(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    """Noise on a slope: 12-bit values that no cache or run length makes cheap."""
    random = np.random.default_rng(seed)
    slope = np.linspace(0, 2500, columns, dtype=np.float32)
    noise = random.integers(0, 1000, (rows, columns), dtype=np.int16)
    values: np.ndarray = slope.astype(np.int16) + noise
    return values


def drag_row(name: str, opened: Opened, goal_ms: float) -> list[Row]:
    """One window update, painted, beside the peer's paint of the finished image."""
    viewport, canvas = opened.viewport, opened.canvas
    painted = canvas.image.painted
    assert painted is not None
    peer = Peer(painted.light if painted.light.ndim == 2 else painted.light[..., 0])
    widths = itertools.cycle(range(1500, 2500, 7))

    def drag() -> None:
        viewport.set_window(1000, next(widths), drag="bench")
        canvas.viewport().repaint()

    drag()
    times = interleaved_ms({"drag": drag, "peer": peer.repaint}, rounds=41)
    peer.close()
    return [
        Row(f"window drag, {name}", times["drag"], goal=goal_ms),
        Row("  the same beside drawing it ready", times["drag"], "drawImage", times["peer"]),
    ]


def scroll_rows(opened: Opened) -> list[Row]:
    """Every image of a cached stack painted, one after the other."""
    viewport, canvas = opened.viewport, opened.canvas
    for index in range(viewport.count):
        viewport.set_index(index)
        wait_until(lambda: viewport.loaded is not None)
    painted = canvas.image.painted
    assert painted is not None
    peer = Peer(painted.light)
    begun = time.perf_counter()
    for index in range(viewport.count):
        viewport.set_index(index)
        assert viewport.loaded is not None
        canvas.viewport().repaint()
    ours = viewport.count / (time.perf_counter() - begun)
    begun = time.perf_counter()
    for _ in range(viewport.count):
        peer.repaint()
    theirs = viewport.count / (time.perf_counter() - begun)
    peer.close()
    return [
        Row("scroll a cached 512x512 stack, all painted", ours, "", goal=60, unit="images/s",
            at_least=True),
        Row("  the same beside drawing one ready image", ours, "drawImage", theirs,
            unit="images/s", at_least=True),
    ]  # fmt: skip


def view_row(opened: Opened) -> Row:
    """Pan of an enlarged image: the visible part is cut out, looked up and painted anew."""
    viewport, canvas = opened.viewport, opened.canvas
    places = itertools.cycle(range(100, 400, 3))

    def pan() -> None:
        viewport.set_view(View(zoom=4.0, center=(next(places), 256.0)), merge="bench")
        canvas.viewport().repaint()

    return Row("pan, 512x512 at 4x", interleaved_ms({"pan": pan}, rounds=41)["pan"])


def run() -> list[Row]:
    """All rows of the canvas."""
    app = QApplication.instance() or QApplication(["bench"])
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ct_series(folder / "ct", SLICES, pixels=anatomy(512, 512))
        write_ct(folder / "mg.dcm", pixels=anatomy(5120, 4096))
        stack = open_canvas([folder / "ct"], (SIDE, SIDE), frames=SLICES)
        rows += drag_row("512x512", stack, 5)
        rows.append(view_row(stack))
        stack.viewport.reset()
        rows += scroll_rows(stack)
        stack.close()
        large = open_canvas([folder / "mg.dcm"], (SIDE, SIDE))
        rows += drag_row("4096x5120 in 1024x1024", large, 25)
        large.viewport.one_to_one()
        rows += drag_row("4096x5120 at 1:1", large, 25)
        large.close()
    del app
    return rows
