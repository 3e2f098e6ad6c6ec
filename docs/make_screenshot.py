"""Makes docs/screenshot.png: the real window on the sample study, without a screen.

python3 packaging/dev.py screenshot
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from PySide6.QtGui import QFont

from viewer.app import make_application
from viewer.dicom.sample import sample_study
from viewer.settings import MemoryBackend
from viewer.ui.main_window import MainWindow
from viewer.ui.theme import apply_theme
from viewer.workspace.workspace import Workspace

PATIENCE_S = 60
SLICE = 42  # of the CT: heart, both lungs, a nodule


def main(out: Path) -> None:
    """Open the sample study, go to a telling slice, show its tags, save the window."""
    app = make_application()
    app.setFont(QFont("DejaVu Sans", 9))
    backend = MemoryBackend()
    apply_theme(app, "dark")

    def wait_for(what: Callable[[], object]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not what():
            app.sendPostedEvents()
            app.processEvents()
            if time.monotonic() > end:
                raise SystemExit("The window did not get ready.")

    with tempfile.TemporaryDirectory() as folder:
        study = sample_study(Path(folder) / "sample")
        workspace = Workspace(backend)
        window = MainWindow(workspace, backend, Path(folder))
        window.resize(1440, 900)
        window.show()
        series = sorted(study.iterdir())
        workspace.open_paths([os.fsencode(path) for path in series])
        viewport = workspace.active
        wait_for(lambda: viewport.stack and len(viewport.stack.frames) == 120)
        wait_for(lambda: not workspace.scanning)
        viewport.set_index(SLICE)
        window.docks["tags"].show()
        wait_for(lambda: viewport.loaded and viewport.loaded.ref == viewport.frame_ref)
        end = time.monotonic() + 3  # thumbnails, tags: whatever is still on its way
        wait_for(lambda: time.monotonic() > end)
        window.grab().save(str(out))
        window.close()
        workspace.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("screenshot.png"))
