"""Print the table of speeds: `python -m tests.benchmarks [NAME...]`, all without names.

Each `bench_NAME.py` beside this file has `run() -> list[Row]` and runs in a process of its own,
so that imports, caches and memory of one do not flatter the next.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

from tests.benchmarks.table import Row

FOLDER = Path(__file__).parent
MARKS = {None: " ", True: "ok", False: "MISSED"}


def main(names: list[str]) -> int:
    """Run the benchmarks named, print their rows; the exit code counts none of the figures."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    every = sorted(path.stem.removeprefix("bench_") for path in FOLDER.glob("bench_*.py"))
    for name in names or every:
        command = [sys.executable, "-m", "tests.benchmarks", "--one", name]
        subprocess.run(command, check=False)
    return 0


def print_rows(name: str) -> None:
    """Run one benchmark in this process."""
    print(f"\n{name}", flush=True)
    for row in importlib.import_module(f"tests.benchmarks.bench_{name}").run():
        print(line(row), flush=True)


def line(row: Row) -> str:
    """One row as text."""
    text = f"  {row.name:62} {row.measured:9.2f} {row.unit:8}"
    if row.peer:
        text += f" {row.ratio:7.2f} x {row.peer} ({row.peer_value:.2f})"
    if row.goal is not None:
        text += f"  goal {'>=' if row.at_least else '<='} {row.goal:g}: {MARKS[row.met]}"
    return text


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print_rows(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:]))
