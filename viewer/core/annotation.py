"""The words in the four corners of an image, as pure functions of facts and view state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from viewer.core.annotation_keywords import ANNOTATION_KEYWORDS
from viewer.core.annotation_text import (
    elided,
    iso_date,
    iso_time,
    plain,
    quantity,
    readable_age,
    readable_name,
    readable_sex,
    short_number,
    split_datetime,
)
from viewer.core.image import VoiChoice, WindowFunction
from viewer.core.readout_text import Readout, readout_lines
from viewer.core.technique import Facts, first, joined, labelled, technique_lines

__all__ = [
    "ANNOTATION_KEYWORDS",
    "Corners",
    "Formats",
    "Level",
    "Line",
    "Priority",
    "Readout",
    "Shown",
    "breast_mark",
    "corner_lines",
    "fitting",
]


class Level(StrEnum):
    """How many words the user wants; the word is the setting's value."""

    ALL = "all"
    MINIMAL = "minimal"
    NONE = "none"


class Priority(IntEnum):
    """What a corner keeps when it has no room for all: A before B before C."""

    A = 0
    B = 1
    C = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a corner; `minimal` lines stay at the minimal level."""

    text: str
    priority: Priority = Priority.B
    minimal: bool = False


@dataclass(frozen=True, slots=True)
class Corners:
    """The lines of the four corners, each from top to bottom."""

    top_left: tuple[Line, ...] = ()
    top_right: tuple[Line, ...] = ()
    bottom_left: tuple[Line, ...] = ()
    bottom_right: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """What the words need to know of the view.

    Attributes:
        index, count: place in the stack, from 0, and the stack's length.
        frame, frames: frame number from 1 and number of frames, of a multi-frame object.
        voi: the window or table in force; None for colour.
        zoom: device-independent pixels per stored column.
        slice_spacing_mm: distance between neighbours measured from positions, or None.
        rate: speed of a running clip with its source, for the user.
        hide_identity: leave out who the patient is.
    """

    index: int = 0
    count: int = 0
    frame: int = 0
    frames: int = 0
    voi: VoiChoice | None = None
    zoom: float | None = None
    slice_spacing_mm: float | None = None
    rate: str = ""
    readout: Readout | None = None
    hide_identity: bool = False


@dataclass(frozen=True, slots=True)
class Formats:
    """How dates and times are written; the locale's ways can be put in place of ISO 8601."""

    date: Callable[[str], str] = iso_date
    time: Callable[[str], str] = iso_time


HIDDEN = "identity hidden"
MOST_DESCRIPTION = 32
# IHE BIR and Weasis take the first pair that is present.
_MOMENTS = (
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
    ("DateOfSecondaryCapture", "TimeOfSecondaryCapture"),
    ("SeriesDate", "SeriesTime"),
    ("StudyDate", "StudyTime"),
)


def corner_lines(
    facts: Facts, modality: str, shown: Shown, level: Level, formats: Formats | None = None
) -> Corners:
    """The words in the four corners.

    Args:
        facts: text by keyword, see `ANNOTATION_KEYWORDS`.
        modality: Modality (0008,0060).
    """
    if level is Level.NONE:
        return Corners()
    formats = formats or Formats()
    corners = (
        _who(facts, shown, formats),
        _study(facts, shown, formats),
        _position(facts, shown),
        _series(facts, modality, shown),
    )
    return Corners(*(_kept(lines, level) for lines in corners))


def fitting(lines: tuple[Line, ...], most: int) -> tuple[Line, ...]:
    """The lines that fit where only so many do: C goes first, then B, the last ones first."""
    kept = list(lines)
    while len(kept) > max(most, 0):
        worst = max(line.priority for line in kept)
        last = max(at for at, line in enumerate(kept) if line.priority == worst)
        del kept[last]
    return tuple(kept)


def _kept(lines: list[Line], level: Level) -> tuple[Line, ...]:
    """Lines with text, made harmless, of this level."""
    wanted = (line for line in lines if line.minimal or level is Level.ALL)
    cleaned = (replace(line, text=plain(line.text)) for line in wanted)
    return tuple(line for line in cleaned if line.text)


def _who(facts: Facts, shown: Shown, formats: Formats) -> list[Line]:
    if shown.hide_identity:
        return [Line(HIDDEN, Priority.A, minimal=True)]
    birth = facts.get("PatientBirthDate", "")
    return [
        Line(readable_name(facts.get("PatientName", "")), Priority.A, minimal=True),
        Line(labelled("ID", facts.get("PatientID", "")), Priority.A, minimal=True),
        Line(labelled("born", formats.date(birth) if birth else ""), Priority.B),
        Line(
            joined(
                readable_sex(facts.get("PatientSex", "")), readable_age(facts.get("PatientAge", ""))
            ),
            Priority.B,
        ),
    ]


