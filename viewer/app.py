"""Composition root of the window: settings, log, workspace, main window."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from types import TracebackType

from platformdirs import user_config_path, user_data_path, user_log_path
from PySide6.QtCore import QObject, QSettings, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from viewer.log_file import start_log
from viewer.settings import THEME
from viewer.ui.main_window import MainWindow
from viewer.ui.theme import apply_theme
from viewer.ui.warm_up import WarmUp
from viewer.workspace.workspace import Workspace

NAME = "lightbox"
SWITCH_S = 0.001  # the window waits this long for a thread that computes, and often; Python's: 5 ms
log = logging.getLogger("viewer")


def run(paths: Iterable[bytes], sample: bool = False) -> int:
    """Open the window on files and folders, or on the sample study; returns the exit code."""
    harden()
    sys.setswitchinterval(SWITCH_S)
    app = make_application()
    start_log(user_log_path(NAME, appauthor=False))
    settings = open_settings(user_config_path(NAME, appauthor=False))
    apply_theme(app, THEME.read(settings))
    workspace = Workspace(settings)
    window = MainWindow(workspace, settings, user_data_path(NAME, appauthor=False))
    failures = Failures(window.banner.show_error, window)
    failures.install()
    warm_up = WarmUp(then=partial(workspace.loader.get_ready, decoders=True))
    window.painted.connect(warm_up.start)
    window.show()
    window.commands.open(paths)
    if sample:
        window.commands.open_sample()
    code = app.exec()
    warm_up.wait()
    failures.uninstall()
    settings.sync()
    return code


def make_application() -> QApplication:
    """The one QApplication, named so that desktops know it."""
    known = QApplication.instance()
    if isinstance(known, QApplication):
        return known
    app = QApplication(sys.argv[:1])
    app.setApplicationName("Lightbox")
    app.setDesktopFileName(NAME)
    return app


def open_settings(folder: Path) -> QSettings:
    """Settings as an INI file in the platform's folder for configuration, 0600 in 0700."""
    path = folder / "lightbox.ini"
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = QSettings(str(path), QSettings.Format.IniFormat)
    settings.setAtomicSyncRequired(False)  # keeps the file's own mode
    with contextlib.suppress(OSError):
        path.touch(mode=0o600)
    return settings


def harden() -> None:
    """What we write is ours alone, and a crash leaves no copy of a patient's images behind."""
    os.umask(0o077)
    if sys.platform != "win32":
        import resource

        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE


class Failures(QObject):
    """Where exceptions end that nobody has caught: in the log and on the banner."""

    def __init__(self, show: Callable[[BaseException], None], parent: QObject) -> None:
        super().__init__(parent)
        self._show = show

    def install(self) -> None:
        sys.excepthook = self._take
        threading.excepthook = self._take_from_thread
        qInstallMessageHandler(self._take_qt)

    @staticmethod
    def uninstall() -> None:
        """The window is gone: what goes wrong now belongs on the terminal."""
        sys.excepthook, threading.excepthook = sys.__excepthook__, threading.__excepthook__
        qInstallMessageHandler(None)

    def _take(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.quit()
            return
        log.error("unexpected", exc_info=(kind, error, trace))
        self._show(error)

    @staticmethod
    def _take_from_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:  # the banner belongs to the GUI thread, so only the log
            log.error("unexpected", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))

    @staticmethod
    def _take_qt(kind: QtMsgType, _where: object, text: str) -> None:
        if kind in (QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            log.warning("Qt: %s", text)
