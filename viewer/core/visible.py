"""Which part of a turned image a viewport sees, so that nothing else is looked up or painted.

Everything here is in turned coordinates: columns run right and rows run down on the screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from viewer.core.placement import Placement, Stage


@dataclass(frozen=True, slots=True)
class Lie:
    """How a turned image lies on the screen: its top left corner and the size of its pixels.

    `left`, `top`, `step_x`, `step_y` are device-independent pixels; rows and columns are turned.
    `from_right` and `from_below` tell that the first stored pixel lies at that end.
    """

    left: float
    top: float
    step_x: float
    step_y: float
    rows: int
    columns: int
    from_right: bool = False
    from_below: bool = False

    @property
    def width(self) -> float:
        return self.step_x * self.columns

    @property
    def height(self) -> float:
        return self.step_y * self.rows


@dataclass(frozen=True, slots=True)
class Part:
    """A block of cells of one reduced copy; a cell covers `2**exponent` stored pixels each way.

    `rows` and `columns` are half-open ranges in the turned copy. `left`, `top` and the cells'
    size `cell_x`, `cell_y` are device-independent pixels.
    """

    exponent: int
    rows: tuple[int, int]
    columns: tuple[int, int]
    left: float
    top: float
    cell_x: float
    cell_y: float


def lie_of(placement: Placement, stage: Stage) -> Lie:
    """The turned image that a placement (an axis-parallel map) draws."""
    start = placement.to_screen((0.0, 0.0))
    end = placement.to_screen((float(stage.columns), float(stage.rows)))
    swapped = placement.column_step[0] == 0
    rows, columns = (stage.columns, stage.rows) if swapped else (stage.rows, stage.columns)
    left, top = min(start[0], end[0]), min(start[1], end[1])
    width, height = abs(end[0] - start[0]), abs(end[1] - start[1])
    turned = (start[0] > end[0], start[1] > end[1])
    return Lie(left, top, width / columns, height / rows, rows, columns, *turned)


def visible_part(lie: Lie, stage: Stage, exponent: int = 0, *, whole: bool = False) -> Part | None:
    """The cells needed to paint the viewport, with one more each way to blend with.

    Args:
        exponent: of the reduced copy that is drawn from.
        whole: all cells of the copy, as long as any is seen.

    Returns:
        None when the image lies wholly outside.
    """
    block = 2**exponent
    rows, columns = -(-lie.rows // block), -(-lie.columns // block)
    # The block that may be only partly filled lies where the stored image ends.
    left = lie.left - (columns * block - lie.columns) * lie.step_x * lie.from_right
    top = lie.top - (rows * block - lie.rows) * lie.step_y * lie.from_below
    cell_x, cell_y = lie.step_x * block, lie.step_y * block
    seen_rows = _seen(top, cell_y, stage.height_px, rows)
    seen_columns = _seen(left, cell_x, stage.width_px, columns)
    if seen_rows is None or seen_columns is None:
        return None
    if whole:
        seen_rows, seen_columns = (0, rows), (0, columns)
    left, top = left + seen_columns[0] * cell_x, top + seen_rows[0] * cell_y
    return Part(exponent, seen_rows, seen_columns, left, top, cell_x, cell_y)


def _seen(start: float, step: float, length: float, count: int) -> tuple[int, int] | None:
    """Cells of size `step` from `start` that meet 0..length, and one more each way."""
    first = math.floor(-start / step)
    last = math.ceil((length - start) / step)
    if last <= 0 or first >= count:
        return None
    return max(first - 1, 0), min(last + 1, count)


def nearest_cells(start: float, step: float, length: float, ratio: float, count: int) -> np.ndarray:
    """For each device pixel of 0..length the cell its centre lies in; -1 outside the image.

    Args:
        start: screen position of the first cell's edge, device-independent.
        step: size of a cell on the screen, device-independent.
        ratio: device pixels per device-independent pixel.
    """
    centers: np.ndarray = (np.arange(math.ceil(length * ratio - 1e-6)) + 0.5) / ratio
    cells: np.ndarray = np.floor((centers - start) / step).astype(np.intp)
    cells[(cells < 0) | (cells >= count)] = -1
    return cells
