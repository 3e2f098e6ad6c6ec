"""A CT of a chest, 120 axial slices from the upper abdomen to the neck."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset
from pydicom.uid import CTImageStorage

from viewer.dicom.sample.phantom import (
    Grid,
    capsule,
    ellipse,
    grid,
    new_object,
    noise,
    paint,
    set_gray,
    spread,
)

SLICES, SIZE = 120, 512
PIXEL_MM, STEP_MM = 0.74, 2.5

AIR, LUNG, FAT, WATER, MUSCLE, BLOOD, LIVER, BONE = -1000, -860, -95, 5, 55, 165, 110, 520


def ct_slices() -> Iterator[Dataset]:
    """One data set a slice, feet first; x grows to the patient's left, y to the back."""
    at = grid(SIZE, SIZE, PIXEL_MM)
    vessels = _vessels()
    for index in range(SLICES):
        hu = chest_slice(at, index / (SLICES - 1), vessels)
        hu += 9 * noise(hu.shape, seed=index)
        yield _dataset(index, hu)


def chest_slice(at: Grid, height: float, vessels: np.ndarray) -> np.ndarray:
    """HU values of one slice, float (rows, columns); height 0 is the abdomen, 1 the neck."""
    hu = np.full((SIZE, SIZE), AIR, np.float32)
    shoulder = float(np.clip((height - 0.82) / 0.18, 0, 1))
    half_width, half_depth = 165 - 95 * shoulder, 112 - 45 * shoulder
    paint(hu, ellipse(at, (0, 0), (half_width, half_depth)), FAT)
    paint(hu, ellipse(at, (0, 2), (half_width - 14, half_depth - 12)), MUSCLE)
    _lungs(hu, at, height, vessels)
    _abdomen(hu, at, height)
    _mediastinum(hu, at, height)
    _skeleton(hu, at, height, half_width, half_depth)
    for y, value in ((134, -350), (138, -800), (146, -350)):  # the table
        paint(hu, capsule(at, (-150, y), (150, y), 1.6), value)
    return hu


def _lungs(hu: np.ndarray, at: Grid, height: float, vessels: np.ndarray) -> None:
    size = float(np.sqrt(np.clip(1 - ((height - 0.45) / 0.45) ** 2, 0, 1)))
    right = ellipse(at, (-76, 0), (60 * size, 84 * size), 6)
    left = ellipse(at, (80, 4), (54 * size, 82 * size), -6)
    paint(hu, right, LUNG)
    paint(hu, left, LUNG)
    lungs = spread(right, hu.shape) + spread(left, hu.shape)
    for x, y, z, radius, reach in vessels:
        fade = 1 - abs(height - z) / reach
        if fade > 0 and size > 0.3:
            vessel = ellipse(at, (x * size, y * size), (radius * fade,) * 2)
            paint(hu, vessel, BLOOD - 60, inside=lungs)
    if height > 0.5:
        paint(hu, ellipse(at, (-92, -30), (7 * (1 - abs(height - 0.62) / 0.03),) * 2), 40)


def _abdomen(hu: np.ndarray, at: Grid, height: float) -> None:
    dome = float(np.sqrt(np.clip(1 - (height / 0.33) ** 2, 0, 1)))
    paint(hu, ellipse(at, (-58, 6), (88 * dome, 76 * dome), 12), LIVER)
    paint(hu, ellipse(at, (-30, -14), (2.5 * dome, 14 * dome), 30), BLOOD)
    low = float(np.sqrt(np.clip(1 - (height / 0.24) ** 2, 0, 1)))
    paint(hu, ellipse(at, (74, -14), (46 * low, 40 * low), -20), WATER + 20)
    paint(hu, ellipse(at, (70, -34), (30 * low, 16 * low)), AIR)  # gas in the stomach: left, up
    paint(hu, ellipse(at, (104, 48), (26 * low, 36 * low), 25), LIVER + 15)


