"""A table of texts over a list of values, for panels that list what somebody else owns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPalette

from viewer.ui.labels import plain_tool_tip

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


class RowsModel(QAbstractTableModel):
    """Draws values; the same value keeps its row, so that selections stay.

    Args:
        columns: their titles.
        texts: the cells of a value.
        tool_tip: more about a value.
        is_grey: what is not there any more.
    """

    def __init__(
        self,
        columns: Sequence[str],
        texts: Callable[[Any], Sequence[str]],
        tool_tip: Callable[[Any], str] = lambda _: "",
        is_grey: Callable[[Any], bool] = lambda _: False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns = columns
        self._texts_of, self._tool_tip, self._is_grey = texts, tool_tip, is_grey
        self._rows: list[Any] = []

    def show(self, rows: Sequence[Any], same: Callable[[Any, Any], bool] | None = None) -> None:
        """Show these; rows at the end come and go without touching those before them."""
        rows = list(rows)
        kept = min(len(rows), len(self._rows))
        alike = same or (lambda one, other: one is other)
        if not all(map(alike, rows[:kept], self._rows[:kept])):
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            return
        self._rows[:kept] = rows[:kept]
        if len(rows) < len(self._rows):
            self.beginRemoveRows(_NO_INDEX, kept, len(self._rows) - 1)
            del self._rows[kept:]
            self.endRemoveRows()
        elif len(rows) > kept:
            self.beginInsertRows(_NO_INDEX, kept, len(rows) - 1)
            self._rows = rows
            self.endInsertRows()
        if kept:
            self.dataChanged.emit(self.index(0, 0), self.index(kept - 1, len(self._columns) - 1))

    def value(self, row: int) -> Any:
        return self._rows[row]

    @property
    def values(self) -> list[Any]:
        return list(self._rows)

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._columns[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        if not index.isValid():
            return None
        value = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts_of(value)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(self._tool_tip(value) or self._texts_of(value)[index.column()])
        if role == Qt.ItemDataRole.ForegroundRole and self._is_grey(value):
            disabled = QPalette.ColorGroup.Disabled
            return QGuiApplication.palette().brush(disabled, QPalette.ColorRole.Text)
        return None
