"""A flat table with a title over each column."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
NO_INDEX = QModelIndex()


class TableModel(QAbstractTableModel):
    """Answers for the shape of a table; the models of single tables know their rows.

    Attributes:
        titles: of the columns.
    """

    titles: tuple[str, ...] = ()

    @abstractmethod
    def __len__(self) -> int:
        """Number of rows."""

    def __bool__(self) -> bool:
        return True  # a model without rows is a model

    def rowCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self)

    def columnCount(self, parent: Index = NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self.titles[section]
        return None