def _mediastinum(hu: np.ndarray, at: Grid, height: float) -> None:
    paint(hu, ellipse(at, (0, 12), (26, 66 if height < 0.9 else 30)), MUSCLE - 10)
    heart = float(np.sqrt(np.clip(1 - ((height - 0.36) / 0.2) ** 2, 0, 1)))
    paint(hu, ellipse(at, (30, -30), (66 * heart, 48 * heart), 32), FAT)
    paint(hu, ellipse(at, (30, -30), (62 * heart, 44 * heart), 32), MUSCLE + 50)
    paint(hu, ellipse(at, (46, -22), (30 * heart, 20 * heart), 38), BLOOD + 60)
    paint(hu, ellipse(at, (6, -46), (24 * heart, 18 * heart), 20), BLOOD + 90)
    if height < 0.68:
        paint(hu, ellipse(at, (22, 40), (12, 12)), BLOOD + 70)  # descending aorta: left
    if 0.5 < height < 0.68:
        paint(hu, ellipse(at, (-12, -22), (15, 15)), BLOOD + 70)
    if 0.62 < height < 0.7:
        for start, end in (((-12, -24), (22, -22)), ((22, -22), (24, 38))):  # the arch
            paint(hu, capsule(at, start, end, 12), BLOOD + 70)
    if height > 0.56:
        paint(hu, ellipse(at, (0, 0), (11, 10)), MUSCLE)
        paint(hu, ellipse(at, (0, 0), (9, 8)), AIR)
    elif height > 0.46:
        spread = 40 * (0.58 - height) / 0.12
        for side in (-1, 1):
            paint(hu, ellipse(at, (side * spread, 4), (7.5, 6.5)), AIR)


def _skeleton(
    hu: np.ndarray, at: Grid, height: float, half_width: float, half_depth: float
) -> None:
    paint(hu, ellipse(at, (0, 66), (21, 17)), BONE)
    paint(hu, ellipse(at, (0, 66), (17, 13)), BONE - 330)
    paint(hu, ellipse(at, (0, 90), (11, 9)), BONE + 150)
    paint(hu, ellipse(at, (0, 90), (8, 6)), WATER + 25)
    for side in (-1, 1):
        paint(hu, capsule(at, (side * 8, 96), (side * 34, 84), 5), BONE)
    paint(hu, capsule(at, (0, 98), (0, 106), 4), BONE)
    if height > 0.25:
        paint(hu, ellipse(at, (0, 14 - half_depth), (15, 6)), BONE - 100)
    if height > 0.85:
        return
    for rib in range(12):
        angle = np.deg2rad(rib * 30 + height * 1100 % 30 + 8)
        x, y = (half_width - 20) * np.sin(angle), (half_depth - 17) * np.cos(angle)
        if abs(x) > 40:
            turn = float(np.rad2deg(np.arctan2(-y / half_depth, x / half_width))) + 90
            paint(hu, ellipse(at, (x, y), (13, 4.6), turn), BONE + 120)
            paint(hu, ellipse(at, (x, y), (10, 2.2), turn), BONE - 250)


def _vessels() -> np.ndarray:
    """Rows of x, y, height, radius in mm, and reach in height of vessels cut across."""
    random = np.random.default_rng(7)
    side = np.where(random.random(260) < 0.5, -76, 80)
    x = side + random.normal(0, 26, 260)
    away = np.hypot(x / 90, 1)
    return np.stack(
        [
            x,
            random.normal(4, 36, 260),
            random.uniform(0.05, 0.85, 260),
            random.gamma(3, 0.95, 260) / away,
            random.uniform(0.02, 0.07, 260),
        ],
        axis=1,
    )


def _dataset(index: int, hu: np.ndarray) -> Dataset:
    ds = new_object(CTImageStorage, "CT", index + 1, "")
    ds.Modality = "CT"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SeriesDescription = "Chest 2.5 mm, phantom"
    ds.BodyPartExamined = "CHEST"
    ds.PatientPosition = "HFS"
    ds.KVP, ds.XRayTubeCurrent, ds.Exposure = "120", "210", "105"
    ds.ConvolutionKernel = "STANDARD"
    ds.ContrastBolusAgent = "invented"
    ds.SliceThickness = "2.5"
    ds.PixelSpacing = [str(PIXEL_MM)] * 2
    ds.ImageOrientationPatient = ["1", "0", "0", "0", "1", "0"]
    corner = f"{-(SIZE - 1) / 2 * PIXEL_MM:.3f}"
    ds.ImagePositionPatient = [corner, corner, f"{-300 + index * STEP_MM:.1f}"]
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "-1024", "1", "HU"
    ds.WindowCenter, ds.WindowWidth = ["50", "-600"], ["350", "1500"]
    ds.WindowCenterWidthExplanation = ["MEDIASTINUM", "LUNG"]
    set_gray(ds, np.clip(np.rint(hu) + 1024, 0, 4095), bits_stored=12)
    return ds
