"""Writes docs/keys.md from the action table: `python -m viewer.ui.key_docs [docs/keys.md]`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from viewer.ui.actions import ACTIONS, GESTURES, Action

INTRODUCTION = """\
# Keys and gestures

This page is made from the action table in `viewer/ui/actions.py`; change the table, then run
`python -m viewer.ui.key_docs docs/keys.md`. In the program, F1 shows the same list.

Keys marked *in the image* act while an image has the keyboard (click it, or press F6), so that
typing in a search field never changes a picture.
"""


def keys_page() -> str:
    """The page as Markdown."""
    parts = [INTRODUCTION, "## Mouse\n", _table(("Gesture", "Effect"), GESTURES)]
    for menu, actions in groupby(ACTIONS, key=lambda a: a.menu.split("/")[0]):
        rows = [(_keys(a), a.text, a.hint, str(a.context)) for a in actions]
        parts += [f"## {menu}\n", _table(("Key", "Action", "What it does", "Where"), rows)]
    return "\n".join(parts)


def _keys(action: Action) -> str:
    if not action.keys:
        return "menu"
    return ", ".join(f"`` {key} ``" if "`" in key else f"`{key}`" for key in action.keys)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    escaped = ([cell.replace("|", "\\|") for cell in line] for line in lines)
    return "".join(f"| {' | '.join(line)} |\n" for line in escaped)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(keys_page(), encoding="utf-8")
    else:
        sys.stdout.write(keys_page())
