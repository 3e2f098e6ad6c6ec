"""What the index keeps of one object, taken from its header, and how objects of a study agree."""

from __future__ import annotations

import hashlib
import re
from dataclasses import astuple, dataclass, replace
from typing import Final, TypeVar

from viewer.dicom.headers.header import Header
from viewer.library.identity import patient_key, series_stand_in, study_stand_in

MOST_CHARACTERS: Final = 1024  # of a text; the standard allows 64, files hold megabytes
_DATE = re.compile(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})")  # 1993.08.22 is the form of ACR-NEMA


@dataclass(frozen=True, slots=True)
class StudyTexts:
    """What objects of one study say of it; they need not agree."""

    patient_name: str
    patient_id: str
    issuer: str
    birth_date: str
    sex: str
    study_date: str
    study_time: str
    accession: str
    study_id: str
    description: str


@dataclass(frozen=True, slots=True)
class SeriesTexts:
    """What objects of one series say of it; `source` is the AE title it was received from."""

    modality: str
    description: str
    body_part: str
    date: str
    time: str
    source: str


@dataclass(frozen=True, slots=True)
class Item:
    """One object, as the index keeps it.

    Attributes:
        study_uid, patient: identity of the study; one UID used for two patients is two studies.
        series_uid, sop_uid: identity; stand-ins where the file has none.
        version: empty, or what tells objects of the same UID apart that are all kept.
        path: where it is; a stored one relative to the data folder, so that this can be moved.
        member: name inside a ZIP archive, or empty.
        stored: it is a file of ours; otherwise one of the user's, known by reference.
        added_ns: when the file was written (stored) or opened, ns since 1970.
    """

    study_uid: str
    patient: str
    study: StudyTexts
    series_uid: str
    series_number: int | None
    series: SeriesTexts
    sop_uid: str
    version: str
    sop_class: str
    number: int | None
    frames: int
    path: bytes
    member: str
    stored: bool
    missing: bool
    nbytes: int
    added_ns: int


def item_of(header: Header, path: bytes, added_ns: int, *, stored: bool, source: str = "") -> Item:
    """What the index keeps of the object at `path`; its size is the header's."""

    def text(keyword: str) -> str:
        return header.text(keyword)[:MOST_CHARACTERS]

    identity = "\n".join(patient_key(header))
    sop_uid = text("SOPInstanceUID")
    return Item(
        study_uid=text("StudyInstanceUID") or study_stand_in(header)[:MOST_CHARACTERS],
        patient=_short(identity) if len(identity) > MOST_CHARACTERS else identity,
        study=_study_texts(header),
        series_uid=text("SeriesInstanceUID") or series_stand_in(header)[:MOST_CHARACTERS],
        series_number=header.integer("SeriesNumber"),
        series=SeriesTexts(
            modality=text("Modality"),
            description=text("SeriesDescription"),
            body_part=text("BodyPartExamined"),
            date=plain_date(text("SeriesDate")),
            time=text("SeriesTime"),
            source=source,
        ),
        sop_uid=sop_uid,
        version=_version(path, stored, sop_uid),
        sop_class=text("SOPClassUID"),
        number=header.integer("InstanceNumber"),
        frames=header.frames,
        path=path,
        member=header.ref.member,
        stored=stored,
        missing=False,
        nbytes=header.stamp[0],
        added_ns=added_ns,
    )


def _study_texts(header: Header) -> StudyTexts:
    def text(keyword: str) -> str:
        return header.text(keyword)[:MOST_CHARACTERS]

    return StudyTexts(
        patient_name=text("PatientName"),
        patient_id=text("PatientID"),
        issuer=text("IssuerOfPatientID"),
        birth_date=plain_date(text("PatientBirthDate")),
        sex=text("PatientSex")[:16],
        study_date=plain_date(text("StudyDate")),
        study_time=text("StudyTime"),
        accession=text("AccessionNumber"),
        study_id=text("StudyID"),
        description=text("StudyDescription"),
    )


def plain_date(text: str) -> str:
    """A date as YYYYMMDD, empty where it is none (PS3.5 6.2 and the forms before it)."""
    match = _DATE.fullmatch(text.strip())
    return "".join(match.groups()) if match else ""


Texts = TypeVar("Texts", StudyTexts, SeriesTexts)


def agreed(one: Texts, other: Texts) -> Texts:
    """What is kept when two objects differ: the smallest text that is not empty.

    An arbitrary choice, but the same in whatever order the objects come: the index that is made
    anew from the files shall be the one that grew while they arrived.
    """
    kept = [
        min(a, b) if a and b else a or b for a, b in zip(astuple(one), astuple(other), strict=True)
    ]
    return type(one)(*kept)


def moved(item: Item, path: bytes) -> Item:
    """The same object at another place."""
    return replace(item, path=path)


def _version(path: bytes, stored: bool, sop_uid: str) -> str:
    """Empty but for stored conflicts, whose file name tells, and for objects without a UID."""
    name = path.rsplit(b"/", 1)[-1]
    if stored and b".conflict-" in name:
        return name.rsplit(b".conflict-", 1)[1].partition(b".")[0].decode("ascii", "replace")
    return "" if sop_uid else _short(repr(path))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
