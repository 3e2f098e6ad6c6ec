"""What the picture code needs to know about one frame, as plain values.

`viewer.dicom.description.describe` fills these from a file; nothing here has seen a data set.
Names are the standard's. Absent in the file is `None` or empty, never a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from viewer.core.plane import ImagePlane
from viewer.core.regions import Region
from viewer.core.suv import SuvScale
from viewer.errors import Problem


class WindowFunction(StrEnum):
    """VOI LUT Function (0028,1056), PS3.3 C.11.2.1.2-3."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window in modality units (HU for CT); width > 0, for LINEAR >= 1."""

    center: float
    width: float
    function: WindowFunction = WindowFunction.LINEAR


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A LUT as PS3.3 C.11.1.1.1 writes it.

    Attributes:
        entries: the table, one unsigned (or, for a modality LUT of signed kind, signed) integer
            array of one dimension.
        first_mapped: the input value that the first entry answers; smaller inputs get it too,
            inputs beyond the last entry get the last one.
        bits: bits of each entry (third value of the LUT Descriptor).
        explanation: LUT Explanation (0028,3003) or Modality LUT Type, for the user.
    """

    entries: np.ndarray
    first_mapped: int
    bits: int
    explanation: str = ""


class VoiSource(StrEnum):
    """Who proposed a way of showing values; the word is shown in the corner of the image."""

    FILE_WINDOW = "file"
    FILE_LUT = "file LUT"
    PRESET = "preset"
    PERCENTILE = "auto"  # the file has none, or the user asked for it
    MIN_MAX = "min-max"
    USER = "user"


@dataclass(frozen=True, slots=True)
class VoiChoice:
    """One of the alternatives for showing modality values: a window or a VOI LUT."""

    label: str
    source: VoiSource
    window: Window | None = None
    lut: LookupTable | None = None


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """The Image Pixel module (PS3.3 C.7.6.3) of a frame; sizes are in pixels.

    `value_type` is "integer", "float" (7FE0,0008) or "double" (7FE0,0009).
    """

    rows: int
    columns: int
    samples_per_pixel: int = 1
    bits_allocated: int = 16
    bits_stored: int = 16
    high_bit: int = 15
    signed: bool = False
    planar_configuration: int = 0
    photometric_interpretation: str = "MONOCHROME2"
    value_type: str = "integer"


@dataclass(frozen=True, slots=True, eq=False)
class ModalityTransform:
    """Stored values to modality values (PS3.3 C.11.1): a table, or slope and intercept."""

    slope: float = 1.0
    intercept: float = 0.0
    lut: LookupTable | None = None
    unit: str = ""  # HU, BQML, OD, US ...: Rescale Type, Units, or Modality LUT Type


@dataclass(frozen=True, slots=True)
class PaddingRange:
    """Pixel Padding Value to Range Limit (0028,0120/0121), inclusive, in stored values."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class Presentation:
    """Presentation LUT (PS3.3 C.11.6) of the image: a shape, a table, or neither.

    `inverse` is the shape INVERSE. Where `shape_given`, the shape alone decides the polarity;
    elsewhere MONOCHROME1 does.
    """

    inverse: bool = False
    lut: LookupTable | None = None
    shape_given: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """Palette colour tables (PS3.3 C.7.6.3.1.5); entries are already scaled to 16 bits.

    `supplemental`: only stored values at or above `first_mapped` are coloured (C.8.16.2.1.1.1).
    """

    red: np.ndarray
    green: np.ndarray
    blue: np.ndarray
    first_mapped: int
    bits: int
    supplemental: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """One overlay plane of group 60xx for this frame (PS3.3 C.9.2).

    Attributes:
        group: 0x6000 to 0x601E.
        mask: bool array (rows, columns) of the overlay's own size.
        origin: (row, column) of its first pixel in the image, counted from 0; may be negative.
        label: Overlay Label or Description, for the user.
        kind: "G" graphics or "R" region of interest.
    """

    group: int
    mask: np.ndarray
    origin: tuple[int, int]
    label: str = ""
    kind: str = "G"


@dataclass(frozen=True, slots=True, eq=False)
class Shutter:
    """Display Shutter and Bitmap Display Shutter (PS3.3 C.7.6.11, C.7.6.15).

    Attributes:
        visible: bool array of the image's size, False where the shutter covers.
        presentation_value: P-Value (0..65535) of the covered area.
        color: the same for colour images, 8-bit RGB, or None.
        shapes: what it is made of, for the user.
    """

    visible: np.ndarray
    presentation_value: int = 0
    color: tuple[int, int, int] | None = None
    shapes: tuple[str, ...] = ()


