"""Takes the cine attributes out of a file (PS3.3 C.7.6.5, C.7.6.6), for `viewer.core.cine`."""

from __future__ import annotations

import datetime
import math
from typing import TYPE_CHECKING, Protocol

from viewer.core.cine import CineFacts

if TYPE_CHECKING:
    from pydicom import Dataset

    from viewer.dicom.header import Header

# What the Frame Increment Pointer (0028,0009) may name, as tags (C.7.6.6, C.8.4.8, C.8.6.4).
_POINTERS = {
    0x00181063: "FrameTime",
    0x00181065: "FrameTimeVector",
    0x00182005: "SliceLocationVector",
    0x00540010: "EnergyWindowVector",
    0x00540020: "DetectorVector",
    0x00540030: "PhaseVector",
    0x00540050: "RotationVector",
    0x00540060: "RRIntervalVector",
    0x00540070: "TimeSlotVector",
    0x00540080: "SliceVector",
    0x00540090: "AngularViewVector",
    0x00540100: "TimeSliceVector",
    0x3004000C: "GridFrameOffsetVector",
}
_NOT_FILMS = {"SM", "SEG", "RTDOSE"}
_MOST_FRAMES = 20_000  # of an enhanced object whose acquisition times are looked at


class _Values(Protocol):
    """What a Header and an open data set offer alike."""

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """All values as numbers, () when absent or broken."""

    def text(self, keyword: str) -> str:
        """The value as text, "" when absent."""


def facts_of_header(header: Header) -> CineFacts:
    """From the header alone, which holds everything but the times of single frames."""
    pointer = tuple(int(tag) for tag in header.numbers("FrameIncrementPointer"))
    return _facts(header, header.frames, pointer)


def facts_of_dataset(dataset: Dataset, frames: int) -> CineFacts:
    """From an open file with `frames` frames."""
    from viewer.dicom.attributes import Attributes, Notes

    root = Attributes(dataset, Notes(""))
    parts = [int(part) for part in root.numbers("FrameIncrementPointer")]
    if not any(part > 0xFFFF for part in parts):  # undecoded: two 16-bit halves for each tag
        halves = zip(parts[::2], parts[1::2], strict=False)
        parts = [high << 16 | low for high, low in halves]
    pointer = tuple(parts)
    return _facts(
        root,
        frames,
        pointer,
        acquisition_s=_acquisition_s(dataset, frames),
    )


def _facts(
    source: _Values,
    frames: int,
    pointer: tuple[int, ...],
    acquisition_s: tuple[float, ...] = (),
) -> CineFacts:
    start, stop = _number(source, "StartTrim"), _number(source, "StopTrim")
    return CineFacts(
        frames=frames,
        pointer=tuple(_POINTERS.get(tag, f"{tag:08X}") for tag in pointer),
        frame_time_ms=_number(source, "FrameTime"),
        frame_time_vector_ms=source.numbers("FrameTimeVector"),
        recommended_fps=_number(source, "RecommendedDisplayFrameRate"),
        cine_rate_fps=_number(source, "CineRate"),
        acquisition_s=acquisition_s,
        sweep=_number(source, "PreferredPlaybackSequencing") == 1,
        start_trim=None if start is None else int(start),
        stop_trim=None if stop is None else int(stop),
        tiled=source.text("Modality") in _NOT_FILMS,
    )


def _number(source: _Values, keyword: str) -> float | None:
    numbers = source.numbers(keyword)
    return numbers[0] if numbers and math.isfinite(numbers[0]) else None


def _acquisition_s(dataset: Dataset, frames: int) -> tuple[float, ...]:
    """Frame Acquisition DateTime (0018,9074) of each frame in seconds, () unless all have one."""
    from viewer.dicom.attributes import Attributes, Notes
    from viewer.dicom.functional_groups import PER_FRAME, FunctionalGroups

    notes = Notes("")
    root = Attributes(dataset, notes)
    if PER_FRAME not in root or not 1 < frames <= _MOST_FRAMES:
        return ()
    times = []
    for frame in range(frames):
        content = FunctionalGroups(root, frame, notes).macro("FrameContentSequence")
        moment = content.text("FrameAcquisitionDateTime") if content is not None else ""
        seconds = seconds_of(moment[:8], moment[8:])
        if math.isnan(seconds):
            return ()
        times.append(seconds)
    return tuple(times)


def seconds_of(date: str, time: str) -> float:
    """A DICOM date and time in seconds since the year 1; NaN when there is no time.

    Old forms, "1993.08.22" and "10:20:30", are read as well (rule 67); a date that is none counts
    as the first day.
    """
    digits = time.replace(":", "")
    if len(digits) < 2 or not digits[:2].isdigit():
        return math.nan
    clock = (digits[0:2], digits[2:4], digits[4:6])
    seconds = sum(
        int(part) * unit for part, unit in zip(clock, (3600, 60, 1), strict=True) if part.isdigit()
    )
    fraction = digits[7:13] if digits[6:7] == "." else ""
    if fraction.isdigit():
        seconds += int(fraction) / 10 ** len(fraction)
    return _days(date.replace(".", "")) * 86400 + seconds


def _days(date: str) -> int:
    try:
        return datetime.date(int(date[:4]), int(date[4:6]), int(date[6:8])).toordinal()
    except ValueError:
        return 0
