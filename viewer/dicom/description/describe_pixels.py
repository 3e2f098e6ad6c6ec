"""The Image Pixel module of a frame, made consistent (PS3.3 C.7.6.3)."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.core.image import Lossy, PaddingRange, PixelFormat
from viewer.dicom.datasets.attributes import Attributes, Notes
from viewer.dicom.datasets.dataset import DicomFile

# Transfer syntaxes that lose information whatever the file's attributes say.
_LOSSY_SYNTAXES = {
    "1.2.840.10008.1.2.4.50": "JPEG baseline",
    "1.2.840.10008.1.2.4.51": "JPEG extended",
    "1.2.840.10008.1.2.4.53": "JPEG spectral selection",
    "1.2.840.10008.1.2.4.55": "JPEG full progression",
}
_VIDEO = (("MPEG-2", range(100, 102)), ("H.264", range(102, 107)), ("H.265", range(107, 109)))
_LOSSY_SYNTAXES |= {
    f"1.2.840.10008.1.2.4.{number}{fragmentable}": method
    for method, numbers in _VIDEO
    for number in numbers
    for fragmentable in ("", ".1")
}
# Lossless is possible in these: the method of an image that is marked lossy all the same.
_EITHER_SYNTAXES = {
    "1.2.840.10008.1.2.4.81": "JPEG-LS",
    "1.2.840.10008.1.2.4.91": "JPEG 2000",
    "1.2.840.10008.1.2.4.93": "JPEG 2000",
    "1.2.840.10008.1.2.4.203": "HTJ2K",
    "1.2.840.10008.1.2.4.112": "JPEG XL",
}
_THREE_SAMPLES = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420")
_KNOWN = (*_THREE_SAMPLES, "YBR_ICT", "YBR_RCT", "MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")
_FLOATS = {"FloatPixelData": ("float", 32), "DoubleFloatPixelData": ("double", 64)}


@dataclass(frozen=True, slots=True)
class _Bits:
    allocated: int
    stored: int
    high: int


def describe_pixels(root: Attributes, pixel_keyword: str, notes: Notes) -> PixelFormat:
    """The frame's format; what contradicts itself is repaired and told."""
    rows, columns = (_size(root, keyword, notes) for keyword in ("Rows", "Columns"))
    samples = _samples(root, notes)
    value_type, float_bits = _FLOATS.get(pixel_keyword, ("integer", 0))
    floats = _Bits(float_bits, float_bits, float_bits - 1)
    bits = floats if float_bits else _bits(root, notes)
    representation = root.integer("PixelRepresentation")
    if representation not in (0, 1):
        if representation is not None:
            notes.add(f"PixelRepresentation is {representation}; values are taken as unsigned.")
        representation = 0
    return PixelFormat(
        rows=rows,
        columns=columns,
        samples_per_pixel=samples,
        bits_allocated=bits.allocated,
        bits_stored=bits.stored,
        high_bit=bits.high,
        signed=representation == 1 or bool(float_bits),
        planar_configuration=root.integer("PlanarConfiguration") or 0,
        photometric_interpretation=_photometric(root, samples, notes),
        value_type=value_type,
    )


def _size(root: Attributes, keyword: str, notes: Notes) -> int:
    value = root.integer(keyword)
    if value is None or value < 1:
        notes.add(f"{keyword} is {'missing' if value is None else value}.")
        return 0
    return value


def _samples(root: Attributes, notes: Notes) -> int:
    samples = root.integer("SamplesPerPixel")
    if samples in (1, 3):
        return samples
    if samples is not None:
        notes.add(f"SamplesPerPixel is {samples}; only 1 and 3 mean something today.")
        return 3 if samples in (2, 4) else 1
    photometric = root.text("PhotometricInterpretation").upper()
    return 3 if photometric in _THREE_SAMPLES else 1


