"""Standardized uptake value by body weight: from what PET values are to g/ml (PS3.3 C.8.9.1).

The steps are those of QIBA's vendor-neutral pseudo-code for SUVbw. A wrong uptake is worse than
none: whatever is missing or contradicts itself ends in a sentence that says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

_MOST_HALF_LIVES = 12.0  # between injection and scan: less than 1/4000 would be left to measure
_LEAST_DOSE_BQ = 1e4  # smaller doses were written in MBq, and nobody can be sure of it


@dataclass(frozen=True, slots=True)
class SuvFacts:
    """What a PET file says about uptake; None or empty where it says nothing.

    All moments are on one clock, that of the data set.

    Attributes:
        units: Units (0054,1001).
        suv_type: SUV Type (0054,1006), of values that are SUV already.
        corrections: Corrected Image (0028,0051).
        decay_correction: START, ADMIN or NONE (0054,1102).
        weight_kg: Patient's Weight.
        injections: how many radiopharmaceuticals the file describes.
        dose_bq: Radionuclide Total Dose, measured at injection.
        half_life_s: Radionuclide Half Life.
        injected: start of the injection with its day.
        injected_time: start of the injection where the day is not given.
        series: Series Date and Time.
        acquisition: Acquisition Date and Time, when this bed position or frame began.
        scan: start of the scan as GE notes it privately.
        corrected_to: Decay Correction DateTime (0018,9701) of enhanced PET.
        reference_s: Frame Reference Time from the start of the scan.
        duration_s: Actual Frame Duration.
        counts_to_suv: Philips private (7053,1000).
        counts_to_bqml: Philips private (7053,1009).
    """

    units: str = ""
    suv_type: str = ""
    corrections: tuple[str, ...] = ()
    decay_correction: str = ""
    weight_kg: float | None = None
    injections: int = 0
    dose_bq: float | None = None
    half_life_s: float | None = None
    injected: datetime | None = None
    injected_time: time | None = None
    series: datetime | None = None
    acquisition: datetime | None = None
    scan: datetime | None = None
    corrected_to: datetime | None = None
    reference_s: float | None = None
    duration_s: float | None = None
    counts_to_suv: float | None = None
    counts_to_bqml: float | None = None


@dataclass(frozen=True, slots=True)
class SuvScale:
    """How modality values become SUV by weight, or why they cannot.

    Attributes:
        factor: SUVbw in g/ml for a modality value of 1, or None.
        why_not: the reason in words where there is no factor.
        how: what the factor was made of, in words.
        keyword: attribute that decided.
        assumed: part of it is not in the file.
    """

    factor: float | None = None
    why_not: str = ""
    how: str = ""
    keyword: str = "Units"
    assumed: bool = False


class _NoUptakeError(Exception):
    """Why there is no SUV, and the attribute to blame."""

    def __init__(self, why: str, keyword: str) -> None:
        super().__init__(why)
        self.keyword = keyword


def suv_by_weight(facts: SuvFacts) -> SuvScale:
    """The scale for modality values, rule by rule; refusals have their reason."""
    try:
        scale = _scale(facts)
    except _NoUptakeError as error:
        return SuvScale(why_not=str(error), keyword=error.keyword)
    except (ArithmeticError, ValueError):  # moments and powers beyond what numbers can hold
        scale = SuvScale()
    if scale.factor is None or not 0 < scale.factor < math.inf:
        return SuvScale(why_not="its numbers are beyond all bounds", keyword=scale.keyword)
    return scale


def _scale(facts: SuvFacts) -> SuvScale:
    units = facts.units.upper()
    if units == "GML":
        kind = facts.suv_type.upper()
        if kind not in ("", "BW"):
            raise _NoUptakeError(f"the values are SUV of type {kind}, not by weight", "SUVType")
        return SuvScale(1.0, how="values are g/ml already", keyword="Units", assumed=not kind)
    if units not in ("BQML", "CNTS"):
        told = f"Units are {units}" if units else "Units are not given"
        raise _NoUptakeError(f"{told}, not activity per volume", "Units")
    _check_corrections(facts)
    if units == "BQML":
        return _from_activity(facts)
    if facts.counts_to_suv:
        return SuvScale(facts.counts_to_suv, how="Philips private factor (7053,1000)")
    if not facts.counts_to_bqml:
        raise _NoUptakeError("Units are counts, and no factor to activity is given", "Units")
    scale = _from_activity(facts)
    assert scale.factor is not None
    how = f"Philips private factor (7053,1009), {scale.how}"
    return replace(scale, factor=scale.factor * facts.counts_to_bqml, how=how)


def _check_corrections(facts: SuvFacts) -> None:
    """PS3.3 C.8.9.1: only corrected activity is a concentration."""
    for term, words in (("ATTN", "attenuation"), ("DECY", "decay")):
        if term not in facts.corrections:
            why = f"values are not corrected for {words} ({term} is not in Corrected Image)"
            raise _NoUptakeError(why, "CorrectedImage")
    if facts.decay_correction not in ("START", "ADMIN"):
        told = facts.decay_correction or "not given"
        raise _NoUptakeError(f"Decay Correction is {told}", "DecayCorrection")


def _from_activity(facts: SuvFacts) -> SuvScale:
    """Weight over the activity that is left of the dose when values are corrected to."""
    if facts.injections > 1:
        why = f"{facts.injections} radiopharmaceuticals are described"
        raise _NoUptakeError(why, "RadiopharmaceuticalInformationSequence")
    weight = _positive(facts.weight_kg, "Patient's Weight", "PatientWeight")
    dose = _positive(facts.dose_bq, "Radionuclide Total Dose", "RadionuclideTotalDose")
    if dose < _LEAST_DOSE_BQ:
        why = f"Radionuclide Total Dose is {dose:g}, which can hardly be becquerels"
        raise _NoUptakeError(why, "RadionuclideTotalDose")
    given = f"{weight:g} kg, {dose / 1e6:.4g} MBq"
    if facts.decay_correction == "ADMIN":  # values are already what they were at injection
        factor = weight * 1000.0 / dose
        return SuvScale(factor, how=f"{given} at injection", keyword="DecayCorrection")
    half_life = _positive(facts.half_life_s, "Radionuclide Half Life", "RadionuclideHalfLife")
    start, which, start_assumed = _scan_start(facts, half_life)
    injected, day_assumed = _injection(facts, start)
    elapsed = (start - injected).total_seconds()
    keyword = (
        "RadiopharmaceuticalStartDateTime" if facts.injected else "RadiopharmaceuticalStartTime"
    )
    if elapsed < 0:
        raise _NoUptakeError("the injection is later than the scan", keyword)
    if elapsed > _MOST_HALF_LIVES * half_life:
        why = f"the injection is {elapsed / 3600:.4g} hours before the scan"
        raise _NoUptakeError(why, keyword)
    left = dose * 2.0 ** (-elapsed / half_life)
    how = f"{given}, {elapsed / 60:.4g} min of decay until {which}"
    if day_assumed:
        how += ", the day of injection taken from the scan"
    return SuvScale(weight * 1000.0 / left, "", how, keyword, start_assumed or day_assumed)


def _positive(value: float | None, name: str, keyword: str) -> float:
    if value is None or not math.isfinite(value) or value <= 0:
        told = "not given" if value is None else f"{value:g}"
        raise _NoUptakeError(f"{name} is {told}", keyword)
    return value


def _scan_start(facts: SuvFacts, half_life_s: float) -> tuple[datetime, str, bool]:
    """The moment values are corrected to, its name, and whether it is an assumption.

    Series made later, by another reconstruction, have a Series Time after the acquisition; then
    the start is sought elsewhere.
    """
    if facts.corrected_to is not None:
        return facts.corrected_to, "Decay Correction DateTime", False
    series, acquisition = facts.series, facts.acquisition
    if series is not None and (acquisition is None or series <= acquisition):
        return series, "Series Time", False
    if facts.scan is not None:
        return facts.scan, "GE's scan time", False
    if acquisition is None:
        raise _NoUptakeError("neither Series nor Acquisition Date and Time are given", "SeriesTime")
    if facts.reference_s and facts.duration_s and min(facts.reference_s, facts.duration_s) > 0:
        within = mean_rate_time_s(facts.duration_s, half_life_s)
        back = timedelta(seconds=within - facts.reference_s)
        return acquisition + back, "the start reckoned from Frame Reference Time", False
    return acquisition, "Acquisition Time", True


def mean_rate_time_s(duration_s: float, half_life_s: float) -> float:
    """When, after a frame's beginning, the activity equals its mean over the frame."""
    decay = math.log(2.0) / half_life_s
    lost = decay * duration_s
    if lost < 1e-9:
        return duration_s / 2.0
    return math.log(lost / -math.expm1(-lost)) / decay


def _injection(facts: SuvFacts, scan: datetime) -> tuple[datetime, bool]:
    """Start of the injection, and whether its day was assumed: the last such time before a scan."""
    if facts.injected is not None:
        return facts.injected, False
    if facts.injected_time is None:
        why = "Radiopharmaceutical Start Time is not given"
        raise _NoUptakeError(why, "RadiopharmaceuticalStartTime")
    injected = datetime.combine(scan.date(), facts.injected_time)
    if injected > scan:  # over midnight
        injected -= timedelta(days=1)
    return injected, True
