"""Sequence of Ultrasound Regions (PS3.3 C.8.5.5; rules 48 and 49), for the read-out."""

from __future__ import annotations

from viewer.core.regions import UNITS, Axis, Region
from viewer.dicom.datasets.attributes import Attributes, Notes

_SEQUENCE = "SequenceOfUltrasoundRegions"
_MOST_REGIONS = 64


def describe_regions(root: Attributes, notes: Notes) -> tuple[Region, ...]:
    """All regions with a place; the others are told and left out."""
    found = []
    for item in root.items(_SEQUENCE)[:_MOST_REGIONS]:
        region = _region(item)
        if region is None:
            notes.add(f"{_SEQUENCE} has a region without a usable place; it is ignored.")
        else:
            found.append(region)
    return tuple(found)


def _region(item: Attributes) -> Region | None:
    left, right = item.integer("RegionLocationMinX0"), item.integer("RegionLocationMaxX1")
    top, bottom = item.integer("RegionLocationMinY0"), item.integer("RegionLocationMaxY1")
    if left is None or right is None or top is None or bottom is None:
        return None
    if right < left or bottom < top:
        return None
    flags = item.integer("RegionFlags") or 0
    transparent = bool(flags & 1)  # C.8.5.5.1.3
    return Region(left, top, right, bottom, transparent, _axis(item, "X"), _axis(item, "Y"))


def _axis(item: Attributes, direction: str) -> Axis:
    """One direction; without a delta or a known unit it measures nothing."""
    unit = UNITS.get(item.integer(f"PhysicalUnits{direction}Direction") or 0, "")
    delta = item.number(f"PhysicalDelta{direction}") or 0.0
    reference = item.number(f"ReferencePixel{direction}0")
    value = item.number(f"ReferencePixelPhysicalValue{direction}") or 0.0
    return Axis(unit if delta else "", delta, reference, value)
