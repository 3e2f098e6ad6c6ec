"""A CT slice that no turn or flip leaves as it is, with a mark in its first corner."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.data import write_ct

ROWS, COLUMNS = 30, 50


def phantom(rows: int = ROWS, columns: int = COLUMNS) -> np.ndarray:
    """Stored values 0..~700 on a slope, the mark at 1000 (rescale is -1024)."""
    row, column = np.mgrid[:rows, :columns]
    values = row * 10 + column * 5
    values[:6, :9] = 1000
    return values.astype(np.int16)


def write_phantom(path: Path, pixels: np.ndarray | None = None, **attributes: object) -> Path:
    """An axial slice whose first pixel lies right and front: its mark is between R and A.

    The window shows stored 0..1000 from black to white.
    """
    values = phantom() if pixels is None else pixels
    given = {"WindowCenter": -523.5, "WindowWidth": 1001, **attributes}
    return write_ct(path, pixels=values, **given)
