"""Why an image looks as it does: the steps from bytes to light, each with what drove it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from viewer.core.grayscale import file_inverse
from viewer.core.image import FrameDescription, SpacingSource, VoiChoice, VoiSource
from viewer.core.light import DisplayChoice, is_color

_KEYWORD = re.compile(r"(?:[A-Z][a-z0-9]+){2,}|[A-Z]{3}[A-Za-z]+")
# Where IHE BIR lets a viewer take windows as stored values; ours follows PS3.4 N.2 everywhere.
_RESCALE_DISPUTED = ("MR", "PT", "XA", "RF")


class StepKind(StrEnum):
    """What became of a step; the word is shown beside it."""

    RAN = "ran"
    ASSUMED = "assumed"
    IGNORED = "ignored"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the way.

    Attributes:
        name: short title.
        what: one line that says what was done.
        keyword: attribute that drove it, for the tag inspector; empty when none did.
        kind: ran, assumed (the file does not say) or ignored.
    """

    name: str
    what: str
    keyword: str = ""
    kind: StepKind = StepKind.RAN


Trace = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Decoding:
    """What is known about the way from bytes to stored values.

    Attributes:
        syntax_name: name of the transfer syntax, else its UID is shown.
        decoder: that made the stored values.
        color_space: the samples are really in.
    """

    syntax_name: str = ""
    decoder: str = ""
    color_space: str = ""


def explain(
    description: FrameDescription,
    choice: DisplayChoice,
    voi: VoiChoice,
    decoding: Decoding | None = None,
    icc_problem: str = "",
) -> Trace:
    """The ordered steps for a frame shown with `choice`, whose VOI resolved to `voi`."""
    decoding = decoding or Decoding()
    steps = [*_decoded(description, decoding)]
    if is_color(description):
        steps += _colored(description, choice, decoding, icc_problem)
    else:
        steps += _grayed(description, choice, voi)
    steps += [*_covered(description, choice), *_measured(description)]
    steps += [
        Step("Note", problem.what, _attribute_in(problem.what), StepKind.ASSUMED)
        for problem in description.problems
        if problem.what != icc_problem  # told at its own step
    ]
    return tuple(steps)


def trace_text(trace: Trace) -> str:
    """The trace as lines of plain text."""
    lines = []
    for step in trace:
        mark = "" if step.kind is StepKind.RAN else f" [{step.kind}]"
        source = f" ({step.keyword.strip('()')})" if step.keyword else ""
        lines.append(f"{step.name}: {step.what}{source}{mark}")
    return "\n".join(lines)


def _attribute_in(sentence: str) -> str:
    """The attribute a problem names: sentences about one begin with its keyword."""
    word = sentence.split(" ", 1)[0]
    return word if _KEYWORD.fullmatch(word) else ""


def _decoded(description: FrameDescription, decoding: Decoding) -> Iterator[Step]:
    syntax = decoding.syntax_name or description.transfer_syntax or "not given"
    by = f", decoded by {decoding.decoder}" if decoding.decoder else ""
    yield Step("Transfer syntax", f"{syntax}{by}", "TransferSyntaxUID")
    lossy = description.lossy
    if lossy is None:
        yield Step("Lossy history", "none that the file tells of", "LossyImageCompression")
    else:
        unknown = "ratio not given"
        if lossy.measured is not None:
            unknown += f", about {lossy.measured:.2g}:1 by the size of the pixel data"
        ratios = ", ".join(f"{ratio:g}:1" for ratio in lossy.ratios) or unknown
        methods = ", ".join(lossy.methods) or "method not given"
        yield Step("Lossy history", f"{ratios}, {methods}", "LossyImageCompression")
    pixels = description.pixel_format
    sign = "signed" if pixels.signed else "unsigned"
    if pixels.value_type == "integer":
        bits = f"{pixels.bits_stored} of {pixels.bits_allocated} bits, {sign}"
    else:
        bits = f"{pixels.bits_allocated}-bit floating point"
    size = f"{pixels.columns} x {pixels.rows} pixels, {pixels.samples_per_pixel} per pixel"
    yield Step("Stored values", f"{bits}; {size}", "BitsStored")


