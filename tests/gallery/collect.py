"""Every picture of the gallery: ours, the reference, and what became of the comparison."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pydicom.data
from pydicom.uid import UID

from tests.gallery.cases import made_cases
from tests.gallery.compare import Agreement, agreement, box_mean
from tests.gallery.references import Reference, by_dcmtk, by_pydicom
from viewer.core.light import DisplayChoice, is_color, min_max_voi
from viewer.dicom.description.render import render
from viewer.dicom.files.scan import Found, scan
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.headers.header import read_header
from viewer.dicom.pixels.frames import FrameReader, LoadedFrame
from viewer.errors import ViewerError
from viewer.verbs.render import RenderJob, resolve_voi

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class Wish:
    """One picture to make.

    Attributes:
        path: file.
        shown: name on the page and in the lists of differences.
        what: words for the reader, of made cases.
        frame: from 0.
        variant: which of several pictures of one frame.
        job: how to show it, or None for the file's first window, else min-max.
        reference: made before, or None: another program is asked.
        formula: the picture of a made case, for what no program draws.
    """

    path: Path
    shown: str
    what: str = ""
    frame: int = 0
    variant: str = "default"
    job: RenderJob | None = None
    reference: Reference | None = None
    formula: Array | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """One comparison, or why there is none.

    Attributes:
        syntax, photometric, sop_class: what the tables are by.
        found: None where no other program makes this picture.
        failure: why ours could not be made.
    """

    wish: Wish
    syntax: str = ""
    photometric: str = ""
    sop_class: str = ""
    ours: Array | None = None
    reference: Reference | None = None
    found: Agreement | None = None
    failure: str = ""


def made_wishes(folder: Path) -> Iterator[Wish]:
    """The cases made in code; where no program can draw them, the formula does."""
    for case in made_cases():
        path, what = case.file(folder), f"{case.what} ({case.section})"
        yield Wish(path, f"made/{case.name}", what, case.frame, formula=case.picture)


def bundled_wishes() -> Iterator[Wish]:
    """The files that come with pydicom itself."""
    for path in sorted((Path(pydicom.data.__file__).parent / "test_files").glob("*.dcm")):
        yield Wish(path, f"pydicom/{path.name}")


def data_wishes(data: Path) -> Iterator[Wish]:
    """The references kept with DATA, then every image that has none there."""
    kept = data / "reference" / "dcmtk.json"
    entries: list[dict[str, Any]] = []
    if kept.is_file():
        entries = json.loads(kept.read_text(encoding="utf-8"))["entries"]
    drawn = [entry for entry in entries if "png" in entry]  # of the others only figures are kept
    yield from (_kept_wish(entry, data) for entry in drawn)
    have = {entry["path"] for entry in drawn}
    for item in scan([data]):
        if isinstance(item, Found) and item.header.has_pixels:
            path = Path(os.fsdecode(item.header.ref.path))
            shown = path.relative_to(data).as_posix()
            if shown not in have and not item.header.ref.member:
                yield Wish(path, shown)


def _kept_wish(entry: dict[str, Any], data: Path) -> Wish:
    from PIL import Image

    with Image.open(data / entry["png"]) as picture:
        reference = Reference(np.asarray(picture), "DCMTK, kept", entry["png_scale"])
    path = data / entry["path"]
    job = job_of(entry, data)
    frame, variant = entry["frame"], entry["variant"]
    return Wish(path, entry["path"], "", frame, variant, job, reference)


def job_of(entry: dict[str, Any], data: Path) -> RenderJob:
    """The same wish that the command line of a kept reference states."""
    words = entry["commands"][-1].split()
    wish: dict[str, Any] = {}
    if "+Wi" in words:
        wish["file_window"] = int(words[words.index("+Wi") + 1])
    elif "+Wl" in words:
        wish["voi_lut"] = int(words[words.index("+Wl") + 1])
    elif "+Wm" in words:
        wish["min_max"] = True
    path = str(data / entry["path"])
    return RenderJob(path, "-", entry["frame"] + 1, overlays="+O" in words, **wish)


def compared(wish: Wish, reader: FrameReader, folder: Path) -> Picture | None:
    """One comparison; None for a file that is no image."""
    ref = FileRef(os.fsencode(wish.path))
    try:
        header = read_header(ref)
    except ViewerError as error:
        return Picture(wish, failure=str(error))
    if not header.has_pixels and wish.formula is None:
        return None
    sop_class = UID(header.text("SOPClassUID")).name.replace(" Storage", "")
    try:
        loaded = reader.load(FrameRef(ref, wish.frame))
        ours, reference = _both(wish, loaded, folder)
    except ViewerError as error:
        return Picture(wish, UID(header.transfer_syntax).name, "", sop_class, failure=str(error))
    description = loaded.description
    photometric = description.pixel_format.photometric_interpretation
    syntax = UID(description.transfer_syntax).name
    picture = Picture(wish, syntax, photometric, sop_class, ours, reference)
    if reference is None:
        return picture
    reduced = box_mean(ours, reference.scale) if reference.scale > 1 else ours
    found = agreement(reduced, reference.picture, description)
    return Picture(wish, syntax, photometric, sop_class, ours, reference, found)


def _both(wish: Wish, loaded: LoadedFrame, folder: Path) -> tuple[Array, Reference | None]:
    """Our picture and the reference, of one wish."""
    if wish.job is not None:
        choice = DisplayChoice(resolve_voi(wish.job, loaded), overlays=wish.job.overlays)
        return render(loaded, choice), wish.reference
    description = loaded.description
    # A guess of ours has no other program's like: the span of all values is compared instead.
    guessed = not is_color(description) and not description.voi_choices
    voi = min_max_voi(loaded.stored, description) if guessed else None
    reference = by_dcmtk(wish.path, loaded, guessed, folder)
    if reference is None and wish.formula is not None:
        return render(loaded), Reference(wish.formula, "the standard's formula")
    reference = reference or by_pydicom(wish.path, loaded, guessed)
    overlays = reference is None or reference.overlays
    return render(loaded, DisplayChoice(voi, overlays=overlays)), reference
