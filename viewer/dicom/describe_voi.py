"""Modality transform, VOI alternatives and presentation (PS3.3 C.11.1, C.11.2, C.11.6)."""

from __future__ import annotations

import numpy as np

from viewer.core.image import (
    LookupTable,
    ModalityTransform,
    PixelFormat,
    Presentation,
    VoiChoice,
    VoiSource,
    Window,
    WindowFunction,
)
from viewer.core.lut import needed_bits, read_descriptor, read_entries
from viewer.dicom.attributes import Attributes, Notes
from viewer.dicom.functional_groups import FunctionalGroups


def describe_transform(
    groups: FunctionalGroups, pixels: PixelFormat, notes: Notes
) -> ModalityTransform:
    """Modality LUT, else rescale, else identity; a LUT excludes rescaling (rule 11)."""
    source = groups.source("PixelValueTransformationSequence")
    modality = groups.root.text("Modality")
    item = groups.root.item("ModalityLUTSequence")
    if item is not None:
        table = describe_table(item, "ModalityLUTSequence", notes, signed_input=pixels.signed)
        if table is not None:
            if "RescaleSlope" in groups.root:
                notes.add(
                    "ModalityLUTSequence and RescaleSlope exclude each other; the LUT is used."
                )
            return ModalityTransform(lut=table, unit=item.text("ModalityLUTType"))
    return _rescale(source, groups.root, modality, notes)


def _rescale(
    source: Attributes, root: Attributes, modality: str, notes: Notes
) -> ModalityTransform:
    slopes, intercepts = source.numbers("RescaleSlope"), source.numbers("RescaleIntercept")
    unit = _unit(source, root, modality, bool(slopes or intercepts))
    slope = slopes[0] if slopes else 1.0
    intercept = intercepts[0] if intercepts else 0.0
    if not np.isfinite(slope) or slope == 0.0:
        notes.add(
            f"RescaleSlope is {slope:g}; stored values are shown without rescaling.",
            "Values under the cursor and windows of the file have no unit here.",
        )
        return ModalityTransform()
    if not np.isfinite(intercept):
        notes.add(f"RescaleIntercept is {intercept:g}; 0 is used.")
        intercept = 0.0
    return ModalityTransform(slope=slope, intercept=intercept, unit=unit)


def _unit(source: Attributes, root: Attributes, modality: str, rescaled: bool) -> str:
    """Rescale Type, else Units for PET, else HU for rescaled CT (C.8.2.1), else none (rule 23)."""
    told = source.text("RescaleType")
    if told:
        return told
    if modality == "PT":
        return root.text("Units")
    return "HU" if modality == "CT" and rescaled else ""


def describe_voi(
    groups: FunctionalGroups, pixels: PixelFormat, transform: ModalityTransform, notes: Notes
) -> tuple[VoiChoice, ...]:
    """All alternatives the file offers: VOI LUTs first, they replace windows (rule 16)."""
    if not pixels.photometric_interpretation.startswith("MONOCHROME"):
        return ()
    source = groups.source("FrameVOILUTSequence")
    signed = _input_is_signed(pixels, transform)
    choices = []
    items = source.items("VOILUTSequence") or groups.root.items("VOILUTSequence")
    for number, item in enumerate(items, 1):
        table = describe_table(item, "VOILUTSequence", notes, signed_input=signed)
        if table is not None:
            label = table.explanation or f"LUT {number}"
            choices.append(VoiChoice(label, VoiSource.FILE_LUT, lut=table))
    return (*choices, *_windows(source, notes))


def _windows(source: Attributes, notes: Notes) -> tuple[VoiChoice, ...]:
    centers, widths = source.numbers("WindowCenter"), source.numbers("WindowWidth")
    if len(centers) != len(widths):
        notes.add(
            f"WindowCenter has {len(centers)} values and WindowWidth {len(widths)}; "
            "only complete pairs are offered."
        )
    function = _function(source, notes)
    labels = source.texts("WindowCenterWidthExplanation")
    choices = []
    for index, (center, width) in enumerate(zip(centers, widths, strict=False)):
        window = _window(center, width, function, notes)
        if window is None:
            continue
        label = labels[index] if index < len(labels) else ""
        choices.append(
            VoiChoice(label or f"Window {index + 1}", VoiSource.FILE_WINDOW, window=window)
        )
    return tuple(choices)


