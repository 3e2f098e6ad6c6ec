"""Ultrasound regions: what a pixel measures, in the region's own units (PS3.3 C.8.5.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# Physical Units X/Y Direction (0018,6024/6026), C.8.5.5.1.15; 0 is "none".
UNITS: dict[int, str] = {
    1: "%",
    2: "dB",
    3: "cm",
    4: "s",
    5: "Hz",
    6: "dB/s",
    7: "cm/s",
    8: "cm²",
    9: "cm²/s",
    10: "cm³",
    11: "cm³/s",
    12: "°",
}


@dataclass(frozen=True, slots=True)
class Axis:
    """What one direction of a region measures.

    Attributes:
        unit: word of the physical unit, empty for none.
        delta: physical units per pixel; its sign tells which way values grow.
        reference_px: baseline, counted from the region's first pixel; None when not given.
        reference_value: physical value there.
    """

    unit: str
    delta: float
    reference_px: float | None = None
    reference_value: float = 0.0

    def value_at(self, place_px: float) -> float | None:
        """The physical value so many pixels from the region's first one (C.8.5.5.1.3).

        Without a reference pixel only lengths and times have a meaning: they count from the edge.
        """
        if not self.unit:
            return None
        if self.reference_px is None:
            return place_px * self.delta if self.unit in ("cm", "s") else None
        return (place_px - self.reference_px) * self.delta + self.reference_value


@dataclass(frozen=True, slots=True)
class Region:
    """One ultrasound region.

    Attributes:
        left, top, right, bottom: its first and last columns and rows, counted from 0, inclusive.
        transparent: what lies below it may be meant as well (Region Flags bit 0).
        across, down: what its columns and its rows measure.
    """

    left: int
    top: int
    right: int
    bottom: int
    transparent: bool
    across: Axis
    down: Axis

    def holds(self, column: int, row: int) -> bool:
        return self.left <= column <= self.right and self.top <= row <= self.bottom


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its unit and, where there are several, what it is of."""

    value: float
    unit: str
    label: str = ""


def region_at(regions: Sequence[Region], column: int, row: int) -> Region | None:
    """The region a pixel belongs to: an opaque one before a transparent one (rule 49)."""
    holding = [region for region in regions if region.holds(column, row)]
    return min(holding, key=lambda region: region.transparent, default=None)


def measures_at(regions: Sequence[Region], column: int, row: int) -> tuple[Measure, ...]:
    """What a pixel measures, across before down; () outside all regions."""
    region = region_at(regions, column, row)
    if region is None:
        return ()
    found = (
        ("x", region.across, region.across.value_at(column - region.left)),
        ("y", region.down, region.down.value_at(row - region.top)),
    )
    known = ((name, axis, value) for name, axis, value in found if value is not None)
    return tuple(Measure(value, axis.unit, name) for name, axis, value in known)
