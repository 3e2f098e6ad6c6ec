"""How the tables of our panels look and behave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QTableView


def plain_table(model: QAbstractItemModel, name: str, widths: Sequence[int]) -> QTableView:
    """A table of whole rows that are read, not edited; `name` is for screen readers."""
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(name)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.horizontalHeader().setAccessibleName(f"Columns of {name}")
    table.horizontalHeader().setStretchLastSection(True)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 8)
    for column, width in enumerate(widths):
        table.setColumnWidth(column, width)
    return table


def selected_rows(table: QTableView) -> list[int]:
    """Numbers of the selected rows, from the top."""
    return sorted(index.row() for index in table.selectionModel().selectedRows())


def on_return(table: QTableView, act: Callable[[QModelIndex], object]) -> None:
    """Return and Enter do what a double click on the current row does."""

    def run() -> None:
        if table.currentIndex().isValid():
            act(table.currentIndex())

    shortcut = QShortcut(table)
    shortcut.setKeys([QKeySequence("Return"), QKeySequence("Enter")])
    shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
    shortcut.activated.connect(run)
