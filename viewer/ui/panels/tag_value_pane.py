"""The lower part of the tag inspector: one value as text or as hexadecimal bytes, in pages."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QToolButton, QVBoxLayout, QWidget

from viewer.errors import ViewerError
from viewer.ui.labels import plain_label

if TYPE_CHECKING:
    from viewer.dicom.tags import TagNode
    from viewer.workspace.jobs import Job, Jobs


class TagValuePane(QWidget):
    """Shows the value of one row; bytes are read by a job, never on the GUI thread."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tag_value_pane")
        self._jobs = jobs
        self._job: Job | None = None
        self._node: TagNode | None = None
        self._start = 0
        self._page = 1
        self.text = QPlainTextEdit()
        self.text.setObjectName("tag_value_text")
        self.text.setReadOnly(True)
        self.text.setAccessibleName("Value")
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.place: QLabel = plain_label()
        self.hex_button = self._button("tag_value_hex", "Hex", "Show the bytes")
        self.hex_button.setCheckable(True)
        self.hex_button.toggled.connect(self._restart)
        self.back_button = self._button("tag_value_back", "Back", "Show the bytes before these")
        self.back_button.clicked.connect(self._page_back)
        self.next_button = self._button("tag_value_next", "Next", "Show the bytes after these")
        self.next_button.clicked.connect(self._page_on)
        bar = QHBoxLayout()
        bar.addWidget(self.place, 1)
        for button in (self.hex_button, self.back_button, self.next_button):
            bar.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(bar)
        layout.addWidget(self.text)

    def show_node(self, node: TagNode | None) -> None:
        """Show another row's value from its beginning, or nothing."""
        from viewer.dicom import tag_text

        self._node = node
        if node is not None:
            self.hex_button.blockSignals(True)
            self.hex_button.setChecked(not tag_text.is_text(node))
            self.hex_button.blockSignals(False)
        self._restart()

    def _button(self, name: str, text: str, what: str) -> QToolButton:
        button = QToolButton()
        button.setObjectName(name)
        button.setText(text)
        button.setAccessibleName(what)
        button.setToolTip(what)
        return button

    @Slot()
    def _restart(self) -> None:
        self._start = 0
        self._load()

    @Slot()
    def _page_back(self) -> None:
        self._start = max(self._start - self._page, 0)
        self._load()

    @Slot()
    def _page_on(self) -> None:
        self._start += self._page
        self._load()

    def _load(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._job = None
        node = self._node
        if node is None or node.element is None:
            self.text.clear()
            self._draw_place(0)
            return
        from viewer.dicom import tag_text

        in_hex = self.hex_button.isChecked()
        self._page = tag_text.HEX_PAGE if in_hex else tag_text.TEXT_PAGE
        start, page = self._start, self._page

        def work() -> Generator[str, None, None]:
            read = tag_text.hex_page if in_hex else tag_text.full_text
            yield read(node, start, page)

        self._job = self._jobs.start(work)
        self._job.item.connect(self._draw)
        self._job.failed.connect(self._draw_failure)
        self._job.ended.connect(self._forget)
        self._draw_place(node.size)

    def _draw_place(self, size: int) -> None:
        end = min(self._start + self._page, size)
        self.place.setText(f"Bytes {self._start:,} to {end:,} of {size:,}" if size else "")
        self.back_button.setEnabled(self._start > 0)
        self.next_button.setEnabled(end < size)

    @Slot(object)
    def _draw(self, text: object) -> None:
        self.text.setPlainText(str(text))

    @Slot()
    def _forget(self) -> None:
        if self.sender() is self._job:
            self._job = None

    @Slot(object)
    def _draw_failure(self, error: object) -> None:
        known = isinstance(error, ViewerError)
        self.text.setPlainText(str(error) if known else "This value cannot be shown.")
