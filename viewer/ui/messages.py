"""The only place that tells the user about failures: a banner, never a dialog in the way."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.errors import Severity, ViewerError
from viewer.ui.icons import draw_icon, icon
from viewer.ui.labels import plain_label
from viewer.ui.theme import THEMES, Theme

log = logging.getLogger("viewer.ui")


class Banner(QWidget):
    """One message across the top of the window; the newest replaces the one before.

    Signals:
        closed: the user has put it away.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme: Theme = THEMES["dark"]
        self._severity = Severity.NOTE
        self._action: Callable[[], object] | None = None
        self.setAccessibleName("Message")
        self.setAutoFillBackground(True)
        self._mark = plain_label()
        self._mark.setAccessibleName("Severity")
        self._text = plain_label()
        self._text.setAccessibleName("Message text")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._more = QPushButton("Details")
        self._more.setCheckable(True)
        self._copy = QPushButton("Copy")
        self._act = QPushButton()
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        self._close.setToolTip("Close this message")
        self._close.setAccessibleName("Close this message")
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setMaximumHeight(140)
        self._details.setAccessibleName("Message details")
        self._lay_out()
        self._more.toggled.connect(self._details.setVisible)
        self._copy.clicked.connect(self._copy_text)
        self._act.clicked.connect(self._run_action)
        self._close.clicked.connect(self._put_away)
        self.hide()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self._mark)
        row.addWidget(self._text, 1)
        for button in (self._act, self._more, self._copy, self._close):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 8, 6)
        column.addLayout(row)
        column.addWidget(self._details)

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._close.setIcon(icon("close", self.palette(), 16))
        self._draw_mark()

    def show_message(
        self,
        text: str,
        details: str = "",
        severity: Severity = Severity.NOTE,
        action: tuple[str, Callable[[], object]] | None = None,
    ) -> None:
        """Show a sentence; `details` opens below, `action` adds a button such as Retry."""
        self._severity = severity
        self._text.setText(text)
        self._details.setPlainText(details)
        self._more.setVisible(bool(details))
        self._more.setChecked(False)
        self._details.hide()
        self._copy.setVisible(bool(details))
        self._act.setVisible(action is not None)
        self._action = action[1] if action else None
        self._act.setText(action[0] if action else "")
        self._draw_mark()
        self.show()

    def show_error(self, error: BaseException) -> None:
        """Say what failed: a ViewerError in its own words, anything else as unexpected."""
        if isinstance(error, ViewerError):
            self.show_message(str(error), error.advice, Severity.WARNING)
            return
        # The exception's own text may quote a file's values, so only its type is shown.
        self.show_message(
            "Something unexpected went wrong; what you see may be incomplete.",
            f"{type(error).__name__}. The log has the details: Help > Copy diagnostics.",
            Severity.ERROR,
        )

    def _draw_mark(self) -> None:
        color = {
            Severity.NOTE: self.palette().link().color(),
            Severity.WARNING: self._theme.warning,
            Severity.ERROR: self._theme.error,
        }[self._severity]
        self._mark.setPixmap(
            draw_icon(str(self._severity), QColor(color), 20, self.devicePixelRatioF())
        )
        self._mark.setToolTip(str(self._severity).capitalize())

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(
            f"{self._text.text()}\n{self._details.toPlainText()}".strip()
        )

    def _run_action(self) -> None:
        action = self._action
        self._put_away()
        if action is not None:
            action()

    def _put_away(self) -> None:
        self.hide()
        self.closed.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().alternateBase())
        painter.setPen(self.palette().light().color())
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