def _window(center: float, width: float, function: WindowFunction, notes: Notes) -> Window | None:
    if not (np.isfinite(center) and np.isfinite(width)):
        notes.add("WindowCenter or WindowWidth is not a finite number; this window is ignored.")
        return None
    if width <= 0:
        notes.add(f"WindowWidth is {width:g}; this window is ignored.")
        return None
    if function is WindowFunction.LINEAR and width < 1:
        notes.add(f"WindowWidth is {width:g}, below the 1 that LINEAR needs; LINEAR_EXACT is used.")
        return Window(center, width, WindowFunction.LINEAR_EXACT)
    return Window(center, width, function)


def _function(source: Attributes, notes: Notes) -> WindowFunction:
    told = source.text("VOILUTFunction").upper()
    try:
        return WindowFunction(told or "LINEAR")
    except ValueError:
        notes.add("VOILUTFunction is not a known term; LINEAR is used.")
        return WindowFunction.LINEAR


def _input_is_signed(pixels: PixelFormat, transform: ModalityTransform) -> bool:
    """Whether modality values can be negative, which decides the sign of a VOI LUT's start."""
    if transform.lut is not None:
        return False
    span = 1 << pixels.bits_stored
    ends = (-span // 2, span // 2 - 1) if pixels.signed else (0, span - 1)
    return min(end * transform.slope + transform.intercept for end in ends) < 0


def describe_presentation(root: Attributes, pixels: PixelFormat, notes: Notes) -> Presentation:
    """Presentation LUT Sequence or Shape of the image itself (rules 17 and 18)."""
    item = root.item("PresentationLUTSequence")
    table = None
    if item is not None:
        table = describe_table(item, "PresentationLUTSequence", notes, signed_input=False)
    shape = root.text("PresentationLUTShape").upper()
    photometric = pixels.photometric_interpretation
    if shape not in ("", "IDENTITY", "INVERSE"):
        notes.add(f"PresentationLUTShape {shape} is not for images and is ignored.")
    if shape == "INVERSE" and photometric == "MONOCHROME2":
        notes.add("PresentationLUTShape INVERSE contradicts MONOCHROME2; the shape is used.")
    if shape == "IDENTITY" and photometric == "MONOCHROME1":
        notes.add("PresentationLUTShape IDENTITY contradicts MONOCHROME1; the shape is used.")
    return Presentation(shape == "INVERSE", table, shape in ("IDENTITY", "INVERSE"))


def describe_table(
    item: Attributes, where: str, notes: Notes, *, signed_input: bool
) -> LookupTable | None:
    """A LUT from a sequence item (rule 12), or None with a problem; lies are told and survived."""
    try:
        descriptor = read_descriptor(item.integers("LUTDescriptor"), signed_input=signed_input)
    except ValueError as error:
        notes.add(f"LUTDescriptor in {where} is unusable ({error}); this LUT is ignored.")
        return None
    data = item.data("LUTData")
    entries = read_entries(data, descriptor, big_endian=item.is_big_endian("LUTData"))
    if entries.size == 0:
        notes.add(f"LUTData in {where} is missing; this LUT is ignored.")
        return None
    if entries.size < descriptor.count:
        notes.add(
            f"LUTDescriptor in {where} promises {descriptor.count} entries, LUTData holds "
            f"{entries.size}; values beyond get the last one."
        )
    bits = descriptor.bits
    if needed_bits(entries) > bits:
        bits = needed_bits(entries)
        notes.add(f"LUTDescriptor in {where} says {descriptor.bits} bits, LUTData needs {bits}.")
    return LookupTable(entries, descriptor.first_mapped, bits, item.text("LUTExplanation"))
