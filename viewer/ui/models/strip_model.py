"""The stacks of one study in a row, for the strip of thumbnails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
)

from viewer.ui.labels import plain_tool_tip
from viewer.ui.models.catalog_model import STACK_MIME
from viewer.ui.models.catalog_rows import one_line, series_key
from viewer.ui.models.idle import Slices

if TYPE_CHECKING:
    from viewer.library.catalog import Series, Stack, Study

Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()
STACK_ROLE = Qt.ItemDataRole.UserRole


class StripModel(QAbstractListModel):
    """Lists the stacks of a study; series are split in idle moments, rows only inserted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self._stacks: list[Stack] = []
        self._todo: list[Series] = []
        self._slices = Slices(self._list_next, self)
        self.dragged: list[Stack] = []

    @property
    def study(self) -> Study | None:
        return self._study

    def set_study(self, study: Study | None) -> None:
        if study is not self._study:
            self.beginResetModel()
            self._study = study
            self._stacks = []
            self.endResetModel()
            self.refresh()

    def refresh(self) -> None:
        """Look at the study again; it may have grown."""
        self._todo = sorted(self._study.series, key=series_key, reverse=True) if self._study else []
        self._slices.start()

    def row_of(self, stack: Stack) -> int:
        """The row of the stack, or -1 while it is not listed."""
        return next((r for r, s in enumerate(self._stacks) if s.key == stack.key), -1)

    def stack(self, index: Index) -> Stack | None:
        return self._stacks[index.row()] if index.isValid() else None

    def _list_next(self) -> bool:
        if not self._todo:
            return False
        series = self._todo.pop()
        rows = [row for row, stack in enumerate(self._stacks) if stack.series is series]
        if [self._stacks[row] for row in rows] != list(series.stacks):
            self._replace(series, rows)
        return bool(self._todo)

    def _replace(self, series: Series, rows: list[int]) -> None:
        if rows:
            self.beginRemoveRows(_NO_INDEX, rows[0], rows[-1])
            del self._stacks[rows[0] : rows[-1] + 1]
            self.endRemoveRows()
        key = series_key(series)
        place = next(
            (row for row, stack in enumerate(self._stacks) if series_key(stack.series) > key),
            len(self._stacks),
        )
        new = list(series.stacks)
        if new:
            self.beginInsertRows(_NO_INDEX, place, place + len(new) - 1)
            self._stacks[place:place] = new
            self.endInsertRows()

    def redraw(self, key: object) -> None:
        for row, stack in enumerate(self._stacks):
            if stack.key == key:
                self.dataChanged.emit(self.index(row), self.index(row))

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._stacks)

    def data(self, index: Index, role: int = 0) -> Any:
        stack = self.stack(index)
        if stack is None:
            return None
        if role == STACK_ROLE:
            return stack
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return strip_text(stack)
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(f"{strip_text(stack)}\n{len(stack.frames)} images")
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return [STACK_MIME]

    def mimeData(self, indexes: Any) -> QMimeData:
        self.dragged = [s for s in map(self.stack, indexes) if s is not None]
        data = QMimeData()
        data.setData(STACK_MIME, str(len(self.dragged)).encode())
        return data


def strip_text(stack: Stack) -> str:
    """Series number and description; "#2" for the second part of a split series."""
    series = stack.series
    parts = list(series.stacks)
    number = "" if series.number is None else f"{series.number} "
    part = f" #{parts.index(stack) + 1}" if len(parts) > 1 and stack in parts else ""
    label = one_line(series.description) or one_line(stack.label)
    return f"{number}{label}{part}".strip() or stack.modality
