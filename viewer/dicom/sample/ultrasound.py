"""A colour ultrasound clip: a beating chamber, colour flow and an ECG strip, 60 frames."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
from PIL import Image
from pydicom import Dataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEGBaseline8Bit, UltrasoundMultiFrameImageStorage

from viewer.dicom.sample.phantom import Grid, ellipse, new_object, noise, paint

FRAMES, ROWS, COLUMNS = 60, 480, 640
FRAME_TIME_MS = 40.0
CM_PER_PIXEL = 0.04
APEX_ROW, BOTTOM_ROW, ECG_TOP = 30, 400, 415
HALF_ANGLE = 0.72


def ultrasound_clip() -> Iterator[Dataset]:
    """The one multi-frame object of the series, JPEG baseline as scanners send it."""
    frames = [_jpeg(frame) for frame in _pictures()]
    ds = new_object(UltrasoundMultiFrameImageStorage, "US", 1, JPEGBaseline8Bit)
    ds.Modality = "US"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "", "0001"]
    ds.SeriesDescription = "Four chamber with colour, phantom"
    ds.TransducerData = "invented"
    ds.SamplesPerPixel, ds.PlanarConfiguration = 3, 0
    ds.PhotometricInterpretation = "YBR_FULL_422"
    ds.Rows, ds.Columns = ROWS, COLUMNS
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 8, 8, 7, 0
    ds.NumberOfFrames = FRAMES
    ds.FrameTime = str(FRAME_TIME_MS)
    ds.FrameIncrementPointer = 0x00181063
    ds.LossyImageCompression = "01"
    ratio = FRAMES * ROWS * COLUMNS * 3 / sum(map(len, frames))
    ds.LossyImageCompressionRatio = f"{ratio:.2f}"
    ds.LossyImageCompressionMethod = "ISO_10918_1"
    ds.SequenceOfUltrasoundRegions = _regions()
    ds.PixelData = encapsulate(frames)
    ds["PixelData"].VR = "OB"
    yield ds


def _pictures() -> Iterator[np.ndarray]:
    """RGB frames, uint8 (rows, columns, 3)."""
    columns = np.arange(COLUMNS, dtype=np.float32)[None, :] - COLUMNS / 2
    at = (columns, np.arange(ROWS, dtype=np.float32)[:, None] - APEX_ROW)
    depth = np.hypot(*at)
    sector = (np.abs(np.arctan2(at[0], at[1])) < HALF_ANGLE) & (depth < BOTTOM_ROW - APEX_ROW)
    speckle = np.abs(3 * noise((ROWS, COLUMNS), seed=5, smooth=1))
    for index in range(FRAMES):
        beat = 0.5 - 0.5 * np.cos(2 * np.pi * index / 20)
        gray = _tissue(at, beat) * (0.55 + 0.45 * speckle) * np.exp(-depth / 900)
        gray += 3 * np.abs(noise((ROWS, COLUMNS), seed=6 + index, smooth=0))
        picture = np.repeat(np.where(sector, gray, 0)[..., None], 3, axis=2)
        _flow(picture, at, beat)
        _ecg(picture, index)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def _tissue(at: Grid, beat: float) -> np.ndarray:
    gray = np.full((ROWS, COLUMNS), 70, np.float32)
    squeeze = 1 - 0.28 * beat
    for center, radii in (((58, 150), (44, 88)), ((-58, 155), (36, 78))):
        paint(gray, ellipse(at, center, (radii[0] + 20, radii[1] + 18)), 150)
        paint(gray, ellipse(at, center, (radii[0] * squeeze, radii[1] * squeeze)), 8)
    for center in ((52, 292), (-52, 290)):
        paint(gray, ellipse(at, center, (46 / squeeze**0.5, 40)), 12)
    return gray


def _flow(picture: np.ndarray, at: Grid, beat: float) -> None:
    """Colour Doppler: towards the probe red, away blue."""
    jet = ellipse(at, (56, 220), (20, 60 * (0.5 + 0.5 * abs(2 * beat - 1))), edge_mm=9)
    strength = 90 + 160 * abs(2 * beat - 1)
    color = (strength, strength * 0.35, 20) if beat < 0.5 else (20, strength * 0.4, strength)
    for channel, value in enumerate(color):
        paint(picture[..., channel], jet, value)


def _ecg(picture: np.ndarray, index: int) -> None:
    time = np.arange(COLUMNS) / COLUMNS * 3
    phase = (time + 0.35) % 1
    trace = 34 * np.exp(-(((phase - 0.5) / 0.014) ** 2)) + 8 * np.exp(
        -(((phase - 0.75) / 0.05) ** 2)
    )
    height = (ROWS - 12 - trace).astype(int)
    for column, (here, before) in enumerate(zip(height, np.roll(height, 1), strict=True)):
        picture[min(here, before) - 1 : max(here, before) + 1, column] = (40, 220, 90)
    picture[ECG_TOP:, int(COLUMNS * index / FRAMES) :][:, :2] = (230, 230, 230)


def _regions() -> list[Dataset]:
    """The sector in cm and the ECG strip in seconds (PS3.3 C.8.5.5)."""
    sector = _region(0, APEX_ROW, COLUMNS - 1, BOTTOM_ROW, spatial_format=1, data_type=1)
    sector.PhysicalUnitsXDirection = sector.PhysicalUnitsYDirection = 3
    sector.PhysicalDeltaX = sector.PhysicalDeltaY = CM_PER_PIXEL
    sector.ReferencePixelX0, sector.ReferencePixelY0 = COLUMNS // 2, 0
    strip = _region(0, ECG_TOP, COLUMNS - 1, ROWS - 1, spatial_format=4, data_type=10)
    strip.PhysicalUnitsXDirection, strip.PhysicalUnitsYDirection = 4, 0
    strip.PhysicalDeltaX, strip.PhysicalDeltaY = 3 / COLUMNS, 1.0
    return [sector, strip]


def _region(x0: int, y0: int, x1: int, y1: int, spatial_format: int, data_type: int) -> Dataset:
    region = Dataset()
    region.RegionSpatialFormat, region.RegionDataType, region.RegionFlags = (
        spatial_format,
        data_type,
        0,
    )
    region.RegionLocationMinX0, region.RegionLocationMinY0 = x0, y0
    region.RegionLocationMaxX1, region.RegionLocationMaxY1 = x1, y1
    return region


def _jpeg(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=90, subsampling="4:2:2")
    return buffer.getvalue()