def _study(facts: Facts, shown: Shown, formats: Formats) -> list[Line]:
    study_id, accession = facts.get("StudyID", ""), facts.get("AccessionNumber", "")
    if shown.hide_identity:
        study_id = accession = ""
    date, time = moment(facts)
    when = joined(formats.date(date) if date else "", formats.time(time) if time else "")
    return [
        Line("" if shown.hide_identity else facts.get("InstitutionName", ""), Priority.B),
        Line(elided(facts.get("StudyDescription", ""), MOST_DESCRIPTION), Priority.B),
        Line(joined(labelled("Study", study_id), labelled("Acc.", accession)), Priority.C),
        Line(when, Priority.A, minimal=True),
    ]


def moment(facts: Facts) -> tuple[str, str]:
    """Raw date and time the image is from: the acquisition's, else the nearest thing there is."""
    combined = first(facts, "FrameAcquisitionDateTime", "AcquisitionDateTime")
    if combined:
        return split_datetime(combined)
    for date, time in _MOMENTS:
        if facts.get(date):
            return facts[date], facts.get(time, "")
    return "", ""


def _position(facts: Facts, shown: Shown) -> list[Line]:
    """Bottom left; the image number stands lowest."""
    image = f"Image {shown.index + 1}/{shown.count}" if shown.count else ""
    frame = f"frame {shown.frame}/{shown.frames}" if shown.frames > 1 else ""
    # In a clip that is a stack of its own both numbers are the same: say it once.
    if frame and (shown.frame, shown.frames) == (shown.index + 1, shown.count):
        image, frame = frame.capitalize(), ""
    delay = first(facts, "NominalCardiacTriggerDelayTime", "TriggerTime")
    time = labelled("t", quantity(delay, "ms"))
    return [
        *_readout_lines(shown),
        Line(f"Zoom {short_number(shown.zoom, 3)}×" if shown.zoom else "", Priority.C),
        Line(voi_text(shown.voi) if shown.voi else "", Priority.A),
        Line(shown.rate, Priority.B),
        Line(joined(image, frame, time), Priority.A),
    ]


def _readout_lines(shown: Shown) -> list[Line]:
    """The value outlives place and measures where there is little room."""
    lines = readout_lines(shown.readout) if shown.readout else ()
    return [
        Line(line, Priority.B if at == len(lines) - 1 else Priority.C)
        for at, line in enumerate(lines)
    ]


def voi_text(voi: VoiChoice) -> str:
    """The window or table with its name and who proposed it: "W 350 C 40  Abdomen (preset)"."""
    said = voi.label if voi.label.lower() != voi.source.value.lower() else ""
    origin = f"{said} ({voi.source.value})" if said else f"({voi.source.value})"
    if voi.window is None:
        return joined("LUT", origin) if voi.lut is not None else ""
    width, center = short_number(voi.window.width), short_number(voi.window.center)
    curve = "" if voi.window.function is not WindowFunction.SIGMOID else "sigmoid"
    return joined(f"W {width} C {center}", curve, origin)


def _series(facts: Facts, modality: str, shown: Shown) -> list[Line]:
    """Bottom right; number and description stand lowest."""
    description = first(facts, "SeriesDescription", "ProtocolName")
    number = labelled("Series", facts.get("SeriesNumber", ""))
    side = first(facts, "FrameLaterality", "ImageLaterality", "Laterality")
    contrast = first(facts, "ContrastBolusAgent", "ContrastBolusAgentSequence")
    technique = technique_lines(facts, modality)
    return [
        *(Line(line, Priority.B if at == 0 else Priority.C) for at, line in enumerate(technique)),
        Line(labelled("Contrast", contrast.replace("\\", ", ")), Priority.B),
        Line(_slice(facts, shown), Priority.B),
        Line(labelled("Location", quantity(facts.get("SliceLocation", ""), "mm")), Priority.C),
        Line(joined(side, facts.get("PatientPosition", "")), Priority.A if side else Priority.C),
        Line(joined(number, elided(description, MOST_DESCRIPTION)), Priority.A),
    ]


def _slice(facts: Facts, shown: Shown) -> str:
    """Thickness, and the distance measured from positions before the one that is claimed."""
    thickness = labelled("Thickness", quantity(facts.get("SliceThickness", ""), "mm"))
    claimed = quantity(facts.get("SpacingBetweenSlices", ""), "mm")
    measured = f"{short_number(shown.slice_spacing_mm)} mm" if shown.slice_spacing_mm else ""
    return joined(thickness, labelled("spacing", measured or claimed))


def breast_mark(facts: Facts, modality: str) -> str:
    """Side and view of a mammogram ("R CC"), to be written large; empty for anything else."""
    if modality != "MG":
        return ""
    side = first(facts, "FrameLaterality", "ImageLaterality", "Laterality")
    view = first(facts, "ViewPosition") or _VIEW_WORDS.get(
        facts.get("ViewCodeSequence", "").strip().lower(), ""
    )
    return plain(joined(side, view))


# Code Meaning of View Code Sequence (PS3.16 CID 4014) to the letters of View Position.
_VIEW_WORDS = {
    "cranio-caudal": "CC",
    "medio-lateral oblique": "MLO",
    "medio-lateral": "ML",
    "latero-medial": "LM",
    "latero-medial oblique": "LMO",
    "cranio-caudal exaggerated laterally": "XCCL",
    "cranio-caudal exaggerated medially": "XCCM",
    "caudo-cranial (from below)": "FB",
}
