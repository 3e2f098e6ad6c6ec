"""DICOM's ways of writing names, dates, ages and numbers, made readable. Pure text to text.

Text that does not follow its value representation is shown as it is: never hidden, never guessed.
"""

from __future__ import annotations

import math
import re

_AGE = re.compile(r"(\d{1,3})([DWMY])")
_AGE_UNITS = {"D": "d", "W": "w", "M": "mo", "Y": "y"}
_SEX_WORDS = {"M": "male", "F": "female", "O": "other"}
_DATE = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")  # "1993.08.22" is legal input, PS3.5 6.2
_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(\.\d+)?")


def readable_name(raw: str) -> str:
    """A person name (PS3.5 6.2.1) as "Family, Given Middle", with its ideographic form beside it.

    The ideographic group may be the only one. Text without delimiters stays as it is.
    """
    groups = [_one_name(group) for group in raw.split("=")[:3]]
    shown = [group for group in groups[:2] if group] or groups[2:]
    if len(shown) == 2 and shown[0] != shown[1]:
        return f"{shown[0]} ({shown[1]})"
    return shown[0] if shown else ""


def _one_name(group: str) -> str:
    parts = [part.strip() for part in group.split("^")] + [""] * 5
    family, given, middle, prefix, suffix = parts[:5]
    rest = " ".join(part for part in (prefix, given, middle, suffix) if part)
    return f"{family}, {rest}" if family and rest else family or rest


def iso_date(raw: str) -> str:
    """A DA or the date of a DT as 2024-05-01; nothing for the zeros of anonymised files."""
    if not raw.strip("0 "):
        return ""
    found = _DATE.match(raw.strip())
    return "-".join(found.groups()) if found else raw.strip()


def iso_time(raw: str) -> str:
    """A TM as 10:20:30, as exact as it is written, without fractions of a second."""
    found = _TIME.fullmatch(raw.strip())
    return ":".join(part for part in found.groups()[:3] if part) if found else raw.strip()


def split_datetime(raw: str) -> tuple[str, str]:
    """The DA and TM of a DT (PS3.5 6.2), its offset from UTC left out."""
    text = re.split(r"[+-]", raw.strip(), maxsplit=1)[0]
    return text[:8], text[8:]


def readable_age(raw: str) -> str:
    """An AS: "045Y" is "45 y"."""
    found = _AGE.fullmatch(raw.strip())
    return f"{int(found[1])} {_AGE_UNITS[found[2]]}" if found else raw.strip()


def readable_sex(raw: str) -> str:
    """Patient's Sex (0010,0040) as a word."""
    return _SEX_WORDS.get(raw.strip().upper(), raw.strip())


def as_number(raw: str) -> float | None:
    """A DS, IS or FD as a finite number; the first one of several."""
    try:
        value = float(raw.split("\\")[0])
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def short_number(value: float, digits: int = 4) -> str:
    """A number with so many significant digits, without exponent for everyday sizes."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else str(value)
    if abs(value) >= 10**digits and abs(value) < 1e9:
        return f"{value:.0f}"
    text = f"{value:.{digits}g}"
    return "0" if text == "-0" else text


def quantity(raw: str, unit: str, factor: float = 1.0) -> str:
    """Numbers with their unit: "120.000" is "120 kV"; empty for empty, text stays text."""
    if not raw.strip():
        return ""
    numbers = [as_number(part) for part in raw.split("\\")]
    if any(number is None for number in numbers):
        return raw.strip()
    text = "/".join(short_number(number * factor) for number in numbers if number is not None)
    return f"{text} {unit}".strip()


def seconds_of_day(raw: str) -> float | None:
    """A TM as seconds since midnight, or None when it is none."""
    found = _TIME.fullmatch(raw.strip())
    if not found:
        return None
    hours, minutes, seconds, fraction = found.groups()
    return int(hours) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(fraction or 0)


def elided(text: str, most: int) -> str:
    """Text of at most so many characters, cut in the open."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def plain(text: str) -> str:
    """One line of visible characters: control and direction marks could rearrange the others."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
