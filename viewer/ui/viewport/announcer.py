"""Telling screen readers what changed, not more often than anybody can listen."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QWidget

PAUSE_MS = 1000


class Announcer:
    """Announces the newest text for a widget, at most once a second.

    Does nothing while no assistive technology listens.
    """

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._text = ""
        self._said = ""
        self._timer = QTimer(widget, singleShot=True, interval=PAUSE_MS)
        self._timer.timeout.connect(self._announce)

    def say(self, text: str) -> None:
        """Announce this now, or when the pause since the last announcement is over."""
        self._text = text
        if not self._timer.isActive():
            self._announce()

    def _announce(self) -> None:
        if self._text == self._said:
            return
        self._said = self._text
        self._timer.start()
        if QAccessible.isActive():
            event = QAccessibleAnnouncementEvent(self._widget, self._text)
            QAccessible.updateAccessibility(event)
