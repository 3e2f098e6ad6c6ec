"""pydicom is imported on several threads at once: always the package before its parts."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2] / "viewer"
USERS = [path for path in sorted(ROOT.rglob("*.py")) if "pydicom" in path.read_text("utf-8")]


def pydicom_imports(scope: ast.AST) -> list[str]:
    """Modules of pydicom that a module or function imports itself, in order."""
    names: list[tuple[int, str]] = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Import):
            names += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append((node.lineno, node.module or ""))
    return [name for _, name in sorted(names) if name.split(".")[0] == "pydicom"]


@pytest.mark.parametrize("path", USERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_package_is_imported_before_its_parts(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)

    for scope in (tree, *(node for node in ast.walk(tree) if isinstance(node, functions))):
        assert pydicom_imports(scope)[:1] in ([], ["pydicom"])
