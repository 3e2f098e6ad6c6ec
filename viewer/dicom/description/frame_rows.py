"""What one file adds to its series: a row of numbers for each of its frames.

Decoding a header's values costs ten times what sorting them into a series does, so it can be
done on the thread that scans.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viewer.dicom.datasets.object_kinds import is_picture
from viewer.dicom.files.source import FrameRef

if TYPE_CHECKING:
    from viewer.dicom.description.frame_geometry import FrameGeometry
    from viewer.dicom.headers.header import Header

# NumberOfFrames is a claim: more than this is not laid out, whatever the file says.
MOST_FRAMES = 200_000
FURTHEST_MM = 1e7  # a position beyond is an accident and would overflow what is computed from it
_NOWHERE = ((math.nan,) * 3,)
_NO_ORIENTATION = ((math.nan,) * 6,)

Key = tuple[Hashable, ...]
Rows = Sequence[Sequence[float]] | np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class FrameRows:
    """The frames of one file.

    Attributes:
        header: of the file.
        refs: one per frame.
        keys: hard keys, one per frame, or a single one for all of them.
        positions, orientations: (frames, 3) in mm and (frames, 6), NaN where not said.
        order: (frames, 2): Instance Number, and the frame's number within it.
    """

    header: Header
    refs: Sequence[FrameRef]
    keys: Sequence[Key]
    positions: Rows
    orientations: Rows
    order: Rows


class RowMaker:
    """Makes the rows of files; remembers orientations, which most slices of a series share."""

    def __init__(self) -> None:
        self._orientations: dict[str, tuple[float, ...]] = {}

    def rows_of(self, header: Header, geometry: FrameGeometry | None = None) -> FrameRows:
        """The rows of one file, by its own geometry where it has one for each frame."""
        rows = header.integer("Rows") or 0
        sop_class = header.text("SOPClassUID")
        if not is_picture(sop_class, header.has_pixels, rows):
            return _one(header, ("object", sop_class))
        if geometry is not None and geometry.placed:
            return _placed(header, geometry)
        if header.frames > 1:
            return _clip(header)
        position = _triple(header.numbers("ImagePositionPatient"))
        orientation = self._orientation(header)
        if position is None or len(orientation) != 6:
            return _one(header, _picture_key(header, ""))
        key = _picture_key(header, header.text("FrameOfReferenceUID"))
        return _one(header, key, (position,), (orientation,))

    def _orientation(self, header: Header) -> tuple[float, ...]:
        text = header.text("ImageOrientationPatient")
        known = self._orientations.get(text)
        if known is None:
            known = self._orientations[text] = header.numbers("ImageOrientationPatient")
        return known


def _one(
    header: Header,
    key: Key,
    positions: Sequence[Sequence[float]] = _NOWHERE,
    orientations: Sequence[Sequence[float]] = _NO_ORIENTATION,
) -> FrameRows:
    ref = FrameRef(header.ref, 0)
    return FrameRows(header, (ref,), (key,), positions, orientations, (_number(header),))


def _several(
    header: Header, keys: Sequence[Key], positions: np.ndarray, orientations: np.ndarray
) -> FrameRows:
    count = len(positions)
    instance, first = _number(header)
    order = np.column_stack([np.full(count, instance), first + np.arange(count)])
    refs = [FrameRef(header.ref, frame) for frame in range(count)]
    return FrameRows(header, refs, keys, positions, orientations, order)


def _clip(header: Header) -> FrameRows:
    """Frames in their own order; the parts of a concatenation make one clip (rule 61)."""
    whole = header.text("ConcatenationUID") or header.ref
    count = min(header.frames, MOST_FRAMES)
    key = (*_picture_key(header, ""), "clip", whole)
    return _several(header, (key,), np.full((count, 3), np.nan), np.full((count, 6), np.nan))


def _placed(header: Header, geometry: FrameGeometry) -> FrameRows:
    key = _picture_key(header, geometry.frame_of_reference or header.text("FrameOfReferenceUID"))
    count = min(header.frames, len(geometry.positions))
    far = abs(geometry.positions[:count]) > FURTHEST_MM
    positions = np.where(far, np.nan, geometry.positions[:count])
    keys = [(*key, "stack", stack) for stack in geometry.stacks[:count].tolist()]
    return _several(header, keys, positions, geometry.orientations[:count])


def _picture_key(header: Header, frame_of_reference: str) -> Key:
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
