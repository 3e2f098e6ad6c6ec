"""Where a frame lies and how large its pixels are (PS3.3 C.7.6.2, 10.7.1; rules 33 and 43-47)."""

from __future__ import annotations

import numpy as np

from viewer.core.image import Spacing, SpacingSource
from viewer.core.orientation import letters_of
from viewer.core.plane import ImagePlane
from viewer.dicom.datasets.attributes import Attributes, Notes
from viewer.dicom.datasets.functional_groups import FunctionalGroups

# Projection images: a distance in the image is one at the detector unless corrected (10.7.1).
PROJECTIONS = frozenset({"CR", "DX", "MG", "XA", "RF", "IO", "PX", "RG"})
_UNIT_TOLERANCE = 0.05  # of a cosine vector's length, and of the two vectors' product
_NOT_A_PLACE = (float("nan"),) * 3
_CENTIMETRES = 3  # Physical Units X/Y Direction, C.8.5.5.1.15


def describe_plane(
    groups: FunctionalGroups, frame: int, spacing: Spacing | None, notes: Notes
) -> ImagePlane | None:
    """The plane by Image Orientation and Position (Patient), or None without an orientation.

    What the file does not say is NaN: position where it is missing, spacing where unknown.
    """
    orientation = _orientation(groups, notes)
    if orientation is None:
        return None
    row, column = orientation
    source = groups.source("PlanePositionSequence")
    position = _vector(source, "ImagePositionPatient", 3, notes)
    if position is None and frame == 0:
        detector = groups.root.item("DetectorInformationSequence")  # NM, C.8.4.10
        position = _vector(detector, "ImagePositionPatient", 3, notes) if detector else None
    sizes = (spacing.row_mm, spacing.column_mm) if spacing else _NOT_A_PLACE[:2]
    return ImagePlane(
        origin_mm=_triple(position) if position is not None else _NOT_A_PLACE,
        row_direction=_triple(row),
        column_direction=_triple(column),
        spacing_mm=sizes,
    )


def _orientation(groups: FunctionalGroups, notes: Notes) -> tuple[np.ndarray, np.ndarray] | None:
    source = groups.source("PlaneOrientationSequence")
    cosines = _vector(source, "ImageOrientationPatient", 6, notes)
    if cosines is None:
        detector = groups.root.item("DetectorInformationSequence")
        cosines = _vector(detector, "ImageOrientationPatient", 6, notes) if detector else None
    if cosines is None:
        return None
    row, column = cosines[:3], cosines[3:]
    lengths = float(np.linalg.norm(row)), float(np.linalg.norm(column))
    if min(lengths) < 1e-6:
        notes.add("ImageOrientationPatient is zero; the image has no known orientation.")
        return None
    row, column = row / lengths[0], column / lengths[1]
    slant = float(np.dot(row, column))
    if abs(slant) > _UNIT_TOLERANCE or max(abs(length - 1) for length in lengths) > _UNIT_TOLERANCE:
        notes.add(
            "ImageOrientationPatient does not hold two perpendicular unit vectors; "
            "the image has no known orientation."
        )
        return None
    column = column - slant * row  # rule 43: slightly off is usual
    return row, column / np.linalg.norm(column)


def _vector(source: Attributes, keyword: str, count: int, notes: Notes) -> np.ndarray | None:
    values = source.numbers(keyword)
    if not values:
        return None
    if len(values) != count:
        notes.add(f"{keyword} has {len(values)} values instead of {count} and is ignored.")
        return None
    if not np.all(np.isfinite(values)):
        notes.add(f"{keyword} is not a finite number and is ignored.")
        return None
    return np.array(values, np.float64)


