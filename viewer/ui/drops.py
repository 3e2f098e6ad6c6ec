"""What may be dropped on the window: files, folders, archives, addresses of files."""

from __future__ import annotations

import os

from PySide6.QtCore import QMimeData, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from viewer.ui.models.catalog_model import STACK_MIME
from viewer.ui.theme import ACTIVE, strong


def dropped_paths(data: QMimeData) -> list[bytes]:
    """Paths on this computer in a drop; other addresses are left out (nothing is fetched)."""
    paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
    if not paths and data.hasText() and not data.hasFormat(STACK_MIME):
        lines = (line.strip() for line in data.text().splitlines())
        paths = [line for line in lines if os.path.isabs(line) and os.path.exists(line)]
    return [os.fsencode(path) for path in paths if path]


def drop_hint(data: QMimeData, *, empty: bool) -> str:
    """What will happen when it is let go, or empty when nothing will."""
    if data.hasFormat(STACK_MIME):
        return "Show here"
    count = len(dropped_paths(data))
    if not count:
        return ""
    what = "1 item" if count == 1 else f"{count} items"
    return f"Open {what}" if empty else f"Add {what} to what is open"


class DropHint(QWidget):
    """A frame with a sentence over the window while something is held over it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("Drop hint")
        self.hide()

    def show_hint(self, text: str) -> None:
        self._text = text
        self.setAccessibleDescription(text)
        parent = self.parentWidget()
        if text and parent is not None:
            self.setGeometry(parent.rect())
            self.raise_()
        self.setVisible(bool(text))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(0, 0, 0, 120))
        painter.setPen(QPen(QColor(ACTIVE), 3))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(8, 8, -8, -8), 12, 12)
        painter.setFont(strong(self.font(), 1.6))
        box = QRectF(painter.fontMetrics().boundingRect(self._text)).adjusted(-24, -14, 24, 14)
        box.moveCenter(QPointF(self.rect().center()))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor("#12161B"))
        painter.drawRoundedRect(box, 10, 10)
        painter.setPen(QColor("#FFFFFF"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._text)
        painter.end()
