"""The real window before hostile input: one corpus for the session, one window for each test."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import SHARED
from tests.ui.conftest import backend, collect_here, window
from viewer.ui.warm_up import MODULES

__all__ = ["backend", "collect_here", "window"]


@pytest.fixture(scope="session", autouse=True)
def warm() -> None:
    """What the program imports once its window is painted; else the first image waits for it."""
    for name in MODULES:
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
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of all made cases."""
    maker = SHARED / "hostile" / "make_hostile.py"
    if not maker.is_file():
        pytest.skip("the generator of hostile files is not beside this checkout")
    out = tmp_path_factory.mktemp("hostile")
    subprocess.run([sys.executable, maker, out], check=True, capture_output=True, timeout=300)
    yield out
    subprocess.run(["chmod", "-R", "u+rwX", out], check=False)
    subprocess.run(["rm", "-rf", out], check=False)  # rmtree fails at paths beyond PATH_MAX


@pytest.fixture(scope="session")
def cases(corpus: Path) -> list[Case]:
    """The manifest of the corpus."""
    rows = json.loads((corpus / "manifest.json").read_text())
    return [
        Case(row["id"], corpus / row["path"], frozenset(row["expect"].split("|")), row["max_s"])
        for row in rows
    ]
