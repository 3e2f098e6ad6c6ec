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

from tests.gallery.collect import job_of
from tests.gallery.compare import agreement, box_mean, tolerance
from viewer.core.light import DisplayChoice
from viewer.dicom.description.render import render
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.pixels.frames import FrameReader
from viewer.verbs.render import resolve_voi

HERE = Path(__file__).parent
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
    found = agreement(box_mean(image, entry["png_scale"]), reference, loaded.description)
    equal, words = found.equal, f"{words}: {found.equal:.4f} within {levels}"
    return Comparison(entry, equal, needed, words)


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
