"""The frames of one series as columns of numbers, grown file by file."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from viewer.core.stacking import FrameTable
from viewer.dicom.frame_geometry import FrameGeometry
from viewer.dicom.object_kinds import is_picture
from viewer.dicom.series_dimensions import acquired_s, dimensions_of
from viewer.dicom.source import FrameRef

if TYPE_CHECKING:
    from viewer.dicom.header import Header

# NumberOfFrames is a claim: more than this is not laid out, whatever the file says.
MOST_FRAMES = 200_000
FURTHEST_MM = 1e7  # a position beyond is an accident and would overflow what is computed from it


class _Column:
    """Rows of numbers that come singly or in blocks; old rows are turned into an array once."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._blocks: list[np.ndarray] = []
        self._single: list[Sequence[float]] = []

    def add(self, row: Sequence[float]) -> None:
        self._single.append(row)

    def extend(self, rows: np.ndarray) -> None:
        self._settle()
        self._blocks.append(rows)

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


class SeriesFrames:
    """Columns with one row per frame, in the order found.

    Decoding a header's values costs more than sorting them, so each header is decoded once, when
    the stacks are asked for and not while the scan runs.

    Attributes:
        version: changes whenever something was added.
        refs, headers, codes: per frame, up to date after `table()`.
        key_of: hard keys by code.
    """

    def __init__(self) -> None:
        self.version = 0
        self._orientation_of: dict[str, tuple[float, ...]] = {}
        self._all: list[Header] = []
        self._geometry: dict[object, FrameGeometry] = {}
        self._clear()

    def _clear(self) -> None:
        self.refs: list[FrameRef] = []
        self.headers: list[Header] = []
        self.codes: list[int] = []
        self.key_of: list[tuple[Hashable, ...]] = []
        self._code_of: dict[tuple[Hashable, ...], int] = {}
        self._positions, self._orientations, self._order = _Column(3), _Column(6), _Column(2)
        self._queue = list(self._all)

    def add(self, header: Header) -> None:
        """Take a file; costs next to nothing."""
        self._queue.append(header)
        self._all.append(header)
        self.version += 1

    def place(self, geometry: FrameGeometry) -> None:
        """Take the geometry of a multi-frame file that was added before."""
        self._geometry[geometry.ref] = geometry
        self._clear()  # its rows are in the middle of the columns: they are made anew
        self.version += 1

    def table(self) -> FrameTable:
        """All frames so far, for `split_and_sort`."""
        for header in self._queue:
            self._append(header)
        self._queue = []
        positions, order = self._positions.array(), self._order.array()
        if _has_twins(order):
            times = np.array([acquired_s(header) for header in self.headers])
            order = np.column_stack([order, times])
        placed = positions[np.isfinite(positions).all(axis=1)]
        return FrameTable(
            keys=np.array(self.codes, int),
            orientations=self._orientations.array(),
            positions=positions,
            order=order,
            # Distances along a normal come later: here any place that may occur twice counts.
            dimensions=dimensions_of(self.headers, self._geometry)
            if _has_twins(np.round(placed, 3))
            else (),
        )

    def _append(self, header: Header) -> None:
        rows = header.integer("Rows") or 0
        geometry = self._geometry.get(header.ref)
        if not is_picture(header.text("SOPClassUID"), header.has_pixels, rows):
            self._row(header, ("object", header.text("SOPClassUID")))
        elif geometry is not None and geometry.placed:
            self._append_placed(header, geometry)
        elif header.frames > 1:
            self._append_clip(header)
        else:
            self._append_single(header)

    def _append_single(self, header: Header) -> None:
        position = _triple(header.numbers("ImagePositionPatient"))
        orientation = self._orientation(header)
        if position is None or len(orientation) != 6:
            self._row(header, _picture_key(header, ""))
        else:
            key = _picture_key(header, header.text("FrameOfReferenceUID"))
            self._row(header, key, position, orientation)

    def _orientation(self, header: Header) -> tuple[float, ...]:
        """Image Orientation (Patient); most slices of a series share the same few characters."""
        text = header.text("ImageOrientationPatient")
        known = self._orientation_of.get(text)
        if known is None:
            known = self._orientation_of[text] = header.numbers("ImageOrientationPatient")
        return known

    def _append_clip(self, header: Header) -> None:
        """Frames in their own order; the parts of a concatenation make one clip (rule 61)."""
        whole = header.text("ConcatenationUID") or header.ref
        count = min(header.frames, MOST_FRAMES)
        code = self._code((*_picture_key(header, ""), "clip", whole))
        self._rows(header, [code] * count, np.full((count, 3), np.nan), np.full((count, 6), np.nan))

    def _append_placed(self, header: Header, geometry: FrameGeometry) -> None:
        key = _picture_key(
            header, geometry.frame_of_reference or header.text("FrameOfReferenceUID")
        )
        count = min(header.frames, len(geometry.positions))
        far = abs(geometry.positions[:count]) > FURTHEST_MM
        positions = np.where(far, np.nan, geometry.positions[:count])
        codes = [self._code((*key, "stack", stack)) for stack in geometry.stacks[:count].tolist()]
        self._rows(header, codes, positions, geometry.orientations[:count])

    def _code(self, key: tuple[Hashable, ...]) -> int:
        code = self._code_of.setdefault(key, len(self._code_of))
        if code == len(self.key_of):
            self.key_of.append(key)
        return code

    def _row(
        self,
        header: Header,
        key: tuple[Hashable, ...],
        position: Sequence[float] = (math.nan,) * 3,
        orientation: Sequence[float] = (math.nan,) * 6,
    ) -> None:
        self.codes.append(self._code(key))
        self.refs.append(FrameRef(header.ref, 0))
        self.headers.append(header)
        self._positions.add(position)
        self._orientations.add(orientation)
        self._order.add(_number(header))

    def _rows(
        self, header: Header, codes: list[int], positions: np.ndarray, orientations: np.ndarray
    ) -> None:
        """All frames of one file: codes, (frames, 3), (frames, 6)."""
        count = len(codes)
        self.codes += codes
        self.refs += [FrameRef(header.ref, frame) for frame in range(count)]
        self.headers += [header] * count
        self._positions.extend(positions)
        self._orientations.extend(orientations)
        instance, first = _number(header)
        frames = first + np.arange(count)
        self._order.extend(np.column_stack([np.full(count, instance), frames]))


