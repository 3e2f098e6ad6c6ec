"""What is asked of a server and what it answers, as plain values (PS3.4 annex C)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum

from viewer.dicom.datasets.charset import decode_text
from viewer.dicom.datasets.elements import Encoding, MemoryReader, Walker
from viewer.dicom.incoming import is_uid
from viewer.errors import ViewerError

PATIENT_ROOT, STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.1.", "1.2.840.10008.5.1.4.1.2.2."
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
UTF_8 = "ISO_IR 192"
# In which a question is written where a server does not understand Unicode (PS3.3 C.12.1.1.2).
_OLDER = {
    "ISO_IR 100": "latin_1",
    "ISO_IR 101": "iso8859_2",
    "ISO_IR 144": "iso8859_5",
    "ISO_IR 126": "iso8859_7",
    "ISO_IR 127": "iso8859_6",
    "ISO_IR 138": "iso8859_8",
}
_CODECS = {"": "ascii", UTF_8: "utf_8", **_OLDER}
_LONGEST_VALUE = 1024  # characters of one answer's value that are kept
_CHARSET, _LEVEL = 0x00080005, 0x00080052


class Level(StrEnum):
    """What the answers are, (0008,0052)."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"

    @property
    def model(self) -> str:
        """Root of the information models: patients need one of their own."""
        return PATIENT_ROOT if self is Level.PATIENT else STUDY_ROOT


@dataclass(frozen=True, slots=True)
class Query:
    """A question. Texts may hold the wildcards * and ?; empty texts match everything.

    Attributes:
        level: what the answers are.
        since, until: study dates, both included.
        modalities: any of them; with more than one, the answers are sifted here.
        study_uid: needed below the study level.
        series_uid: needed at the image level.
    """

    level: Level = Level.STUDY
    patient_name: str = ""
    patient_id: str = ""
    birth_date: date | None = None
    accession: str = ""
    since: date | None = None
    until: date | None = None
    modalities: tuple[str, ...] = ()
    description: str = ""
    study_uid: str = ""
    series_uid: str = ""
    sop_uid: str = ""

    def __post_init__(self) -> None:
        texts = [getattr(self, each.name) for each in fields(self)]
        for value in [*texts, *self.modalities]:
            if isinstance(value, str) and ("\\" in value or not value.isprintable()):
                raise ViewerError("A question cannot hold a backslash or a control character.")
        for uid in (self.study_uid, self.series_uid, self.sop_uid):
            if uid and not is_uid(uid):
                raise ViewerError("A UID has digits and dots, at most 64.", "Correct the UID.")
        if self.level in (Level.SERIES, Level.IMAGE) and not self.study_uid:
            raise ViewerError("Series are looked for in one study.", "Name the study's UID.")
        if self.level is Level.IMAGE and not self.series_uid:
            raise ViewerError("Images are looked for in one series.", "Name the series' UID.")


@dataclass(frozen=True, slots=True)
class Match:
    """An answer. What the server left out is empty; dates and times are as DICOM writes them."""

    level: Level
    patient_name: str = ""
    patient_id: str = ""
    birth_date: str = ""
    sex: str = ""
    study_uid: str = ""
    study_date: str = ""
    study_time: str = ""
    study_id: str = ""
    accession: str = ""
    description: str = ""
    modalities: str = ""
    series_count: str = ""
    instance_count: str = ""
    series_uid: str = ""
    series_number: str = ""
    body_part: str = ""
    sop_uid: str = ""
    sop_class_uid: str = ""
    instance_number: str = ""


_P, _S, _R, _I = Level.PATIENT, Level.STUDY, Level.SERIES, Level.IMAGE
# field -> level -> (tag, VR): the keys that are sent at each level, in tag order, and read back.
_KEYS: dict[Level, dict[int, tuple[str, str]]] = {
    _P: {
        0x00100010: ("patient_name", "PN"),
        0x00100020: ("patient_id", "LO"),
        0x00100030: ("birth_date", "DA"),
        0x00100040: ("sex", "CS"),
    },
    _S: {
        0x00080020: ("study_date", "DA"),
        0x00080030: ("study_time", "TM"),
        0x00080050: ("accession", "SH"),
        0x00080061: ("modalities", "CS"),
        0x00081030: ("description", "LO"),
        0x00100010: ("patient_name", "PN"),
        0x00100020: ("patient_id", "LO"),
        0x00100030: ("birth_date", "DA"),
        0x00100040: ("sex", "CS"),
        0x0020000D: ("study_uid", "UI"),
        0x00200010: ("study_id", "SH"),
        0x00201206: ("series_count", "IS"),
        0x00201208: ("instance_count", "IS"),
    },
    _R: {
        0x00080060: ("modalities", "CS"),
        0x0008103E: ("description", "LO"),
        0x00180015: ("body_part", "CS"),
        0x0020000D: ("study_uid", "UI"),
        0x0020000E: ("series_uid", "UI"),
        0x00200011: ("series_number", "IS"),
        0x00201209: ("instance_count", "IS"),
    },
    _I: {
        0x00080016: ("sop_class_uid", "UI"),
        0x00080018: ("sop_uid", "UI"),
        0x0020000D: ("study_uid", "UI"),
        0x0020000E: ("series_uid", "UI"),
        0x00200013: ("instance_number", "IS"),
    },
}