def _triple(vector: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (float(value) for value in vector)
    return x, y, z


def describe_spacing(groups: FunctionalGroups, notes: Notes) -> Spacing | None:
    """Size of a pixel and where that is known from; None when nothing says it."""
    root = groups.root
    pixel = spacing_pair(groups.source("PixelMeasuresSequence"), "PixelSpacing", notes)
    frame_data = groups.source("FramePixelDataPropertiesSequence")
    imager = spacing_pair(frame_data, "ImagerPixelSpacing", notes)
    if imager is None and frame_data is not root:
        imager = spacing_pair(root, "ImagerPixelSpacing", notes)
    in_patient = bool(root.numbers("ImageOrientationPatient"))  # then Pixel Spacing holds there
    if root.text("Modality") in PROJECTIONS or (imager is not None and not in_patient):
        return _projected(root, pixel, imager)
    if pixel is not None:
        return Spacing(*pixel, SpacingSource.PATIENT)
    scanned = spacing_pair(root, "NominalScannedPixelSpacing", notes)
    if scanned is not None:
        return Spacing(*scanned, SpacingSource.PATIENT)
    return _region_spacing(root)


def spacing_pair(source: Attributes, keyword: str, notes: Notes) -> tuple[float, float] | None:
    """(between rows, between columns) in mm, or None with a problem when unusable."""
    values = source.numbers(keyword)
    if not values:
        return None
    if len(values) != 2:
        notes.add(f"{keyword} has {len(values)} values instead of 2; distances are unknown.")
        return None
    if not all(np.isfinite(value) and value > 0 for value in values):
        told = "\\".join(f"{value:g}" for value in values)
        notes.add(f"{keyword} is {told}, which is no distance; distances are unknown.")
        return None
    return values[0], values[1]


def _projected(
    root: Attributes, pixel: tuple[float, float] | None, imager: tuple[float, float] | None
) -> Spacing | None:
    """Spacing of a projection image: calibrated, magnified, or at the detector (10.7.1.1-3)."""
    if pixel is not None and imager is not None and not np.allclose(pixel, imager, rtol=1e-4):
        return Spacing(*pixel, SpacingSource.CALIBRATED)
    if imager is None:
        if pixel is None:
            return None
        calibrated = bool(root.text("PixelSpacingCalibrationType"))
        return Spacing(*pixel, SpacingSource.CALIBRATED if calibrated else SpacingSource.UNKNOWN)
    factor = magnification(root)
    if factor > 1:
        return Spacing(imager[0] / factor, imager[1] / factor, SpacingSource.MAGNIFIED)
    return Spacing(*imager, SpacingSource.DETECTOR)


def magnification(root: Attributes) -> float:
    """Estimated Radiographic Magnification Factor, or source-detector over source-patient distance.

    1 where the file says nothing, or something impossible (rule 47).
    """
    told = root.number("EstimatedRadiographicMagnificationFactor")
    if told is not None:
        return told if 1 <= told <= 10 else 1.0
    detector = root.number("DistanceSourceToDetector") or 0.0
    patient = root.number("DistanceSourceToPatient") or 0.0
    return detector / patient if 0 < patient <= detector <= 10 * patient else 1.0


def _region_spacing(root: Attributes) -> Spacing | None:
    """Spacing of ultrasound regions in centimetres, where all of them agree (C.8.5.5)."""
    found = set()
    for region in root.items("SequenceOfUltrasoundRegions"):
        units = region.integer("PhysicalUnitsXDirection"), region.integer("PhysicalUnitsYDirection")
        if units != (_CENTIMETRES, _CENTIMETRES):
            continue
        x, y = region.number("PhysicalDeltaX"), region.number("PhysicalDeltaY")
        if x and y:
            found.add((abs(y) * 10.0, abs(x) * 10.0))  # signs give directions, not lengths
    return Spacing(*found.pop(), SpacingSource.REGION) if len(found) == 1 else None


def describe_aspect(root: Attributes, spacing: Spacing | None, notes: Notes) -> float:
    """Height of a pixel by its width; Pixel Aspect Ratio only without any spacing (rule 44)."""
    if spacing is not None and spacing.source is not SpacingSource.REGION:
        return _usable(spacing.row_mm / spacing.column_mm, "PixelSpacing", notes)
    values = root.numbers("PixelAspectRatio")
    if not values:
        return 1.0
    if len(values) != 2 or not all(np.isfinite(value) and value > 0 for value in values):
        notes.add("PixelAspectRatio is not two positive numbers; pixels are taken as square.")
        return 1.0
    return _usable(values[0] / values[1], "PixelAspectRatio", notes)


def _usable(aspect: float, keyword: str, notes: Notes) -> float:
    """Beyond 100:1 nothing could be seen, and it is a slip of the writer."""
    if 0.01 <= aspect <= 100:
        return aspect
    notes.add(f"{keyword} says pixels are {aspect:g} times as high as wide; they are shown square.")
    return 1.0


def describe_patient_orientation(
    root: Attributes, plane: ImagePlane | None, notes: Notes
) -> tuple[str, str] | None:
    """Patient Orientation (0020,0020): towards the right edge and the bottom edge, or None.

    It must agree with Image Orientation (Patient) where both are there (C.7.6.1.1.1, rule 36).
    """
    values = root.texts("PatientOrientation")
    if len(values) != 2 or not any(values):
        return None
    if plane is not None and root.numbers("ImageOrientationPatient"):
        directions = (plane.row_direction, plane.column_direction)
        if not all(map(_agrees, values, directions)):
            notes.add(
                "PatientOrientation contradicts ImageOrientationPatient, which the letters follow."
            )
    return values[0], values[1]


def _agrees(word: str, direction: tuple[float, float, float]) -> bool:
    """Whether the first letter is one of the direction's; words of quadrupeds are let pass."""
    is_biped = bool(word) and set(word) <= set("APRLHF")
    return not is_biped or word[0] in letters_of(direction)
