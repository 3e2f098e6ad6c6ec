"""Overlay planes of groups 6000-601E for one frame (PS3.3 C.9.2; rules 2, 29 and 30)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom import Dataset  # by way of the package: see viewer/dicom/__init__.py

from viewer.core.image import Overlay, PixelFormat
from viewer.dicom.datasets.attributes import Notes, decoded_values, element_bytes, is_big_endian

GROUPS = range(0x6000, 0x6020, 2)
_ROWS, _COLUMNS, _FRAMES, _DESCRIPTION = 0x0010, 0x0011, 0x0015, 0x0022
_TYPE, _ORIGIN, _FRAME_ORIGIN = 0x0040, 0x0050, 0x0051
_ALLOCATED, _BIT_POSITION, _LABEL, _DATA = 0x0100, 0x0102, 0x1500, 0x3000

RawFrame = Callable[[], np.ndarray | None]


@dataclass(frozen=True, slots=True)
class _Group:
    """One overlay group's attributes, read without failing."""

    number: int
    dataset: Dataset

    @property
    def name(self) -> str:
        """How the user is told of it."""
        return f"Overlay {self.number:04X}"

    @property
    def data_tag(self) -> int:
        """Overlay Data (60xx,3000)."""
        return self.number << 16 | _DATA

    def values(self, element: int) -> tuple[Any, ...]:
        return decoded_values(self.dataset, self.number << 16 | element)

    def integer(self, element: int) -> int | None:
        values = self.values(element)
        try:
            return int(values[0]) if values else None
        except (ValueError, OverflowError):
            return None

    def text(self, element: int) -> str:
        values = self.values(element)
        return str(values[0]).strip() if values else ""


def describe_overlays(
    dataset: Dataset, frame: int, pixels: PixelFormat, raw_frame: RawFrame, notes: Notes
) -> tuple[Overlay, ...]:
    """Planes that have data for this frame.

    Args:
        dataset: of the file.
        frame: counted from 0.
        pixels: format of the frame, for planes hidden in unused bits of it.
        raw_frame: gives the frame's pixel cells with all their bits, or None where they are
            not at hand (compressed data).
        notes: receives what is wrong.
    """
    overlays = []
    for number in GROUPS:
        group = _Group(number, dataset)
        if group.values(_ROWS) or number << 16 | _DATA in dataset:
            overlay = _overlay(group, frame, pixels, raw_frame, notes)
            if overlay is not None:
                overlays.append(overlay)
    return tuple(overlays)


def overlay_size(dataset: Dataset) -> tuple[int, int]:
    """(rows, columns) of the first overlay, (0, 0) without one: an image may be nothing else."""
    for number in GROUPS:
        group = _Group(number, dataset)
        rows, columns = group.integer(_ROWS), group.integer(_COLUMNS)
        if rows and columns and rows > 0 and columns > 0:
            return rows, columns
    return 0, 0


def _overlay(
    group: _Group, frame: int, pixels: PixelFormat, raw_frame: RawFrame, notes: Notes
) -> Overlay | None:
    rows, columns = group.integer(_ROWS) or 0, group.integer(_COLUMNS) or 0
    if min(rows, columns) < 1:
        notes.add(f"{group.name}: OverlayRows or OverlayColumns is missing; it is not drawn.")
        return None
    index = _plane_index(group, frame)
    if index is None:
        return None
    if group.data_tag in group.dataset:
        mask = _separate(group, (rows, columns), index, notes)
    else:
        mask = _embedded(group, (rows, columns), pixels, raw_frame, notes)
    if mask is None:
        return None
    return Overlay(
        group=group.number,
        mask=mask,
        origin=_origin(group, notes),
        label=group.text(_LABEL) or group.text(_DESCRIPTION),
        kind="R" if group.text(_TYPE).upper() == "R" else "G",
    )


def _plane_index(group: _Group, frame: int) -> int | None:
    """Which plane of a multi-frame overlay belongs to this frame; None when there is none."""
    count = group.integer(_FRAMES)
    first = group.integer(_FRAME_ORIGIN)
    if count is None and first is None:
        return 0  # a plain overlay lies on every frame
    index = frame - ((first or 1) - 1)
    return index if 0 <= index < max(count or 1, 1) else None


def _origin(group: _Group, notes: Notes) -> tuple[int, int]:
    """(row, column) from 0; the file counts from 1 and may go below."""
    try:
        row, column = (int(value) for value in group.values(_ORIGIN))
    except (ValueError, OverflowError):
        notes.add(f"{group.name}: OverlayOrigin is unusable; it is drawn at the upper left corner.")
        return 0, 0
    return row - 1, column - 1


def _separate(group: _Group, size: tuple[int, int], index: int, notes: Notes) -> np.ndarray | None:
    """Bits of Overlay Data, least significant first, planes and rows running on (PS3.5 8.1.2)."""
    count, tag = size[0] * size[1], group.data_tag
    data = element_bytes(group.dataset, tag)
    first = count * index
    start, stop = first // 8, (first + count + 7) // 8
    if stop > len(data):
        notes.add(f"{group.name}: OverlayData is too short; it is not drawn.")
        return None
    if is_big_endian(group.dataset, tag):  # OW: the first bit is the lowest of a whole word
        words = np.frombuffer(data[: len(data) // 2 * 2], np.uint8).reshape(-1, 2)
        data = words[:, ::-1].tobytes()
    packed = np.frombuffer(data, np.uint8, count=min(stop, len(data)) - start, offset=start)
    bits = np.unpackbits(packed, bitorder="little")[first % 8 :][:count]
    return bits.reshape(size).view(bool) if bits.size == count else None


def _embedded(
    group: _Group, size: tuple[int, int], pixels: PixelFormat, raw_frame: RawFrame, notes: Notes
) -> np.ndarray | None:
    """A plane in an unused bit of the pixel cells (retired, PS3.3-2004 C.9.2)."""
    position = group.integer(_BIT_POSITION)
    used = range(pixels.high_bit - pixels.bits_stored + 1, pixels.high_bit + 1)
    if position is None or position in used or not 0 <= position < pixels.bits_allocated:
        notes.add(f"{group.name} has no OverlayData and is not drawn.")
        return None
    cells = raw_frame() if size == (pixels.rows, pixels.columns) else None
    if cells is None:
        notes.add(
            f"{group.name} lies in bits of the pixel data that are not at hand; it is not drawn."
        )
        return None
    mask: np.ndarray = (cells >> position) & 1 == 1
    return mask
