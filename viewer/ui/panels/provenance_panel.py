"""Why the image looks as it does: each step from the bytes of the file to light."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    SignalInstance,
    Slot,
)
from PySide6.QtGui import QGuiApplication, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from viewer.core.trace import Trace, trace_text
from viewer.ui.item_views import RoomyDelegate
from viewer.ui.labels import plain_label
from viewer.ui.models.trace_model import ATTRIBUTE, STEP, WHAT, TraceModel
from viewer.ui.panels.follower import Follower
from viewer.ui.theme import Theme

if TYPE_CHECKING:
    from viewer.core.light import DisplayChoice
    from viewer.dicom.pixels.frames import LoadedFrame
    from viewer.workspace.jobs import Job, Work
    from viewer.workspace.viewport import Viewport
    from viewer.workspace.workspace import Workspace


class ProvenancePanel(QWidget):
    """Draws the trace of the active viewport's frame under its choice; asks jobs for it.

    Signals:
        attribute_asked: the keyword (or tag) of the row the user chose, for the tag inspector.
    """

    attribute_asked = Signal(str)

    def __init__(self, workspace: Workspace, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("provenance")
        self.setAccessibleName("Why the image looks as it does")
        self._workspace = workspace
        self._job: Job | None = None
        self.model = TraceModel(self)
        self.table = self._make_table()
        self.message = plain_label(wrap=True)
        self.copy_button = QPushButton("&Copy as text")
        self.copy_button.setToolTip("Copy all steps, or the selected ones with Ctrl+C")
        self._pause = Follower(workspace, _changes_of, self)
        self._lay_out()
        self._connect()

    def set_theme(self, theme: Theme) -> None:
        self.model.set_theme(theme, QGuiApplication.palette(), self.devicePixelRatioF())
        self.table.viewport().update()

    def text(self) -> str:
        """All steps, as the command line prints them."""
        return trace_text(self.model.trace)

    # Building

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName("Steps from the file to the picture")
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.setTabKeyNavigation(False)
        table.setCornerButtonEnabled(False)
        table.verticalHeader().hide()
        header = table.horizontalHeader()
        header.setAccessibleName("Columns of the steps")
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setHighlightSections(False)
        letter = table.fontMetrics().averageCharWidth()
        for column, letters in ((STEP, 19), (ATTRIBUTE, 23)):
            header.resizeSection(column, letters * letter)
        header.setSectionResizeMode(WHAT, QHeaderView.ResizeMode.Stretch)
        table.setItemDelegate(_StepDelegate(table))
        table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        return table

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        told = "From the file to the picture; click a step for its attribute."
        row.addWidget(plain_label(told, wrap=True), 1)
        row.addWidget(self.copy_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addWidget(self.table, 1)
        self._draw_message("")

    def _connect(self) -> None:
        self._pause.timeout.connect(self._refresh)
        self.table.clicked.connect(self._ask_attribute)
        self.table.activated.connect(self._ask_attribute)
        self.copy_button.clicked.connect(self._copy_all)
        copy = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), self.table)
        copy.setContext(Qt.ShortcutContext.WidgetShortcut)
        copy.activated.connect(self._copy_selected)

    # Following the viewport

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._pause.start()

    @Slot()
    def _refresh(self) -> None:
        if not self.isVisible():
            return  # showEvent comes back to it
        if self._job is not None:
            self._job.cancel()
            self._job = None
        viewport = self._pause.viewport
        if viewport.loading:
            return  # the frame's coming is a change too
        if viewport.loaded is None:
            self._show_trace(())
            failure = viewport.failure
            told = f"{failure.what} {failure.advice}".strip() if failure else "No image is shown."
            self._draw_message(told)
            return
        self._job = self._workspace.jobs.start(_explaining(viewport.loaded, viewport.shown_choice))
        self._job.item.connect(self._show_trace)
        self._job.failed.connect(self._tell_failure)

    @Slot(object)
    def _show_trace(self, trace: Trace) -> None:
        self._draw_message("")
        self.model.show(trace)
        self.copy_button.setEnabled(bool(trace))

    @Slot(object)
    def _tell_failure(self, error: Exception) -> None:
        self._show_trace(())
        self._draw_message("The steps of this image cannot be told; see the log.")
        raise error

    def _draw_message(self, text: str) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))

    # What the user asks for

    @Slot(QModelIndex)
    def _ask_attribute(self, index: QModelIndex) -> None:
        step = self.model.step(index)
        if step is not None and step.keyword:
            self.attribute_asked.emit(step.keyword)

    @Slot()
    def _copy_all(self) -> None:
        QGuiApplication.clipboard().setText(self.text())

    @Slot()
    def _copy_selected(self) -> None:
        rows = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        QGuiApplication.clipboard().setText(
            trace_text(tuple(self.model.trace[row] for row in rows))
        )


class _StepDelegate(RoomyDelegate):
    """The mark stands beside the first line of a step, not in the middle of a high row."""

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        option.decorationAlignment = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft


def _changes_of(viewport: Viewport) -> tuple[SignalInstance, ...]:
    """Whatever may change why it looks so."""
    return (viewport.stack_changed, viewport.frame_changed, viewport.display_changed)


def _explaining(loaded: LoadedFrame, choice: DisplayChoice) -> Work:
    def work() -> Generator[object, None, None]:
        from viewer.dicom.description.provenance import provenance

        yield provenance(loaded, choice)

    return work
