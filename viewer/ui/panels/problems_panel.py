"""The bottom panel: the import receipt and every problem as a row, to filter, copy and export."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from viewer.errors import Problem
from viewer.ui.labels import plain_label, plain_tool_tip
from viewer.ui.models.problem_model import SEARCH_ROLE, ProblemModel, problem_text
from viewer.ui.theme import Theme


class ProblemsPanel(QWidget):
    """Shows what it is given; `show_error` takes failures of its own (writing the export)."""

    def __init__(
        self, show_error: Callable[[BaseException], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._show_error = show_error
        self.model = ProblemModel(self)
        self._filter = QSortFilterProxyModel(self)
        self._filter.setSourceModel(self.model)
        self._filter.setFilterKeyColumn(0)
        self._filter.setFilterRole(SEARCH_ROLE)  # a file that shares its row is found as well
        self._filter.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._receipt_text = ""
        self.receipt = plain_label(wrap=True)
        self.receipt.setAccessibleName("Import receipt")
        self.receipt.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.expand = QToolButton()
        self.expand.setCheckable(True)
        self.expand.setAutoRaise(True)
        self.expand.setArrowType(Qt.ArrowType.RightArrow)
        self.expand.setAccessibleName("Whole import receipt")
        self.expand.setToolTip("Show the whole receipt")
        self.field = QLineEdit()
        self.field.setPlaceholderText("Filter problems")
        self.field.setClearButtonEnabled(True)
        self.field.setAcceptDrops(False)  # files dropped on it are to be opened
        self.field.setAccessibleName("Filter problems")
        self._count = plain_label()
        self._count.setAccessibleName("Number of problems")
        self.table = self._make_table()
        self._copy = QPushButton("&Copy")
        self._copy.setToolTip("Copy receipt and problems as text")
        self._export = QPushButton("&Export...")
        self._export.setToolTip("Write receipt and problems to a text file")
        self._lay_out()
        self.expand.toggled.connect(self._show_whole_receipt)
        self.field.textChanged.connect(self._narrow)
        self._copy.clicked.connect(self._copy_text)
        self._export.clicked.connect(self._ask_and_export)
        copy_rows = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        copy_rows.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy_rows.activated.connect(self._copy_rows)
        self._tell_count()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self._filter)
        table.setAccessibleName("Problems")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # the ends of paths tell them apart
        table.setSortingEnabled(True)
        table.setTabKeyNavigation(False)
        table.horizontalHeader().setAccessibleName("Columns of the problems")
        table.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
        for column, width in enumerate((96, 260, 420)):
            table.setColumnWidth(column, width)
        table.horizontalHeader().setStretchLastSection(True)
        return table

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        row.addWidget(self._count)
        row.addWidget(self._copy)
        row.addWidget(self._export)
        top = QHBoxLayout()
        top.addWidget(self.expand, 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(self.receipt, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addLayout(top)
        column.addLayout(row)
        column.addWidget(self.table)
        self.receipt.hide()
        self.expand.hide()

    def set_theme(self, theme: Theme) -> None:
        self.model.set_theme(theme, QGuiApplication.palette(), self.devicePixelRatioF())

    def show_problems(self, problems: Sequence[Problem]) -> None:
        self.model.show(problems)
        self._tell_count()

    def show_receipt(self, text: str) -> None:
        self._receipt_text = text
        self.receipt.setVisible(bool(text))
        self.receipt.setToolTip(plain_tool_tip(text))
        self.expand.setVisible("\n" in text)
        self._show_whole_receipt(self.expand.isChecked())
        self._tell_count()

    def _show_whole_receipt(self, whole: bool) -> None:
        """All lines, or the first and how many more: rows of problems need the room."""
        arrow = Qt.ArrowType.DownArrow if whole else Qt.ArrowType.RightArrow
        self.expand.setArrowType(arrow)
        first, *more = self._receipt_text.split("\n")
        self.receipt.setText(self._receipt_text if whole or not more else f"{first} +{len(more)}")

    def text(self) -> str:
        """Receipt and the problems that pass the filter, as they are exported."""
        lines = ["Lightbox import receipt", "", self._receipt_text, ""]
        for row in range(self._filter.rowCount()):
            lines.append(problem_text(self._problem(row)))
        return "\n".join(lines) + "\n"

    @property
    def can_export(self) -> bool:
        return self._export.isEnabled()

    def export(self, path: Path) -> None:
        try:
            path.write_text(self.text(), encoding="utf-8")
        except OSError as error:
            from viewer.errors import ViewerError

            failure = ViewerError("The list could not be written.", error.strerror or "")
            self._show_error(failure)

    def _problem(self, row: int) -> Problem:
        return self.model.problem(self._filter.mapToSource(self._filter.index(row, 0)).row())

    def _narrow(self, text: str) -> None:
        self._filter.setFilterFixedString(text)
        self._tell_count()

    def _tell_count(self) -> None:
        shown, total = self._filter.rowCount(), self.model.rowCount()
        self._count.setText(f"{total}" if shown == total else f"{shown} of {total}")
        self._copy.setEnabled(total > 0 or bool(self._receipt_text))
        self._export.setEnabled(self._copy.isEnabled())

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self.text())

    def _copy_rows(self) -> None:
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        QGuiApplication.clipboard().setText("\n".join(problem_text(self._problem(r)) for r in rows))

    def _ask_and_export(self) -> None:
        name, _ = QFileDialog.getSaveFileName(
            self, "Export problems", "lightbox-problems.txt", "Text (*.txt)"
        )
        if name:
            self.export(Path(name))
