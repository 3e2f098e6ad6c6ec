"""The tag tree as a Qt model: lists rows when the view asks for them, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont

from viewer.errors import ViewerError
from viewer.ui.labels import plain_tool_tip

if TYPE_CHECKING:
    from viewer.dicom.tags import TagDocument, TagNode

COLUMNS = ("Tag", "Keyword or name", "VR", "VM", "Length", "Value")
TAG, NAME, VR, VM, LENGTH, VALUE = range(6)
NODE_ROLE = Qt.ItemDataRole.UserRole
HIT_ROLE = NODE_ROLE + 1
PAGE = 500
_HIT_COLOR = QColor(255, 196, 0, 70)  # lies over light and dark rows alike
Index = QModelIndex | QPersistentModelIndex
Rows = tuple[int, ...]
_NO_INDEX = QModelIndex()


class TagModel(QAbstractItemModel):
    """Draws one `TagDocument`, with the current frame's own item as an extra first row."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document: TagDocument | None = None
        self._frame: TagNode | None = None
        self._gone: object = None
        self._hits: frozenset[Rows] = frozenset()
        self._visible: dict[Rows, list[int]] | None = None  # while only hits are shown

    # What is shown

    @property
    def document(self) -> TagDocument | None:
        return self._document

    @property
    def frame_node(self) -> TagNode | None:
        return self._frame

    def show(self, document: TagDocument | None, frame: TagNode | None) -> None:
        """Show another file, or none."""
        self.beginResetModel()
        self._gone = (self._document, self._frame)
        self._document = document
        self._frame = frame
        self._hits = frozenset()
        self._visible = None
        self.endResetModel()

    def show_frame(self, frame: TagNode | None) -> None:
        """Put another frame's item into the first row."""
        if self._frame is not None:
            self.beginRemoveRows(_NO_INDEX, 0, 0)
            self._gone, self._frame = self._frame, None  # indexes hold no reference: keep one
            self.endRemoveRows()
        if frame is not None and self._visible is None:
            self.beginInsertRows(_NO_INDEX, 0, 0)
            self._frame = frame
            self.endInsertRows()

    def mark(self, hits: Iterable[Rows]) -> None:
        """Mark these rows as found."""
        self._hits = frozenset(hits)
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, VALUE))

    def show_only_hits(self, only: bool) -> None:
        """Hide what was not found; what is inside a found row stays."""
        self.beginResetModel()
        self._visible = None
        if only:
            visible: dict[Rows, set[int]] = {}
            for rows in self._hits:
                for depth in range(len(rows)):
                    visible.setdefault(rows[:depth], set()).add(rows[depth])
            self._visible = {rows: sorted(found) for rows, found in visible.items()}
            self._visible.setdefault((), [])
            for rows in sorted(self._visible):
                self._ensure(rows)
        self.endResetModel()

    def index_of(self, rows: Rows) -> QModelIndex:
        """The index of a row by its place in the file; lists up to it where needed."""
        index = QModelIndex()
        for depth, row in enumerate(rows):
            shown = self._shown_row(rows[:depth], row)
            while shown >= self.rowCount(index) and self.canFetchMore(index):
                self.fetchMore(index)
            index = self.index(shown, 0, index)
            if not index.isValid():
                break
        return index

    def index_at(self, node: TagNode) -> QModelIndex:
        """The index of a node that is listed."""
        if node is self._frame:
            return self.createIndex(0, 0, node)
        rows = rows_of(node)
        return self.createIndex(self._shown_row(rows[:-1], node.row), 0, node)

    # Qt's side

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        if parent.column() > 0:
            return 0
        listing = self._listing(parent)
        if listing is None:
            return 0
        chosen = self._chosen(parent)
        if chosen is not None:
            return len(chosen)
        return len(listing.children) + self._extra(parent)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return len(COLUMNS)

    def index(self, row: int, column: int, parent: Index = _NO_INDEX) -> QModelIndex:
        listing = self._listing(parent)
        if listing is None or not 0 <= row < self.rowCount(parent):
            return QModelIndex()
        chosen = self._chosen(parent)
        if chosen is not None:
            return self.createIndex(row, column, listing.children[chosen[row]])
        extra = self._extra(parent)
        if extra and row == 0:
            return self.createIndex(row, column, self._frame)
        return self.createIndex(row, column, listing.children[row - extra])

    def parent(self, index: Index = _NO_INDEX) -> Any:
        node = self.node(index)
        if node is None or node is self._frame or node.parent is None:
            return QModelIndex()
        return self.index_at(node.parent)

    def hasChildren(self, parent: Index = _NO_INDEX) -> bool:
        node = self.node(parent)
        if node is None:
            return self._document is not None and not parent.isValid()
        return parent.column() == 0 and node.has_children

    def canFetchMore(self, parent: Index) -> bool:
        listing = self._listing(parent)
        return listing is not None and self._chosen(parent) is None and not listing.complete

    def fetchMore(self, parent: Index) -> None:
        listing = self._listing(parent)
        if listing is None:
            return
        try:
            new = listing.fetch(PAGE)
        except ViewerError:  # the medium is gone: what is listed stays
            listing.complete = True
            return
        if new:
            first = len(listing.children) + self._extra(parent)
            self.beginInsertRows(_plain(parent), first, first + len(new) - 1)
            listing.children += new
            self.endInsertRows()

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        node = self.node(index)
        if node is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(node, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(self._tool_tip(node, index.column()))
        if role == NODE_ROLE:
            return node
        if role == HIT_ROLE:
            return self._is_hit(node)
        if role == Qt.ItemDataRole.BackgroundRole and self._is_hit(node):
            return _HIT_COLOR
        if role == Qt.ItemDataRole.FontRole and node is self._frame:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def node(self, index: Index) -> TagNode | None:
        """The row behind an index."""
        pointer = index.internalPointer() if index.isValid() else None
        return pointer

    # Inside

    def _listing(self, parent: Index) -> TagDocument | TagNode | None:
        return self.node(parent) if parent.isValid() else self._document

    def _extra(self, parent: Index) -> int:
        return int(self._frame is not None and self._visible is None and not parent.isValid())

    def _chosen(self, parent: Index) -> list[int] | None:
        """The rows to show under `parent` while only hits are shown; None for all."""
        if self._visible is None:
            return None
        node = self.node(parent)
        return self._visible.get(rows_of(node) if node is not None else ())

    def _shown_row(self, parent: Rows, row: int) -> int:
        if self._visible is not None and parent in self._visible:
            chosen: Sequence[int] = self._visible[parent]
            return chosen.index(row) if row in chosen else -1
        extra = int(self._frame is not None and self._visible is None and parent == ())
        return row + extra

    def _ensure(self, rows: Rows) -> None:
        """List the children of the row at `rows` as far as they are to be shown."""
        assert self._document is not None
        listing: TagDocument | TagNode = self._document
        for row in rows:
            listing = listing.children[row]
        last = max((self._visible or {}).get(rows, [0]), default=0)
        while len(listing.children) <= last and not listing.complete:
            listing.more(PAGE)

    def _is_hit(self, node: TagNode) -> bool:
        return bool(self._hits) and node is not self._frame and rows_of(node) in self._hits

    def _text(self, node: TagNode, column: int) -> str:
        from viewer.dicom import tag_text  # pydicom must not be on the way to the first window

        if node is self._frame:
            return {TAG: f"Frame {node.row + 1}", NAME: "This frame's own groups"}.get(column, "")
        try:
            match column:
                case 0:
                    return tag_text.label(node)
                case 1:
                    return tag_text.keyword(node) or tag_text.name(node)
                case 2:
                    return node.vr
                case 3:
                    return tag_text.multiplicity(node)
                case 4:
                    return tag_text.length(node)
            return tag_text.value(node)
        except ViewerError as error:
            return str(error)

    def _tool_tip(self, node: TagNode, column: int) -> str:
        from viewer.dicom import tag_text

        if column in (TAG, NAME) and node is not self._frame:
            return tag_text.name(node)
        return self._text(node, column)


def _plain(index: Index) -> QModelIndex:
    if isinstance(index, QModelIndex):
        return index
    return index.model().index(index.row(), index.column(), index.parent())


def rows_of(node: TagNode) -> Rows:
    """A node's place: its row and those above it, from the top."""
    rows = [node.row]
    current = node.parent
    while current is not None:
        rows.append(current.row)
        current = current.parent
    return tuple(reversed(rows))
