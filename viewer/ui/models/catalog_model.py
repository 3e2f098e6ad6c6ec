"""The catalogue as a tree for Qt: Patient > Study > Series > stack."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItemModel

from viewer.ui.labels import plain_tool_tip
from viewer.ui.models import catalog_rows as words
from viewer.ui.models.catalog_row import ID_ROLE, RANK_ROLE, Row, make_row, row_key
from viewer.workspace.leaving import Leaving
from viewer.workspace.stacker import Stacker

if TYPE_CHECKING:
    from viewer.library.catalog import Catalog, CatalogChange
    from viewer.library.nodes import Series, Stack, Study

STACK_MIME = "application/x-lightbox-stacks"
Index = QModelIndex | QPersistentModelIndex
_FOR_EVER_S = float("inf")


class CatalogModel(QStandardItemModel):
    """Draws a Catalog; grows by inserting rows, so selection and scroll position stay.

    Qt's own items carry the tree, because a view asks for the shape of all its rows whenever one
    is inserted: five thousand rows cost 1 ms so, and 100 ms with a shape kept in Python. Words
    are made for the rows that are painted.

    A series of one stack has no rows below it and stands for its stack. The stacker splits
    series, and the rows follow it.

    Signals:
        queued: there is something to draw; somebody has to call `grow`.
    """

    queued = Signal()

    def __init__(
        self, catalog: Catalog, stacker: Stacker | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._stacker = stacker or Stacker(self)
        self._ids = itertools.count(1)
        self._leaving = Leaving(self)
        self._root = Row(0, catalog, None)
        self._rows: dict[int, Row] = {}  # by id(node)
        self._by_id: dict[int, Row] = {}
        self._column, self._falling = words.NAME, False
        self._new: deque[Any] = deque()  # nodes that have no row yet
        self._grown: deque[Series] = deque()
        self._split: deque[Series] = deque()
        self.dragged: list[Stack] = []
        self.setColumnCount(len(words.COLUMNS))
        self.setHorizontalHeaderLabels(words.COLUMNS)
        self.setSortRole(RANK_ROLE)
        self._stacker.split.connect(self._take_split)
        self.update()

    # Growing

    def queue(self, change: CatalogChange) -> None:
        """Take note of what changed; `grow` draws it."""
        for node in change.gone:
            if id(node) in self._rows:
                self._remove(self._rows[id(node)])
            elif node in self._new:
                self._new.remove(node)
        self._new.extend((*change.patients, *change.studies, *change.series))
        self._grown.extend((*change.series, *change.changed))
        self.queued.emit()

    def grow(self, most_s: float = _FOR_EVER_S) -> bool:
        """Draw what was queued for about so long; False when nothing is left."""
        end_s = perf_counter() + most_s
        while perf_counter() < end_s:
            if self._new:
                self._add_next()
            elif self._grown:
                self._note_growth()
            elif self._split:
                self._show_stacks(self._split.popleft())
            else:
                return False
        return True

    def update(self, change: CatalogChange | None = None) -> None:
        """Bring the rows up to the catalogue at once: to a change, or by drawing it all anew."""
        if change is not None:
            self._stacker.add((*change.series, *change.changed))
            self.queue(change)
        else:
            self._empty()
            for patient in self._catalog.patients:
                self._new.append(patient)
                for study in patient.studies:
                    self._new.append(study)
                    self._new.extend(study.series)
                    self._grown.extend(study.series)
            self._stacker.add(self._grown)
        self.grow()

    @property
    def splitting(self) -> bool:
        """Whether rows are still to come."""
        return bool(self._new or self._grown or self._split) or self._stacker.busy

    def clear(self) -> None:
        """Take all rows away.

        Qt's own `clear` deletes the items below the items and leaves Python's names for them
        looking alive; `removeRows` tells Python of each (both seen with PySide6 6.11).
        """
        self._empty()

    def _empty(self) -> None:
        for waiting in (self._new, self._grown, self._split):
            waiting.clear()
        self.removeRows(0, self.rowCount())  # first: views ask about rows that are leaving
        self._leaving.take(_let_go(self._by_id))
        self._rows, self._by_id = {}, {}
        self._root.children = []

    def _add_next(self) -> None:
        """Insert the next node; into an empty branch all that follow it there, at once."""
        node = self._new.popleft()
        parent = self._parent_of(node)
        if parent is None or id(node) in self._rows:
            return
        if parent.children:
            self._insert(parent, self._make(node, parent))
            return
        together = [self._make(node, parent)]
        while self._new and self._parent_of(self._new[0]) is parent and len(together) < 500:
            together.append(self._make(self._new.popleft(), parent))
        together.sort(key=row_key, reverse=self._falling)
        parent.children.extend(together)
        for place, row in enumerate(together):
            self._insert_item(parent, place, row)

    def _parent_of(self, node: Any) -> Row | None:
        for above in ("series", "study", "patient"):
            upper = getattr(node, above, None)
            if upper is not None and not isinstance(upper, list):
                return self._rows.get(id(upper))
        return self._root

    def _make(self, node: Any, parent: Row) -> Row:
        row = make_row(next(self._ids), node, parent)
        row.key = row.sort_key(self._column)
        self._rows[id(node)] = self._by_id[row.id] = row
        return row

    def _insert(self, parent: Row, row: Row) -> None:
        place = parent.place_for(row, self._falling)
        parent.children.insert(place, row)
        self._insert_item(parent, place, row)

    def _insert_item(self, parent: Row, place: int, row: Row) -> None:
        # Qt's root item is never taken in hand: Python's name for it would outlive it, and the
        # next object at its address (seen: a selection model) would come back under that name.
        if parent is self._root:
            self.insertRow(place, row.item)
        else:
            parent.item.insertRow(place, row.item)

    def _remove(self, row: Row) -> None:
        assert row.parent is not None
        if row.parent is self._root:
            self.removeRow(row.item.row())
        else:
            row.parent.item.removeRow(row.item.row())
        row.parent.children.remove(row)
        for left in (row, *row.children):
            self._rows.pop(id(left.node), None)
            self._by_id.pop(left.id, None)

    def _note_growth(self) -> None:
        """Redraw the next series that got more files, and its study."""
        row = self._rows.get(id(self._grown.popleft()))
        if row is None or row.version == row.node.version:
            return
        row.version = row.node.version
        self._redraw(row)
        assert row.parent is not None
        if row.parent.texts is not None:
            self._redraw(row.parent)

    def redraw(self, node: object) -> None:
        """The words of a node have changed."""
        row = self._rows.get(id(node))
        if row is not None:
            self._redraw(row)

    def _redraw(self, row: Row) -> None:
        """Make the words anew where they were painted already."""
        if row.texts is not None:
            row.forget_texts()
            index = row.item.index()
            self.dataChanged.emit(index, index.siblingAtColumn(len(words.COLUMNS) - 1))

    def _take_split(self, split: Iterable[Series]) -> None:
        self._split.extend(split)
        self.queued.emit()

    def _show_stacks(self, series: Series) -> None:
        row = self._rows.get(id(series))
        if row is None:
            return
        row.stacks = series.stacks_now
        wanted = row.stacks if len(row.stacks) > 1 else []
        if [child.node for child in row.children] != wanted:
            kept = {id(stack) for stack in wanted}
            for child in [child for child in row.children if id(child.node) not in kept]:
                self._remove(child)
            for stack in wanted:
                if id(stack) not in self._rows:
                    self._insert(row, self._make(stack, row))
        self._redraw(row)
        for child in row.children:
            self._redraw(child)

    # Finding

    def _row(self, index: Index) -> Row:
        """The row of an index; that of the whole tree for no index."""
        if not index.isValid():
            return self._root
        return self._by_id.get(super().data(index.sibling(index.row(), 0), ID_ROLE), self._root)

    def node(self, index: Index) -> Any:
        """The patient, study, series or stack of a row."""
        return self._row(index).node if index.isValid() else None

    def index_of(self, node: object) -> QModelIndex:
        """The row of a node; the stack of an unsplit series is the series' row."""
        row = self._rows.get(id(node)) or self._rows.get(id(getattr(node, "series", None)))
        return row.item.index() if row else QModelIndex()

    def stacks_of(self, index: Index) -> list[Stack]:
        """The stacks a row stands for: its own, or all of its series; none for a patient."""
        row = self._row(index)
        if row.level == "stack":
            return [row.node]
        if row.level == "series":
            return list(row.node.stacks)
        return [s for c in row.children for s in c.node.stacks_now] if row.level == "study" else []

    def study_of(self, index: Index) -> Study | None:
        """The study a row belongs to; None for a patient."""
        row: Row | None = self._row(index)
        while row is not None and row.level != "study":
            row = row.parent
        return row.node if row is not None else None

    def matches(self, index: Index, wanted: Sequence[tuple[tuple[int, ...], str]]) -> bool:
        """Whether a row answers to all words of a filter, with what stands above it."""
        row: Row | None = self._row(index)
        lineage: list[tuple[str, ...]] = []
        while row is not None and row.parent is not None:
            lineage.append(row.search_words())
            row = row.parent
        for columns, word in wanted:
            if columns:  # the nearest level that fills the column speaks for the row
                texts = (next((t[c] for t in lineage if t[c]), "") for c in columns)
                found = any(word in text for text in texts)
            else:
                found = any(word in text for level in lineage for text in level)
            if not found:
                return False
        return True

    # Order

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order all levels but the stacks; the first column means the natural order."""
        self._column = column
        self._falling = order == Qt.SortOrder.DescendingOrder
        blocked = self.blockSignals(True)  # ranks are nothing anybody sees
        for row in (self._root, *self._rows.values()):
            if row.level not in ("series", "stack"):
                for child in row.children:
                    child.key = child.sort_key(column)
                row.children.sort(key=row_key, reverse=self._falling)
            for rank, child in enumerate(row.children):
                child.item.setData(rank, RANK_ROLE)
        self.blockSignals(blocked)
        super().sort(0)

    # Qt's questions

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._row(index).text(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(self._row(index).tool_tip())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == words.COUNT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def mimeTypes(self) -> list[str]:
        return [STACK_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData | None:  # type: ignore[override]
        """Marks a drag of stacks; the stacks themselves wait in `dragged`."""
        rows = [index for index in indexes if index.column() == 0]
        self.dragged = [stack for index in rows for stack in self.stacks_of(index)]
        if not self.dragged:
            return None
        data = QMimeData()
        data.setData(STACK_MIME, str(len(self.dragged)).encode())
        return data


def _let_go(rows: dict[int, Row]) -> Iterator[None]:
    """Free rows one by one, without leaving cycles behind."""
    while rows:
        rows.popitem()[1].children.clear()
        yield
