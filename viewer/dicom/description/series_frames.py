"""The frames of one series as columns of numbers, grown file by file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viewer.core.stacking import FrameTable
from viewer.dicom.description.frame_geometry import FrameGeometry
from viewer.dicom.description.frame_rows import FrameRows, Key, RowMaker, Rows
from viewer.dicom.description.series_dimensions import acquired_s, dimensions_of
from viewer.dicom.files.source import FrameRef

if TYPE_CHECKING:
    from viewer.dicom.headers.header import Header

_BLOCK = 256  # rows turned into an array at once: few enough to go unnoticed


class _Column:
    """Rows of numbers that come singly or in blocks; each is turned into an array once."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._blocks: list[np.ndarray] = []
        self._single: list[Sequence[float]] = []

    def extend(self, rows: Rows) -> None:
        if isinstance(rows, np.ndarray):
            self._settle()
            self._blocks.append(rows)
            return
        self._single += rows
        if len(self._single) >= _BLOCK:
            self._settle()

    def array(self) -> np.ndarray:
        """All rows, (rows, width)."""
        self._settle()
        if len(self._blocks) != 1:
            self._blocks = [np.concatenate([np.empty((0, self._width)), *self._blocks])]
        return self._blocks[0]

    def _settle(self) -> None:
        if self._single:
            self._blocks.append(np.array(self._single, float))
            self._single = []


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """What was known of a series at one moment; `table` may be asked for on any thread.

    Attributes:
        version, epoch: of the series at that moment.
    """

    version: int
    epoch: int
    keys: np.ndarray
    orientations: np.ndarray
    positions: np.ndarray
    order: np.ndarray
    headers: Sequence[Header]
    geometry: Mapping[object, FrameGeometry]

    def table(self) -> FrameTable:
        """All frames, for `split_and_sort`."""
        order = self.order
        if _has_twins(order):
            times = np.array([acquired_s(header) for header in self.headers])
            order = np.column_stack([order, times])
        placed = self.positions[np.isfinite(self.positions).all(axis=1)]
        return FrameTable(
            keys=self.keys,
            orientations=self.orientations,
            positions=self.positions,
            order=order,
            # Distances along a normal come later: here any place that may occur twice counts.
            dimensions=dimensions_of(self.headers, self.geometry)
            if _has_twins(np.round(placed, 3))
            else (),
        )


class SeriesFrames:
    """Columns with one row per frame, in the order found.

    Attributes:
        version: changes whenever something was added.
        epoch: changes whenever rows got another place, so that older row numbers mean nothing.
        count: frames, as far as files claim them.
        refs, headers, codes: per frame, up to date after `columns()`.
        key_of: hard keys by code.
    """

    def __init__(self) -> None:
        self.version = self.epoch = self.count = 0
        self._maker = RowMaker()
        self._all: list[Header | FrameRows] = []
        self._geometry: dict[object, FrameGeometry] = {}
        self._clear()

    def _clear(self) -> None:
        self.refs: list[FrameRef] = []
        self.headers: list[Header] = []
        self.codes: list[int] = []
        self.key_of: list[Key] = []
        self._code_of: dict[Key, int] = {}
        self._positions, self._orientations, self._order = _Column(3), _Column(6), _Column(2)
        self._queue: list[Header | FrameRows] = list(self._all)

    def add(self, header: Header, rows: FrameRows | None = None) -> None:
        """Take a file; costs next to nothing.

        Args:
            rows: of the file, when another thread has made them already.
        """
        self._queue.append(header if rows is None else rows)
        # Rows of thousands of frames are not made twice; those of one frame are not worth keeping.
        self._all.append(rows if rows is not None and len(rows.refs) > 1 else header)
        self.count += header.frames
        self.version += 1

    def drop(self, header: Header) -> None:
        """Take a file away again; the rows of all others are made anew."""
        self._all = [item for item in self._all if _header_of(item) is not header]
        self._geometry.pop(header.ref, None)
        self._clear()
        self.count -= header.frames
        self.version += 1
        self.epoch += 1

    def place(self, geometry: FrameGeometry) -> None:
        """Take the geometry of a multi-frame file that was added before."""
        self._geometry[geometry.ref] = geometry
        self._clear()  # its rows are in the middle of the columns: they are made anew
        self.version += 1
        self.epoch += 1

    def columns(self) -> Columns:
        """All frames so far."""
        for item in self._queue:
            header = _header_of(item)
            geometry = self._geometry.get(header.ref)
            if isinstance(item, FrameRows) and (geometry is None or not geometry.placed):
                self._append(item)
            else:
                self._append(self._maker.rows_of(header, geometry))
        self._queue = []
        return Columns(
            version=self.version,
            epoch=self.epoch,
            keys=np.array(self.codes, int),
            orientations=self._orientations.array(),
            positions=self._positions.array(),
            order=self._order.array(),
            headers=self.headers[:],
            geometry=dict(self._geometry),
        )

    def _append(self, rows: FrameRows) -> None:
        count = len(rows.refs)
        if len(rows.keys) == 1:
            self.codes += [self._code(rows.keys[0])] * count
        else:
            self.codes += [self._code(key) for key in rows.keys]
        self.refs += rows.refs
        self.headers += [rows.header] * count
        self._positions.extend(rows.positions)
        self._orientations.extend(rows.orientations)
        self._order.extend(rows.order)

    def _code(self, key: Key) -> int:
        code = self._code_of.setdefault(key, len(self._code_of))
        if code == len(self.key_of):
            self.key_of.append(key)
        return code


def _header_of(item: Header | FrameRows) -> Header:
    return item.header if isinstance(item, FrameRows) else item


def _has_twins(rows: np.ndarray) -> bool:
    """Whether two rows are equal; NaN equals NaN."""
    if len(rows) < 2:
        return False
    ordered = rows[np.lexsort(rows.T)]
    same = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    return bool(same.all(axis=1).any())
