"""What may not be written anywhere in the viewer, however convenient."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCES = sorted([*ROOT.glob("viewer/**/*.py"), *ROOT.glob("packaging/**/*.py")])
PROGRAMS = {"system", "popen", "spawnl", "spawnv", "execv", "execl", "execvp", "startfile"}
PICKLES = {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "cloudpickle"}
DIALOGS = {"QMessageBox", "QErrorMessage", "QInputDialog"}
# The only maps: memory without a name, shared with one decoder process, that cannot shrink.
MAY_MAP = {"shared_area.py"}
MAY_SHOW_MESSAGES = {"viewer/ui/messages.py"}


def name_of(node: ast.AST) -> str:
    """The last name of an expression: `c` of a.b.c."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def owner_of(node: ast.AST) -> str:
    """The name before the last: `b` of a.b.c."""
    return name_of(node.value) if isinstance(node, ast.Attribute) else ""


def is_on(call: ast.Call, keyword: str) -> bool:
    return any(
        k.arg == keyword and not (isinstance(k.value, ast.Constant) and not k.value.value)
        for k in call.keywords
    )


def imported(node: ast.AST) -> set[str]:
    """First parts of the modules, and the names, that a statement imports."""
    if isinstance(node, ast.Import):
        return {alias.name.split(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").split(".")[0], *(alias.name for alias in node.names)}
    return set()


def made_of_pieces(node: ast.expr) -> bool:
    """Text put together from values: f-string with holes, %, format, + with a name."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.Call):
        return name_of(node.func) == "format"
    return isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mod, ast.Add))


def call(test: Callable[[ast.Call], bool]) -> Callable[[ast.AST], bool]:
    return lambda node: isinstance(node, ast.Call) and test(node)


FORBIDDEN: dict[str, Callable[[ast.AST], bool]] = {
    "a shell": call(lambda c: is_on(c, "shell")),
    "os.system and its like": call(
        lambda c: owner_of(c.func) == "os" and name_of(c.func) in PROGRAMS
    ),
    "eval, exec, compile": call(
        lambda c: isinstance(c.func, ast.Name) and c.func.id in {"eval", "exec", "compile"}
    ),
    "pickle": lambda node: bool(imported(node) & PICKLES),
    "numpy's pickles": call(lambda c: is_on(c, "allow_pickle")),
    "yaml.load": call(lambda c: owner_of(c.func) == "yaml" and "load" in name_of(c.func)),
    "SQL made of pieces": call(
        lambda c: (
            name_of(c.func).startswith("execute") and bool(c.args) and made_of_pieces(c.args[0])
        )
    ),
    "dcmread(force=True)": call(lambda c: is_on(c, "force")),
    "memmap": lambda node: name_of(node) == "memmap" or "memmap" in imported(node),
    "setrecursionlimit": lambda node: name_of(node) == "setrecursionlimit",
    "processEvents": lambda node: name_of(node) == "processEvents",
    "an except that takes everything": lambda node: (
        isinstance(node, ast.ExceptHandler) and node.type is None
    ),
    "pydicom's network tools": lambda node: (
        isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pynetdicom.apps")
    ),
}


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))))


def places(path: Path, forbidden: Callable[[ast.AST], bool]) -> Iterator[str]:
    for node in nodes_of(path):
        if forbidden(node):
            yield f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


@pytest.mark.parametrize("what", FORBIDDEN)
def test_nowhere(what: str) -> None:
    assert [place for path in SOURCES for place in places(path, FORBIDDEN[what])] == []


def test_dialogs_that_stop_the_work_are_nowhere_but_in_messages() -> None:
    found = [
        place
        for path in SOURCES
        if path.relative_to(ROOT).as_posix() not in MAY_SHOW_MESSAGES
        for place in places(path, lambda n: name_of(n) in DIALOGS or bool(imported(n) & DIALOGS))
    ]

    assert found == []


def test_files_of_the_user_are_never_mapped() -> None:
    """A file that shrinks under a map is SIGBUS: the process is dead."""
    found = [
        place
        for path in SOURCES
        if path.name not in MAY_MAP
        for place in places(path, lambda n: "mmap" in imported(n) or name_of(n) == "mmap")
    ]

    assert found == []


# The rules find what they are for.
@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("a shell", "subprocess.run('ls', shell=True)"),
        ("a shell", "subprocess.run(words, shell=wanted)"),
        ("os.system and its like", "os.system('ls')"),
        ("eval, exec, compile", "eval(text)"),
        ("pickle", "from pickle import loads"),
        ("numpy's pickles", "np.load(path, allow_pickle=True)"),
        ("yaml.load", "yaml.load(text)"),
        ("SQL made of pieces", "db.execute(f'select {name}')"),
        ("SQL made of pieces", "db.executemany('select ' + name)"),
        ("dcmread(force=True)", "dcmread(path, force=True)"),
        ("memmap", "np.memmap(path)"),
        ("setrecursionlimit", "sys.setrecursionlimit(9)"),
        ("processEvents", "app.processEvents()"),
        ("an except that takes everything", "try:\n    pass\nexcept:\n    pass"),
        ("pydicom's network tools", "from pynetdicom.apps.common import x"),
    ],
)
def test_the_rule_finds(what: str, code: str) -> None:
    assert any(FORBIDDEN[what](node) for node in ast.walk(ast.parse(code)))


@pytest.mark.parametrize("code", ["run(words, shell=False)", "db.execute('select ?', (name,))"])
def test_the_rules_leave_the_right_way_alone(code: str) -> None:
    nodes = list(ast.walk(ast.parse(code)))

    assert not any(rule(node) for rule in FORBIDDEN.values() for node in nodes)
