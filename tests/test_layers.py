"""Imports go down only, and what runs without Qt is kept free of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "viewer"
FOREIGN = ("numpy", "pydicom", "pynetdicom", "PySide6", "pyqtgraph", "viewer")
MAY_IMPORT = {  # local and conditional imports count too
    "core": {"numpy"},
    "dicom": {"numpy", "pydicom", "viewer.core"},
    "library": {"viewer.core", "viewer.dicom"},
    "net": {"pydicom", "viewer.core", "viewer.dicom"},
    "verbs": {"numpy", "pydicom", "viewer.core", "viewer.dicom", "viewer.library", "viewer.net"},
    "workspace": {
        "numpy",
        "PySide6.QtCore",
        "viewer.core",
        "viewer.dicom",
        "viewer.library",
        "viewer.net",
    },
}
EVERYBODY = {"viewer.errors", "viewer.program", "viewer.resources", "viewer.settings"}


def imported_modules(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("*/**/*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_layer_imports_only_what_lies_below(path: Path) -> None:
    layer = path.relative_to(ROOT).parts[0]
    allowed = MAY_IMPORT.get(layer, {*FOREIGN}) | {f"viewer.{layer}"} | EVERYBODY

    names = [n for n in imported_modules(path) if n.split(".")[0] in FOREIGN and n != "viewer"]

    assert [n for n in names if not any(n == a or n.startswith(a + ".") for a in allowed)] == []


def test_the_ground_floor_imports_nothing_of_ours() -> None:
    for name in ("errors.py", "settings.py"):
        path = ROOT / name
        foreign = [n for n in imported_modules(path) if n.split(".")[0] in FOREIGN]
        assert foreign == []
