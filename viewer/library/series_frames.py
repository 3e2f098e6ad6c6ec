"""The frames of one series as columns of numbers, grown file by file."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from viewer.core.stacking import Dimension, FrameTable
from viewer.dicom.cine_facts import seconds_of
from viewer.dicom.frame_geometry import FrameGeometry, type_dimension
from viewer.dicom.object_kinds import is_picture
from viewer.dicom.source import FrameRef

if TYPE_CHECKING:
    from viewer.dicom.header import Header

# NumberOfFrames is a claim: more than this is not laid out, whatever the file says.
MOST_FRAMES = 200_000
FURTHEST_MM = 1e7  # a position beyond is an accident and would overflow what is computed from it
_NOWHERE = (math.nan,) * 3
_NO_WAY = (math.nan,) * 6


class SeriesFrames:
    """Columns with one row per frame, in the order found.

    Decoding a header's values costs more than sorting them, so each header is decoded once, when
    the stacks are asked for and not while the scan runs.
    """

    def __init__(self) -> None:
        self.version = 0
        self.refs: list[FrameRef] = []
        self.headers: list[Header] = []
        self.key_of: list[tuple[Hashable, ...]] = []  # by key code
        self.codes: list[int] = []
        self._code_of: dict[tuple[Hashable, ...], int] = {}
        self._positions: list[Sequence[float]] = []
        self._orientations: list[Sequence[float]] = []
        self._order: list[tuple[float, float]] = []
        self._orientation_of: dict[str, tuple[float, ...]] = {}
        self._queue: list[Header] = []
        self._all: list[Header] = []
        self._geometry: dict[object, FrameGeometry] = {}

    def add(self, header: Header) -> None:
        """Take a file; costs next to nothing."""
        self._queue.append(header)
        self._all.append(header)
        self.version += 1

    def place(self, geometry: FrameGeometry) -> None:
        """Take the geometry of a multi-frame file that was added before."""
        self._geometry[geometry.ref] = geometry
        # Its rows are in the middle of the columns: they are made anew.
        for column in (self.refs, self.headers, self.key_of, self.codes):
            column.clear()
        for rows in (self._positions, self._orientations, self._order):
            rows.clear()
        self._code_of.clear()
        self._queue = list(self._all)
        self.version += 1

    def table(self) -> FrameTable:
        """All frames so far, for `split_and_sort`."""
        for header in self._queue:
            self._append(header)
        self._queue = []
        positions = np.array(self._positions, float).reshape(-1, 3)
        order = np.array(self._order, float).reshape(-1, 2)
        if len(np.unique(order, axis=0)) < len(order):
            times = np.array([acquired_s(header) for header in self.headers])
            order = np.column_stack([order, times])
        return FrameTable(
            keys=np.array(self.codes, int),
            orientations=np.array(self._orientations, float).reshape(-1, 6),
            positions=positions,
            order=order,
            dimensions=self._dimensions() if _repeat(positions) else (),
        )

    def _append(self, header: Header) -> None:
        picture = is_picture(
            header.text("SOPClassUID"), header.has_pixels, header.integer("Rows") or 0
        )
        geometry = self._geometry.get(header.ref)
        if not picture:
            self._append_object(header)
        elif geometry is not None and geometry.placed:
            self._append_placed(header, geometry)
        elif header.frames > 1:
            self._append_clip(header)
        else:
            self._append_single(header)

    def _append_object(self, header: Header) -> None:
        key = ("object", header.text("SOPClassUID"))
        self._row(header, 0, key, _NOWHERE, _NO_WAY)

    def _append_single(self, header: Header) -> None:
        position = _triple(header.numbers("ImagePositionPatient"))
        orientation = self._orientation(header)
        placed = position is not None and len(orientation) == 6
        key = _picture_key(header, header.text("FrameOfReferenceUID") if placed else "")
        if placed and position is not None:
            self._row(header, 0, key, position, orientation)
        else:
            self._row(header, 0, key, _NOWHERE, _NO_WAY)

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
        key = (*_picture_key(header, ""), "clip", whole)
        for frame in range(min(header.frames, MOST_FRAMES)):
            self._row(header, frame, key, _NOWHERE, _NO_WAY)

    def _append_placed(self, header: Header, geometry: FrameGeometry) -> None:
        key = _picture_key(
            header, geometry.frame_of_reference or header.text("FrameOfReferenceUID")
        )
        far = abs(geometry.positions) > FURTHEST_MM
        positions = np.where(far, np.nan, geometry.positions).tolist()
        orientations = geometry.orientations.tolist()
        stacks = geometry.stacks.tolist()
        for frame in range(min(header.frames, len(positions))):
            stack = (*key, "stack", stacks[frame])
            self._row(header, frame, stack, positions[frame], orientations[frame])

    def _row(
        self,
        header: Header,
        frame: int,
        key: tuple[Hashable, ...],
        position: Sequence[float],
        orientation: Sequence[float],
    ) -> None:
        code = self._code_of.setdefault(key, len(self._code_of))
        if code == len(self.key_of):
            self.key_of.append(key)
        self.codes.append(code)
        self.refs.append(FrameRef(header.ref, frame))
        self.headers.append(header)
        self._positions.append(position)
        self._orientations.append(orientation)
        self._order.append(_number(header, frame))

    def _dimensions(self) -> tuple[Dimension, ...]:
        """What may tell frames at one place apart, the most telling first (rule 39)."""
        files: dict[object, Header] = {header.ref: header for header in self.headers}
        types = {ref: header.texts("ImageType") for ref, header in files.items()}
        instance = {ref: float(number) for number, ref in enumerate(files, start=1)}
        found = [type_dimension([types[ref.file] for ref in self.refs])]
        found += self._file_dimensions(files, _STILL)
        found += self._frame_dimensions()
        found += self._file_dimensions(files, _IN_TIME, temporal=True)
        found.append(Dimension("object", np.array([instance[ref.file] for ref in self.refs])))
        return tuple(found)

    def _file_dimensions(
        self,
        files: dict[object, Header],
        table: dict[str, Callable[[Header], float]],
        temporal: bool = False,
    ) -> list[Dimension]:
        found = []
        for name, read in table.items():
            values = {ref: read(header) for ref, header in files.items()}
            column = np.array([values[ref.file] for ref in self.refs])
            if not np.isnan(column).all():
                found.append(Dimension(name, column, temporal))
        return found

    def _frame_dimensions(self) -> list[Dimension]:
        """Dimensions of enhanced objects; frames of other files have no value."""
        found: dict[str, Dimension] = {}
        for row, ref in enumerate(self.refs):
            geometry = self._geometry.get(ref.file)
            for dimension in geometry.dimensions if geometry is not None else ():
                if dimension.name not in found:
                    empty = np.full(len(self.refs), np.nan)
                    found[dimension.name] = Dimension(
                        dimension.name, empty, dimension.temporal, dimension.labels
                    )
                found[dimension.name].values[row] = dimension.values[ref.frame]
        return list(found.values())


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


def _number(header: Header, frame: int) -> tuple[float, float]:
    instance = header.integer("InstanceNumber")
    offset = header.integer("ConcatenationFrameOffsetNumber")
    if offset is not None and header.text("ConcatenationUID"):
        return (-math.inf, float(offset + frame))  # parts may have any Instance Number
    return (math.nan if instance is None else float(instance), float(frame))


def _triple(values: tuple[float, ...]) -> tuple[float, ...] | None:
    if len(values) != 3 or not all(abs(value) <= FURTHEST_MM for value in values):
        return None
    return values


def _repeat(positions: np.ndarray) -> bool:
    """Whether any place may occur twice; distances along a normal come later."""
    placed = positions[np.isfinite(positions).all(axis=1)]
    return len(np.unique(np.round(placed, 3), axis=0)) < len(placed)


def _first(keyword: str) -> Callable[[Header], float]:
    def read(header: Header) -> float:
        numbers = header.numbers(keyword)
        return numbers[0] if numbers else math.nan

    return read


def acquired_s(header: Header) -> float:
    """When the image was acquired, in seconds; NaN when it is not said."""
    moment = header.text("AcquisitionDateTime")
    if moment:
        return seconds_of(moment[:8], moment[8:])
    time = header.text("AcquisitionTime") or header.text("ContentTime")
    return seconds_of(header.text("AcquisitionDate"), time)


# Words of the labels: what the dimension is called, and how its value is read from a header.
_STILL: dict[str, Callable[[Header], float]] = {
    "echo": _first("EchoNumbers"),
    "TE": _first("EchoTime"),
    "b": _first("DiffusionBValue"),
}
_IN_TIME: dict[str, Callable[[Header], float]] = {
    "time": _first("TemporalPositionIdentifier"),
    "trigger": _first("TriggerTime"),
    "acquisition": _first("AcquisitionNumber"),
    "acquired": acquired_s,
}
