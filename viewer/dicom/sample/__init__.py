"""A study made in code, so that anyone can try Lightbox without a file of their own.

One invented patient with a CT chest phantom (120 slices, heart and stomach on the left, liver
on the right), an oblique MR, a colour ultrasound clip and a MONOCHROME1 digital X-ray.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from pydicom import Dataset

from viewer.dicom.sample.ct import ct_slices
from viewer.dicom.sample.mr import mr_slices
from viewer.dicom.sample.ultrasound import ultrasound_clip
from viewer.dicom.sample.xray import chest_xray

EDITION = "2"  # raise it when the pictures change, so that an old copy is made anew

SERIES: tuple[tuple[str, Callable[[], Iterator[Dataset]]], ...] = (
    ("CT", ct_slices),
    ("MR", mr_slices),
    ("US", ultrasound_clip),
    ("DX", chest_xray),
)


def write_sample_study(folder: Path) -> Iterator[Path]:
    """Write the sample study below `folder`, yielding each file when it is complete."""
    for name, datasets in SERIES:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, dataset in enumerate(datasets(), start=1):
            path = folder / name / f"IM{number:05d}.dcm"
            dataset.save_as(path, enforce_file_format=True)
            yield path


def sample_study(folder: Path) -> Path:
    """The folder of a complete sample study below `folder`, written first where it is missing.

    It gets its name when it is complete, so an interrupted writer leaves nothing that looks so.
    """
    study = folder / f"edition-{EDITION}"
    if study.is_dir():
        return study
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as making:
        for _ in write_sample_study(Path(making)):
            pass
        Path(making).rename(study)
        Path(making).mkdir()  # for the context manager to remove
    return study