def _bits(root: Attributes, notes: Notes) -> _Bits:
    allocated = root.integer("BitsAllocated")
    stored = root.integer("BitsStored")
    high = root.integer("HighBit")
    if allocated is None or not 1 <= allocated <= 64:
        told = "missing" if allocated is None else allocated
        allocated = 8 if stored is not None and stored <= 8 else 16
        notes.add(f"BitsAllocated is {told}; {allocated} is assumed.")
    if stored is None or not 1 <= stored <= allocated:
        notes.add(f"BitsStored is {'missing' if stored is None else stored}; all bits are used.")
        stored = allocated
    if high is None:
        high = stored - 1
    elif not stored - 1 <= high < allocated:
        notes.add(f"HighBit is {high}, which {allocated} bits do not have; {stored - 1} is used.")
        high = stored - 1
    return _Bits(allocated, stored, high)


def _photometric(root: Attributes, samples: int, notes: Notes) -> str:
    told = root.text("PhotometricInterpretation").upper().replace("_COLOR", " COLOR")
    assumed = "RGB" if samples == 3 else "MONOCHROME2"
    if not told:
        notes.add(f"PhotometricInterpretation is missing; {assumed} is assumed.")
        return assumed
    if told not in _KNOWN:
        notes.add(f"PhotometricInterpretation is not a known term; {assumed} is assumed.")
        return assumed
    gray = told.startswith("MONOCHROME") or told == "PALETTE COLOR"
    if gray == (samples == 3):
        notes.add(
            f"PhotometricInterpretation {told} does not go with {samples} samples per pixel; "
            f"{assumed} is assumed."
        )
        return assumed
    return told


def describe_padding(root: Attributes, pixels: PixelFormat, notes: Notes) -> PaddingRange | None:
    """Pixel Padding Value and Range Limit in stored values (PS3.3 C.7.5.1.1.2)."""
    if not pixels.photometric_interpretation.startswith("MONOCHROME"):
        return None  # it is defined for grayscale only
    prefix = {"integer": "", "float": "Float", "double": "DoubleFloat"}[pixels.value_type]
    value = root.number(f"{prefix}PixelPaddingValue")
    if value is None:
        return None
    limit = root.number(f"{prefix}PixelPaddingRangeLimit")
    if not prefix:
        value = _as_stored(value, pixels)
        limit = None if limit is None else _as_stored(limit, pixels)
        low, high = stored_range(pixels)
        if not low <= value <= high:
            notes.add("PixelPaddingValue cannot occur in these pixels and is ignored.")
            return None
    ends = sorted((value, value if limit is None else limit))
    return PaddingRange(ends[0], ends[1])


def _as_stored(value: float, pixels: PixelFormat) -> float:
    """Bits of a padding value read as the pixels are: writers mix up US and SS."""
    bits = max(pixels.bits_allocated, 16)
    pattern = int(value) & ((1 << bits) - 1)
    return pattern - (1 << bits) if pixels.signed and pattern >> (bits - 1) else pattern


def stored_range(pixels: PixelFormat) -> tuple[int, int]:
    """Least and greatest stored value that Bits Stored can hold."""
    span = 1 << pixels.bits_stored
    return (-span // 2, span // 2 - 1) if pixels.signed else (0, span - 1)


def measured_ratio(file: DicomFile, pixels: PixelFormat, frames: int) -> float | None:
    """Bytes of the pixels by bytes of their code; None for pixels that are not coded."""
    element = file.pixels
    if element is None or not element.encapsulated:
        return None
    coded = file.stamp[0] - element.offset if element.length is None else element.length
    plain = pixels.rows * pixels.columns * pixels.samples_per_pixel * pixels.bits_allocated / 8
    return plain * frames / coded if coded > 0 and plain * frames > coded else None


def describe_lossy(root: Attributes, transfer_syntax: str, notes: Notes) -> Lossy | None:
    """Lossy compression in the history of the pixels, or in the file itself (C.7.6.1.1.5)."""
    method = _LOSSY_SYNTAXES.get(transfer_syntax)
    marked = root.text("LossyImageCompression") == "01"
    if not marked and method is None:
        return None
    ratios = tuple(ratio for ratio in root.numbers("LossyImageCompressionRatio") if ratio > 0)
    methods = root.texts("LossyImageCompressionMethod")
    if not marked and method is not None:
        notes.add("LossyImageCompression is not set, though the pixels are compressed with loss.")
    method = method or _EITHER_SYNTAXES.get(transfer_syntax)
    return Lossy(ratios, methods or ((method,) if method else ()))
