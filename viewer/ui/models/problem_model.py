"""Problems as a table: how bad, where, what, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QPalette, QPixmap

from viewer.errors import Problem, Severity
from viewer.ui.icons import draw_icon
from viewer.ui.labels import plain_tool_tip
from viewer.ui.models.table_model import NO_INDEX, Index, TableModel
from viewer.ui.theme import Theme

COLUMNS = ("Severity", "Where", "What", "Advice")
SEARCH_ROLE = Qt.ItemDataRole.UserRole + 1  # all that a filter looks through, in the first column
MOST_NAMED = 20  # files in a tool tip


class ProblemModel(TableModel):
    """Draws a list of problems; grows at its end while files are read."""

    titles = COLUMNS

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._problems: list[Problem] = []
        self._marks: dict[Severity, QPixmap] = {}

    def set_theme(self, theme: Theme, palette: QPalette, ratio: float) -> None:
        colors = {
            Severity.NOTE: palette.link().color(),
            Severity.WARNING: QColor(theme.warning),
            Severity.ERROR: QColor(theme.error),
        }
        self._marks = {s: draw_icon(str(s), c, 16, ratio) for s, c in colors.items()}

    def show(self, problems: Sequence[Problem]) -> None:
        """Show these; when they begin with those shown, only the new rows are inserted."""
        known = len(self._problems)
        if known and list(problems[:known]) == self._problems:
            if len(problems) > known:
                self.beginInsertRows(NO_INDEX, known, len(problems) - 1)
                self._problems.extend(problems[known:])
                self.endInsertRows()
            return
        self.beginResetModel()
        self._problems = list(problems)
        self.endResetModel()

    def problem(self, row: int) -> Problem:
        return self._problems[row]

    def __len__(self) -> int:
        return len(self._problems)

    def data(self, index: Index, role: int = 0) -> Any:
        if not index.isValid():
            return None
        problem = self._problems[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _texts(problem)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tool_tip(_tool_tip(problem, index.column()))
        if role == SEARCH_ROLE:
            return problem_text(problem) if index.column() == 0 else ""
        if role == Qt.ItemDataRole.DecorationRole and index.column() == 0:
            return self._marks.get(problem.severity)
        return None


def _texts(problem: Problem) -> tuple[str, ...]:
    one_line = (" ".join(text.split()) for text in (problem.where, problem.what, problem.advice))
    return (str(problem.severity).capitalize(), *one_line)


def _tool_tip(problem: Problem, column: int) -> str:
    names = problem.details
    more = [f"and {len(names) - MOST_NAMED:,} more"] * (len(names) > MOST_NAMED)
    return "\n".join([_texts(problem)[column], *names[:MOST_NAMED], *more])


def problem_text(problem: Problem) -> str:
    """One problem as a line of text, for copying and export; its files on lines below."""
    severity, where, what, advice = _texts(problem)
    line = f"{severity}\t{where}\t{what}\t{advice}".rstrip()
    return "\n".join([line, *(f"\t{' '.join(name.split())}" for name in problem.details)])
