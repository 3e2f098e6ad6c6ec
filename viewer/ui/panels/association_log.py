"""Who called lately, what came of it, and what to do about it: readable, and to export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from viewer.errors import ViewerError
from viewer.ui.models.rows_model import RowsModel
from viewer.ui.tables import plain_table

if TYPE_CHECKING:
    from viewer.net.association_log import Record

LOG_NAME = "associations.jsonl"  # beside the index; the receiver writes it
COLUMNS = ("When", "Caller", "Result", "Stored", "Reason", "What to do")
WIDTHS = (160, 190, 100, 60, 320)
READ_MS = 300


class AssociationLogView(QWidget):
    """The last associations, newest first. It holds no patient data.

    Signals:
        failed: an exception to show, of writing the export.
    """

    failed = Signal(object)

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._path = folder / LOG_NAME
        self.model = RowsModel(COLUMNS, _texts, parent=self)
        self.table = plain_table(self.model, "Who called", WIDTHS)
        self.details = QPlainTextEdit()
        self.details.setReadOnly(True)
        self.details.setTabChangesFocus(True)
        self.details.setAccessibleName("All about this call")
        self._export = QPushButton("&Export...")
        self._export.setToolTip("Write the list to a text file; no patient data is in it")
        self._soon = QTimer(self, interval=READ_MS, singleShot=True)
        split = QSplitter()
        split.addWidget(self.table)
        split.addWidget(self.details)
        split.setSizes([900, 400])
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self._export)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)
        column.addLayout(row)
        self._soon.timeout.connect(self.read)
        self._export.clicked.connect(self._ask_and_export)
        self.table.selectionModel().currentRowChanged.connect(self._detail)
        self._stale = True

    def read_soon(self) -> None:
        """Something was added; it is read when somebody looks."""
        self._stale = True
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self.read()

    def read(self) -> None:
        """Read what the receiver has written: at most a few hundred lines."""
        from viewer.net.association_log import AssociationLog

        self._stale = False
        records = AssociationLog(self._path).records[::-1]
        self.model.show(records, same=lambda one, other: one.number == other.number)
        self._export.setEnabled(bool(records))

    def text(self) -> str:
        """All of it, as exported."""
        from viewer.net.association_log import AssociationLog

        return AssociationLog(self._path).text()

    def export(self, path: Path) -> None:
        try:
            path.write_text(self.text(), encoding="utf-8")
        except OSError as error:
            self.failed.emit(ViewerError("The list could not be written.", error.strerror or ""))

    def _detail(self, index: QModelIndex) -> None:
        self.details.setPlainText(self.model.value(index.row()).text() if index.isValid() else "")

    def _ask_and_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Export who called", "lightbox-associations.txt", "Text (*.txt)"
        )
        if name:
            self.export(Path(name))


def _texts(record: Record) -> tuple[str, ...]:
    reasons = [record.what, *record.reasons]
    texts = (
        record.when[:19],
        f"{record.calling or '(no title)'} at {record.address}",
        record.result,
        f"{record.stored}",
        " ".join(filter(None, reasons)),
        record.advice,
    )
    return tuple("".join(c if c.isprintable() else " " for c in text) for text in texts)
