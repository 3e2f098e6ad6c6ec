"""Where each frame of a multi-frame object lies, and what else tells the frames apart.

Enhanced objects say it in functional groups (PS3.3 C.7.6.16), nuclear medicine in vectors that the
Frame Increment Pointer names (C.8.4.8), RT Dose by offsets along the normal (C.8.8.3.2). Reading
it opens the file, so the catalogue asks for it away from the GUI thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viewer.core.stacking import Dimension

if TYPE_CHECKING:
    from pydicom import Dataset

    from viewer.dicom.attributes import Attributes
    from viewer.dicom.functional_groups import FunctionalGroups
    from viewer.dicom.header import Header
    from viewer.dicom.source import FileRef

# Beyond this many frames a file is laid out in its own order: placing them would take seconds.
MOST_FRAMES = 20_000
# Tiles of a slide lie in slide coordinates, not in a patient (PS3.3 C.8.12.14).
_SLIDE_CLASSES = {
    "1.2.840.10008.5.1.4.1.1.77.1.6",
    "1.2.840.10008.5.1.4.1.1.77.1.8",  # confocal, tiled
}
_TIME_VECTORS = {0x00181063, 0x00181065}  # Frame Time, Frame Time Vector


@dataclass(frozen=True, slots=True, eq=False)
class FrameGeometry:
    """Geometry of all frames of one file, in encoding order.

    Attributes:
        ref: the file.
        positions: (frames, 3) in mm, NaN rows where the file says nothing.
        orientations: (frames, 6), NaN rows where the file says nothing.
        stacks: integer array (frames,), Stack ID (0020,9056) or 0: never shown together.
        dimensions: what else differs, in the order of the Dimension Index Sequence.
        frame_of_reference: UID or empty.
    """

    ref: FileRef
    positions: np.ndarray
    orientations: np.ndarray
    stacks: np.ndarray
    dimensions: tuple[Dimension, ...] = ()
    frame_of_reference: str = ""

    @property
    def placed(self) -> bool:
        """Whether any frame has a place in the patient."""
        return bool((np.isfinite(self.positions) & np.isfinite(self.orientations[:, :3])).any())


def needs_geometry(header: Header) -> bool:
    """Whether the header alone does not say where this object's frames lie."""
    if header.text("SOPClassUID") in _SLIDE_CLASSES or header.frames > MOST_FRAMES:
        return False
    if header.has_shared_groups or header.has_frame_groups:
        return True
    pointer = header.numbers("FrameIncrementPointer")
    return header.frames > 1 and bool(pointer) and not _TIME_VECTORS.intersection(pointer)


def read_frame_geometry(ref: FileRef) -> FrameGeometry:
    """Read the geometry of all frames of a file.

    Raises:
        ViewerError: the file cannot be read or contradicts itself.
    """
    from viewer.dicom.dataset import open_file

    return geometry_of(open_file(ref).dataset, ref)


def geometry_of(dataset: Dataset, ref: FileRef) -> FrameGeometry:
    """The same from a data set that is already open."""
    from viewer.dicom.attributes import Attributes, Notes
    from viewer.dicom.functional_groups import PER_FRAME, SHARED, FunctionalGroups

    notes = Notes("")  # what is broken here is told when the frame itself is described
    root = Attributes(dataset, notes)
    frames = min(max(root.integer("NumberOfFrames") or 1, 1), MOST_FRAMES)
    if PER_FRAME in root or SHARED in root:
        groups = [FunctionalGroups(root, frame, notes) for frame in range(frames)]
        return _from_functional_groups(root, groups, ref)
    if "GridFrameOffsetVector" in root:
        return _from_offsets(root, ref, frames)
    return _from_vectors(root, ref, frames)


def _numbers(source: Attributes | None, keyword: str, count: int) -> tuple[float, ...]:
    """`count` numbers of an attribute, or NaN for each."""
    numbers = source.numbers(keyword) if source is not None else ()
    return numbers if len(numbers) == count else (np.nan,) * count


