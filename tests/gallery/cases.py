"""Images made in code for what real files rarely hold, each with the picture the standard defines.

The expected pictures are worked out here from the standard's formulas in plain numpy, without
any of the viewer's own functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from tests.data import EXPLICIT_LITTLE, write_dataset

Array = np.ndarray
SIZE = 96


@dataclass(frozen=True, slots=True)
class Case:
    """One file and its picture.

    Attributes:
        name: stem of the file.
        what: for the reader of the page.
        section: of the standard, that the picture follows.
        picture: uint8, (rows, columns) or (rows, columns, 3).
        dataset: native pixels; or `write` makes a whole file.
        syntax: of `dataset`.
        frame: shown, from 0.
        within: gray levels the picture may be off: 0 where nothing is rounded twice.
    """

    name: str
    what: str
    section: str
    picture: Array
    dataset: Dataset | None = None
    write: Callable[[Path], object] | None = None
    syntax: str = EXPLICIT_LITTLE
    frame: int = 0
    within: int = 0

    def file(self, folder: Path) -> Path:
        """Write the file."""
        path = folder / f"{self.name}.dcm"
        if self.write is not None:
            self.write(path)
        else:
            assert self.dataset is not None
            write_dataset(path, self.dataset, self.syntax)
        return path


def phantom() -> Array:
    """12-bit values that show edges, a ramp and a disc: uint16, (SIZE, SIZE), 0..4095."""
    row, column = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
    values = (row + 2 * column) / (3 * (SIZE - 1)) * 3000
    radius = np.hypot(row - 40, column - 52)
    values = np.where(radius < 28, 4095 - 60 * radius, values)
    values[70:90:4, 8:40] = 0
    return np.round(values).astype(np.uint16)


def levels(fraction: Array) -> Array:
    """Display values 0..1 as gray levels."""
    return np.floor(np.clip(fraction, 0, 1) * 255 + 0.5).astype(np.uint8)


def linear(values: Array, center: float, width: float) -> Array:
    """PS3.3 C.11.2.1.2.1."""
    return ((values.astype(np.float64) - (center - 0.5)) / (width - 1)) + 0.5


def color_phantom() -> Array:
    """Patches of saturated and of dull colours in runs of pairs: uint8, (SIZE, SIZE, 3)."""
    row, column = np.mgrid[0:SIZE, 0:SIZE]
    column = column // 2 * 2  # chroma of pairs is the same: subsampling loses nothing
    red = row * 255 // (SIZE - 1)
    green = column * 255 // (SIZE - 1)
    blue = np.where((row // 16 + column // 16) % 2, 200, 40)
    return np.stack([red, green, blue], axis=-1).astype(np.uint8)


def made_cases() -> list[Case]:
    """All of them; names are unique."""
    from tests.gallery import coded_cases, color_cases, graphic_cases, gray_cases

    modules = (gray_cases, color_cases, graphic_cases, coded_cases)
    found = [case for module in modules for case in module.cases()]
    assert len({case.name for case in found}) == len(found)
    return found
