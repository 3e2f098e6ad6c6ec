"""Palette colour tables: plain, segmented, supplemental (PS3.3 C.7.6.3.1.5, C.7.9.2)."""

from __future__ import annotations

import numpy as np

from viewer.core.image import Palette, PixelFormat
from viewer.core.lut import LutDescriptor, needed_bits, read_descriptor, read_entries
from viewer.dicom.attributes import Attributes, Notes
from viewer.dicom.functional_groups import FunctionalGroups

_COLORS = ("Red", "Green", "Blue")
_FRAME_TYPES = ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence")
_MAX_DEPTH = 2  # an indirect segment may not point to another (C.7.9.2.3)


def describe_palette(groups: FunctionalGroups, pixels: PixelFormat, notes: Notes) -> Palette | None:
    """The palette that applies to this frame, or None."""
    root = groups.root
    palette_color = pixels.photometric_interpretation == "PALETTE COLOR"
    supplemental = not palette_color and _wants_color(groups)
    if not palette_color and not supplemental:
        return None
    if not any(f"{color}PaletteColorLookupTableDescriptor" in root for color in _COLORS):
        if palette_color:
            notes.add("RedPaletteColorLookupTableDescriptor is missing; indices are shown as gray.")
        return None
    tables = [_table(root, color, pixels, notes) for color in _COLORS]
    found = [table for table in tables if table is not None]
    if len(found) < 3:
        notes.add("A palette colour table is missing or unusable; indices are shown as gray.")
        return None
    length = max(len(entries) for _, entries in found)
    red, green, blue = (
        np.concatenate([entries, np.full(length - len(entries), entries[-1], np.uint16)])
        for _, entries in found
    )
    first = found[0][0]
    if len({(d.first_mapped, d.count) for d, _ in found}) > 1:
        notes.add("The three palette descriptors differ; the red one's first value is used.")
    return Palette(red, green, blue, first.first_mapped, first.bits, supplemental)


def _wants_color(groups: FunctionalGroups) -> bool:
    """Whether Pixel Presentation says that this frame is (partly) in colour (C.8.16.2.1.1.1)."""
    for keyword in _FRAME_TYPES:
        item = groups.macro(keyword)
        if item is not None and item.text("PixelPresentation"):
            return item.text("PixelPresentation") in ("COLOR", "MIXED")
    return groups.root.text("PixelPresentation") in ("COLOR", "MIXED")


def _table(
    root: Attributes, color: str, pixels: PixelFormat, notes: Notes
) -> tuple[LutDescriptor, np.ndarray] | None:
    """Descriptor and entries scaled to 16 bits, or None with a problem."""
    name = f"{color}PaletteColorLookupTable"
    try:
        descriptor = read_descriptor(root.integers(f"{name}Descriptor"), signed_input=pixels.signed)
    except ValueError as error:
        notes.add(f"{name}Descriptor is unusable ({error}).")
        return None
    segmented = f"Segmented{name}Data"
    if segmented in root and f"{name}Data" not in root:
        entries = _segmented(root, segmented, descriptor, notes)
    else:
        data, swapped = root.data(f"{name}Data"), root.is_big_endian(f"{name}Data")
        entries = read_entries(data, descriptor, big_endian=swapped)
    if entries.size == 0:
        notes.add(f"{name}Data is missing.")
        return None
    if entries.size < descriptor.count:
        notes.add(
            f"{name}Descriptor promises {descriptor.count} entries, {name}Data holds "
            f"{entries.size}; indices beyond get the last one."
        )
    if descriptor.bits == 16 and needed_bits(entries) <= 8 and entries.any():
        notes.add(f"{name}Descriptor says 16 bits, {name}Data holds bytes; they are shown as such.")
    return descriptor, _sixteen_bits(entries, descriptor)


def _sixteen_bits(entries: np.ndarray, descriptor: LutDescriptor) -> np.ndarray:
    """Entries of 8 bits repeated into both bytes; 16-bit tables that hold bytes likewise."""
    bits = max(descriptor.bits, needed_bits(entries))
    if bits <= 8 or (descriptor.bits == 16 and needed_bits(entries) <= 8):
        return (entries * np.uint16(257)).astype(np.uint16)
    return (entries << (16 - bits)).astype(np.uint16)


def _segmented(
    root: Attributes, keyword: str, descriptor: LutDescriptor, notes: Notes
) -> np.ndarray:
    data, swapped = root.data(keyword), root.is_big_endian(keyword)
    wide = descriptor.bits > 8
    words = np.frombuffer(data[: len(data) // 2 * 2], ">u2" if swapped else "<u2")
    if not wide:  # bytes, the first one the low byte of its word
        words = words.astype("<u2").view(np.uint8)
    try:
        return expand_segments(words.tolist(), descriptor.count, wide=wide)
    except ValueError as error:
        notes.add(f"{keyword} is damaged ({error}).")
        return np.zeros(0, np.uint16)


def expand_segments(data: list[int], count: int, *, wide: bool) -> np.ndarray:
    """Entries of a segmented palette, uint16, at most `count` (PS3.3 C.7.9.2).

    Args:
        data: bytes of an 8-bit or words of a 16-bit table.
        count: entries promised by the descriptor.
        wide: whether the table is 16-bit, where an indirect segment's offset is two words.

    Raises:
        ValueError: a segment is cut off, unknown, or points outside.
    """
    entries: list[int] = []
    _expand(data, 0, None, count, entries, wide, depth=0)
    return np.array(entries[:count], np.uint16)


def _expand(
    data: list[int],
    at: int,
    segments: int | None,
    count: int,
    entries: list[int],
    wide: bool,
    depth: int,
) -> None:
    """Append what `segments` segments (None: all) from position `at` stand for."""
    if depth >= _MAX_DEPTH:
        raise ValueError("indirect segments lie inside each other")
    while at + 1 < len(data) and len(entries) < count and segments != 0:
        kind, length = data[at], data[at + 1]
        at += 2
        if kind == 0:
            entries += _words(data, at, length)
            at += length
        elif kind == 1:
            if not entries:
                raise ValueError("a linear segment comes first")
            (target,) = _words(data, at, 1)
            steps = np.linspace(entries[-1], target, length + 1)[1:]
            entries += [int(value + 0.5) for value in steps]
            at += 1
        elif kind == 2:
            size = 2 if wide else 4
            offset = sum(
                word << ((16 if wide else 8) * i) for i, word in enumerate(_words(data, at, size))
            )
            # The offset counts bytes from the start of the table.
            _expand(data, offset // 2 if wide else offset, length, count, entries, wide, depth + 1)
            at += size
        else:
            raise ValueError(f"segment of unknown kind {kind}")
        segments = None if segments is None else segments - 1


def _words(data: list[int], at: int, count: int) -> list[int]:
    if at + count > len(data):
        raise ValueError("a segment is cut off")
    return data[at : at + count]
