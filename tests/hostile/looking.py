"""Does to a window what a user does: opens, looks at each stack and its tags, closes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from viewer.core.annotation_text import plain
from viewer.errors import Problem, Severity
from viewer.library.nodes import Stack
from viewer.ui.main_window import MainWindow
from viewer.ui.panels.tag_inspector import TagInspector

PATIENCE_MS = 30_000


@dataclass
class Seen:
    """What the window showed of something that was opened.

    Attributes:
        stacks: how many.
        drawn: frames that came.
        failures: why others did not.
        badges: warnings on the images.
        rows: of the Problems panel.
        tags: files whose tags were shown.
        tag_messages: why others' were not.
    """

    stacks: int = 0
    drawn: int = 0
    failures: list[Problem] = field(default_factory=list)
    badges: list[str] = field(default_factory=list)
    rows: list[Problem] = field(default_factory=list)
    tags: int = 0
    tag_messages: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        """load, warn, error or skip, as the manifest of the corpus means them."""
        if any(failure.severity is Severity.ERROR for failure in self.failures):
            return "error"
        told = [row for row in self.rows if row.severity is not Severity.NOTE]
        if not self.stacks:
            return "skip" if told else "nothing"
        return "warn" if told or self.badges else "load"


def open_all(qtbot, window: MainWindow, *paths: Path | bytes) -> None:
    """Open paths and wait until all is read."""
    window.commands.open([os.fsencode(path) for path in paths])
    workspace = window.workspace
    qtbot.waitUntil(lambda: not workspace.scanning, timeout=4 * PATIENCE_MS)
    qtbot.waitUntil(lambda: not workspace.stacker.busy, timeout=PATIENCE_MS)


def all_stacks(window: MainWindow) -> list[Stack]:
    return [stack for series in window.workspace.catalog.series for stack in series.stacks]


def look_at(qtbot, window: MainWindow, stack: Stack, seen: Seen, places: Iterable[int]) -> None:
    """Show some frames of a stack and the tags of their files."""
    viewport = window.workspace.active
    seen.stacks += 1
    for place in dict.fromkeys(places):
        window.workspace.show(stack, index=place)
        qtbot.waitUntil(lambda: not viewport.loading, timeout=PATIENCE_MS)
        if viewport.failure is not None:
            seen.failures.append(viewport.failure)
        else:
            seen.drawn += 1
        canvas = window.view_area.canvas
        assert canvas is not None
        seen.badges += [
            badge.text for badge in canvas.layers.badges.badges if badge.severity != Severity.NOTE
        ]
        look_at_tags(qtbot, window, seen)


def look_at_tags(qtbot, window: MainWindow, seen: Seen) -> None:
    """Wait for the tags of the frame shown, if the inspector is open; go down the deepest way."""
    if window.docks["tags"].isHidden():
        return
    inspector = window.docks["tags"].widget()
    assert isinstance(inspector, TagInspector)
    ref = window.workspace.active.frame_ref

    def told() -> bool:
        document = inspector.model.document
        return not inspector.message.isHidden() or (
            document is not None and ref is not None and document.ref == ref.file
        )

    qtbot.waitUntil(told, timeout=PATIENCE_MS)
    if inspector.message.isHidden():
        seen.tags += 1
        go_down(inspector)
    else:
        seen.tag_messages.append(inspector.message.text())


def go_down(inspector: TagInspector) -> int:
    """Open the last branch at each level, as far as there are any; returns how many."""
    model, depth = inspector.model, 0
    parent = model.index(-1, -1)
    while True:
        if model.canFetchMore(parent):
            model.fetchMore(parent)
        branches = [
            model.index(row, 0, parent)
            for row in range(min(model.rowCount(parent), 200))
            if model.hasChildren(model.index(row, 0, parent))
        ]
        if not branches:
            return depth
        parent = branches[-1]
        inspector.tree.setExpanded(parent, True)
        depth += 1


def first_and_middle(stack: Stack) -> tuple[int, ...]:
    return (0, len(stack.frames) // 2)


def walk(qtbot, window: MainWindow, most_stacks: int = 10_000) -> Seen:
    """Look at the first and the middle frame of each stack that is open."""
    seen = Seen()
    for stack in all_stacks(window)[:most_stacks]:
        look_at(qtbot, window, stack, seen, first_and_middle(stack))
    seen.rows = window.workspace.problems.rows
    return seen


def close_all(qtbot, window: MainWindow) -> None:
    """Close the studies; nothing of them is left to be seen."""
    window.close_studies()
    inspector = window.docks["tags"].widget()
    if isinstance(inspector, TagInspector) and inspector.isVisible():
        qtbot.waitUntil(lambda: inspector.model.document is None and inspector.message.isHidden())


def names_file(row: Problem, path: Path) -> bool:
    """Whether a row tells of a file, by its name as it is shown."""
    name = os.fsencode(path.name).decode("utf-8", "replace")
    return name in row.where or plain(name) in row.where or name in row.details
