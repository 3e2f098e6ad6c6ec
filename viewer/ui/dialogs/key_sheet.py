"""F1: every key and gesture in one searchable list, beside the work, not in its way."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from viewer.ui.action_set import key_text
from viewer.ui.actions import ACTIONS, GESTURES
from viewer.ui.labels import plain_tool_tip


class KeySheet(QDialog):
    """The action table for reading; typing narrows it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys and gestures")
        self.setModal(False)
        self.resize(920, 640)
        self._field = QLineEdit()
        self._field.setPlaceholderText("Search: rotate, Ctrl+Z, cine ...")
        self._field.setClearButtonEnabled(True)
        self._field.setAccessibleName("Search keys")
        self.list = QTreeWidget()
        self.list.setAccessibleName("Keys and gestures")
        self.list.setColumnCount(4)
        self.list.setHeaderLabels(["Key", "Action", "What it does", "Where"])
        self.list.setRootIsDecorated(False)
        self.list.setAlternatingRowColors(True)
        self._fill()
        header = self.list.header()
        for place, width in enumerate((200, 220, 340)):
            header.resizeSection(place, width)
        header.setStretchLastSection(True)
        column = QVBoxLayout(self)
        column.addWidget(self._field)
        column.addWidget(self.list)
        self._field.textChanged.connect(self.search)

    def _fill(self) -> None:
        rows = [(gesture, effect, "", "in the image") for gesture, effect in GESTURES]
        for action in ACTIONS:
            menu = f"menu {action.menu.replace('&', '')}"
            keys = ", ".join(key_text(key) for key in action.keys) or menu
            rows.append((keys, action.text, action.hint, str(action.context)))
        for row in rows:
            item = QTreeWidgetItem(list(row))
            for column, text in enumerate(row):
                item.setToolTip(column, plain_tool_tip(text))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            self.list.addTopLevelItem(item)

    def search(self, text: str) -> None:
        """Leave only the lines that hold every word."""
        words = text.casefold().split()
        for place in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(place)
            assert item is not None
            line = " ".join(item.text(column) for column in range(4)).casefold()
            item.setHidden(not all(word in line for word in words))
