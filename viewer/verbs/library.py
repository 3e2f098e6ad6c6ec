"""`lightbox library`: what is in the library, and setting it right, without a window."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Generator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from viewer.errors import ViewerError
from viewer.library.entries import Order, StudyEntry
from viewer.library.index import NAME, Index
from viewer.library.query import parse
from viewer.library.reconcile import Progress, rebuild, reconcile
from viewer.library.store import Store

Json = dict[str, Any]
Repair = Callable[[Index, Store], Generator[Progress, None, None]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do, and where the library is."""
    parser.epilog = 'A query is words and fields: lightbox library list "smith mod:CT date:2024-"'
    parser.add_argument(
        "what",
        nargs="?",
        choices=("list", "rebuild", "check"),
        default="list",
        help="list studies; make the list anew from the stored files; compare it with them",
    )
    parser.add_argument("query", nargs="*", metavar="QUERY", help="for list: what to look for")
    parser.add_argument("--store", type=Path, metavar="DIR", help="folder of the library")
    parser.add_argument("--order", choices=[order.value for order in Order], default="newest")
    parser.add_argument("--limit", type=int, default=-1, metavar="N", help="at most N studies")
    parser.add_argument("--json", action="store_true", help="for programs")


def run(args: argparse.Namespace) -> int:
    """0 when there is something and all is well, 1 otherwise."""
    if args.query and args.what != "list":
        print(f"lightbox library: {args.what} takes no query.", file=sys.stderr)
        return 2
    with contextlib.closing(_open(args.store)) as index:
        for problem in index.problems:
            _complain(f"{problem.what} {problem.advice}")
        if args.what == "list":
            return _list(index, args)
        return _repair(index, rebuild if args.what == "rebuild" else reconcile, args)


def _open(folder: Path | None) -> Index:
    """The library there is; none is made where there is none.

    Raises:
        ViewerError: there is none, or it cannot be opened.
    """
    if folder is None:
        import platformdirs

        folder = platformdirs.user_data_path("lightbox", appauthor=False)
    if not (folder / NAME).exists() and not (folder / "studies").is_dir():
        raise ViewerError("There is no library here.", "Receive or open a study first.")
    return Index(folder / NAME)


def _list(index: Index, args: argparse.Namespace) -> int:
    query = parse(" ".join(args.query))
    for remark in query.remarks:
        _complain(remark)
    studies = index.studies(query, Order(args.order), limit=args.limit)
    if args.json:
        print(json.dumps({"studies": [_as_json(index, study) for study in studies]}, indent=2))
    elif studies:
        print("\n".join(map(_line, studies)))
    if not studies:
        _complain("No study is found.")
    return 0 if studies else 1


def _repair(index: Index, repair: Repair, args: argparse.Namespace) -> int:
    """Run it to the end and say what it found."""
    store = Store(Path(index.database.path.parent))
    problems: list[str] = []
    last = Progress(0)
    for last in repair(index, store):
        problems += [f"{problem.where}: {problem.what}" for problem in last.problems]
    for problem in problems:
        _complain(problem)
    counts = index.totals()
    found = {"files": last.looked, "added": last.added, "missing": last.missing}
    if args.json:
        print(json.dumps(asdict(counts) | found | {"unreadable": len(problems)}, indent=2))
    else:
        print(
            f"{counts.studies} studies, {counts.instances} objects; {last.looked} stored files, "
            f"{last.added} taken into the list, {last.missing} missing, {len(problems)} unreadable"
        )
    return 1 if problems or last.missing else 0


def _as_json(index: Index, study: StudyEntry) -> Json:
    series = [asdict(each) | {"id": None} for each in index.series(study.id)]
    for each in series:
        del each["id"]
    told = asdict(study) | {"present": study.present, "new": study.new, "series": series}
    del told["id"]
    return told


def _line(study: StudyEntry) -> str:
    """One study for people."""
    date = study.study_date
    parts = (
        f"{date[:4]}-{date[4:6]}-{date[6:]}" if date else "no date   ",
        study.modalities or "-",
        study.patient_name or "(no name)",
        study.patient_id or "(no ID)",
        study.description or "-",
        f"{study.series} series, {study.instances} objects, {study.nbytes / 1e6:.1f} MB",
        _status(study),
    )
    return _printable("  ".join(part for part in parts if part))


def _status(study: StudyEntry) -> str:
    if not study.present:
        return "missing"
    marks = ["new"] if study.new else []
    if study.missing:
        marks.append(f"{study.missing} files missing")
    return ", ".join(marks)


def _complain(text: str) -> None:
    print(f"lightbox library: {_printable(text).strip()}", file=sys.stderr)


def _printable(line: str) -> str:
    """Control characters of a file must not reach a terminal (escape sequences run there)."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
