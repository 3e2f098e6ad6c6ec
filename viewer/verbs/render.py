"""`lightbox render`: frames as PNG, byte for byte the pixels the window would show."""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from viewer.errors import UnsupportedError, ViewerError

if TYPE_CHECKING:
    from viewer.core.image import FrameDescription, VoiChoice
    from viewer.dicom.frames import FrameReader, LoadedFrame

BAD_USAGE = 2
# argparse takes "-1e3" and "-600." for options without this.
_NEGATIVE_NUMBER = re.compile(r"-(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One picture to make; the words are those of the command line and of a job list.

    Attributes:
        path: DICOM file.
        out: PNG to write.
        frame: counted from 1.
        window: (width, center) or None.
        file_window: which window of the file, from 1, or None.
        voi_lut: which VOI LUT of the file, from 1, or None.
        preset: name of a preset, or None.
        min_max: span all modality values of the frame.
        overlays: draw overlay planes.
    """

    path: str
    out: str
    frame: int = 1
    window: tuple[float, float] | None = None
    file_window: int | None = None
    voi_lut: int | None = None
    preset: str | None = None
    min_max: bool = False
    overlays: bool = True


class JobError(ValueError):
    """A job that says something impossible; the text is the sentence shown."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare FILE OUT.png with its options, and --list."""
    parser._negative_number_matcher = _NEGATIVE_NUMBER
    parser.add_argument("file", nargs="?", metavar="FILE", help="DICOM file")
    parser.add_argument("out", nargs="?", metavar="OUT.png", help="picture to write")
    parser.add_argument("--frame", type=int, default=1, metavar="N", help="frame, from 1")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--window", nargs=2, type=float, metavar=("WIDTH", "CENTER"))
    how.add_argument("--file-window", type=int, metavar="K", help="the file's window K, from 1")
    how.add_argument("--voi-lut", type=int, metavar="K", help="the file's VOI LUT K, from 1")
    how.add_argument("--preset", metavar="NAME", help="abdomen, lung, bone, brain ...")
    how.add_argument("--min-max", action="store_true", help="all values of the frame")
    parser.add_argument("--no-overlays", action="store_true", help="leave overlay planes out")
    parser.add_argument("--list", metavar="JOBS.json", help="many pictures in one process")


def run(args: argparse.Namespace) -> int:
    """Write one picture, or all of a list."""
    from viewer.dicom.frames import FrameReader

    if args.list is None and not (args.file and args.out):
        return _refuse("give FILE and OUT.png, or --list JOBS.json")
    if args.list is not None and args.file:
        return _refuse("--list takes no FILE")
    reader = FrameReader()
    try:
        if args.list is not None:
            return _run_list(Path(args.list), reader)
        write_picture(_job_of(args), reader)
    except JobError as error:
        return _refuse(str(error))
    finally:
        reader.close()
    return 0


def _refuse(why: str) -> int:
    print(f"lightbox render: {why}", file=sys.stderr)
    return BAD_USAGE


def _job_of(args: argparse.Namespace) -> RenderJob:
    return parse_job(
        {
            "path": args.file,
            "out": args.out,
            "frame": args.frame,
            "window": args.window,
            "file_window": args.file_window,
            "voi_lut": args.voi_lut,
            "preset": args.preset,
            "min_max": args.min_max,
            "overlays": not args.no_overlays,
        }
    )


def _run_list(path: Path, reader: FrameReader) -> int:
    """Do all jobs of a list, one line of JSON each in the list's order."""
    try:
        jobs = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise JobError(f"the job list cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise JobError("the job list is not JSON") from error
    if not isinstance(jobs, list):
        raise JobError("the job list is not an array")
    succeeded = 0
    # Two at a time: while one picture is made light of and written, the next is decoded.
    with ThreadPoolExecutor(2) as pool:
        for report in pool.map(lambda job: _attempt(job, reader), jobs):
            succeeded += report["ok"]
            print(json.dumps(report), flush=True)
    return 0 if succeeded or not jobs else 1


def _attempt(given: Any, reader: FrameReader) -> dict[str, Any]:
    """One job of a list: it reports, whatever happens to it."""
    known = given if isinstance(given, dict) else {}
    report = {"path": known.get("path"), "frame": known.get("frame", 1), "ok": True, "error": ""}
    try:
        write_picture(parse_job(given), reader)
    except (JobError, ViewerError) as error:
        report |= {"ok": False, "error": str(error)}
    except MemoryError:
        report |= {"ok": False, "error": "There is not enough memory for this frame."}
    return report


def parse_job(given: Any) -> RenderJob:
    """A job from what the command line or a list says.

    Raises:
        JobError: a word is missing, unknown or impossible.
    """
    if not isinstance(given, dict):
        raise JobError("a job is an object")
    unknown = set(given) - {field.name for field in fields(RenderJob)}
    if unknown:
        raise JobError(f"a job has no {', '.join(sorted(map(str, unknown)))}")
    values = {name: value for name, value in given.items() if value is not None}
    for name in ("path", "out"):
        if not isinstance(values.get(name), str) or not values[name]:
            raise JobError(f"{name} is missing")
    for name in ("frame", "file_window", "voi_lut"):
        if name in values and (type(values[name]) is not int or values[name] < 1):
            raise JobError(f"{name.replace('_', '-')} is a number from 1")
    if "window" in values:
        values["window"] = _width_and_center(values["window"])
    ways = [name for name in ("window", "file_window", "voi_lut", "preset") if name in values]
    if len(ways) + bool(values.get("min_max")) > 1:
        raise JobError("only one of window, file-window, voi-lut, preset and min-max can be")
    return RenderJob(**values)


def _width_and_center(given: Any) -> tuple[float, float]:
    try:
        width, center = (float(value) for value in given)
    except (TypeError, ValueError) as error:
        raise JobError("window is two numbers, width and center") from error
    if not (math.isfinite(width) and math.isfinite(center) and width > 0):
        raise JobError("window is a width above 0 and a center")
    return width, center


def write_picture(job: RenderJob, reader: FrameReader) -> None:
    """Render one frame and write it.

    Raises:
        ViewerError: the file, the frame or the wish cannot be met, or nothing can be written.
    """
    from viewer.core.light import DisplayChoice
    from viewer.dicom.render import render
    from viewer.dicom.source import FileRef, FrameRef

    loaded = reader.load(FrameRef(FileRef(os.fsencode(job.path)), job.frame - 1))
    choice = DisplayChoice(voi=resolve_voi(job, loaded), overlays=job.overlays)
    _write_png(Path(job.out), render(loaded, choice))


def resolve_voi(job: RenderJob, loaded: LoadedFrame) -> VoiChoice | None:
    """What the job wishes as a VOI choice; None for the viewer's own, and for colour."""
    from viewer.core.light import is_color, min_max_voi, user_voi

    description = loaded.description
    if is_color(description):
        return None  # colour has no window, PS3.3 C.11.2
    if job.window is not None:
        return user_voi(job.window[1], job.window[0], description)
    if job.preset is not None:
        return _preset(job.preset, description)
    if job.min_max:
        return min_max_voi(loaded.stored, description)
    if job.file_window is not None:
        return _numbered(description, job.file_window, "window", lambda c: c.window is not None)
    if job.voi_lut is not None:
        return _numbered(description, job.voi_lut, "VOI LUT", lambda c: c.lut is not None)
    return None


def _preset(name: str, description: FrameDescription) -> VoiChoice:
    from viewer.core.presets import PRESETS, find_preset

    preset = find_preset(name)
    if preset is None:
        known = ", ".join(preset.id for preset in PRESETS)
        raise JobError(f"there is no preset of this name; there are {known}")
    if preset.unit == "SUV" and description.transform.unit not in ("GML", "SUV", "g/ml"):
        raise UnsupportedError("This preset is in SUV, and the values of this image are not.")
    return preset.choice


def _numbered(
    description: FrameDescription, number: int, what: str, fits: Callable[[VoiChoice], bool]
) -> VoiChoice:
    found: Iterator[VoiChoice] = (choice for choice in description.voi_choices if fits(choice))
    choices = list(found)
    if number > len(choices):
        count = len(choices) or "no"
        raise UnsupportedError(f"The file has {count} usable {what}{'s' * (count != 1)}.")
    return choices[number - 1]


def _write_png(out: Path, image: Any) -> None:
    """Whole or not at all: a reader of the folder never sees half a picture."""
    from PIL import Image

    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with open(part, "xb") as file:
            Image.fromarray(image).save(file, "PNG", compress_level=1)
        os.replace(part, out)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ViewerError(
            f"The picture cannot be written: {error.strerror}.", "Choose another folder."
        ) from error
