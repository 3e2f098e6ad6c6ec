"""The tree of studies: grows without moving what the user looks at, hides what is filtered out."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QAbstractItemView, QMenu, QTreeView, QWidget

from viewer.ui.item_views import RoomyDelegate
from viewer.ui.models import catalog_rows as words
from viewer.ui.models.catalog_model import CatalogModel
from viewer.ui.models.filter_words import Wanted, parse_filter

OPEN_PATIENTS = 20  # beyond that, branches come closed: opening thousands costs time
INDENTATION_PX = 14
WIDTHS = (30, 11, 6, 6, 12, 8, 12, 12)  # of the columns, in digits


class StudyTree(QTreeView):
    """Draws a CatalogModel. Rows are hidden here, not taken out of the model by a proxy:

    a sorting proxy renumbers all its rows on each insertion, which takes minutes for thousands.
    """

    def __init__(self, model: CatalogModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._wanted: list[Wanted] = []
        self.setModel(model)
        self.setAccessibleName("Studies")
        self.setUniformRowHeights(True)  # without it 5,000 rows are measured one by one
        self.setAlternatingRowColors(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setDragEnabled(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(RoomyDelegate(self))
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setSortingEnabled(True)
        self._set_up_header()
        model.rowsInserted.connect(self._take_rows)

    def _set_up_header(self) -> None:
        header = self.header()
        header.setAccessibleName("Columns of the study list")
        header.setSortIndicator(words.NAME, Qt.SortOrder.AscendingOrder)
        header.setSectionsMovable(True)
        header.setStretchLastSection(False)
        self.setIndentation(INDENTATION_PX)
        digit = self.fontMetrics().horizontalAdvance("0")
        for column, digits in enumerate(WIDTHS):
            header.resizeSection(column, digits * digit)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)

    def _choose_columns(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column, name in enumerate(words.COLUMNS):
            entry = menu.addAction(name)
            entry.setCheckable(True)
            entry.setChecked(not self.isColumnHidden(column))
            entry.setEnabled(column != words.NAME)
            entry.setData(column)
        menu.triggered.connect(self._show_or_hide_column)
        menu.popup(self.header().mapToGlobal(place))

    def _show_or_hide_column(self, entry: QAction) -> None:
        self.setColumnHidden(entry.data(), not entry.isChecked())

    # Filter

    def set_filter(self, text: str) -> None:
        """Show only rows that answer to the words, with what stands above them."""
        wanted = parse_filter(text)
        if wanted == self._wanted:
            return
        self._wanted = wanted
        self.setUpdatesEnabled(False)
        self._hide_below(QModelIndex())
        if wanted:
            self._open_matches()
        self.setUpdatesEnabled(True)

    def _hide_below(self, parent: QModelIndex) -> bool:
        """Hide the children that do not answer; whether one of them does."""
        return any([self._hide(place, parent) for place in range(self._model.rowCount(parent))])

    def _hide(self, place: int, parent: QModelIndex) -> bool:
        index = self._model.index(place, 0, parent)
        below = self._hide_below(index)
        shown = below or not self._wanted or self._model.matches(index, self._wanted)
        if self.isRowHidden(place, parent) is shown:
            self.setRowHidden(place, parent, not shown)
        return shown

    def _open_matches(self) -> None:
        if self._model.rowCount() <= OPEN_PATIENTS:
            self.expandToDepth(1)

    def _take_rows(self, parent: QModelIndex, first: int, last: int) -> None:
        """Open a patient or study that got its first rows; hide what is filtered out."""
        if self._wanted:
            for place in range(first, last + 1):
                if self._hide(place, parent):
                    self._show_lineage(parent)
        depth = sum(1 for _ in _lineage(parent))
        is_new = last + 1 - first == self._model.rowCount(parent)
        if depth in (1, 2) and is_new and self._model.rowCount() <= OPEN_PATIENTS:
            self.expand(parent)

    def _show_lineage(self, index: QModelIndex) -> None:
        for above in _lineage(index):
            self.setRowHidden(above.row(), above.parent(), False)


def _lineage(index: QModelIndex) -> Iterator[QModelIndex]:
    while index.isValid():
        yield index
        index = index.parent()
