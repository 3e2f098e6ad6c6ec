"""The steps from bytes to light as a table: what became of each, what it did, what drove it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette, QPixmap

from viewer.core.trace import Step, StepKind, Trace
from viewer.ui.icons import draw_icon
from viewer.ui.labels import plain_tool_tip
from viewer.ui.models.table_model import Index, TableModel
from viewer.ui.theme import Theme

COLUMNS = ("Step", "What", "Attribute")
STEP, WHAT, ATTRIBUTE = range(len(COLUMNS))
ICON_PX = 16


class TraceModel(TableModel):
    """Draws one trace."""

    titles = COLUMNS

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trace: Trace = ()
        self._marks: dict[StepKind, QPixmap] = {}

    def set_theme(self, theme: Theme, palette: QPalette, ratio: float) -> None:
        colors = {
            StepKind.RAN: palette.windowText().color(),
            StepKind.ASSUMED: QColor(theme.warning),
            StepKind.IGNORED: QColor(theme.quiet),
        }
        self._marks = {k: draw_icon(f"step-{k}", c, ICON_PX, ratio) for k, c in colors.items()}

    @property
    def trace(self) -> Trace:
        return self._trace

    def show(self, trace: Trace) -> None:
        """Show these steps; a trace of the same steps only has its texts exchanged."""
        if trace == self._trace:
            return
        if len(trace) == len(self._trace):
            self._trace = trace
            last = self.index(len(trace) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)
            return
        self.beginResetModel()
        self._trace = trace
        self.endResetModel()

    def step(self, index: Index) -> Step | None:
        return self._trace[index.row()] if index.isValid() else None

    def __len__(self) -> int:
        return len(self._trace)

    def data(self, index: Index, role: int = 0) -> Any:
        step = self.step(index)
        if step is None:
            return None
        text = (f"{step.name}\n{step.kind}", step.what, step.keyword)[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return text.replace("\n", ", ")
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(text)
        if role == Qt.ItemDataRole.DecorationRole and index.column() == STEP:
            return self._marks.get(step.kind)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
        return None
