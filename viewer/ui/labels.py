"""Labels that show text as it is: a patient's name with markup in it must stay text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget


def plain_label(text: str = "", parent: QWidget | None = None, *, wrap: bool = False) -> QLabel:
    """A label in Qt.PlainText; Qt's default would guess HTML from the text."""
    label = QLabel(parent)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(wrap)
    label.setText(text)
    return label


def plain_tool_tip(text: str) -> str:
    """The text for QWidget.setToolTip and ToolTipRole, which know no plain mode.

    Qt shows a tool tip as rich text when it looks like it (`Qt.mightBeRichText`), so the signs
    that make it look so are replaced by a lookalike that means nothing.
    """
    sign = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"
    return text.replace("<", sign).replace("&lt;", sign)


def menu_text(text: str) -> str:
    """Data as the text of a menu entry: an ampersand stays one."""
    return text.replace("&", "&&")
