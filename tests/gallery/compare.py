"""Our picture of a frame beside somebody else's: how much of it is equal, and how far it is off."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from viewer.core.image import FrameDescription

Array = np.ndarray
LISTS = (Path(__file__).parent.parent / "dicom" / "differences.toml",)
OWN_LIST = Path(__file__).parent / "differences.toml"  # of made and bundled files
LOSSY = {f"1.2.840.10008.1.2.4.{number}" for number in (50, 51, 53, 55, 81, 91, 93, 111, 112, 203)}


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two pictures agree.

    Attributes:
        equal: share of pixels within `levels` gray levels.
        needed: share that is asked for.
        levels: gray levels that count as equal.
        worst: largest difference.
        difference: of each pixel, the largest of its samples.
    """

    equal: float
    needed: float
    levels: int
    worst: int
    difference: Array

    @property
    def agrees(self) -> bool:
        return self.equal >= self.needed


def tolerance(description: FrameDescription) -> tuple[int, float]:
    """Gray levels, and the share of pixels that must be within them.

    Correct decoders differ in how they spread subsampled chrominance, so lossy colour has more.
    """
    colour = description.pixel_format.samples_per_pixel == 3
    return (4, 0.99) if colour and description.transfer_syntax in LOSSY else (1, 0.999)


def box_mean(image: Array, size: int) -> Array:
    """Means of size x size boxes, rounded, edges cropped: how large references are stored."""
    rows, columns = image.shape[0] // size, image.shape[1] // size
    cropped = image[: rows * size, : columns * size].astype(np.float64)
    boxes = cropped.reshape(rows, size, columns, size, *image.shape[2:])
    mean: Array = np.floor(boxes.mean(axis=(1, 3)) + 0.5)
    return mean


def agreement(ours: Array, theirs: Array, description: FrameDescription) -> Agreement:
    """Compare two pictures of equal size, gray or RGB."""
    if ours.ndim != theirs.ndim:  # one program kept gray what the other wrote as RGB
        ours, theirs = (
            a if a.ndim == 3 else np.repeat(a[..., np.newaxis], 3, -1) for a in (ours, theirs)
        )
    difference = np.abs(ours.astype(np.int64) - theirs.astype(np.int64))
    if difference.ndim == 3:
        difference = difference.max(axis=-1)
    levels, needed = tolerance(description)
    equal = float((difference <= levels).mean())
    return Agreement(equal, needed, levels, int(difference.max(initial=0)), difference)


def known_differences(*lists: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """(path, variant) -> the row of a list of differences that explains it."""
    rows = [row for path in lists for row in tomllib.loads(path.read_text())["difference"]]
    return {(path, row.get("variant", "default")): row for row in rows for path in row["paths"]}
