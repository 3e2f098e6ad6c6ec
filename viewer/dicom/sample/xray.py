"""A digital chest X-ray as MONOCHROME1: the largest stored values are the darkest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom import Dataset
from pydicom.uid import DigitalXRayImageStorageForPresentation

from viewer.dicom.sample.phantom import (
    Grid,
    add,
    capsule,
    ellipse,
    grid,
    new_object,
    noise,
    paint,
    set_gray,
)

SIZE, PIXEL_MM = 1024, 0.4


def chest_xray() -> Iterator[Dataset]:
    """The one PA image of the series; the patient's left is at the image's right edge."""
    film = _attenuation(grid(SIZE, SIZE, PIXEL_MM))
    film += 0.008 * noise(film.shape, seed=42)
    ds = new_object(DigitalXRayImageStorageForPresentation, "DX", 1, "")
    ds.Modality = "DX"
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.SeriesDescription = "Chest PA, phantom"
    ds.BodyPartExamined = "CHEST"
    ds.ViewPosition = "PA"
    ds.ImageLaterality = "U"
    ds.PatientOrientation = ["L", "F"]
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.KVP, ds.Exposure = "125", "2"
    ds.ImagerPixelSpacing = [str(PIXEL_MM)] * 2
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape = "INVERSE"
    ds.LossyImageCompression = "00"
    ds.WindowCenter, ds.WindowWidth = "2048", "3600"
    set_gray(ds, np.clip(np.rint(4000 * (1 - film)), 0, 4095), bits_stored=12)
    ds.PhotometricInterpretation = "MONOCHROME1"
    yield ds


def _attenuation(at: Grid) -> np.ndarray:
    """How much of the beam each place stops, 0 (air) to about 1 (metal)."""
    film = np.zeros((SIZE, SIZE), np.float32)
    add(film, ellipse(at, (0, 40), (176, 230), edge_mm=30), 0.44)
    add(film, ellipse(at, (0, -190), (62, 70), edge_mm=24), 0.16)
    add(film, capsule(at, (-150, -120), (150, -120), 46, edge_mm=40), 0.15)
    add(film, ellipse(at, (-78, -20), (62, 120), 5, edge_mm=8), -0.32)
    add(film, ellipse(at, (80, -24), (56, 116), -5, edge_mm=8), -0.32)
    add(film, ellipse(at, (30, 42), (62, 70), 28, edge_mm=9), 0.26)  # heart: left
    add(film, ellipse(at, (20, -42), (20, 26), edge_mm=10), 0.12)  # aortic knob: left
    add(film, ellipse(at, (-80, 132), (72, 58), edge_mm=6), 0.24)  # right dome stands higher
    add(film, ellipse(at, (84, 148), (66, 52), edge_mm=6), 0.17)
    add(film, ellipse(at, (92, 128), (24, 15), edge_mm=5), -0.16)  # gas in the stomach: left
    _bones(film, at)
    add(film, capsule(at, (0, -190), (0, -70), 8, edge_mm=5), -0.08)  # trachea
    for start, end in (((152, -170), (152, -142)), ((152, -142), (168, -142))):  # a lead L
        paint(film, capsule(at, start, end, 2.5), 0.98)
    return np.asarray(np.clip(film, 0.02, 1))


def _bones(film: np.ndarray, at: Grid) -> None:
    add(film, capsule(at, (0, -200), (0, 200), 17, edge_mm=6), 0.13)
    for level in range(18):
        height = -200 + level * 23
        add(film, capsule(at, (-13, height), (13, height), 7, edge_mm=4), 0.05)
    for side in (-1, 1):
        add(film, capsule(at, (side * 12, -112), (side * 120, -146), 6, edge_mm=3), 0.12)
        add(film, capsule(at, (side * 172, -120), (side * 186, 60), 13, edge_mm=5), 0.12)
        for rib in range(9):
            film += _rib(at, side, -118 + rib * 26)


def _rib(at: Grid, side: int, top: float) -> np.ndarray:
    """Half of a ring that falls from the spine to the side."""
    x, y = at[0] * side, at[1] - top
    ring = np.hypot(x - 66, (y - 44) * 1.35)
    edge = np.clip(4.5 - np.abs(ring - 62), 0, 1) * (x > 10)
    return np.asarray(0.075 * edge * np.clip((44 - y) / 30 + 0.9, 0.35, 1))
