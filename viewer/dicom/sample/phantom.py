"""What the sample objects share: soft-edged shapes on arrays, and the attributes of a patient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid

SERIES_NUMBERS = {"CT": 1, "MR": 2, "US": 3, "DX": 4}
Grid = tuple[np.ndarray, np.ndarray]  # x of every column (1, columns), y of every row (rows, 1)


@dataclass(frozen=True, slots=True, eq=False)
class Patch:
    """A shape on a grid: the rows and columns it may touch and its coverage 0..1 there."""

    rows: slice
    columns: slice
    coverage: np.ndarray


def grid(rows: int, columns: int, spacing_mm: float) -> Grid:
    """Coordinates in mm with the origin in the image's middle, x to the right, y down."""
    x = (np.arange(columns, dtype=np.float32) - (columns - 1) / 2) * spacing_mm
    y = (np.arange(rows, dtype=np.float32) - (rows - 1) / 2) * spacing_mm
    return x[None, :], y[:, None]


def ellipse(
    at: Grid,
    center: tuple[float, float],
    radii: tuple[float, float],
    turn_deg: float = 0.0,
    edge_mm: float = 1.0,
) -> Patch:
    """An ellipse whose edge is `edge_mm` soft; none at all when a radius is not positive."""
    reach = max(radii) + edge_mm if min(radii) > 0 else -1.0
    rows, columns, x, y = _near(at, center, center, reach)
    turn = np.deg2rad(turn_deg)
    u = (x * np.cos(turn) + y * np.sin(turn)) / (radii[0] or 1)
    v = (y * np.cos(turn) - x * np.sin(turn)) / (radii[1] or 1)
    return Patch(rows, columns, soft((1 - np.hypot(u, v)) * (min(radii) / edge_mm)))


def capsule(
    at: Grid,
    start: tuple[float, float],
    end: tuple[float, float],
    radius: float,
    edge_mm: float = 1.0,
) -> Patch:
    """A thick line with round ends."""
    rows, columns, x, y = _near(at, start, end, radius + edge_mm)
    dx, dy = end[0] - start[0], end[1] - start[1]
    along = np.clip((x * dx + y * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
    away = np.hypot(x - along * dx, y - along * dy)
    return Patch(rows, columns, soft((radius - away) / edge_mm))


def _near(
    at: Grid, start: tuple[float, float], end: tuple[float, float], reach: float
) -> tuple[slice, slice, np.ndarray, np.ndarray]:
    """Rows and columns within `reach` of a segment, and x and y there relative to its start."""
    spans = []
    for axis, line in enumerate((at[0][0], at[1][:, 0])):
        low = np.searchsorted(line, min(start[axis], end[axis]) - reach)
        high = np.searchsorted(line, max(start[axis], end[axis]) + reach)
        spans.append(slice(int(low), int(max(low, high))))
    columns, rows = spans
    return rows, columns, at[0][:, columns] - start[0], at[1][rows] - start[1]


def soft(distance: np.ndarray) -> np.ndarray:
    """Signed distance from an edge (inside is positive) as coverage 0..1."""
    coverage: np.ndarray = np.clip(distance + 0.5, 0, 1)
    return coverage


def spread(patch: Patch, shape: tuple[int, ...]) -> np.ndarray:
    """The coverage of a patch over a whole image."""
    coverage = np.zeros(shape, np.float32)
    coverage[patch.rows, patch.columns] = patch.coverage
    return coverage


def paint(image: np.ndarray, patch: Patch, value: float, inside: np.ndarray | None = None) -> None:
    """Replace by `value` in place as far as the patch covers, only where `inside` says."""
    there = image[patch.rows, patch.columns]
    coverage = patch.coverage
    if inside is not None:
        coverage = coverage * inside[patch.rows, patch.columns]
    there += coverage * (value - there)


def add(image: np.ndarray, patch: Patch, value: float) -> None:
    """Add `value` in place as far as the patch covers, as X-rays add up."""
    image[patch.rows, patch.columns] += patch.coverage * value


def noise(shape: tuple[int, ...], seed: int, smooth: int = 1) -> np.ndarray:
    """Repeatable noise of mean 0 and deviation 1, over `2 * smooth + 1` pixels each way."""
    grains = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    for axis in range(len(shape)) if smooth else ():
        total = np.zeros(shape, np.float32)
        for shift in range(-smooth, smooth + 1):
            total += np.roll(grains, shift, axis)
        grains = total
    return grains / (2 * smooth + 1)


def new_object(sop_class: str, series: str, instance: int, syntax: str) -> Dataset:
    """A data set with the identity every sample object shares; UIDs repeat in every run."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = UID(syntax or ExplicitVRLittleEndian)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = generate_uid(entropy_srcs=["lightbox sample", series, str(instance)])
    ds.StudyInstanceUID = generate_uid(entropy_srcs=["lightbox sample", "study"])
    ds.SeriesInstanceUID = generate_uid(entropy_srcs=["lightbox sample", series])
    ds.FrameOfReferenceUID = generate_uid(entropy_srcs=["lightbox sample", series, "frame"])
    ds.PositionReferenceIndicator = ""
    ds.PatientName = "Phantom^Lightbox"
    ds.PatientID = "SAMPLE-1"
    ds.PatientBirthDate = "19700101"
    ds.PatientSex = "O"
    ds.PatientAge = "055Y"
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = "20260105"
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "101500"
    ds.AccessionNumber = ""
    ds.ReferringPhysicianName = ""
    ds.Manufacturer = "Lightbox"
    ds.InstitutionName = "Made in code"
    ds.StudyID = "1"
    ds.StudyDescription = "Lightbox sample"
    ds.SeriesNumber = SERIES_NUMBERS[series]
    ds.InstanceNumber = instance
    ds.BurnedInAnnotation = "NO"
    return ds


def set_gray(ds: Dataset, stored: np.ndarray, bits_stored: int, signed: bool = False) -> None:
    """Put (rows, columns) 16-bit values and their format into `ds`."""
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, bits_stored, bits_stored - 1
    ds.PixelRepresentation = int(signed)
    ds.PixelData = np.ascontiguousarray(stored).astype("<i2" if signed else "<u2").tobytes()
    ds["PixelData"].VR = "OW"
