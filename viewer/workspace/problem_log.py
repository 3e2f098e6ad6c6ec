"""Everything that disappointed since the studies were opened, once each."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from viewer.errors import Problem


class ProblemLog(QObject):
    """The rows of the Problems panel. GUI thread only.

    Some problems are true for ever (a file that cannot be read), others only until more files
    arrive (a gap): the latter are replaced whenever the catalogue is looked through again.
    """

    added = Signal(list)  # of Problem, new at the end of `rows`
    changed = Signal()  # rows were added, removed or exchanged

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[Problem, None] = {}
        self._passing: dict[str, set[Problem]] = {}

    @property
    def rows(self) -> list[Problem]:
        return list(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, problems: Iterable[Problem]) -> None:
        """Add those that are not there yet; one mistake in 500 frames is one row."""
        new = list(dict.fromkeys(p for p in problems if p not in self._rows))
        if new:
            self._rows.update(dict.fromkeys(new))
            self.added.emit(new)
            self.changed.emit()

    def replace_passing(self, problems: Iterable[Problem], kind: str = "stacks") -> None:
        """Exchange the problems of a kind that the next files may change for the present ones."""
        found = set(ordered := list(problems))
        before = self._passing.get(kind, set())
        gone = before - found
        self._passing[kind] = found - (self._rows.keys() - before)
        for problem in gone:
            del self._rows[problem]
        count = len(self._rows)
        self.add(ordered)
        if gone and len(self._rows) == count:
            self.changed.emit()

    def clear(self) -> None:
        if self._rows:
            self._rows.clear()
            self._passing.clear()
            self.changed.emit()

    def as_text(self, receipt: str = "") -> str:
        """Receipt and problems for a file or a mail; names files, so the user decides."""
        lines = [receipt, ""] if receipt else []
        for problem in self._rows:
            lines.append(f"{problem.severity.value}: {problem.where}: {problem.what}")
            if problem.advice:
                lines.append(f"    {problem.advice}")
        return "\n".join(lines).rstrip() + "\n"
