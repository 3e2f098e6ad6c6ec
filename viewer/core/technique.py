"""How an image was made, in a line or three, by modality. Each line only where its value exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from viewer.core.annotation_text import (
    as_number,
    quantity,
    seconds_of_day,
    short_number,
    split_datetime,
)

Facts = Mapping[str, str]

_UNIT_WORDS = {"BQML": "Bq/ml", "GML": "g/ml", "CNTS": "counts", "CM2ML": "cm²/ml"}
DAY_S = 86400.0


def technique_lines(facts: Facts, modality: str) -> tuple[str, ...]:
    """Lines for one frame; none for a modality that has nothing of its own to say."""
    lines = _BY_MODALITY.get(modality, _visible_light)(facts)
    return tuple(line for line in lines if line)


def joined(*parts: str) -> str:
    """The parts that are not empty, on one line."""
    return "  ".join(part for part in parts if part)


def labelled(label: str, text: str) -> str:
    """ "TR 500 ms", or nothing without a value."""
    return f"{label} {text}" if text else ""


def first(facts: Facts, *keywords: str) -> str:
    """The first of these attributes that has a value."""
    return next((facts[keyword] for keyword in keywords if facts.get(keyword)), "")


def setting(raw: str, unit: str, factor: float = 1.0) -> str:
    """A quantity that a machine was set to; zeros are no values, though many write them."""
    numbers = [as_number(part) for part in raw.split("\\")]
    return quantity(raw, unit, factor) if any(number != 0 for number in numbers) else ""


def x_ray_exposure(facts: Facts) -> str:
    """Tube voltage, current and charge, whichever unit the file keeps them in."""
    current = setting(facts.get("XRayTubeCurrentInmA", ""), "mA")
    current = current or setting(facts.get("XRayTubeCurrent", ""), "mA")
    current = current or setting(facts.get("XRayTubeCurrentInuA", ""), "mA", 1e-3)
    charge = setting(facts.get("ExposureInmAs", ""), "mAs")
    charge = charge or setting(facts.get("ExposureInuAs", ""), "mAs", 1e-3)
    charge = charge or setting(facts.get("Exposure", ""), "mAs")
    return joined(setting(facts.get("KVP", ""), "kV"), current, charge)


def _ct(facts: Facts) -> tuple[str, ...]:
    return (
        x_ray_exposure(facts),
        labelled("Kernel", facts.get("ConvolutionKernel", "").replace("\\", " ")),
    )


def _mr(facts: Facts) -> tuple[str, ...]:
    sequence = first(facts, "PulseSequenceName", "SequenceName", "ScanningSequence")
    times = joined(
        labelled("TR", setting(facts.get("RepetitionTime", ""), "ms")),
        labelled("TE", setting(first(facts, "EffectiveEchoTime", "EchoTime"), "ms")),
        labelled("TI", setting(first(facts, "InversionTimes", "InversionTime"), "ms")),
        labelled("FA", setting(facts.get("FlipAngle", ""), "°").replace(" °", "°")),
    )
    field = setting(facts.get("MagneticFieldStrength", ""), "T")
    diffusion = labelled("b", quantity(facts.get("DiffusionBValue", ""), "s/mm²"))
    return joined(sequence.replace("\\", "/"), field), times, diffusion


def _projection(facts: Facts) -> tuple[str, ...]:
    view = first(facts, "ViewPosition", "ViewCodeSequence").replace("\\", " ")
    modifier = facts.get("ViewModifierCodeSequence", "").replace("\\", ", ")
    factor = as_number(facts.get("EstimatedRadiographicMagnificationFactor", ""))
    magnified = f"magnified ×{short_number(factor)}" if factor and factor != 1 else ""
    return joined(view, modifier), x_ray_exposure(facts), magnified


def _ultrasound(facts: Facts) -> tuple[str, ...]:
    thermal = (
        labelled("TIS", quantity(facts.get("SoftTissueThermalIndex", ""), "")),
        labelled("TIB", quantity(facts.get("BoneThermalIndex", ""), "")),
        labelled("TIC", quantity(facts.get("CranialThermalIndex", ""), "")),
    )
    return (
        labelled("Depth", quantity(facts.get("DepthOfScanField", ""), "mm")),
        joined(labelled("MI", quantity(facts.get("MechanicalIndex", ""), "")), *thermal),
        quantity(facts.get("HeartRate", ""), "bpm"),
    )


def _angiography(facts: Facts) -> tuple[str, ...]:
    rate = quantity(first(facts, "RecommendedDisplayFrameRate", "CineRate"), "frames/s")
    frame_ms = as_number(facts.get("FrameTime", ""))
    if frame_ms is not None and frame_ms > 0:
        rate = f"{short_number(1000 / frame_ms, 3)} frames/s"
    # PS3.3 C.8.7.5.1.2: positive angles are left anterior oblique and cranial.
    angles = joined(
        _angle(facts.get("PositionerPrimaryAngle", ""), "LAO", "RAO"),
        _angle(facts.get("PositionerSecondaryAngle", ""), "CRA", "CAU"),
    )
    return angles, x_ray_exposure(facts), rate


def _angle(raw: str, positive: str, negative: str) -> str:
    value = as_number(raw) if raw else None
    if value is None:
        return ""
    return f"{negative if value < 0 else positive} {short_number(abs(value), 3)}°"


def _nuclear(facts: Facts, dose_unit_bq: float) -> tuple[str, ...]:
    tracer = first(facts, "Radiopharmaceutical", "RadiopharmaceuticalCodeSequence")
    tracer = tracer or facts.get("RadionuclideCodeSequence", "")
    dose = as_number(facts.get("RadionuclideTotalDose", ""))
    amount = ""
    if dose is not None and dose > 0:
        # NM states MBq (PS3.3 C.8.4.10), yet many write Bq: nobody is given 100 GBq.
        factor = 1.0 if dose > 1e5 else dose_unit_bq
        amount = f"{short_number(dose * factor / 1e6, 3)} MBq"
    units = facts.get("Units", "")
    suv = facts.get("SUVType", "")
    value_kind = f"SUV{suv.lower()}" if suv else _UNIT_WORDS.get(units, units)
    return tracer.replace("\\", ", "), joined(amount, _uptake(facts)), value_kind


def _uptake(facts: Facts) -> str:
    """Minutes from injection to acquisition, over midnight if need be."""
    start = facts.get("RadiopharmaceuticalStartTime", "")
    if facts.get("RadiopharmaceuticalStartDateTime"):
        start = split_datetime(facts["RadiopharmaceuticalStartDateTime"])[1]
    begun = first(facts, "AcquisitionTime", "SeriesTime")
    if not begun and facts.get("AcquisitionDateTime"):
        begun = split_datetime(facts["AcquisitionDateTime"])[1]
    injected_s, begun_s = seconds_of_day(start), seconds_of_day(begun)
    if injected_s is None or begun_s is None:
        return ""
    return f"uptake {round((begun_s - injected_s) % DAY_S / 60)} min"


def _pet(facts: Facts) -> tuple[str, ...]:
    return _nuclear(facts, 1.0)


def _gamma_camera(facts: Facts) -> tuple[str, ...]:
    return _nuclear(facts, 1e6)


def _visible_light(facts: Facts) -> tuple[str, ...]:
    part = first(facts, "AnatomicRegionSequence", "BodyPartExamined").replace("\\", ", ")
    return part, first(facts, "FrameComments", "ImageComments")


_BY_MODALITY: dict[str, Callable[[Facts], tuple[str, ...]]] = {
    "CT": _ct,
    "MR": _mr,
    **dict.fromkeys(("CR", "DX", "MG", "IO", "PX"), _projection),
    **dict.fromkeys(("US", "IVUS"), _ultrasound),
    **dict.fromkeys(("XA", "RF"), _angiography),
    "PT": _pet,
    "NM": _gamma_camera,
}