def _grayed(description: FrameDescription, choice: DisplayChoice, voi: VoiChoice) -> Iterator[Step]:
    yield from _modality(description)
    yield from _uptake(description)
    padding = description.padding
    if padding is not None:
        span = (
            f"{padding.low:g}"
            if padding.low == padding.high
            else (f"{padding.low:g} to {padding.high:g}")
        )
        yield Step("Padding", f"stored values {span} are no image", "PixelPaddingValue")
    yield from _voi(description, voi)
    if description.presentation.lut is not None:
        entries = len(description.presentation.lut.entries)
        yield Step("Presentation LUT", f"{entries} entries", "PresentationLUTSequence")
    yield from _polarity(description, choice)
    if description.palette is not None and description.palette.supplemental:
        start = description.palette.first_mapped
        what = f"stored values from {start} on are in colour"
        yield Step("Supplemental palette", what, "PixelPresentation")
    elif choice.color_table:
        yield Step("Colour table", f"gray levels shown in {choice.color_table}")


def _modality(description: FrameDescription) -> Iterator[Step]:
    transform = description.transform
    unit = f" {transform.unit}" if transform.unit else ", unit not given"
    if transform.unit == "US":  # PS3.3 C.11.1.1.2: the term for "unspecified"
        unit = ", unit unspecified"
    if transform.lut is not None:
        what = f"{len(transform.lut.entries)} entries from {transform.lut.first_mapped}{unit}"
        yield Step("Modality LUT", what, "ModalityLUTSequence")
        return
    if transform.slope == 1 and transform.intercept == 0:
        yield Step("Rescale", f"modality values are the stored values{unit}", "RescaleSlope")
        return
    what = f"stored x {transform.slope:g} + {transform.intercept:g}{unit}"
    yield Step("Rescale", what, "RescaleSlope")
    if description.modality in _RESCALE_DISPUTED:
        what = (
            "windows apply to rescaled values (PS3.4 N.2); IHE BIR's leave to window stored "
            f"values of {description.modality} is not used"
        )
        yield Step("Rescale before window", what, kind=StepKind.ASSUMED)


def _uptake(description: FrameDescription) -> Iterator[Step]:
    """SUV by weight of PET values, for the read-out and the presets (PS3.3 C.8.9.1)."""
    suv = description.suv
    if suv is None:
        return
    if suv.factor is None:
        yield Step("SUV by weight", f"not known: {suv.why_not}", suv.keyword, StepKind.IGNORED)
        return
    kind = StepKind.ASSUMED if suv.assumed else StepKind.RAN
    unit = f" {description.transform.unit}" if description.transform.unit else ""
    what = f"1{unit} is {suv.factor:.6g} g/ml: {suv.how}"
    yield Step("SUV by weight", what, suv.keyword, kind)


def _voi(description: FrameDescription, voi: VoiChoice) -> Iterator[Step]:
    guessed = voi.source in (VoiSource.PERCENTILE, VoiSource.MIN_MAX)
    kind = StepKind.ASSUMED if guessed and not description.voi_choices else StepKind.RAN
    from_file = voi.source in (VoiSource.FILE_LUT, VoiSource.FILE_WINDOW)
    if voi.lut is not None:
        what = f"{len(voi.lut.entries)} entries from {voi.lut.first_mapped}, {voi.label}"
        yield Step("VOI LUT", what, "VOILUTSequence")
    elif voi.window is not None:
        window = voi.window
        what = f"W {window.width:g} C {window.center:g} {window.function}, {voi.label}"
        yield Step("Window", what, "WindowCenter" if from_file else "", kind)
    if guessed and not description.voi_choices:
        yield Step("Window guessed", "the file gives no window", "WindowCenter", StepKind.ASSUMED)
    others = [other for other in description.voi_choices if other != voi]
    for other in others:
        keyword = "VOILUTSequence" if other.lut is not None else "WindowCenter"
        what = f"{other.label} is an alternative"
        yield Step("Not used", what, keyword, StepKind.IGNORED)


def _polarity(description: FrameDescription, choice: DisplayChoice) -> Iterator[Step]:
    photometric = description.pixel_format.photometric_interpretation
    shape = description.presentation
    keyword = "PresentationLUTShape" if shape.shape_given else "PhotometricInterpretation"
    why = f"shape {'INVERSE' if shape.inverse else 'IDENTITY'}, " if shape.shape_given else ""
    dark = "white" if file_inverse(description) else "black"
    yield Step("Polarity", f"low values are {dark}: {why}{photometric}", keyword)
    if choice.inverted:
        yield Step("Inverted", "black and white exchanged by the user")


