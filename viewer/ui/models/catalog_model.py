"""The catalogue as a tree for Qt: Patient > Study > Series > stack."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
)

from viewer.ui.labels import plain_tool_tip
from viewer.ui.models import catalog_rows as words
from viewer.ui.models.idle import Slices

if TYPE_CHECKING:
    from viewer.library.catalog import Catalog, CatalogChange, Stack

STACK_MIME = "application/x-lightbox-stacks"
QUIET_MS = 250  # a series that still grows is not split again and again
Index = QModelIndex | QPersistentModelIndex
_LEVELS = ("root", "patient", "study", "series", "stack")
_NO_INDEX = QModelIndex()


class Row:
    """One row of the tree; its words are made when they are first asked for."""

    __slots__ = ("_place", "children", "ids", "key", "level", "node", "parent", "size", "stacks",
                 "texts", "words")  # fmt: skip

    def __init__(self, node: Any, parent: Row | None) -> None:
        self.node = node
        self.parent = parent
        self.level: str = _LEVELS[_LEVELS.index(parent.level) + 1] if parent else _LEVELS[0]
        self.children: list[Row] = []
        self.ids: set[int] = set()  # of the nodes of the children
        self.key: tuple[Any, ...] = ()
        self.stacks: Sequence[Stack] = ()  # of a series, once they were looked at
        self.size = -1  # headers of a series, or series of a study, when last drawn
        self._place = 0
        self.forget_texts()

    def forget_texts(self) -> None:
        self.texts: tuple[str, ...] | None = None
        self.words: tuple[str, ...] | None = None

    @property
    def place(self) -> int:
        """Position among its siblings; remembered, since Qt asks for it all the time."""
        siblings = self.parent.children if self.parent else [self]
        if self._place >= len(siblings) or siblings[self._place] is not self:
            for place, row in enumerate(siblings):
                row._place = place
        return self._place

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
        if self.words is None:
            self.text(words.NAME)
            self.words = words.search_words(self.level, self.node, self.texts or ())
        return self.words


class CatalogModel(QAbstractItemModel):
    """Draws a Catalog; grows by inserting rows, so selection and scroll position stay.

    A series is split into stacks in idle moments, because splitting costs time; a series of
    one stack has no rows below it and stands for its stack.
    """

    def __init__(self, catalog: Catalog, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._root = Row(catalog, None)
        self._rows: dict[int, Row] = {}
        self._column, self._falling = words.NAME, False
        self._unsplit: dict[int, Row] = {}
        self._slices = Slices(self._split_next, self)
        self._quiet = QTimer(self, interval=QUIET_MS, singleShot=True)
        self._quiet.timeout.connect(self._slices.start)
        self.dragged: list[Stack] = []
        self.update()

    # Growing

    def update(self, change: CatalogChange | None = None) -> None:
        """Bring the rows up to the catalogue: to what a change says, or by looking at it all."""
        if change is None:
            self._sync(self._root, self._catalog.patients)
            for patient_row in self._root.children:
                self._sync(patient_row, patient_row.node.studies)
                for study_row in patient_row.children:
                    self._sync(study_row, study_row.node.series)
                    self._note_growth(study_row.children)
        else:
            for patient in change.patients:
                self._add(self._root, patient)
            for study in change.studies:
                self._add(self._rows[id(study.patient)], study)
            for series in change.series:
                self._add(self._rows[id(series.study)], series)
            self._note_growth([self._rows[id(s)] for s in (*change.series, *change.changed)])
        if self._unsplit and not self._slices.active:
            self._quiet.start()

    @property
    def splitting(self) -> bool:
        """Whether there are series whose stacks were not looked at yet."""
        return bool(self._unsplit)

    def _add(self, parent: Row, node: Any) -> None:
        if id(node) not in parent.ids:
            self._insert(parent, node)

    def _sync(self, parent: Row, nodes: Sequence[Any]) -> None:
        if len(nodes) == len(parent.children) and all(id(node) in parent.ids for node in nodes):
            return
        wanted = {id(node) for node in nodes}
        for row in [row for row in parent.children if id(row.node) not in wanted]:
            self._remove(row)
        for node in nodes:
            self._add(parent, node)

    def _insert(self, parent: Row, node: Any) -> None:
        row = Row(node, parent)
        row.key = self._key(row)
        place = self._place_for(parent.children, row)
        self.beginInsertRows(self._index(parent), place, place)
        parent.children.insert(place, row)
        parent.ids.add(id(node))
        self._rows[id(node)] = row
        self.endInsertRows()

    def _place_for(self, siblings: list[Row], row: Row) -> int:
        if row.level == "stack":
            return len(siblings)
        if self._falling:
            lower = (place for place, other in enumerate(siblings) if other.key < row.key)
            return next(lower, len(siblings))
        return bisect_right(siblings, row.key, key=_row_key)

    def _remove(self, row: Row) -> None:
        parent = row.parent
        assert parent is not None
        self.beginRemoveRows(self._index(parent), row.place, row.place)
        del parent.children[row.place]
        parent.ids.discard(id(row.node))
        self._forget(row)
        self.endRemoveRows()

    def _forget(self, row: Row) -> None:
        self._rows.pop(id(row.node), None)
        self._unsplit.pop(id(row.node), None)
        for child in row.children:
            self._forget(child)

    def _note_growth(self, series: Sequence[Row]) -> None:
        """Redraw the series that got more files, and have them split again."""
        studies: dict[int, Row] = {}
        for row in series:
            if row.size != len(row.node.headers) and row.parent is not None:
                row.size = len(row.node.headers)
                self._unsplit[id(row.node)] = row
                studies[id(row.parent.node)] = row.parent
                self._redraw(row)
        for study in studies.values():
            self._redraw(study)

    def _redraw(self, row: Row) -> None:
        row.forget_texts()
        index = self._index(row)
        self.dataChanged.emit(index, index.siblingAtColumn(len(words.COLUMNS) - 1))

    def _split_next(self) -> bool:
        """Look at the stacks of one series; False when there is none left."""
        if not self._unsplit:
            return False
        row = self._unsplit.pop(next(iter(self._unsplit)))
        row.stacks = row.node.stacks
        self._sync(row, row.stacks if len(row.stacks) > 1 else ())
        self._redraw(row)
        return bool(self._unsplit)

    # Finding

    def _row(self, index: Index) -> Row:
        row: Row = index.internalPointer() if index.isValid() else self._root
        return row

    def _index(self, row: Row) -> QModelIndex:
        return QModelIndex() if row is self._root else self.createIndex(row.place, 0, row)

    def node(self, index: Index) -> Any:
        """The patient, study, series or stack of a row."""
        return self._row(index).node if index.isValid() else None

    def index_of(self, node: object) -> QModelIndex:
        """The row of a node; the stack of an unsplit series is the series' row."""
        row = self._rows.get(id(node)) or self._rows.get(id(getattr(node, "series", None)))
        return self._index(row) if row else QModelIndex()

    def stacks_of(self, index: Index) -> list[Stack]:
        """The stacks a row stands for: its own, or all of its series; none for a patient."""
        row = self._row(index)
        if row.level == "stack":
            return [row.node]
        if row.level == "series":
            return list(row.node.stacks)
        return [s for c in row.children for s in c.node.stacks] if row.level == "study" else []

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

    def _key(self, row: Row) -> tuple[Any, ...]:
        if row.level == "stack":
            return ()
        default = words.default_key(row.level, row.node)
        if self._column == words.NAME:
            return default
        row.text(0)
        return (*words.column_key(self._column, row.level, row.node, row.texts or ()), default)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Order all levels but the stacks; the first column means the natural order."""
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        self._column = column
        self._falling = order == Qt.SortOrder.DescendingOrder
        for row in (self._root, *self._rows.values()):
            if row.level not in ("series", "stack"):
                for child in row.children:
                    child.key = self._key(child)
                row.children.sort(key=_row_key, reverse=self._falling)
        after = [
            self.createIndex(self._row(index).place, index.column(), self._row(index))
            for index in before
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    # Qt's questions

    def index(self, row: int, column: int, parent: Index = _NO_INDEX) -> QModelIndex:
        children = self._row(parent).children
        if not (0 <= row < len(children) and 0 <= column < len(words.COLUMNS)):
            return QModelIndex()
        return self.createIndex(row, column, children[row])

    def parent(self, index: Index = _NO_INDEX) -> QModelIndex:  # type: ignore[override]
        parent = self._row(index).parent if index.isValid() else None
        return self._index(parent) if parent else QModelIndex()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.column() > 0 else len(self._row(parent).children)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return len(words.COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return words.COLUMNS[section]
        return None

    def data(self, index: Index, role: int = 0) -> Any:
        if not index.isValid():
            return None
        row = self._row(index)
        if role == Qt.ItemDataRole.DisplayRole:
            return row.text(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(self._tool_tip(row))
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() == words.COUNT:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    @staticmethod
    def _tool_tip(row: Row) -> str:
        texts = [row.text(column) for column in range(len(words.COLUMNS))]
        lines = [f"{words.COLUMNS[c]}: {t}" for c, t in enumerate(texts) if t]
        stacks = row.stacks if row.level == "series" else ()
        stacks = (row.node,) if row.level == "stack" else stacks
        lines += [problem.what for stack in stacks for problem in stack.problems[:5]]
        return "\n".join(lines)

    def flags(self, index: Index) -> Qt.ItemFlag:
        usual = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        can_drag = index.isValid() and self._row(index).level in ("series", "stack")
        return usual | Qt.ItemFlag.ItemIsDragEnabled if can_drag else usual

    def mimeTypes(self) -> list[str]:
        return [STACK_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """Marks a drag of stacks; the stacks themselves wait in `dragged`."""
        rows = [index for index in indexes if index.column() == 0]
        self.dragged = [stack for index in rows for stack in self.stacks_of(index)]
        data = QMimeData()
        data.setData(STACK_MIME, str(len(self.dragged)).encode())
        return data


def _row_key(row: Row) -> tuple[Any, ...]:
    return row.key
