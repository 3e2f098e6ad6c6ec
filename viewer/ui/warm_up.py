"""After the first paint: imports what the first image will need, without holding the window up."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable

MODULES = ("pyqtgraph", "viewer.ui.viewport.canvas")


class WarmUp:
    """Imports on a thread: Python hands its lock back to the window every few milliseconds.

    Args:
        then: called on that thread when all is imported.
    """

    def __init__(self, then: Callable[[], None]) -> None:
        self._then = then
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="imports", daemon=True)
            self._thread.start()

    def wait(self) -> None:
        """An interpreter that ends in the middle of an import may crash."""
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        for name in MODULES:
            importlib.import_module(name)
        self._then()
