"""Real World Value Mapping of a frame (PS3.3 C.7.6.16.2.11); it never changes the picture."""

from __future__ import annotations

import numpy as np

from viewer.core.image import RealWorldMapping
from viewer.dicom.datasets.attributes import Attributes, Notes
from viewer.dicom.datasets.functional_groups import FunctionalGroups

_SEQUENCE = "RealWorldValueMappingSequence"


def describe_real_world(groups: FunctionalGroups, notes: Notes) -> tuple[RealWorldMapping, ...]:
    """All usable mappings that hold for this frame."""
    items = groups.macro_items(_SEQUENCE) or groups.root.items(_SEQUENCE)
    mappings = (_mapping(item, notes) for item in items)
    return tuple(mapping for mapping in mappings if mapping is not None)


def _mapping(item: Attributes, notes: Notes) -> RealWorldMapping | None:
    first, last = (_end(item, which) for which in ("First", "Last"))
    if first is None or last is None or last < first:
        notes.add("RealWorldValueFirstValueMapped or Last is unusable; that mapping is ignored.")
        return None
    units = item.item("MeasurementUnitsCodeSequence")
    unit = units.text("CodeValue") if units is not None else ""
    label = item.text("LUTLabel") or item.text("LUTExplanation")
    table = item.numbers("RealWorldValueLUTData")
    if table:
        return RealWorldMapping(first, last, table=np.array(table), unit=unit, label=label)
    slope, intercept = item.number("RealWorldValueSlope"), item.number("RealWorldValueIntercept")
    if slope is None or intercept is None:
        notes.add("RealWorldValueSlope or Intercept is missing; that mapping is ignored.")
        return None
    return RealWorldMapping(first, last, slope, intercept, unit=unit, label=label)


def _end(item: Attributes, which: str) -> float | None:
    """A mapped end: of floats under its own keyword, else of integers."""
    double = item.number(f"DoubleFloatRealWorldValue{which}ValueMapped")
    return item.number(f"RealWorldValue{which}ValueMapped") if double is None else double
