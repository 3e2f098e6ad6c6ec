"""Our pictures against DCMTK's, for every file and frame it could render."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viewer.core.image import FrameDescription
from viewer.core.light import DisplayChoice
from viewer.dicom.frames import FrameReader
from viewer.dicom.render import render
from viewer.dicom.source import FileRef, FrameRef
from viewer.verbs.render import RenderJob, resolve_voi

HERE = Path(__file__).parent
LOSSY = {f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 53, 55, 81, 91, 93, 203)}
Entry = dict[str, Any]


@dataclass(frozen=True)
class Comparison:
    """How far our picture of one entry is from the reference."""

    entry: Entry
    equal: float
    needed: float
    words: str

    @property
    def agrees(self) -> bool:
        return self.equal >= self.needed

    @property
    def key(self) -> tuple[str, str]:
        return self.entry["path"], self.entry["variant"]


def job_of(entry: Entry, data: Path) -> RenderJob:
    """The same wish that the reference's command line states."""
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


def box_mean(image: np.ndarray, size: int) -> np.ndarray:
    """Means of size x size boxes, rounded, edges cropped: how large references are stored."""
    rows, columns = image.shape[0] // size, image.shape[1] // size
    cropped = image[: rows * size, : columns * size].astype(np.float64)
    boxes = cropped.reshape(rows, size, columns, size, *image.shape[2:])
    mean: np.ndarray = np.floor(boxes.mean(axis=(1, 3)) + 0.5)
    return mean


def tolerance(description: FrameDescription) -> tuple[int, float]:
    """Gray levels, and the share of pixels that must be within them."""
    colour = description.pixel_format.samples_per_pixel == 3
    return (4, 0.99) if colour and description.transfer_syntax in LOSSY else (1, 0.999)


def compare(entry: Entry, data: Path, reader: FrameReader) -> Comparison:
    from PIL import Image

    job = job_of(entry, data)
    loaded = reader.load(FrameRef(FileRef(os.fsencode(job.path)), entry["frame"]))
    choice = DisplayChoice(voi=resolve_voi(job, loaded), overlays=job.overlays)
    image = render(loaded, choice)
    levels, needed = tolerance(loaded.description)
    words = f"{entry['path']} frame {entry['frame']} {entry['variant']}"
    assert image.shape[:2] == (entry["height"], entry["width"]), words
    if "png" not in entry:  # only its statistics are kept
        close = abs(float(image.mean()) - entry["mean"]) <= levels
        return Comparison(entry, float(close), needed, f"{words}: mean {image.mean():.2f}")
    with Image.open(data / entry["png"]) as picture:
        reference = np.asarray(picture).astype(np.int64)
    ours = box_mean(image, entry["png_scale"])
    if ours.ndim != reference.ndim:
        ours, reference = (
            a if a.ndim == 3 else np.repeat(a[..., np.newaxis], 3, -1) for a in (ours, reference)
        )
    difference = np.abs(ours - reference)
    if difference.ndim == 3:
        difference = difference.max(axis=-1)
    equal = float((difference <= levels).mean())
    return Comparison(entry, equal, needed, f"{words}: {equal:.4f} within {levels}")


@pytest.fixture(scope="module")
def comparisons(shared_data: Path) -> Iterator[list[Comparison]]:
    entries = json.loads((shared_data / "reference" / "dcmtk.json").read_text())["entries"]
    reader = FrameReader()
    try:
        yield [compare(entry, shared_data, reader) for entry in entries]
    finally:
        reader.close()


def listed() -> set[tuple[str, str]]:
    rows = tomllib.loads((HERE / "differences.toml").read_text())["difference"]
    return {(path, row["variant"]) for row in rows for path in row["paths"]}


def test_every_reference_is_met_or_its_difference_is_listed(comparisons):
    wrong = [c.words for c in comparisons if not c.agrees and c.key not in listed()]

    assert len(comparisons) > 600
    assert wrong == []


def test_every_listed_difference_is_still_there(comparisons):
    differing = {c.key for c in comparisons if not c.agrees}

    assert listed() - differing == set()


def test_the_page_for_people_has_every_listed_difference():
    rows = tomllib.loads((HERE / "differences.toml").read_text())["difference"]
    page = (HERE.parent.parent / "docs" / "differences.md").read_text()

    for row in rows:
        assert row["section"] in page, row["name"]
        for path in row["paths"]:
            assert path.rsplit("/", 1)[-1] in page, path
