"""What a PET file says about uptake (PS3.3 C.8.9.1, C.8.9.2, C.8.22), for `viewer.core.suv`."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from viewer.core.annotation_text import as_number, seconds_of_day
from viewer.core.suv import SuvFacts, SuvScale, suv_by_weight
from viewer.dicom.datasets.attributes import Attributes, decoded_values, element_bytes
from viewer.dicom.datasets.functional_groups import FunctionalGroups

_DATE_TIME = re.compile(r"(\d{8})(\d{0,6}(?:\.\d{1,6})?)([+-]\d{4})?")
_OFFSET = re.compile(r"([+-])(\d\d)(\d\d)")
_GE, _PHILIPS = "GEMS_PETD_01", "Philips PET Private Group"


def describe_suv(groups: FunctionalGroups, unit: str) -> SuvScale | None:
    """How the frame's modality values become SUV by weight; None for anything but PET.

    Args:
        groups: of the frame.
        unit: of the modality values, for enhanced PET, which has no Units.
    """
    if groups.root.text("Modality") != "PT":
        return None
    return suv_by_weight(_facts(groups, unit))


def _facts(groups: FunctionalGroups, unit: str) -> SuvFacts:
    root = groups.root
    drugs = root.items("RadiopharmaceuticalInformationSequence")
    drug = drugs[0] if drugs else None
    zone = _offset(root.text("TimezoneOffsetFromUTC"))
    injected = _moment(drug.text("RadiopharmaceuticalStartDateTime"), zone) if drug else None
    frame = groups.source("FrameContentSequence")
    acquired = frame.text("FrameAcquisitionDateTime") or root.text("AcquisitionDateTime")
    return SuvFacts(
        units=root.text("Units") or unit.replace("/", ""),
        suv_type=root.text("SUVType"),
        corrections=_corrections(root),
        decay_correction=_decay_correction(root),
        weight_kg=root.number("PatientWeight"),
        injections=len(drugs),
        dose_bq=drug.number("RadionuclideTotalDose") if drug else None,
        half_life_s=drug.number("RadionuclideHalfLife") if drug else None,
        injected=injected,
        injected_time=_time(drug.text("RadiopharmaceuticalStartTime")) if drug else None,
        series=_date_and_time(root, "Series"),
        acquisition=_date_and_time(root, "Acquisition") or _moment(acquired, zone),
        scan=_moment(_private_text(root, 0x0009, _GE, 0x0D), zone),
        corrected_to=_moment(root.text("DecayCorrectionDateTime"), zone),
        reference_s=_seconds(root.number("FrameReferenceTime")),
        duration_s=_seconds(root.number("ActualFrameDuration")),
        counts_to_suv=_private_number(root, 0x7053, _PHILIPS, 0x00),
        counts_to_bqml=_private_number(root, 0x7053, _PHILIPS, 0x09),
    )


def _corrections(root: Attributes) -> tuple[str, ...]:
    """Corrected Image, and what enhanced PET says in attributes of their own (C.8.22.4)."""
    found = list(root.texts("CorrectedImage"))
    for keyword, term in (("AttenuationCorrected", "ATTN"), ("DecayCorrected", "DECY")):
        if root.text(keyword) == "YES":
            found.append(term)
    return tuple(found)


def _decay_correction(root: Attributes) -> str:
    told = root.text("DecayCorrection").upper()
    return told or ("START" if "DecayCorrectionDateTime" in root else "")


def _date_and_time(root: Attributes, which: str) -> datetime | None:
    """A pair of DA and TM; old forms have points and colons (PS3.5 6.2)."""
    day = root.text(f"{which}Date").replace(".", "")
    clock = _time(root.text(f"{which}Time"))
    try:
        return datetime.combine(datetime.strptime(day, "%Y%m%d"), clock) if clock else None
    except ValueError:
        return None


def _time(raw: str) -> time | None:
    seconds = seconds_of_day(raw)
    if seconds is None or seconds >= 86400:
        return None
    return (datetime.min + timedelta(seconds=seconds)).time()


def _moment(raw: str, zone: timedelta | None) -> datetime | None:
    """A DT on the clock of the data set: its own offset counts where that of the file is known."""
    found = _DATE_TIME.fullmatch(raw)
    clock = _time(found[2]) if found else None
    if found is None or clock is None:
        return None
    try:
        moment = datetime.combine(datetime.strptime(found[1], "%Y%m%d"), clock)
        own = _offset(found[3] or "")
        return moment if own is None or zone is None else moment - own + zone
    except (ValueError, OverflowError):
        return None


def _offset(raw: str) -> timedelta | None:
    found = _OFFSET.fullmatch(raw)
    if not found:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    return timedelta(minutes=-minutes if found[1] == "-" else minutes)


def _seconds(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds / 1000.0


def _private_text(root: Attributes, group: int, creator: str, element: int) -> str:
    """The first value of a private element in its creator's block (PS3.5 7.8.1), as text."""
    for block in range(0x10, 0x100):
        if _text_at(root, group << 16 | block) == creator:
            return _text_at(root, group << 16 | block << 8 | element).split("\\")[0]
    return ""


def _text_at(root: Attributes, tag: int) -> str:
    """Text by tag; implicit encodings give private elements no VR, so bytes go first."""
    raw = element_bytes(root.dataset, tag)
    if not raw:
        return "\\".join(str(value) for value in decoded_values(root.dataset, tag)).strip(" \0")
    return raw.decode("latin-1").strip(" \0")


def _private_number(root: Attributes, group: int, creator: str, element: int) -> float | None:
    number = as_number(_private_text(root, group, creator, element))
    return number or None  # 0 stands for "not known"