def encodings(query: Query) -> Iterator[str]:
    """Character sets to ask in, best first; "" is none, for plain questions."""
    yield UTF_8
    words = "".join(_values(query).values())
    if words.isascii():
        yield ""
        return
    for term, codec in _OLDER.items():
        with contextlib.suppress(UnicodeEncodeError):
            words.encode(codec)
            yield term


def encode_query(query: Query, charset: str) -> bytes:
    """The identifier, implicit VR little endian; keys without a value ask for it to be told."""
    values = _values(query)
    elements: dict[int, bytes] = {_LEVEL: query.level.encode()}
    if charset:
        elements[_CHARSET] = charset.encode()
    for tag, (name, vr) in _KEYS[query.level].items():
        raw = values.get(name, "").encode(_CODECS[charset])
        elements[tag] = raw + (b"\0" if vr == "UI" else b" ") * (len(raw) % 2)
    return _elements(elements)


def encode_retrieval(level: Level, uids: tuple[str, str, str]) -> bytes:
    """The identifier of a C-MOVE or C-GET: unique keys only, empty ones left out."""
    elements = {_LEVEL: level.encode()}
    for tag, uid in zip((0x0020000D, 0x0020000E, 0x00080018), uids, strict=True):
        if uid:
            elements[tag] = uid.encode() + b"\0" * (len(uid) % 2)
    return _elements(elements)


def _elements(elements: dict[int, bytes]) -> bytes:
    """Tags with their values as an implicit VR little endian data set."""
    return b"".join(
        (tag >> 16).to_bytes(2, "little")
        + (tag & 0xFFFF).to_bytes(2, "little")
        + (len(raw) + len(raw) % 2).to_bytes(4, "little")
        + raw
        + b" " * (len(raw) % 2)
        for tag, raw in sorted(elements.items())
    )


def decode_match(identifier: bytes, level: Level) -> Match:
    """One answer. Nothing in it raises; what makes no sense is left out."""
    raw = _top_level(identifier)
    charsets = tuple(
        part.strip() for part in raw.get(_CHARSET, b"").decode("ascii", "replace").split("\\")
    )
    values = {
        name: _shown(decode_text(raw[tag], charsets, vr))
        for tag, (name, vr) in _KEYS[level].items()
        if tag in raw
    }
    return Match(level, **values)


def _top_level(identifier: bytes) -> dict[int, bytes]:
    """The raw values of an identifier, without what lies in sequences."""
    reader = MemoryReader(identifier)
    found: dict[int, bytes] = {}
    try:
        for element in Walker(reader, 0, len(identifier), Encoding(implicit=True)):
            if element.depth == 0 and element.length is not None and element.end is not None:
                found.setdefault(element.tag, identifier[element.offset : element.end])
    except ViewerError:  # sequences without end: what came before them counts
        pass
    return found


def wanted(query: Query, match: Match) -> bool:
    """Whether an answer has one of several modalities; servers take only one in a question."""
    if len(query.modalities) < 2 or not match.modalities:
        return True
    return bool(set(query.modalities) & {each.strip() for each in match.modalities.split("\\")})


def _values(query: Query) -> dict[str, str]:
    """Key fields to the text that is asked for."""
    return {
        "patient_name": query.patient_name,
        "patient_id": query.patient_id,
        "birth_date": f"{query.birth_date:%Y%m%d}" if query.birth_date else "",
        "accession": query.accession,
        "study_date": _range(query.since, query.until),
        "modalities": query.modalities[0] if len(query.modalities) == 1 else "",
        "description": query.description,
        "study_uid": query.study_uid,
        "series_uid": query.series_uid,
        "sop_uid": query.sop_uid,
    }


def _range(since: date | None, until: date | None) -> str:
    """Range matching, PS3.4 C.2.2.2.5."""
    if since is not None and since == until:
        return f"{since:%Y%m%d}"
    first = f"{since:%Y%m%d}" if since else ""
    last = f"{until:%Y%m%d}" if until else ""
    return f"{first}-{last}" if first or last else ""


def _shown(text: str) -> str:
    return text.strip(" \0")[:_LONGEST_VALUE]
