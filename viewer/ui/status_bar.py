"""The line at the bottom: progress of the scan, how many problems, and what this is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QProgressBar, QStatusBar, QToolButton, QWidget

from viewer.ui.icons import draw_icon, icon
from viewer.ui.labels import plain_label, plain_tool_tip
from viewer.ui.theme import Theme, strong

if TYPE_CHECKING:
    from viewer.workspace.opening import ScanProgress


class StatusBar(QStatusBar):
    """Draws what it is told.

    Signals:
        cancel_asked: the user wants the scan to end.
        problems_asked: the user wants to see the problems.
        receiver_asked: the user wants to see what is received.
    """

    cancel_asked = Signal()
    problems_asked = Signal()
    receiver_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Status")
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setFixedSize(96, 8)
        self._progress.setAccessibleName("Reading files")
        self._scan = plain_label()
        self._scan.setAccessibleName("Scan progress")
        self._cancel = QToolButton()
        self._cancel.setText("Cancel")
        self._cancel.setAccessibleName("Cancel reading")
        self._cancel.setToolTip("Stop reading; what was found stays open")
        self._cancel.setAutoRaise(True)
        self._problems = QToolButton()
        self._problems.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._problems.setAutoRaise(True)
        self._problems.setIconSize(QSize(16, 16))
        self._problems.setToolTip("Show what could not be read and why")
        self._badge = plain_label("NOT FOR DIAGNOSIS")
        self._badge.setFont(strong(self.font(), 0.9))
        self._badge.setAccessibleName("Not for diagnosis")
        self._badge.setContentsMargins(8, 1, 8, 1)
        self._badge.setAutoFillBackground(True)
        for widget in (self._progress, self._scan, self._cancel):
            self.addWidget(widget)
        self._receiver = QToolButton()
        self._receiver.setAutoRaise(True)
        self._receiver.hide()  # until it is known
        self.addPermanentWidget(self._receiver)
        self.addPermanentWidget(self._problems)
        self.addPermanentWidget(self._badge)
        self._cancel.clicked.connect(self.cancel_asked)
        self._receiver.clicked.connect(self.receiver_asked)
        self._problems.clicked.connect(self.problems_asked)
        self.set_problem_count(0, "#FFB000")
        self.show_scan("", running=False)

    def set_theme(self, theme: Theme) -> None:
        palette = self._badge.palette()
        palette.setColor(self._badge.backgroundRole(), QColor(theme.warning))
        dark = theme.id != "light"
        palette.setColor(self._badge.foregroundRole(), QColor("#000000" if dark else "#FFFFFF"))
        self._badge.setPalette(palette)
        self._cancel.setIcon(icon("close", QGuiApplication.palette(), 16))

    def show_scan(self, text: str, *, running: bool) -> None:
        """Say how far the scan is; the wheel and Cancel only while it runs."""
        self._scan.setText(text)
        self._scan.setVisible(bool(text))
        self._progress.setVisible(running)
        self._cancel.setVisible(running)

    def show_receiver(self, text: str, reason: str = "") -> None:
        """Say whether studies are received, and why not."""
        self._receiver.setText(text)
        self._receiver.setAccessibleName(text)
        self._receiver.setToolTip(plain_tool_tip(reason or "Show what arrives"))
        self._receiver.show()

    @property
    def receiver_text(self) -> str:
        """What it says about receiving."""
        return self._receiver.text()

    @property
    def scanning(self) -> bool:
        """Whether it says that files are being read."""
        return not self._progress.isHidden()

    def set_problem_count(self, count: int, color: str) -> None:
        words = "No problems" if not count else f"{count} problem{'s' if count > 1 else ''}"
        self._problems.setText(words)
        self._problems.setAccessibleName(words)
        shown = QColor(color) if count else QGuiApplication.palette().placeholderText().color()
        self._problems.setIcon(draw_icon("problems", shown, 16, self.devicePixelRatioF()))


def scan_text(progress: ScanProgress) -> str:
    """How far reading is, in words; empty when nothing was read."""
    if not progress.seen:
        return "Reading ..." if progress.running else ""
    files = f"{progress.seen:,} file{'' if progress.seen == 1 else 's'}"
    skipped = f", {progress.skipped:,} skipped" if progress.skipped else ""
    if progress.running:
        return f"Reading: {files}{skipped}, {progress.files_per_second:,.0f} per second"
    return f"{files} read in {progress.seconds:.1f} s{skipped}"
