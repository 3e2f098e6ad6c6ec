"""What is imported after the first paint, and where."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from viewer.ui import warm_up
from viewer.ui.warm_up import WITH_QT, WITHOUT_QT, WarmUp

ROOT = Path(__file__).resolve().parents[2]


def test_what_a_thread_imports_knows_no_qt() -> None:
    code = f"import sys, {', '.join(WITHOUT_QT)}; print([m for m in sys.modules if 'PySide' in m])"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )

    assert done.stdout.strip() == "[]"


def test_qt_is_imported_on_the_gui_thread_only(qtbot, monkeypatch) -> None:
    where: dict[str, threading.Thread] = {}
    real = warm_up.importlib.import_module

    def noted(name: str) -> object:
        where[name] = threading.current_thread()
        return real(name)

    monkeypatch.setattr(warm_up.importlib, "import_module", noted)
    ready = threading.Event()
    warm = WarmUp(then=ready.set)

    warm.start()
    qtbot.waitUntil(lambda: warm.done and ready.is_set(), timeout=20_000)
    warm.wait()

    assert {where[name] for name in WITH_QT} == {threading.main_thread()}
    assert threading.main_thread() not in {where[name] for name in WITHOUT_QT}
