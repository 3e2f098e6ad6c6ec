"""The real window before hostile input: one corpus for the session, one window for each test."""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.ui.conftest import backend, collect_here, window
from viewer.ui.warm_up import WITH_QT, WITHOUT_QT

__all__ = ["backend", "collect_here", "window"]


@pytest.fixture(scope="session", autouse=True)
def warm() -> None:
    """What the program imports once its window is painted; else the first image waits for it."""
    for name in (*WITHOUT_QT, *WITH_QT):
        importlib.import_module(name)


@dataclass(frozen=True, slots=True)
class Case:
    """One made case: what it is and what a good viewer does with it.

    Attributes:
        words: the acceptable ends: load, warn, error, skip.
        most_s: seconds allowed.
    """

    id: str
    path: Path
    words: frozenset[str]
    most_s: float


@pytest.fixture(scope="session")
def cases(corpus: Path) -> list[Case]:
    """The manifest of the corpus."""
    rows = json.loads((corpus / "manifest.json").read_text())
    return [
        Case(row["id"], corpus / row["path"], frozenset(row["expect"].split("|")), row["max_s"])
        for row in rows
    ]
