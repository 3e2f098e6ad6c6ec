"""The left panel: filter field, tree of studies, strip of thumbnails."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QSplitter, QVBoxLayout, QWidget

from viewer.ui.item_views import standing_still
from viewer.ui.models.catalog_model import CatalogModel
from viewer.ui.panels.study_tree import StudyTree
from viewer.ui.panels.thumbnail_strip import ThumbnailStrip

if TYPE_CHECKING:
    from viewer.library.catalog import CatalogChange
    from viewer.library.nodes import Series, Stack
    from viewer.ui.thumbnails import Thumbnails
    from viewer.workspace.workspace import Workspace

Select = QItemSelectionModel.SelectionFlag

FILTER_DELAY_MS = 120
SETTLE_MS = 250  # a study that grows is not listed in the strip again and again
GROW_MS = 15  # between two growths of the tree: time for the window to answer
GROW_S = 0.004  # of inserting rows at a stretch


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
        self._unmarked: Stack | None = None
        self._grown_s = 0.0
        self.model = CatalogModel(workspace.catalog, workspace.stacker, self)
        self.field = _filter_field()
        self.tree = StudyTree(self.model)
        self.strip = ThumbnailStrip(thumbnails, self)
        self._typing = QTimer(self, interval=FILTER_DELAY_MS, singleShot=True)
        self._settling = QTimer(self, interval=SETTLE_MS, singleShot=True)
        self._growing = QTimer(self, singleShot=True)
        self._lay_out()
        self._typing.timeout.connect(self.apply_filter)
        self._settling.timeout.connect(self.strip.update_stacks)
        self._growing.timeout.connect(self._grow)
        self.model.queued.connect(self._grow_soon)
        self.field.textChanged.connect(self._typing.start)
        self.field.returnPressed.connect(self.apply_filter)
        self.tree.doubleClicked.connect(self._choose)
        self.tree.selectionModel().currentChanged.connect(self._follow_selection)
        self.strip.stack_chosen.connect(self._choose_stack)
        workspace.catalog_changed.connect(self._take_change)
        workspace.stacker.split.connect(self._take_split)

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

    @property
    def settled(self) -> bool:
        """Whether all that was found has its row and its stacks."""
        return not (self.model.splitting or self._growing.isActive())

    def _take_change(self, change: CatalogChange) -> None:
        self.model.queue(change)
        study = self.strip.study
        if any(series.study is study for series in (*change.series, *change.changed)):
            self._settling.start()

    def _take_split(self, split: list[Series]) -> None:
        if any(series.study is self.strip.study for series in split):
            self._settling.start()

    def _grow_soon(self) -> None:
        if not self._growing.isActive():
            since_ms = (perf_counter() - self._grown_s) * 1000
            self._growing.start(max(0, GROW_MS - int(since_ms)))

    def _grow(self) -> None:
        """Insert rows for a moment; the rest waits for the next, so that the window answers."""
        with standing_still(self.tree):
            more = self.model.grow(GROW_S)
        if self._unmarked is not None:
            self._mark()
        self._grown_s = perf_counter()
        if more:
            self._grow_soon()

    def forget(self) -> None:
        """The studies were closed."""
        self._unmarked = None
        self.strip.clear()
        self.model.update()

    def show_stack(self, stack: Stack) -> None:
        """Make the row of the stack current and the strip its study's."""
        self.strip.show_study(stack.series.study, stack)
        self._unmarked = stack
        self._mark()

    def _mark(self) -> None:
        """The first image may be shown a moment before its row is there."""
        index = self.model.index_of(self._unmarked)
        if index.isValid():
            self._unmarked = None
            if index != self.tree.currentIndex():
                # Not by the view: with Ctrl held (Ctrl+PgUp) it would add to the selection.
                choose = Select.ClearAndSelect | Select.Rows
                self.tree.selectionModel().setCurrentIndex(index, choose)

    # Choosing

    def selected_stacks(self) -> list[Stack]:
        indexes = self.tree.selectionModel().selectedRows()
        return [stack for index in indexes for stack in self.model.stacks_of(index)]

    def dragged_stacks(self) -> list[Stack]:
        """What the drag that just ended here had in the hand; asked for once."""
        dragged = self.model.dragged or self.strip.strip_model.dragged
        self.model.dragged, self.strip.strip_model.dragged = [], []
        return dragged

    def choose_selected(self) -> None:
        """Open the selection; a patient's row opens or closes its branch instead."""
        stacks = self.selected_stacks()
        if stacks:
            self.stacks_chosen.emit(stacks)
        else:
            self._choose(self.tree.currentIndex())

    def _choose(self, index: QModelIndex) -> None:
        index = index.siblingAtColumn(0)
        stacks = self.model.stacks_of(index)
        if stacks:
            self.stacks_chosen.emit(stacks)
        else:
            self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def _choose_stack(self, stack: Stack) -> None:
        self.stacks_chosen.emit([stack])

    def _follow_selection(self, index: QModelIndex, _before: QModelIndex) -> None:
        study = self.model.study_of(index)
        if study is not None:
            self.strip.show_study(study)

    def apply_filter(self) -> None:
        self._typing.stop()
        self.tree.set_filter(self.field.text())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Down and self.field.hasFocus():
            self.tree.setFocus(Qt.FocusReason.ShortcutFocusReason)
            return
        super().keyPressEvent(event)


def _filter_field() -> QLineEdit:
    field = QLineEdit()
    field.setPlaceholderText("Filter: name, mod:MR, date:2024")
    field.setClearButtonEnabled(True)
    field.setAcceptDrops(False)  # files dropped on it are to be opened
    field.setAccessibleName("Filter studies")
    field.setToolTip("Words anywhere, or in one column: name: id: date: mod: acc: body: status:")
    return field
