"""Rules for what arrives: by caller or modality, the first that fits counts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from viewer.settings import INBOX_RULES, Backend
from viewer.ui.labels import plain_label
from viewer.workspace.inbox_rules import Rule, Then, format_rules, parse_rules

WORDS = {
    Then.SHOW: "show in the list",
    Then.OPEN: "open when complete",
    Then.KEEP: "only keep in the library",
    Then.FORWARD: "keep and send on",
}
COLUMNS = ("Caller's AE title", "Modality", "Do this", "Server")


class InboxRulesDialog(QDialog):
    """Kept as soon as something is changed. Empty fields fit everything.

    Args:
        servers: names of the servers that can be sent on to.
    """

    def __init__(
        self, backend: Backend, servers: Sequence[str] = (), parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._backend = backend
        self._servers = servers
        self.setWindowTitle("Rules for what arrives")
        self.setModal(False)
        self.resize(640, 360)
        self.table = QTableWidget(0, len(COLUMNS))
        self.table.setHorizontalHeaderLabels(COLUMNS)
        self.table.setAccessibleName("Rules")
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setStretchLastSection(True)
        for column, width in enumerate((160, 80, 200)):
            self.table.setColumnWidth(column, width)
        add, remove = QPushButton("&Add"), QPushButton("&Remove")
        add.clicked.connect(self._add_empty)
        remove.clicked.connect(self._remove)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        row = QHBoxLayout()
        for widget in (add, remove):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(buttons)
        outside = QVBoxLayout(self)
        words = (
            "The first rule that fits counts; without one, studies appear in the list. "
            "Every study is kept in the library. What is shown is never replaced: a study opens "
            "by itself only while nothing is shown."
        )
        outside.addWidget(plain_label(words, wrap=True))
        outside.addWidget(self.table)
        outside.addLayout(row)
        for rule in parse_rules(INBOX_RULES.read(backend)):
            self._add(rule)

    def rules(self) -> list[Rule]:
        """The rules as entered; one that forwards to nowhere is left out."""
        found = [self._rule(row) for row in range(self.table.rowCount())]
        return [rule for rule in found if rule.then is not Then.FORWARD or rule.peer]

    def _rule(self, row: int) -> Rule:
        calling, modality = (self.table.cellWidget(row, column) for column in (0, 1))
        then, peer = (self.table.cellWidget(row, column) for column in (2, 3))
        assert isinstance(calling, QLineEdit)
        assert isinstance(modality, QLineEdit)
        assert isinstance(then, QComboBox)
        assert isinstance(peer, QComboBox)
        what = list(Then)[then.currentIndex()]
        server = peer.currentText() if what is Then.FORWARD else ""
        return Rule(calling.text().strip(), modality.text().strip().upper(), what, server)

    def _add_empty(self) -> None:
        self._add(Rule())
        self._keep()

    def _add(self, rule: Rule) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        for column, text in enumerate((rule.calling, rule.modality)):
            field = QLineEdit(text)
            field.setPlaceholderText("any")
            field.setMaxLength(16)
            field.setAccessibleName(f"{COLUMNS[column]} of rule {row + 1}")
            field.textChanged.connect(self._keep)
            self.table.setCellWidget(row, column, field)
        then, peer = QComboBox(), QComboBox()
        then.addItems(list(WORDS.values()))
        then.setCurrentIndex(list(Then).index(rule.then))
        peer.addItems(["", *self._servers])
        peer.setCurrentText(rule.peer)
        for column, combo in ((2, then), (3, peer)):
            combo.setAccessibleName(f"{COLUMNS[column]} of rule {row + 1}")
            combo.currentIndexChanged.connect(self._keep)
            self.table.setCellWidget(row, column, combo)

    def _remove(self) -> None:
        self.table.removeRow(self.table.currentRow())
        self._keep()

    def _keep(self) -> None:
        INBOX_RULES.write(self._backend, format_rules(self.rules()))