# Functional groups -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Reading:
    """One value per frame: macro, attribute, and the word for the label."""

    name: str
    macro: str
    keyword: str
    temporal: bool = False
    unit: str = ""


_READINGS = (
    _Reading("segment", "SegmentIdentificationSequence", "ReferencedSegmentNumber"),
    _Reading("TE", "MREchoSequence", "EffectiveEchoTime", unit=" ms"),
    _Reading("b", "MRDiffusionSequence", "DiffusionBValue"),
    _Reading("time", "FrameContentSequence", "TemporalPositionIndex", temporal=True),
    _Reading("time", "TemporalPositionSequence", "TemporalPositionTimeOffset", temporal=True),
    _Reading(
        "phase", "CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime", temporal=True
    ),
)
# Dimension Index Pointers that only repeat where a frame lies.
_PLACE_POINTERS = {0x00200032, 0x00209113, 0x00209116, 0x00209057, 0x00209056, 0x00200037}
_FRAME_TYPE_MACROS = (
    "MRImageFrameTypeSequence",
    "CTImageFrameTypeSequence",
    "PETFrameTypeSequence",
    "XAXRFFrameCharacteristicsSequence",
)


def _from_functional_groups(
    root: Attributes, groups: Sequence[FunctionalGroups], ref: FileRef
) -> FrameGeometry:
    positions = [
        _numbers(group.macro("PlanePositionSequence"), "ImagePositionPatient", 3)
        for group in groups
    ]
    orientations = [
        _numbers(group.macro("PlaneOrientationSequence"), "ImageOrientationPatient", 6)
        for group in groups
    ]
    contents = [group.macro("FrameContentSequence") for group in groups]
    return FrameGeometry(
        ref=ref,
        positions=np.array(positions),
        orientations=np.array(orientations),
        stacks=_stack_codes(contents),
        dimensions=(*_readings(groups), *_index_dimensions(root, contents)),
        frame_of_reference=root.text("FrameOfReferenceUID"),
    )


def _stack_codes(contents: Sequence[Attributes | None]) -> np.ndarray:
    """Stack ID as numbers; all 0 when nearly every frame claims a stack of its own."""
    names = [content.text("StackID") if content is not None else "" for content in contents]
    unique, codes = np.unique(names, return_inverse=True)
    if 2 * len(unique) > len(names) > 3:
        return np.zeros(len(names), int)
    return codes.reshape(len(names))


def _readings(groups: Sequence[FunctionalGroups]) -> list[Dimension]:
    found = [
        Dimension(
            reading.name,
            np.array([_numbers(g.macro(reading.macro), reading.keyword, 1)[0] for g in groups]),
            reading.temporal,
            unit=reading.unit,
        )
        for reading in _READINGS
    ]
    types = [_frame_type(group) for group in groups]
    return [type_dimension(types), *(d for d in found if not np.isnan(d.values).all())]


def _frame_type(group: FunctionalGroups) -> tuple[str, ...]:
    items = (group.macro(name) for name in _FRAME_TYPE_MACROS)
    return next((item.texts("FrameType") for item in items if item is not None), ())


def type_dimension(types: Sequence[tuple[str, ...]]) -> Dimension:
    """Image Type or Frame Type as a dimension; its words are the values that differ."""
    unique = list(dict.fromkeys(types))
    codes = {value: float(number) for number, value in enumerate(unique, start=1)}
    common = set.intersection(*(set(value) for value in unique)) if unique else set()
    labels = {
        code: " ".join(dict.fromkeys(word for word in value if word and word not in common))
        for value, code in codes.items()
    }
    return Dimension("type", np.array([codes[value] for value in types]), labels=labels)


