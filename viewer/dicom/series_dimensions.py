"""What tells frames at one place apart: type, echo, b-value, time (rule 39)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from viewer.core.stacking import Dimension
from viewer.dicom.cine_facts import seconds_of
from viewer.dicom.frame_geometry import FrameGeometry, type_dimension

if TYPE_CHECKING:
    from viewer.dicom.header import Header


def acquired_s(header: Header) -> float:
    """When the image was acquired, in seconds; NaN when it is not said."""
    moment = header.text("AcquisitionDateTime")
    if moment:
        return seconds_of(moment[:8], moment[8:])
    time = header.text("AcquisitionTime") or header.text("ContentTime")
    return seconds_of(header.text("AcquisitionDate"), time)


def _first(keyword: str) -> Callable[[Header], float]:
    def read(header: Header) -> float:
        numbers = header.numbers(keyword)
        return numbers[0] if numbers else math.nan

    return read


@dataclass(frozen=True, slots=True)
class _Reading:
    """A dimension of whole files: its word, how it is read, and the unit behind its value."""

    name: str
    read: Callable[[Header], float]
    unit: str = ""


_STILL = (
    _Reading("echo", _first("EchoNumbers")),
    _Reading("TE", _first("EchoTime"), " ms"),
    _Reading("b", _first("DiffusionBValue")),
)
_IN_TIME = (
    _Reading("time", _first("TemporalPositionIdentifier")),
    _Reading("trigger", _first("TriggerTime"), " ms"),
    _Reading("acquisition", _first("AcquisitionNumber")),
)


def dimensions_of(
    headers: Sequence[Header], geometries: Mapping[object, FrameGeometry]
) -> tuple[Dimension, ...]:
    """The dimensions of a series, the most telling first.

    Args:
        headers: of the file of each frame; the frames of one file follow each other.
        geometries: of multi-frame files, by their `ref`.
    """
    rows = _rows_of_files(headers)
    files = [headers[first] for first, _ in rows]
    counts = [count for _, count in rows]

    def spread(values: Sequence[float]) -> np.ndarray:
        """Values of files as values of frames."""
        return np.repeat(np.array(values, float), counts)

    def of_files(readings: Sequence[_Reading], temporal: bool) -> list[Dimension]:
        columns = [(reading, [reading.read(header) for header in files]) for reading in readings]
        return [
            Dimension(reading.name, spread(values), temporal, unit=reading.unit)
            for reading, values in columns
            if not all(map(math.isnan, values))
        ]

    kinds = type_dimension([header.texts("ImageType") for header in files])
    clock = _ranked("time", spread([acquired_s(header) for header in files]))
    return (
        Dimension(kinds.name, spread(kinds.values.tolist()), labels=kinds.labels),
        *of_files(_STILL, temporal=False),
        *_of_frames(files, rows, geometries),
        *of_files(_IN_TIME, temporal=True),
        clock,
        Dimension("object", spread(range(1, len(files) + 1))),
    )


def _rows_of_files(headers: Sequence[Header]) -> list[tuple[int, int]]:
    """(first row, number of rows) of each file."""
    starts = [row for row in range(len(headers)) if not row or headers[row] is not headers[row - 1]]
    ends = [*starts[1:], len(headers)]
    return [(start, end - start) for start, end in zip(starts, ends, strict=True)]


def _ranked(name: str, values: np.ndarray) -> Dimension:
    """Moments say little in seconds: the first, the second ... is what the label counts."""
    moments = np.unique(values[~np.isnan(values)]).tolist()
    labels = {moment: f"{name} {rank}" for rank, moment in enumerate(moments, start=1)}
    return Dimension(name, values, temporal=True, labels=labels)


def _of_frames(
    files: Sequence[Header],
    rows: Sequence[tuple[int, int]],
    geometries: Mapping[object, FrameGeometry],
) -> list[Dimension]:
    """Dimensions of enhanced objects; frames of other files have no value."""
    found: dict[str, Dimension] = {}
    total = sum(count for _, count in rows)
    for header, (first, count) in zip(files, rows, strict=True):
        geometry = geometries.get(header.ref)
        for dimension in geometry.dimensions if geometry is not None else ():
            known = found.get(dimension.name)
            if known is None:
                values = np.full(total, np.nan)
                known = Dimension(dimension.name, values, dimension.temporal, {}, dimension.unit)
                found[dimension.name] = known
            own = _in_common_words(dimension, known.labels)[:count]
            known.values[first : first + len(own)] = own
    return list(found.values())


def _in_common_words(dimension: Dimension, labels: dict[float, str]) -> np.ndarray:
    """Values of a worded dimension renumbered so that one word has one value in all files."""
    if not dimension.labels:
        return dimension.values
    code_of = {word: code for code, word in labels.items()}
    values = dimension.values.copy()
    for code, word in dimension.labels.items():
        common = code_of.setdefault(word, float(len(code_of) + 1))
        labels[common] = word
        values[dimension.values == code] = common
    return values
