"""`lightbox describe`: what the viewer would show of files and folders, as JSON or text.

Letters, spacing, window and timing of a stack are those of its middle frame, so that a folder of
thousands of slices is described by opening one file for each stack.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from viewer.core.cine import CineRate
from viewer.core.image import SpacingSource, VoiChoice
from viewer.dicom.frames import FrameReader
from viewer.dicom.scan import scan
from viewer.errors import Problem
from viewer.library.afterwards import with_details
from viewer.library.catalog import Catalog
from viewer.library.nodes import Patient, Series, Stack, Study
from viewer.library.stack_facts import StackFacts, stack_facts
from viewer.verbs.explain import explain_files

Json = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, folder, disc or ZIP")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--why", action="store_true", help="explain how the first frame of each file becomes light"
    )


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when anything was readable, 1 when nothing was."""
    if args.why:
        return explain_files(os.fsencode(path) for path in args.paths)
    catalog = Catalog()
    found = scan([os.fsencode(path) for path in args.paths])
    catalog.add(with_details(found, catalog.first_with))
    reader = FrameReader()
    try:
        described = describe(catalog, reader)
    finally:
        reader.close()
    if args.json:
        json.dump(described, sys.stdout, ensure_ascii=True)
        print()
    else:
        print(as_text(described, catalog.receipt.text))
    if catalog.patients:
        return 0
    reason = f": {catalog.skipped[0].reason}" if len(catalog.skipped) == 1 else "."
    print(f"lightbox describe: nothing readable was found{reason}", file=sys.stderr)
    return 1


def describe(catalog: Catalog, reader: FrameReader) -> Json:
    """The whole catalogue as plain data: patients by name, studies newest first, series by number.

    Frame numbers count from 1. What a file does not say is null.
    """
    problems: list[Problem] = []
    patients = [
        _patient(patient, reader, problems)
        for patient in sorted(catalog.patients, key=lambda p: (p.name.casefold(), p.id))
    ]
    skipped = [{"path": item.ref.text, "reason": item.reason} for item in catalog.skipped]
    skipped += [
        {"path": copy.header.ref.text, "reason": f"It is an exact copy of {copy.first.ref.text}."}
        for copy in catalog.copies
    ]
    told = dict.fromkeys([*catalog.problems, *problems])
    return {
        "patients": patients,
        "skipped": skipped,
        "problems": [
            {"where": p.where, "what": p.what, "advice": p.advice, "severity": p.severity.value}
            for p in told
        ],
    }


def _patient(patient: Patient, reader: FrameReader, problems: list[Problem]) -> Json:
    studies = sorted(patient.studies, key=lambda s: (s.date, s.time), reverse=True)
    return {
        "id": patient.id,
        "name": patient.name,
        "studies": [_study(study, reader, problems) for study in studies],
    }


def _study(study: Study, reader: FrameReader, problems: list[Problem]) -> Json:
    return {
        "uid": study.uid,
        "date": study.date,
        "description": study.description,
        "series": [
            _series(series, reader, problems) for series in sorted(study.series, key=_by_number)
        ],
    }


def _by_number(series: Series) -> tuple[float, str, str]:
    number = float("inf") if series.number is None else series.number
    return (number, series.date + series.time, series.uid)


def _series(series: Series, reader: FrameReader, problems: list[Problem]) -> Json:
    stacks = []
    for stack in series.stacks:
        facts = stack_facts(stack, reader)
        problems.extend(facts.problems)
        stacks.append(_stack(stack, facts))
    return {
        "uid": series.uid,
        "number": series.number,
        "modality": series.modality,
        "description": series.description,
        "stacks": stacks,
    }


def _stack(stack: Stack, facts: StackFacts) -> Json:
    header = stack.headers[len(stack.headers) // 2]
    spacing, letters, slices = facts.spacing, facts.letters, stack.slice_spacing_mm
    return {
        "label": stack.label,
        "is_image": stack.is_image,
        "frames": [{"path": ref.file.text, "frame": ref.frame + 1} for ref in stack.frames],
        "rows": stack.rows if stack.is_image else None,
        "columns": stack.columns if stack.is_image else None,
        "transfer_syntax": header.transfer_syntax,
        "photometric": header.text("PhotometricInterpretation") or None,
        "letters": None
        if letters is None
        else {
            "top": letters.top,
            "bottom": letters.bottom,
            "left": letters.left,
            "right": letters.right,
        },
        "spacing_mm": None if spacing is None else [spacing.row_mm, spacing.column_mm],
        "spacing_source": (SpacingSource.UNKNOWN if spacing is None else spacing.source).value,
        "slice_spacing_mm": None if slices is None else round(slices, 6),
        "window": _window(facts.voi),
        "cine": _cine(facts.cine),
    }


def _window(voi: VoiChoice | None) -> Json | None:
    if voi is None or voi.window is None:
        return None
    return {
        "width": voi.window.width,
        "center": voi.window.center,
        "source": voi.source.value,
    }


def _cine(rate: CineRate | None) -> Json | None:
    if rate is None:
        return None
    return {
        "fps": round(rate.fps, 6),
        "source": rate.source.value,
        "sequencing": rate.sequencing.value,
    }


def as_text(described: Json, receipt: str) -> str:
    """The same for people: an indented tree, what was skipped, what is odd."""
    lines: list[str] = []
    for patient in described["patients"]:
        lines.append(_line(patient["name"] or "(no name)", patient["id"]))
        for study in patient["studies"]:
            lines.append("  " + _line("Study", study["date"], study["description"]))
            for series in study["series"]:
                lines.append("    " + _series_line(series))
                lines += [f"      {_stack_line(stack)}" for stack in series["stacks"]]
    lines += [f"Skipped: {item['path']}: {item['reason']}" for item in described["skipped"]]
    lines += [f"Problem: {item['where']}: {item['what']}" for item in described["problems"]]
    return "\n".join([*map(_printable, lines), receipt])


def _series_line(series: Json) -> str:
    number = "-" if series["number"] is None else str(series["number"])
    return _line(f"Series {number}", series["modality"], series["description"])


def _stack_line(stack: Json) -> str:
    count = len(stack["frames"])
    parts = [stack["label"], f"{count} image{'s' * (count > 1)}"]
    if not stack["is_image"]:
        return _line(stack["label"], f"{count} object{'s' * (count > 1)}")
    parts.append(f"{stack['columns']} × {stack['rows']}")
    if stack["letters"]:
        parts.append(
            "top {top} bottom {bottom} left {left} right {right}".format(**stack["letters"])
        )
    if stack["spacing_mm"]:
        row, column = stack["spacing_mm"]
        parts.append(f"{row:.4g} × {column:.4g} mm ({stack['spacing_source']})")
    if stack["slice_spacing_mm"]:
        parts.append(f"slices {stack['slice_spacing_mm']:.4g} mm apart")
    if stack["window"]:
        parts.append("window {width:.6g} at {center:.6g} ({source})".format(**stack["window"]))
    if stack["cine"]:
        parts.append("{fps:.4g} fps ({source}), {sequencing}".format(**stack["cine"]))
    return _line(*parts)


def _line(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _printable(line: str) -> str:
    """Control characters of a file must not reach a terminal (escape sequences run there)."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)
