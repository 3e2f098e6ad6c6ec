"""What one row of the study tree says: words, order and search text of a catalogue node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCollator, QDate, QLocale, Qt, QTime

if TYPE_CHECKING:
    from viewer.library.catalog import Patient, Series, Stack, Study

COLUMNS = ("Name / description", "Date", "Mod.", "#", "Status", "Time", "Accession", "Body part")
NAME, DATE, MODALITY, COUNT, STATUS, TIME, ACCESSION, BODY_PART = range(len(COLUMNS))

# Words before a colon in the filter field, and the columns they search.
FIELD_WORDS: dict[str, tuple[int, ...]] = {
    "name": (NAME,),
    "desc": (NAME,),
    "id": (NAME,),
    "date": (DATE,),
    "mod": (MODALITY,),
    "modality": (MODALITY,),
    "acc": (ACCESSION,),
    "accession": (ACCESSION,),
    "body": (BODY_PART,),
    "part": (BODY_PART,),
    "status": (STATUS,),
    "time": (TIME,),
}

_collator = QCollator()
_collator.setNumericMode(True)
_no_locale = QLocale().language() is QLocale.Language.C
_collator.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)


def person_name(text: str) -> str:
    """A PN value for reading: "Family, Given Middle" of the first group that is not empty."""
    group = next((g for g in text.split("=") if g.strip("^ ")), "")
    family, *rest = (part.strip() for part in group.split("^"))
    given = " ".join(part for part in rest[:2] if part)
    return ", ".join(part for part in (family, given) if part)


def date_text(text: str) -> str:
    """A DA value in the user's locale, always with four digits of year; else as it is.

    Zeros are what anonymisers leave: no date.
    """
    if not text.strip("0 "):
        return ""
    date = QDate.fromString(text.replace(".", "")[:8], "yyyyMMdd")
    if not date.isValid():
        return one_line(text)
    locale = QLocale()
    if locale.language() is QLocale.Language.C:
        return date.toString(Qt.DateFormat.ISODate)
    style = locale.dateFormat(QLocale.FormatType.ShortFormat)
    return locale.toString(date, style if "yyyy" in style else style.replace("yy", "yyyy"))


def date_words(text: str) -> str:
    """All spellings of a date that someone may type: as shown, ISO, and DICOM's digits."""
    digits = text.replace(".", "")[:8]
    return f"{date_text(text)} {digits[:4]}-{digits[4:6]}-{digits[6:]} {digits}"


def time_text(text: str) -> str:
    """A TM value as hours and minutes in the user's locale, or empty."""
    time = QTime.fromString(text.replace(":", "")[:4], "HHmm")
    return QLocale().toString(time, QLocale.FormatType.ShortFormat) if time.isValid() else ""


def one_line(text: str) -> str:
    """Text from a file without line breaks and control characters, for a single row."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def patient_texts(patient: Patient) -> tuple[str, ...]:
    name = one_line(person_name(patient.name)) or "No name"
    if patient.id:
        name = f"{name}  ({one_line(patient.id)})"
    return _texts(name, patient.birth_date)


def study_texts(study: Study) -> tuple[str, ...]:
    name = one_line(study.description) or "Study"
    modalities = "\\".join(sorted({s.modality for s in study.series if s.modality}))
    status = "new" if study.is_new else ""
    name += f"  ({status})" if status else ""  # that column is often out of sight
    return _texts(name, study.date, modalities, str(len(study.series)), status,
                  study.time, study.accession)  # fmt: skip


def series_texts(series: Series, stacks: Sequence[Stack]) -> tuple[str, ...]:
    """Words of a series; `stacks` is empty while they are not known yet."""
    number = "" if series.number is None else f"{series.number}: "
    name = f"{number}{one_line(series.description) or 'Series'}"
    frames = sum(header.frames for header in series.headers)
    status = stack_status(stacks[0]) if len(stacks) == 1 else ""
    if len(stacks) > 1:
        status = f"split in {len(stacks)}"
    return _texts(name, series.date, series.modality, str(frames), status,
                  series.time, body_part=series.body_part)  # fmt: skip


def stack_texts(stack: Stack) -> tuple[str, ...]:
    name = one_line(stack.label) or "Images"
    return _texts(name, "", stack.modality, str(len(stack.frames)), stack_status(stack))


def _texts(
    name: str,
    date: str,
    modality: str = "",
    count: str = "",
    status: str = "",
    time: str = "",
    accession: str = "",
    body_part: str = "",
) -> tuple[str, ...]:
    """The cells of a row in the order of COLUMNS."""
    return (name, date_text(date), one_line(modality), count, status, time_text(time),
            one_line(accession), one_line(body_part))  # fmt: skip


def stack_status(stack: Stack) -> str:
    """State marks as words."""
    if not stack.is_image:
        return "no image"
    count = len(stack.problems)
    return "" if not count else f"{count} problem{'s' if count > 1 else ''}"


def name_key(text: str) -> object:
    """Sort key of a text in the locale's order, numbers by value."""
    return text.casefold() if _no_locale else _collator.sortKey(text)


def newest_first(date: str, time: str) -> int:
    """Sort key that puts the newest first and what has no date last."""
    digits = (date.replace(".", "") + "0" * 8)[:8] + (time.replace(":", "") + "0" * 6)[:6]
    return -int(digits) if digits.isascii() and digits.isdecimal() else 0


def default_key(level: str, node: Any) -> tuple[Any, ...]:
    """Patients by name, studies newest first, series by number then time; stacks as they come."""
    if level == "patient":
        return (name_key(person_name(node.name)), node.id)
    if level == "study":
        return (newest_first(node.date, node.time), node.uid)
    return series_key(node) if level == "series" else ()


def series_key(series: Series) -> tuple[Any, ...]:
    """By number, those without one last; then by time."""
    number = series.number
    return (number is None, number or 0, series.date, series.time, series.uid)


def column_key(column: int, level: str, node: Any, texts: tuple[str, ...]) -> tuple[Any, ...]:
    """Sort key of a row under a column the user has chosen."""
    if column == DATE:
        date = node.birth_date if level == "patient" else getattr(node, "date", "")
        return (date, getattr(node, "time", ""))
    if column == COUNT:
        return (int(texts[COUNT] or 0),)
    return (name_key(texts[column]),)


def search_words(level: str, node: Any, texts: tuple[str, ...]) -> tuple[str, ...]:
    """What the filter looks through, per column, lower case."""
    date = node.birth_date if level == "patient" else getattr(node, "date", "")
    words = list(texts)
    words[DATE] = date_words(date) if date else ""
    if level == "patient":
        words[NAME] += f" {node.name}"
    return tuple(word.casefold() for word in words)
