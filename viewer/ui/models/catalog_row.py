"""One row of the study tree, and the item Qt knows it by."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem

from viewer.ui.models import catalog_rows as words

if TYPE_CHECKING:
    from viewer.library.nodes import Stack

LEVELS = ("root", "patient", "study", "series", "stack")
ID_ROLE = Qt.ItemDataRole.UserRole + 1  # of a row, by which the model finds it
RANK_ROLE = Qt.ItemDataRole.UserRole + 2  # its place among its siblings when Qt is to sort them
_FIXED = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_MOVABLE = _FIXED | Qt.ItemFlag.ItemIsDragEnabled
_DRAGGED = ("series", "stack")


class Row:
    """A node of the catalogue in the tree; its words are made when they are first asked for.

    Attributes:
        id: never used again for another row.
        item: holds no words: the model gives them when Qt paints. Kept here, for to PySide
            Python owns the items below items, though Qt deletes them with their branch: then
            Python's name for it is invalid, and never used. That of the root is in no model.
        children: in the order shown.
        stacks: of a series, once they were looked at.
        version: of a series when it was last drawn.
    """

    __slots__ = ("children", "id", "item", "key", "level", "node", "parent", "stacks", "texts",
                 "version", "words")  # fmt: skip

    def __init__(self, row_id: int, node: Any, parent: Row | None) -> None:
        self.id = row_id
        self.node = node
        self.parent = parent
        self.item = _item(row_id)
        self.level: str = LEVELS[LEVELS.index(parent.level) + 1] if parent else LEVELS[0]
        self.children: list[Row] = []
        self.key: tuple[Any, ...] = ()
        self.stacks: Sequence[Stack] = ()
        self.version = -1
        self.forget_texts()

    def forget_texts(self) -> None:
        self.texts: tuple[str, ...] | None = None
        self.words: tuple[str, ...] | None = None

    def text(self, column: int) -> str:
        if self.texts is None:
            self.texts = self._make_texts()
        return self.texts[column]

    def _make_texts(self) -> tuple[str, ...]:
        if self.level == "patient":
            return words.patient_texts(self.node)
        if self.level == "study":
            return words.study_texts(self.node)
        if self.level == "series":
            return words.series_texts(self.node, self.stacks)
        return words.stack_texts(self.node)

    def search_words(self) -> tuple[str, ...]:
        """What a filter looks through, per column."""
        if self.words is None:
            self.text(words.NAME)
            self.words = words.search_words(self.level, self.node, self.texts or ())
        return self.words

    def tool_tip(self) -> str:
        """All columns, hidden ones too, and what is odd about the stacks."""
        texts = [self.text(column) for column in range(len(words.COLUMNS))]
        lines = [f"{words.COLUMNS[c]}: {t}" for c, t in enumerate(texts) if t]
        stacks = (self.node,) if self.level == "stack" else self.stacks
        lines += [problem.what for stack in stacks for problem in stack.problems[:5]]
        return "\n".join(lines)

    def sort_key(self, column: int) -> tuple[Any, ...]:
        """Its place under a column; the first one means the natural order."""
        if self.level == "stack":
            return ()
        default = words.default_key(self.level, self.node)
        if column == words.NAME:
            return default
        self.text(0)
        return (*words.column_key(column, self.level, self.node, self.texts or ()), default)

    def place_for(self, child: Row, falling: bool) -> int:
        """Where a new child belongs."""
        if child.level == "stack":
            return len(self.children)
        if falling:
            lower = (place for place, other in enumerate(self.children) if other.key < child.key)
            return next(lower, len(self.children))
        return bisect_right(self.children, child.key, key=row_key)


def _item(row_id: int) -> QStandardItem:
    item = QStandardItem()
    item.setData(row_id, ID_ROLE)
    return item


def make_row(row_id: int, node: Any, parent: Row) -> Row:
    """A row that Qt does not know yet."""
    row = Row(row_id, node, parent)
    row.item.setFlags(_MOVABLE if row.level in _DRAGGED else _FIXED)
    if row.level != "stack":
        row.item.setColumnCount(len(words.COLUMNS))
    return row


def row_key(row: Row) -> tuple[Any, ...]:
    return row.key
