"""What can be taken back: the displays of one stack before and after each change."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")

MOST_STEPS = 200


@dataclass(slots=True)
class _Step(Generic[S]):
    before: S
    after: S
    label: str
    merge: Hashable


class History(Generic[S]):
    """Undo and redo over whole states, which are small values here.

    Changes recorded one after the other under the same merge key are one step: a drag is.
    """

    def __init__(self) -> None:
        self._done: list[_Step[S]] = []
        self._undone: list[_Step[S]] = []

    @property
    def undo_label(self) -> str:
        """What undo would take back ("window"), or empty."""
        return self._done[-1].label if self._done else ""

    @property
    def redo_label(self) -> str:
        return self._undone[-1].label if self._undone else ""

    def record(self, before: S, after: S, label: str, merge: Hashable = None) -> None:
        """Note a change that was just made; whatever was undone before is gone."""
        self._undone.clear()
        last = self._done[-1] if self._done else None
        if last is not None and merge is not None and merge == last.merge:
            last.after = after
            if last.before == after:  # dragged there and back: nothing happened
                self._done.pop()
            return
        self._done.append(_Step(before, after, label, merge))
        del self._done[:-MOST_STEPS]

    def undo(self) -> S | None:
        """The state to go back to, or None."""
        if not self._done:
            return None
        step = self._done.pop()
        step.merge = None  # a drag that goes on after an undo is a new step
        self._undone.append(step)
        return step.before

    def redo(self) -> S | None:
        """The state to go forward to, or None."""
        if not self._undone:
            return None
        step = self._undone.pop()
        self._done.append(step)
        return step.after
