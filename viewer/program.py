"""How this program starts processes of its own, installed, from a checkout and frozen."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def command(*arguments: str) -> list[str]:
    """The command line that runs `lightbox ARGUMENTS` in a new process."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    return [sys.executable, "-P", "-m", "viewer", *arguments]


def environment() -> dict[str, str]:
    """Our environment, with this package found wherever the new process starts."""
    package = str(Path(__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}