def _index_dimensions(root: Attributes, contents: Sequence[Attributes | None]) -> list[Dimension]:
    """Columns of Dimension Index Values that are not about place (C.7.6.17)."""
    from pydicom.datadict import keyword_for_tag

    indices = root.items("DimensionIndexSequence")
    if not indices:
        return []
    values = np.array([_numbers(c, "DimensionIndexValues", len(indices)) for c in contents])
    found = []
    for column, item in enumerate(indices):
        pointer = _tag_of(item)
        if pointer in _PLACE_POINTERS or np.isnan(values[:, column]).all():
            continue
        keyword = keyword_for_tag(pointer)
        temporal = keyword.startswith(("Temporal", "Trigger", "FrameAcq", "NominalCardiac"))
        found.append(Dimension(_word(keyword), values[:, column], temporal))
    return found


def _tag_of(item: Attributes) -> int:
    """Dimension Index Pointer (0020,9165) as one number; 0 when it is broken."""
    value = item.dataset.get("DimensionIndexPointer")
    return int(value) if isinstance(value, int) else 0


def _word(keyword: str) -> str:
    """ "TemporalPositionIndex" as "temporal position index"."""
    spaced = "".join(f" {c.lower()}" if c.isupper() else c for c in keyword)
    return spaced.strip() or "dimension"


# Nuclear medicine and dose -----------------------------------------------------------------------

_NM_VECTORS = (
    ("EnergyWindowVector", "energy window", False),
    ("DetectorVector", "detector", False),
    ("RRIntervalVector", "RR interval", False),
    ("TimeSlotVector", "time slot", True),
    ("PhaseVector", "phase", True),
    ("RotationVector", "rotation", False),
    ("AngularViewVector", "view", True),
)


def _from_vectors(root: Attributes, ref: FileRef, frames: int) -> FrameGeometry:
    """NM: reconstructed slices step along the normal by Spacing Between Slices (C.8.4.15).

    The spacing may be negative there; without it slices have no place and keep their order.
    """
    nothing = np.full((frames, 3), np.nan)
    orientations = np.full((frames, 6), np.nan)
    dimensions = tuple(
        Dimension(name, np.array(values), temporal)
        for keyword, name, temporal in _NM_VECTORS
        if not np.isnan(values := _numbers(root, keyword, frames)).all()
    )
    slices = np.array(_numbers(root, "SliceVector", frames))
    detector = root.item("DetectorInformationSequence")
    source = detector if detector is not None else root
    step = _numbers(root, "SpacingBetweenSlices", 1)[0]
    if np.isnan(slices).any() or np.isnan(step):
        return FrameGeometry(ref, nothing, orientations, np.zeros(frames, int), dimensions)
    return _stepping(source, ref, (slices - 1) * step, dimensions, root.text("FrameOfReferenceUID"))


def _from_offsets(root: Attributes, ref: FileRef, frames: int) -> FrameGeometry:
    """RT Dose: Grid Frame Offset Vector, relative to the first plane or z itself (C.8.8.3.2)."""
    offsets = np.array(_numbers(root, "GridFrameOffsetVector", frames))
    if len(offsets) and offsets[0] != 0:
        offsets = offsets - offsets[0]
    return _stepping(root, ref, offsets, (), root.text("FrameOfReferenceUID"))


def _stepping(
    source: Attributes,
    ref: FileRef,
    offsets: np.ndarray,
    dimensions: tuple[Dimension, ...],
    frame: str,
) -> FrameGeometry:
    """Frames `offsets` mm (frames,) along the normal from the position and orientation given."""
    orientation = np.array(_numbers(source, "ImageOrientationPatient", 6))
    origin = np.array(_numbers(source, "ImagePositionPatient", 3))
    normal = np.cross(orientation[:3], orientation[3:])
    return FrameGeometry(
        ref=ref,
        positions=origin + np.outer(offsets, normal),
        orientations=np.tile(orientation, (len(offsets), 1)),
        stacks=np.zeros(len(offsets), int),
        dimensions=dimensions,
        frame_of_reference=frame,
    )
