"""A double oblique MR of a head: its letters are compound on all four edges."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset
from pydicom.uid import MRImageStorage

from viewer.dicom.sample.phantom import new_object, noise, set_gray, soft

SLICES, SIZE = 28, 320
PIXEL_MM, STEP_MM = 0.75, 4.4

# Centre (x, y, z), radii and brightness of ellipsoids in the patient system (LPS), in mm.
HEAD = (
    ((0, 0, 0), (78, 98, 112), 420),  # scalp
    ((0, 2, 4), (72, 91, 104), 60),  # bone
    ((0, 3, 6), (68, 86, 96), 640),  # gray matter
    ((0, 6, 12), (56, 72, 78), 800),  # white matter
    ((-12, -6, 18), (7, 30, 11), 180),  # ventricles
    ((12, -6, 18), (7, 30, 11), 180),
    ((0, 54, -46), (44, 27, 26), 600),  # cerebellum: back and low
    ((0, 24, -66), (13, 13, 46), 720),  # brain stem
    ((-33, -82, -26), (13, 14, 13), 950),  # eyes: front
    ((33, -82, -26), (13, 14, 13), 950),
    ((0, -100, -44), (11, 15, 17), 400),  # nose
    ((36, 4, 34), (10, 12, 9), 1150),  # something bright on the left
)


def mr_slices() -> Iterator[Dataset]:
    """One data set a slice of a plane turned about two axes."""
    row, column = _directions()
    normal = np.cross(row, column)
    steps = (np.arange(SIZE, dtype=np.float32) - (SIZE - 1) / 2) * PIXEL_MM
    in_plane = steps[:, None, None] * column + steps[None, :, None] * row
    for index in range(SLICES):
        center = normal * (index - (SLICES - 1) / 2) * STEP_MM
        signal = _head(in_plane + center)
        signal += 40 * np.abs(noise(signal.shape, seed=1000 + index))
        yield _dataset(index, signal, (row, column), center + in_plane[0, 0])


def _directions() -> tuple[np.ndarray, np.ndarray]:
    """Row and column direction: an axial plane tipped by 35 and turned by 30 degrees."""
    tip, turn = np.deg2rad(35), np.deg2rad(30)
    about_x = np.array([[1, 0, 0], [0, np.cos(tip), -np.sin(tip)], [0, np.sin(tip), np.cos(tip)]])
    about_y = np.array(
        [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
    )
    both = about_y @ about_x
    return both[:, 0].astype(np.float32), both[:, 1].astype(np.float32)


def _head(points_mm: np.ndarray) -> np.ndarray:
    """Signal at patient positions (..., 3)."""
    signal = np.zeros(points_mm.shape[:-1], np.float32)
    for center, radii, value in HEAD:
        away = ((points_mm - np.array(center, np.float32)) / np.array(radii, np.float32)) ** 2
        inside = soft((1 - np.sqrt(away[..., 0] + away[..., 1] + away[..., 2])) * min(radii))
        signal += inside * (value - signal)
    return signal


def _dataset(
    index: int, signal: np.ndarray, directions: tuple[np.ndarray, np.ndarray], origin: np.ndarray
) -> Dataset:
    ds = new_object(MRImageStorage, "MR", index + 1, "")
    ds.Modality = "MR"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
    ds.SeriesDescription = "Double oblique, phantom"
    ds.BodyPartExamined = "HEAD"
    ds.PatientPosition = "HFS"
    ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "NONE", ""
    ds.MRAcquisitionType = "2D"
    ds.SequenceName = "se2d"
    ds.RepetitionTime, ds.EchoTime, ds.FlipAngle = "520", "14", "90"
    ds.MagneticFieldStrength = "1.5"
    ds.EchoTrainLength = "1"
    ds.SliceThickness, ds.SpacingBetweenSlices = "4", str(STEP_MM)
    ds.PixelSpacing = [str(PIXEL_MM)] * 2
    ds.ImageOrientationPatient = [f"{value:.8f}" for value in np.concatenate(directions)]
    ds.ImagePositionPatient = [f"{value:.4f}" for value in origin]
    ds.WindowCenter, ds.WindowWidth = "560", "1150"
    set_gray(ds, np.clip(np.rint(signal), 0, 4095), bits_stored=12)
    return ds
