"""The real program in a process of its own, driven by a script: python -m tests.hostile.session.

Starts what `lightbox` starts, with its own folders for settings, data and log, and prints one
line of JSON when the script has come to its end. Tests kill it, trace it and measure it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0
Step = Callable[[], bool]
Script = Generator[Step, None, dict[str, Any]]


def command(script: str, *arguments: str | bytes | Path) -> list[str | bytes]:
    words = [os.fspath(argument) for argument in arguments]
    return [sys.executable, "-m", "tests.hostile.session", script, *words]


def environment(home: Path, **more: str) -> dict[str, str]:
    """A user's own home without a display, unless told otherwise."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "LIGHTBOX_"))}
    return {**kept, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen", **more}


def run(
    script: str, *arguments: str | bytes | Path, home: Path, timeout_s: float = 120, **more: str
) -> dict[str, Any]:
    """Run a script to its end and return its report; a crash or a hang fails the test."""
    done = subprocess.run(
        command(script, *arguments),
        env=environment(home, **more),
        cwd=ROOT,
        capture_output=True,
        timeout=timeout_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")[-2000:]
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def log_text(home: Path) -> str:
    """All that the program has logged in this home."""
    return "".join(path.read_text() for path in home.rglob("lightbox.log*"))


class Driver:
    """Runs a script beside the event loop: each step is a condition to wait for."""

    def __init__(self, script: Callable[[Any], Script]) -> None:
        from PySide6.QtCore import QTimer

        from tests.hostile.instruments import Pulse

        self._make = script
        self._script: Script | None = None
        self._step: Step = lambda: True
        self._until_s = 0.0
        self._window: Any = None
        self._pulse = Pulse()
        self.report: dict[str, Any] = {}
        self._timer = QTimer(interval=5)
        self._timer.timeout.connect(self._go_on)
        self._timer.start()

    def _go_on(self) -> None:
        from PySide6.QtWidgets import QApplication

        from viewer.ui.main_window import MainWindow
        from viewer.ui.warm_up import WITH_QT, WITHOUT_QT

        if self._script is None:
            windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
            warm = all(name in sys.modules for name in (*WITHOUT_QT, *WITH_QT))
            if not windows or not windows[0].isVisible() or not warm:
                return
            self._pulse.worst_s = 0.0  # imports are measured elsewhere
            self._window = windows[0]
            self._script = self._make(self._window)
            self._until_s = time.monotonic() + PATIENCE_S
        try:
            if time.monotonic() > self._until_s:
                raise TimeoutError("a step of the script did not come true")
            if self._step():
                self._step = next(self._script)
                self._until_s = time.monotonic() + PATIENCE_S
        except StopIteration as end:
            self._end({**end.value, "worst_s": self._pulse.worst_s, "ok": True})
        except BaseException as error:
            self._end({"ok": False, "error": repr(error)})

    def _end(self, report: dict[str, Any]) -> None:
        self._timer.stop()
        self._pulse.stop()
        self.report = report
        self._window.close()


def peak_mb() -> float:
    """Most memory this process ever held."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(name: str, arguments: list[str]) -> int:
    from tests.hostile import scripts
    from viewer.app import make_application
    from viewer.app import run as run_app

    make_application()
    paths = [os.fsencode(argument) for argument in arguments]
    driver = Driver(lambda window: getattr(scripts, name)(window, paths))
    code = run_app([])
    print(json.dumps({"peak_mb": peak_mb(), **driver.report}), flush=True)
    return code if driver.report.get("ok") else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
