"""The search field of the tag inspector: words, number of hits, next and previous, filter."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from viewer.ui.labels import plain_label

TYPING_MS = 200


class TagSearchBar(QWidget):
    """Says what to look for; knows nothing of the tree.

    Signals:
        query_changed: other words, after a pause in typing; empty ends the search.
        step_asked: to the next hit (1) or the previous one (-1).
        filter_changed: whether to show hits only.
    """

    query_changed = Signal(str)
    step_asked = Signal(int)
    filter_changed = Signal(bool)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("tag_search_bar")
        self.field = QLineEdit()
        self.field.setObjectName("tag_search_field")
        self.field.setAccessibleName("Search tags")
        self.field.setPlaceholderText("Tag, keyword, name or value")
        self.field.setClearButtonEnabled(True)
        self.count = plain_label()
        self.count.setObjectName("tag_search_count")
        self.previous_button = self._button("tag_search_previous", "▲", "Previous hit")
        self.next_button = self._button("tag_search_next", "▼", "Next hit")
        self.filter_button = self._button("tag_search_filter", "Only hits", "Show only the hits")
        self.filter_button.setCheckable(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.field, 1)
        for part in (self.count, self.previous_button, self.next_button, self.filter_button):
            layout.addWidget(part)
        self._pause = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._asked = ""
        self._connect(parent)
        self.show_count(0, 0, running=False)

    def show_count(self, at: int, hits: int, running: bool) -> None:
        """Draw "3 of 12"; a search that still runs shows its count with dots."""
        if not self.field.text().strip():
            text = ""
        elif hits:
            text = f"{at} of {hits:,}" if at else f"{hits:,}"
        else:
            text = "" if running else "no hits"
        self.count.setText(f"{text} …" if running else text)
        for button in (self.previous_button, self.next_button, self.filter_button):
            button.setEnabled(hits > 0)

    def _button(self, name: str, text: str, what: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setAccessibleName(what)
        button.setToolTip(what)
        return button

    def _connect(self, panel: QWidget) -> None:
        self.field.textChanged.connect(self._wait)
        self.field.returnPressed.connect(self._enter)
        self._pause.timeout.connect(self._ask)
        self.next_button.clicked.connect(self._step_on)
        self.previous_button.clicked.connect(self._step_back)
        self.filter_button.toggled.connect(self.filter_changed)
        for key, slot in (("F3", self._step_on), ("Shift+F3", self._step_back)):
            shortcut = QShortcut(QKeySequence(key), panel)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(slot)

    @Slot()
    def _wait(self) -> None:
        self._pause.start()

    @Slot()
    def _ask(self) -> None:
        self._pause.stop()
        query = self.field.text().strip()
        if query != self._asked:
            self._asked = query
            self.query_changed.emit(query)

    @Slot()
    def _enter(self) -> None:
        if self.field.text().strip() != self._asked:
            self._ask()
        else:
            self.step_asked.emit(1)

    @Slot()
    def _step_on(self) -> None:
        self.step_asked.emit(1)

    @Slot()
    def _step_back(self) -> None:
        self.step_asked.emit(-1)