def _colored(
    description: FrameDescription, choice: DisplayChoice, decoding: Decoding, icc_problem: str
) -> Iterator[Step]:
    told = description.pixel_format.photometric_interpretation
    if told == "PALETTE COLOR" and description.palette is not None:
        palette = description.palette
        what = f"{len(palette.red)} colours from index {palette.first_mapped}"
        yield Step("Palette", what, "RedPaletteColorLookupTableDescriptor")
    elif told == "PALETTE COLOR":
        yield Step("Palette", "missing: indices are shown as gray", kind=StepKind.ASSUMED)
    else:
        real = decoding.color_space or told
        what = "samples are RGB" if real == "RGB" else f"{real} converted to RGB"
        yield Step("Colour space", what, "PhotometricInterpretation")
        if real != told and not (real == "RGB" and told.startswith("YBR")):
            what = f"the file says {told}, the pixels are {real}"
            keyword = "PhotometricInterpretation"
            yield Step("Colour space corrected", what, keyword, StepKind.IGNORED)
    if description.icc_profile is None:
        yield Step("ICC", "no profile: taken as sRGB", "ICCProfile", StepKind.ASSUMED)
    elif icc_problem or not choice.icc:
        why = icc_problem or "switched off by the user"
        yield Step("ICC", why, "ICCProfile", StepKind.IGNORED)
    else:
        yield Step("ICC", "the file's profile converted to sRGB", "ICCProfile")
    if choice.voi is not None and choice.voi.source is VoiSource.USER and choice.voi.window:
        window = choice.voi.window
        yield Step("Brightness", f"W {window.width:g} C {window.center:g} of 8-bit colour, user")
    if choice.inverted:
        yield Step("Inverted", "colours exchanged by the user")


def _covered(description: FrameDescription, choice: DisplayChoice) -> Iterator[Step]:
    shutter = description.shutter
    if shutter is not None:
        shapes = " and ".join(shape.lower() for shape in shutter.shapes)
        kind = StepKind.RAN if choice.shutter else StepKind.IGNORED
        yield Step("Shutter", shapes, "ShutterShape", kind)
    if description.overlays:
        groups = ", ".join(f"{overlay.group:04X}" for overlay in description.overlays)
        kind = StepKind.RAN if choice.overlays else StepKind.IGNORED
        # Group 60xx repeats, so a keyword alone would not say which one.
        where = f"({description.overlays[0].group:04X},0010)"
        yield Step("Overlays", f"groups {groups}", where, kind)


_SPACING_WORDS = {
    SpacingSource.PATIENT: ("in the patient", "PixelSpacing"),
    SpacingSource.DETECTOR: ("at the detector, not corrected", "ImagerPixelSpacing"),
    SpacingSource.MAGNIFIED: ("at the detector, over the magnification", "ImagerPixelSpacing"),
    SpacingSource.CALIBRATED: ("calibrated", "PixelSpacing"),
    SpacingSource.REGION: ("from the ultrasound regions", "SequenceOfUltrasoundRegions"),
    SpacingSource.UNKNOWN: ("meaning unknown for a projection image", "PixelSpacing"),
}


def _measured(description: FrameDescription) -> Iterator[Step]:
    spacing = description.spacing
    if spacing is None:
        yield Step("Spacing", "not given: no distances", "PixelSpacing", StepKind.ASSUMED)
    else:
        words, keyword = _SPACING_WORDS[spacing.source]
        what = f"{spacing.row_mm:g} x {spacing.column_mm:g} mm (rows x columns), {words}"
        yield Step("Spacing", what, keyword)
    if abs(description.pixel_aspect - 1) > 1e-3:
        by_ratio = spacing is None or spacing.source is SpacingSource.REGION
        keyword = "PixelAspectRatio" if by_ratio else "PixelSpacing"
        what = f"pixels are {description.pixel_aspect:.4g} times as high as wide"
        yield Step("Pixel shape", what, keyword)
    if description.regions:
        axes = [axis for region in description.regions for axis in (region.across, region.down)]
        units = ", ".join(dict.fromkeys(axis.unit for axis in axes if axis.unit)) or "no units"
        what = f"{len(description.regions)} for the read-out: {units}"
        yield Step("Ultrasound regions", what, "SequenceOfUltrasoundRegions")
    for mapping in description.real_world:
        what = " ".join(word for word in (mapping.label, mapping.unit) if word) or "no unit"
        keyword = "RealWorldValueMappingSequence"
        yield Step("Real world values", f"{what}, for the read-out only", keyword)
