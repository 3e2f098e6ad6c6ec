"""The pixel under the cursor, and the words for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from viewer.core.annotation_text import short_number
from viewer.core.orientation import letters_of
from viewer.core.regions import Measure
from viewer.core.technique import joined

_AXES = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class Readout:
    """The pixel under the cursor.

    Attributes:
        column, row: counted from 0 (shown from 1, as DICOM counts).
        stored: stored value, or the three samples of a colour pixel.
        value: modality value, or None for colour and for padding.
        unit: of the modality value.
        padding: the pixel is not image.
        suv: SUV by weight of a PET value, or None.
        no_suv: why a PET value has no SUV.
        color: RGB, 0..255, of a palette index.
        measures: real world values (PS3.3 C.7.6.16.2.11) and what an ultrasound region measures.
        patient_mm: centre of the pixel in the patient system, x/y/z, or None when not known.
        quadruped: the patient's directions have an animal's letters.
    """

    column: int
    row: int
    stored: tuple[float, ...]
    value: float | None = None
    unit: str = ""
    padding: bool = False
    suv: float | None = None
    no_suv: str = ""
    color: tuple[int, int, int] | None = None
    measures: tuple[Measure, ...] = ()
    patient_mm: tuple[float, float, float] | None = None
    quadruped: bool = False


def readout_lines(readout: Readout) -> tuple[str, ...]:
    """From top to bottom: place in the patient, what is measured there, pixel and values.

    "L 12.3  P 4.5  H 100 mm", "RCBF 4.2 ml/min", "(120, 45)  -43 HU  stored 981"; the last line
    is always there.
    """
    place = _place_text(readout)
    measured = joined(*_measure_texts(readout.measures))
    return tuple(line for line in (place, measured, value_text(readout)) if line)


def value_text(readout: Readout) -> str:
    """Where the cursor is and what lies there: "(120, 45)  -43 HU  stored 981"."""
    at = f"({readout.column + 1}, {readout.row + 1})"
    stored = " ".join(short_number(value, 6) for value in readout.stored)
    if readout.padding:
        return joined(at, f"padding  stored {stored}")
    if readout.color is not None:
        return joined(at, f"RGB {' '.join(map(str, readout.color))}", f"stored {stored}")
    if readout.value is None:
        return joined(at, f"RGB {stored}" if len(readout.stored) == 3 else f"stored {stored}")
    value = f"{short_number(readout.value, 6)} {readout.unit}".rstrip()
    suv = f"SUVbw {short_number(readout.suv)}" if readout.suv is not None else ""
    if readout.no_suv:  # the reason is long: it stands among the steps of the display
        suv = "SUV unknown"
    if not readout.unit and (readout.value,) == readout.stored:
        return joined(at, value, suv)
    return joined(at, value, suv, f"stored {stored}")


def _measure_texts(measures: tuple[Measure, ...]) -> Iterator[str]:
    for measure in measures:
        yield f"{measure.label} {short_number(measure.value)} {measure.unit}".strip()


def _place_text(readout: Readout) -> str:
    """Distances from the origin with the letter of their direction instead of a sign."""
    if readout.patient_mm is None:
        return ""
    words = []
    for coordinate, axis in zip(readout.patient_mm, _AXES, strict=True):
        side = [component if coordinate >= 0 else -component for component in axis]
        words.append(f"{letters_of(side, readout.quadruped)} {abs(coordinate):.1f}")
    return f"{joined(*words)} mm"