class SpacingSource(StrEnum):
    """Where a pixel's size comes from (PS3.3 10.7.1); the word stands beside the scale bar."""

    PATIENT = "patient"  # cross-sectional Pixel Spacing, Nominal Scanned, Pixel Measures
    DETECTOR = "at detector"  # Imager Pixel Spacing, never corrected
    MAGNIFIED = "magnified"  # Imager Pixel Spacing divided by the magnification factor
    CALIBRATED = "calibrated"  # Pixel Spacing that differs from Imager Pixel Spacing
    REGION = "region"  # ultrasound regions
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distance between pixel centres in DICOM's order: between rows, between columns, in mm."""

    row_mm: float
    column_mm: float
    source: SpacingSource


@dataclass(frozen=True, slots=True)
class Lossy:
    """Lossy compression history (PS3.3 C.7.6.1.1.5): it must always be visible.

    Attributes:
        ratios, methods: one for each step, as the file tells them.
        measured: size of the pixels by that of their code, where the file tells no ratio.
    """

    ratios: tuple[float, ...] = ()
    methods: tuple[str, ...] = ()
    measured: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RealWorldMapping:
    """Stored values to a measured quantity (PS3.3 C.7.6.16.2.11); for the read-out only.

    Attributes:
        first, last: stored values it covers, inclusive.
        slope, intercept: of the linear mapping, unless there is a table.
        table: one value for each stored value from `first` on, float64, or None.
        unit: UCUM code of the quantity ("ml/min").
        label: short name for the user (LUT Label).
    """

    first: float
    last: float
    slope: float = 1.0
    intercept: float = 0.0
    table: np.ndarray | None = None
    unit: str = ""
    label: str = ""

    def value_of(self, stored: float) -> float | None:
        """The quantity of one stored value, or None where the mapping does not reach."""
        if not self.first <= stored <= self.last:
            return None
        if self.table is None:
            return stored * self.slope + self.intercept
        index = int(stored - self.first)
        return float(self.table[index]) if index < len(self.table) else None


@dataclass(frozen=True, slots=True, eq=False)
class FrameDescription:
    """Everything needed to turn the stored values of one frame into light, and to say why.

    Attributes:
        pixel_format: as the file's attributes say.
        transfer_syntax: UID.
        modality: Modality (0008,0060).
        transform: stored to modality values.
        voi_choices: the file's alternatives, the first is the default; empty when it has none.
        padding: stored values that are not image.
        presentation: inversion and presentation LUT; MONOCHROME1 is not folded in here.
        palette: PALETTE COLOR or supplemental tables.
        icc_profile: ICC Profile (0028,2000) or None.
        overlays: planes with data for this frame.
        shutter: or None.
        plane: place in the patient, or None when the file gives none.
        patient_orientation: Patient Orientation (0020,0020): (towards right edge, towards
            bottom edge), or None.
        quadruped: Anatomical Orientation Type is QUADRUPED.
        spacing: size of a pixel in the image plane, or None when unknown.
        pixel_aspect: height of a pixel divided by its width, always usable for display.
        lossy: or None when never compressed with loss.
        real_world: mappings to measured quantities, for the read-out.
        suv: modality values to SUV by weight, or why not; None for anything but PET.
        regions: what pixels of an ultrasound image measure.
        facts: keyword -> text for the words on the image (viewer.core.annotation names them).
        problems: what was assumed, ignored or contradictory.
    """

    pixel_format: PixelFormat
    transfer_syntax: str = ""
    modality: str = ""
    transform: ModalityTransform = field(default_factory=ModalityTransform)
    voi_choices: tuple[VoiChoice, ...] = ()
    padding: PaddingRange | None = None
    presentation: Presentation = field(default_factory=Presentation)
    palette: Palette | None = None
    icc_profile: bytes | None = None
    overlays: tuple[Overlay, ...] = ()
    shutter: Shutter | None = None
    plane: ImagePlane | None = None
    patient_orientation: tuple[str, str] | None = None
    quadruped: bool = False
    spacing: Spacing | None = None
    pixel_aspect: float = 1.0
    lossy: Lossy | None = None
    real_world: tuple[RealWorldMapping, ...] = ()
    suv: SuvScale | None = None
    regions: tuple[Region, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
