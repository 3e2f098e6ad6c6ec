"""Screens with more device pixels than layout pixels: the image stays sharp, pixel for pixel.

The ratio is fixed when Qt starts, so each runs in a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.viewport.phantom import write_phantom

ROOT = Path(__file__).resolve().parents[3]

SCRIPT = """
import sys
from pathlib import Path
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from tests.ui.viewport.opened import open_canvas
from viewer.core.light import to_light

def main():
    app = QApplication([])
    opened = open_canvas([Path(sys.argv[1])], (401, 301))
    viewport, canvas = opened.viewport, opened.canvas
    holder = QWidget()
    holder.resize(460, 340)
    canvas.setParent(holder)
    canvas.move(13, 7)  # at a fractional device pixel for a fractional ratio
    canvas.show()
    holder.show()
    viewport.set_annotation_level("none")
    viewport.rotate(1)
    canvas.layers.badges.hide()
    ratio = canvas.devicePixelRatioF()
    viewport.one_to_one(ratio)
    image = holder.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    light = to_light(viewport.loaded.stored, viewport.loaded.description, viewport.shown_choice)
    wanted = np.rot90(light, -1)
    rows, columns = wanted.shape
    rows_seen = slice(int(7 * ratio) + 1, int(308 * ratio) - 1)
    inside = raw[rows_seen, int(13 * ratio) + 1 : int(414 * ratio) - 1]
    bright = np.argwhere(inside == 255)
    top, right = bright.min(0)[0], bright.max(0)[1]
    found = inside[top : top + rows, right - columns + 1 : right + 1]
    assert ratio == float(sys.argv[2]), ratio
    np.testing.assert_array_equal(found, wanted)
    opened.close()

if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize("ratio", ["2", "1.25", "1.5"])
def test_one_to_one_is_exact(tmp_path, ratio):
    script = tmp_path / "ratio.py"
    script.write_text(SCRIPT)
    path = write_phantom(tmp_path / "phantom.dcm")
    env = {
        **os.environ,
        "QT_SCALE_FACTOR": ratio,
        "QT_QPA_PLATFORM": "offscreen",
        "PYTHONPATH": str(ROOT),
    }

    done = subprocess.run(
        [sys.executable, str(script), str(path), ratio],
        env=env, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr[-2000:]
