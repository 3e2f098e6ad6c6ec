"""The tree of the tag inspector: keeps what is open and selected, copies rows."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QStyle, QTreeView, QWidget

from viewer.ui.models.tag_model import LENGTH, NAME, TAG, VALUE, VM, VR, Index, TagModel

if TYPE_CHECKING:
    from viewer.dicom.tagtree.tags import TagDocument, TagNode
    from viewer.workspace.jobs import Jobs

Steps = tuple[str, ...]
_FRAME: Steps = ("this frame",)
_SEARCHED_ROWS = 20_000  # how far to look for a row of the last file in the next one
_SEARCHED_INSIDE = 2000  # rows below one sequence
_SHARED_GROUPS = 0x52009229
_FRAME_GROUPS = 0x52009230


class TagTreeView(QTreeView):
    """A tree that opens the same rows again when another file is shown."""

    node_changed = Signal(object)  # TagNode | None
    detail_asked = Signal()

    def __init__(self, model: TagModel, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tag_tree")
        self.setAccessibleName("Tags")
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setExpandsOnDoubleClick(False)
        self._tags = model
        self._jobs = jobs
        self._open: set[Steps] = {_FRAME}
        self._selected: Steps = ()
        self.setModel(model)
        model.marked.connect(self.viewport().update)
        self._set_up_header()
        self.expanded.connect(self._remember_open)
        self.collapsed.connect(self._forget_open)
        self.doubleClicked.connect(self._open_or_detail)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        for text, keys, slot in (
            ("Copy value", QKeySequence(QKeySequence.StandardKey.Copy), self.copy_value),
            ("Copy path", QKeySequence(), self.copy_path),
            ("Copy row", QKeySequence(), self.copy_row),
            ("Copy DICOM JSON", QKeySequence(), self.copy_json),
        ):
            action = QAction(text, self)
            action.setObjectName(text.lower().replace(" ", "_"))
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(slot)
            self.addAction(action)

    def _set_up_header(self) -> None:
        """Columns as narrow as their usual content, so that the value is seen in a narrow dock."""
        header, metrics = self.header(), self.fontMetrics()
        header.setMinimumSectionSize(24)
        self.setIndentation(14)
        room = 2 * self.style().pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, self) + 8
        for column, text in ((VR, "OW"), (VM, "VM"), (LENGTH, "9,999")):
            self.setColumnWidth(column, metrics.horizontalAdvance(text) + room)
        tag_px = metrics.horizontalAdvance("(0008,0018)") + room + 2 * self.indentation()
        self.setColumnWidth(TAG, tag_px)
        self.setColumnWidth(NAME, metrics.horizontalAdvance("SOPInstanceUID") + room)
        self.setColumnWidth(VALUE, header.minimumSectionSize())  # and whatever room there is more
        header.setStretchLastSection(True)

    @property
    def node(self) -> TagNode | None:
        """The current row."""
        return self._tags.node(self.currentIndex())

    def restore(self) -> None:
        """Open and select in the file now shown what was so in the last one."""
        selected = self._selected
        for steps in sorted(self._open, key=len):
            index = self._find(steps)
            if index.isValid():
                self.expand(index)
        index = self._find(selected) if selected else QModelIndex()
        if index.isValid():
            self.setCurrentIndex(index)

    def restore_frame(self) -> None:
        """Open the frame's row again after it was exchanged."""
        inner = sorted((steps for steps in self._open if steps[:1] == _FRAME), key=len)
        for steps in inner:
            index = self._find(steps)
            if index.isValid():
                self.expand(index)
        if self._selected[:1] == _FRAME:
            index = self._find(self._selected)
            if index.isValid():
                self.setCurrentIndex(index)

    def go_to(self, index: QModelIndex) -> bool:
        """Select a row and bring it into sight."""
        if not index.isValid():
            return False
        self.setCurrentIndex(index)
        self.scrollTo(index, QAbstractItemView.ScrollHint.EnsureVisible)
        return True

    def reveal(self, keyword: str) -> bool:
        """Select the element with this keyword: at the top, or inside a sequence."""
        from viewer.dicom.datasets.dictionary import tag_of
        from viewer.dicom.tagtree.tags import find_inside, steps_of

        tag = tag_of(keyword)
        document = self._tags.document
        if tag is None or document is None:
            return False
        if self.go_to(self._find((keyword,))):
            return True
        for place in self._places_to_look(document):
            found = find_inside(place.detached(), tag, _SEARCHED_INSIDE)
            if found is not None:
                inside = steps_of(found)[len(steps_of(place)) :]
                return self.go_to(self._find((*self._steps(place), *inside)))
        return False

    def _places_to_look(self, document: TagDocument) -> Iterator[TagNode]:
        """What holds for the frame: its own groups, the shared ones (rule 60), any other item."""
        if self._tags.frame_node is not None:
            yield self._tags.frame_node
        sequences = [node for node in document.children if node.is_sequence]
        yield from (node for node in sequences if node.tag == _SHARED_GROUPS)
        yield from (node for node in sequences if node.tag not in (_SHARED_GROUPS, _FRAME_GROUPS))

    # Qt's side

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        node = self._tags.node(current)
        if node is not None:
            self._selected = self._steps(node)
        self.node_changed.emit(node)

    # Copying

    @Slot()
    def copy_value(self) -> None:
        from viewer.dicom.tagtree import tag_text

        self._copy(lambda node: tag_text.full_text(node))

    @Slot()
    def copy_path(self) -> None:
        from viewer.dicom.tagtree.tags import path_of

        self._copy(path_of)

    @Slot()
    def copy_row(self) -> None:
        from viewer.dicom.tagtree import tag_text

        self._copy(tag_text.row_text)

    @Slot()
    def copy_json(self) -> None:
        from viewer.dicom.tagtree.tag_json import json_of

        self._copy(json_of)

    def _copy(self, make: object) -> None:
        """Have a job make the text of the current row, then put it into the clipboard."""
        node = self.node
        if node is None or not callable(make):
            return
        alone = node.detached()  # the job lists its children; the view lists its own

        def work() -> Generator[str, None, None]:
            yield make(alone)

        self._jobs.start(work).item.connect(self._to_clipboard)

    @Slot(object)
    def _to_clipboard(self, text: object) -> None:
        QGuiApplication.clipboard().setText(str(text))

    # Remembering

    def _steps(self, node: TagNode) -> Steps:
        """A way to the row that means the same in the next file."""
        from viewer.dicom.tagtree.tags import steps_of

        frame = self._tags.frame_node
        inside: TagNode | None = node
        while inside is not None and inside is not frame:
            inside = inside.parent
        steps = steps_of(node)
        if inside is None:
            return steps
        return (*_FRAME, *steps[2:])  # without "PerFrameFunctionalGroupsSequence", "[12]"

    def _find(self, steps: Steps) -> QModelIndex:
        """The row at `steps`, among those near the top of each list."""
        index = QModelIndex()
        for depth in range(1, len(steps) + 1):
            found = self._find_in(index, steps[:depth])
            if not found.isValid():
                return found
            index = found
        return index

    def _find_in(self, parent: QModelIndex, steps: Steps) -> QModelIndex:
        """The row under `parent` that the last of `steps` names."""
        from viewer.dicom.datasets.dictionary import tag_of

        step = steps[-1]
        if steps == _FRAME:
            has_frame = self._tags.frame_node is not None
            return self._tags.index(0, 0) if has_frame else QModelIndex()
        if step.startswith("["):
            return self._tags.child_of(parent, int(step[1:-1]))
        tag = tag_of(step)
        at = 0
        while at < _SEARCHED_ROWS:
            nodes = self._tags.listed(parent)
            for node in nodes[at:_SEARCHED_ROWS]:
                if node.tag == tag:
                    return self._tags.index_at(node)
            at = len(nodes)
            if not self._tags.canFetchMore(parent):
                break
            self._tags.fetchMore(parent)
        return QModelIndex()

    @Slot(QModelIndex)
    def _remember_open(self, index: QModelIndex) -> None:
        node = self._tags.node(index)
        if node is not None:
            self._open.add(self._steps(node))

    @Slot(QModelIndex)
    def _forget_open(self, index: QModelIndex) -> None:
        node = self._tags.node(index)
        if node is not None:
            self._open.discard(self._steps(node))

    @Slot(QModelIndex)
    def _open_or_detail(self, index: QModelIndex) -> None:
        first = index.siblingAtColumn(0)
        if self._tags.hasChildren(first) and index.column() != VALUE:
            self.setExpanded(first, not self.isExpanded(first))
        else:
            self.detail_asked.emit()
