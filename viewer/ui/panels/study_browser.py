"""The left panel: filter field, tree of studies, strip of thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QMenu,
    QSplitter,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from viewer.ui.models import catalog_rows as words
from viewer.ui.models.catalog_filter import CatalogFilter
from viewer.ui.models.catalog_model import QUIET_MS, CatalogModel
from viewer.ui.panels.thumbnail_strip import ThumbnailStrip

if TYPE_CHECKING:
    from viewer.library.catalog import CatalogChange, Stack
    from viewer.ui.thumbnails import Thumbnails
    from viewer.workspace.workspace import Workspace

FILTER_DELAY_MS = 120
OPEN_PATIENTS = 20  # beyond that, branches come closed: opening thousands costs time


class StudyBrowser(QWidget):
    """Shows the catalogue and asks for stacks to be opened; opens nothing itself.

    Signals:
        stacks_chosen: list[Stack] to show in the active view.
    """

    stacks_chosen = Signal(list)

    def __init__(
        self, workspace: Workspace, thumbnails: Thumbnails, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workspace = workspace
        self._unmarked: Stack | None = None
        self.model = CatalogModel(workspace.catalog, self)
        self.filter = CatalogFilter(self.model, self)
        self.field = self._make_field()
        self.tree = self._make_tree()
        self.strip = ThumbnailStrip(thumbnails, self)
        self._typing = QTimer(self, interval=FILTER_DELAY_MS, singleShot=True)
        self._typing.timeout.connect(self._apply_filter)
        self._settling = QTimer(self, interval=QUIET_MS, singleShot=True)
        self._settling.timeout.connect(self.strip.update_stacks)
        self._lay_out()
        self.field.textChanged.connect(self._typing.start)
        self.field.returnPressed.connect(self._apply_filter)
        self.tree.doubleClicked.connect(self._choose)
        self.tree.selectionModel().currentChanged.connect(self._follow_selection)
        self.model.rowsInserted.connect(self._open_branch)
        self.strip.stack_chosen.connect(self._choose_stack)
        workspace.catalog_changed.connect(self._grow)

    def _make_field(self) -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText("Filter: name, mod:MR, date:2024")
        field.setClearButtonEnabled(True)
        field.setAccessibleName("Filter studies")
        field.setToolTip(
            "Words anywhere, or in one column: name: id: date: mod: acc: body: status:"
        )
        return field

    def _make_tree(self) -> QTreeView:
        tree = QTreeView()
        tree.setModel(self.filter)
        tree.setAccessibleName("Studies")
        tree.setUniformRowHeights(True)  # without it 5,000 rows are measured one by one
        tree.setAlternatingRowColors(True)
        tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        tree.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        tree.setDragEnabled(True)
        tree.setExpandsOnDoubleClick(False)
        tree.setTextElideMode(Qt.TextElideMode.ElideRight)
        tree.setSortingEnabled(True)
        header = tree.header()
        header.setAccessibleName("Columns of the study list")
        header.setSortIndicator(words.NAME, Qt.SortOrder.AscendingOrder)
        header.setSectionsMovable(True)
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        wide = tree.fontMetrics().horizontalAdvance("0")
        for column, letters in enumerate((27, 12, 6, 6, 12, 8, 12, 12)):
            header.resizeSection(column, letters * wide)
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._choose_columns)
        return tree

    def _choose_columns(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for column, name in enumerate(words.COLUMNS):
            entry = menu.addAction(name)
            entry.setCheckable(True)
            entry.setChecked(not self.tree.isColumnHidden(column))
            entry.setEnabled(column != words.NAME)
            entry.setData(column)
        menu.triggered.connect(self._show_or_hide_column)
        menu.popup(self.tree.header().mapToGlobal(place))

    def _show_or_hide_column(self, entry: QAction) -> None:
        self.tree.setColumnHidden(entry.data(), not entry.isChecked())

    def _lay_out(self) -> None:
        split = QSplitter(Qt.Orientation.Vertical)
        split.setObjectName("study_split")
        split.setChildrenCollapsible(False)
        split.addWidget(self.tree)
        split.addWidget(self.strip)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        column.addWidget(self.field)
        column.addWidget(split)

    # Following the catalogue

    def _grow(self, change: CatalogChange) -> None:
        self.model.update(change)
        if self._unmarked is not None:
            self._mark()
        study = self.strip.study
        if any(series.study is study for series in (*change.series, *change.changed)):
            self._settling.start()

    def forget(self) -> None:
        """The studies were closed."""
        self._unmarked = None
        self.strip.clear()
        self.model.update()

    def _open_branch(self, parent: QModelIndex, first: int, last: int) -> None:
        """Open a patient or study that got its first rows; what the user closes stays closed."""
        depth = sum(1 for _ in _lineage(parent))
        is_new = last + 1 - first == self.model.rowCount(parent)
        if depth in (1, 2) and is_new and self.model.rowCount() <= OPEN_PATIENTS:
            self.tree.expand(self.filter.mapFromSource(parent))

    def show_stack(self, stack: Stack) -> None:
        """Make the row of the stack current and the strip its study's."""
        self.strip.show_study(stack.series.study, stack)
        self._unmarked = stack
        self._mark()

    def _mark(self) -> None:
        """The first image may be shown a moment before its row is there."""
        source = self.model.index_of(self._unmarked)
        if source.isValid():
            self._unmarked = None
            index = self.filter.mapFromSource(source)
            if index.isValid() and index != self.tree.currentIndex():
                self.tree.setCurrentIndex(index)

    # Choosing

    def selected_stacks(self) -> list[Stack]:
        indexes = self.tree.selectionModel().selectedRows()
        return [s for i in indexes for s in self.model.stacks_of(self.filter.mapToSource(i))]

    def dragged_stacks(self) -> list[Stack]:
        """What the drag that just ended here had in the hand; asked for once."""
        dragged = self.model.dragged or self.strip.strip_model.dragged
        self.model.dragged, self.strip.strip_model.dragged = [], []
        return dragged

    def choose_selected(self) -> None:
        """Open the selection; a patient or study row opens and closes its branch instead."""
        stacks = self.selected_stacks()
        if stacks:
            self.stacks_chosen.emit(stacks)

    def _choose(self, index: QModelIndex) -> None:
        source = self.filter.mapToSource(index.siblingAtColumn(0))
        stacks = self.model.stacks_of(source)
        if stacks:
            self.stacks_chosen.emit(stacks)
        else:
            self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def _choose_stack(self, stack: Stack) -> None:
        self.stacks_chosen.emit([stack])

    def _follow_selection(self, index: QModelIndex, _before: QModelIndex) -> None:
        node = self.model.node(self.filter.mapToSource(index))
        study = getattr(node, "study", None) or getattr(
            getattr(node, "series", None), "study", None
        )
        if study is None and hasattr(node, "accession"):
            study = node
        if study is not None:
            self.strip.show_study(study)

    def _apply_filter(self) -> None:
        self._typing.stop()
        self.filter.set_filter(self.field.text())
        if self.field.text():
            self.tree.expandAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.field.hasFocus():
            self.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        super().keyPressEvent(event)


def _lineage(index: QModelIndex) -> Iterator[QModelIndex]:
    while index.isValid():
        yield index
        index = index.parent()
