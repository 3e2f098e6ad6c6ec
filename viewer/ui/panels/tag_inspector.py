"""The tag inspector: everything the file behind the active viewport says, searchable."""

from __future__ import annotations

import logging
from collections.abc import Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, SignalInstance, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from viewer.errors import ViewerError
from viewer.ui.labels import plain_label
from viewer.ui.models.tag_model import Rows, TagModel
from viewer.ui.panels.follower import Follower
from viewer.ui.panels.tag_search_bar import TagSearchBar
from viewer.ui.panels.tag_tree_view import TagTreeView
from viewer.ui.panels.tag_value_pane import TagValuePane

if TYPE_CHECKING:
    from viewer.dicom.files.source import FrameRef
    from viewer.dicom.tagtree.tags import TagDocument
    from viewer.library.catalog import CatalogChange
    from viewer.workspace.jobs import Job
    from viewer.workspace.viewport import Viewport
    from viewer.workspace.workspace import Workspace

log = logging.getLogger(__name__)

_EXPANDED_HITS = 500  # more would cost the GUI thread too long


class TagInspector(QWidget):
    """Draws the tags of the active viewport's file; reads and searches in jobs."""

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tag_inspector")
        self.setAccessibleName("Tag inspector")
        self._workspace = workspace
        self._shown: FrameRef | None = None
        self._wanted = ""  # a keyword to reveal once the file is read
        self._hits: list[Rows] = []
        self._at = 0  # number of the current hit, from 1
        self._load_job: Job | None = None
        self._search_job: Job | None = None
        self.model = TagModel(self)
        self.tree = TagTreeView(self.model, workspace.jobs)
        self.pane = TagValuePane(workspace.jobs)
        self.search_bar = TagSearchBar(self)
        self.message = plain_label(wrap=True)
        self.message.setObjectName("tag_message")
        self._pause = Follower(workspace, _changes_of, self)
        self._lay_out()
        self._connect()

    def focus_search(self) -> None:
        """Put the keyboard into the search field."""
        self.search_bar.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search_bar.field.selectAll()

    def reveal(self, keyword: str) -> None:
        """Select an attribute by keyword or tag, once the shown frame's file is read."""
        self._wanted = keyword
        ref = self._pause.viewport.frame_ref
        is_read = self.model.document is not None and self._load_job is None
        if ref == self._shown and is_read:
            self._reveal_wanted()
        else:
            self._pause.start()

    def _reveal_wanted(self) -> None:
        keyword, self._wanted = self._wanted, ""
        if not keyword or self.model.document is None:
            return
        self.search_bar.filter_button.setChecked(False)
        found = self.tree.reveal(keyword)
        self._draw_message("" if found else f"{keyword} is not in this file.")

    # Building

    def _lay_out(self) -> None:
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.addWidget(self.tree)
        split.addWidget(self.pane)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 1)
        self.pane.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.search_bar)
        layout.addWidget(self.message)
        layout.addWidget(split, 1)
        self.message.hide()

    def _connect(self) -> None:
        self._workspace.catalog_changed.connect(self._note_replaced)
        self._pause.timeout.connect(self._refresh)
        self.search_bar.query_changed.connect(self._search)
        self.search_bar.step_asked.connect(self._step)
        self.search_bar.filter_changed.connect(self._filter)
        self.tree.node_changed.connect(self._show_value)
        self.tree.detail_asked.connect(self._open_pane)

    # Following the viewport

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._pause.start()

    @Slot(object)
    def _note_replaced(self, change: CatalogChange) -> None:
        """Read the file again if it is another one now."""
        if self._shown is not None and self._shown.file in change.replaced:
            self._shown = None
            self._pause.start()

    @Slot()
    def _refresh(self) -> None:
        if not self.isVisible():
            return  # showEvent comes back to it
        ref = self._pause.viewport.frame_ref
        if ref == self._shown:
            if self._load_job is None:
                self._reveal_wanted()
            return
        same_file = ref is not None and self._shown is not None and ref.file == self._shown.file
        self._shown = ref
        if ref is None:
            self._stop_jobs()
            self._draw_message("")
            self.model.show(None, None)
        elif same_file and self.model.document is not None:
            if self.model.document.ref == ref.file:
                self._show_frame(ref.frame)
                self._reveal_wanted()
        else:
            self._load(ref)

    def _show_frame(self, frame: int) -> None:
        document = self.model.document
        if document is not None and not self.search_bar.filter_button.isChecked():
            self.model.show_frame(document.frame_row(frame))
            self.tree.restore_frame()

    def _stop_jobs(self) -> None:
        for job in (self._load_job, self._search_job):
            if job is not None:
                job.cancel()
        self._load_job = self._search_job = None

    def _load(self, ref: FrameRef) -> None:
        self._stop_jobs()

        def work() -> Generator[object, None, None]:
            from viewer.dicom.tagtree.tag_loading import load_document

            for document in load_document(ref.file):
                if document is not None:
                    document.frame_row(ref.frame)  # lists up to it here, not on the GUI thread
                yield document

        self._load_job = self._workspace.jobs.start(work)
        self._load_job.item.connect(self._show_document)
        self._load_job.failed.connect(self._show_failure)
        self._load_job.ended.connect(self._forget_load)

    @Slot(object)
    def _show_document(self, document: TagDocument | None) -> None:
        if document is None or self._shown is None:
            return  # a sign of life
        self._draw_message("")
        self._hits = []
        self.search_bar.filter_button.setChecked(False)
        self.model.show(document, document.frame_row(self._shown.frame))
        self.tree.restore()
        self._reveal_wanted()
        if self.search_bar.field.text().strip():
            self._search(self.search_bar.field.text().strip())

    @Slot(object)
    def _show_failure(self, error: object) -> None:
        self.model.show(None, None)
        if isinstance(error, ViewerError):
            self._draw_message(f"{error} {error.advice}".strip())
        else:
            cause = error if isinstance(error, Exception) else None
            log.error("tags could not be read", exc_info=cause)
            self._draw_message("The tags of this file cannot be shown; see the log.")

    @Slot()
    def _forget_load(self) -> None:
        if self.sender() is self._load_job:
            self._load_job = None

    def _draw_message(self, text: str) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))

    # The value

    @Slot(object)
    def _show_value(self, node: object) -> None:
        if self.pane.isVisible():
            self.pane.show_node(self.tree.node)

    @Slot()
    def _open_pane(self) -> None:
        self.pane.show()
        self.pane.show_node(self.tree.node)

    # Searching

    @Slot(str)
    def _search(self, query: str) -> None:
        if self._search_job is not None:
            self._search_job.cancel()
            self._search_job = None
        self._hits = []
        self._at = 0
        self.search_bar.filter_button.setChecked(False)
        self.model.mark(())
        document = self.model.document
        if not query or document is None:
            self.search_bar.show_count(0, 0, running=False)
            return
        ref = document.ref

        def work() -> Generator[object, None, None]:
            from viewer.dicom.tagtree.tag_loading import open_document
            from viewer.dicom.tagtree.tag_search import search

            yield from search(open_document(ref), query)

        self._search_job = self._workspace.jobs.start(work, batched=True)
        self._search_job.items.connect(self._take_hits)
        self._search_job.ended.connect(self._end_search)
        self.search_bar.show_count(0, 0, running=True)

    @Slot(list)
    def _take_hits(self, items: list[object]) -> None:
        found = [hit.rows for hit in items if hit is not None]  # type: ignore[attr-defined]
        if not found:
            return
        first = not self._hits
        self._hits += found
        self.model.mark(self._hits)
        if first:
            self._step(1)
        self.search_bar.show_count(self._at, len(self._hits), running=True)

    @Slot()
    def _end_search(self) -> None:
        if self.sender() is not self._search_job:
            return
        self._search_job = None
        self.search_bar.show_count(self._at, len(self._hits), running=False)

    @Slot(int)
    def _step(self, by: int) -> None:
        if not self._hits:
            return
        self._at = (self._at - 1 + by) % len(self._hits) + 1 if self._at else 1
        index: QModelIndex = self.model.index_of(self._hits[self._at - 1])
        self.tree.go_to(index)
        running = self._search_job is not None
        self.search_bar.show_count(self._at, len(self._hits), running=running)

    @Slot(bool)
    def _filter(self, only: bool) -> None:
        if self.model.document is None:
            return
        if only:
            self.model.show_frame(None)
        self.model.show_only_hits(only)
        if only:
            if len(self._hits) <= _EXPANDED_HITS:
                self.tree.expandAll()
        else:
            if self._shown is not None:
                self.model.show_frame(self.model.document.frame_row(self._shown.frame))
            self.tree.restore()


def _changes_of(viewport: Viewport) -> tuple[SignalInstance, ...]:
    """Whatever may lead to another file or frame."""
    return (viewport.stack_changed, viewport.index_changed)
