"""The search box: words and field words become values for one constant statement.

`mod:CT date:2024- name:"van der" knee 50%`: every word has to be found, a word may be the
beginning of one, and no sign has a meaning of its own. Nothing of the text reaches SQL.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Final

from viewer.library.folding import folded, words

MOST_CHARACTERS: Final = 1000
_FIELDS: Final = {  # field word: column of the search table
    "name": "name",
    "id": "patient_id",
    "acc": "accession",
    "desc": "description",
    "mod": "modality",
    "ae": "source",
    "body": "body",
}
_PART = re.compile(r'([A-Za-z]+):(?:"([^"]*)"?|(\S*))|"([^"]*)"?|(\S+)')
_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_DATE = rf"[0-9]{{4}}(?:{_MONTH}(?:{_DAY})?|-{_MONTH}(?:-{_DAY})?)?"
_ONE_DATE = re.compile(_DATE)
_TWO_DATES = re.compile(rf"({_DATE})?(?:-|\.\.)({_DATE})?")


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for, as the values bound to the statement. An empty one matches all.

    Attributes:
        match: FTS5 expression of quoted words, or empty.
        literals: JSON list of [column or "", text] that must stand there letter by letter.
        date_from, date_to: first and last study date, compared as text; empty for no limit.
        born_from, born_to: the same for the birth date.
        sex: one letter, or empty.
        new, missing: only studies not yet viewed; only those with files that are gone.
        remarks: what was not understood, for the user.
    """

    match: str = ""
    literals: str = "[]"
    date_from: str = ""
    date_to: str = ""
    born_from: str = ""
    born_to: str = ""
    sex: str = ""
    new: bool = False
    missing: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def values(self) -> dict[str, object]:
        """The named values of the statement."""
        return asdict(self) | {"remarks": None}


def parse(text: str) -> Query:
    """Understand the text of the search box; never fails, tells what it did not understand."""
    reading = _Reading()
    for part in _PART.finditer(text[:MOST_CHARACTERS]):
        field, quoted, plain, phrase, word = part.groups()
        if field is None:
            reading.term("", phrase if phrase is not None else word)
        elif not reading.field(field.lower(), quoted if quoted is not None else plain):
            reading.term("", part.group().replace('"', " "))
    return reading.query()


class _Reading:
    """What was understood so far."""

    def __init__(self) -> None:
        self._match: list[str] = []
        self._literals: list[tuple[str, str]] = []
        self._values: dict[str, str] = {}
        self._flags: set[str] = set()
        self._remarks: list[str] = []

    def field(self, field: str, value: str) -> bool:
        """Take a field word; False where there is no such field."""
        if field == "mod":
            self._modalities(value)
        elif field in _FIELDS:
            self.term(_FIELDS[field], value)
        elif field in ("date", "born"):
            self._dates(field, value)
        elif field == "sex":
            self._values["sex"] = value[:1].upper()
        elif field == "is":
            self._is(value.lower())
        else:
            return False
        return True

    def term(self, column: str, text: str) -> None:
        """A word or phrase that must be found in a column ("" for any)."""
        text = folded(text)
        parts = words(text)
        if parts:
            self._match.append(_phrase(column, parts, beginning=True))
        if text != " ".join(parts):
            self._literals.append((column, text))

    def query(self) -> Query:
        return Query(
            match=" AND ".join(self._match),
            literals=json.dumps(self._literals),
            new="new" in self._flags,
            missing="missing" in self._flags,
            remarks=tuple(self._remarks),
            **self._values,
        )

    def _modalities(self, value: str) -> None:
        """`CT,MR` is either; whole codes only, for CT is not CTPROTOCOL."""
        codes = [words(folded(code)) for code in value.split(",")]
        phrases = [_phrase("modality", code, beginning=False) for code in codes if code]
        if phrases:
            self._match.append(f"({' OR '.join(phrases)})")
        elif value.strip(", "):
            self.term("modality", value)

    def _dates(self, field: str, value: str) -> None:
        one, two = _ONE_DATE.fullmatch(value), _TWO_DATES.fullmatch(value)
        if one:
            first = last = value
        elif two and (two[1] or two[2]):
            first, last = two[1] or "", two[2] or ""
        else:
            if value:
                self._remarks.append(
                    f"{field}: takes 2024, 202403, 20240301, 2024- or 20240301-20240331."
                )
            return
        first, last = first.replace("-", ""), last.replace("-", "")
        if first and last and first > last:
            first, last = last, first
        self._values[f"{field}_from"] = first.ljust(8, "0") if first else "0"
        self._values[f"{field}_to"] = last.ljust(8, "9") if last else "99999999"

    def _is(self, value: str) -> None:
        if value in ("new", "missing"):
            self._flags.add(value)
        elif value:
            self._remarks.append("is: knows is:new and is:missing.")


def _phrase(column: str, parts: list[str], *, beginning: bool) -> str:
    """An FTS5 phrase; its words hold no quote, so that they cannot end it."""
    phrase = f'"{" ".join(parts)}"{" *" if beginning else ""}'
    return f"({column} : {phrase})" if column else f"({phrase})"