def _picture_key(header: Header, frame_of_reference: str) -> tuple[Hashable, ...]:
    return (
        "picture",
        header.text("SOPClassUID"),
        header.integer("Rows") or 0,
        header.integer("Columns") or 0,
        header.integer("SamplesPerPixel") or 1,
        "LOCALIZER" in header.text("ImageType"),
        frame_of_reference,
    )


def _number(header: Header) -> tuple[float, float]:
    """Instance Number and the number of the first frame, which order where geometry does not."""
    instance = header.integer("InstanceNumber")
    offset = header.integer("ConcatenationFrameOffsetNumber")
    if offset is not None and header.text("ConcatenationUID"):
        return (-math.inf, float(offset))  # parts may have any Instance Number
    return (math.nan if instance is None else float(instance), 0.0)


def _triple(values: tuple[float, ...]) -> tuple[float, ...] | None:
    if len(values) != 3 or not all(abs(value) <= FURTHEST_MM for value in values):
        return None
    return values


def _has_twins(rows: np.ndarray) -> bool:
    """Whether two rows are equal; NaN equals NaN."""
    if len(rows) < 2:
        return False
    ordered = rows[np.lexsort(rows.T)]
    same = (ordered[1:] == ordered[:-1]) | (np.isnan(ordered[1:]) & np.isnan(ordered[:-1]))
    return bool(same.all(axis=1).any())
