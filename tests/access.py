"""Lets another user reach a test's folder: pytest keeps its own to itself."""

from __future__ import annotations

from pathlib import Path


def let_others_pass(path: Path) -> None:
    """Open `path` and pytest's folders above it for reading; nothing above those is touched."""
    for folder in (path, *path.parents):
        if "pytest" in str(folder):
            folder.chmod(0o755)
