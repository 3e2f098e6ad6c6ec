"""Rows of the list of studies, and the constant statements that read them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final


@dataclass(frozen=True, slots=True)
class StudyEntry:
    """One study of the library. One UID used for two patients is two entries.

    Attributes:
        id: number of the row; valid until the study is forgotten, never given twice.
        birth_date, study_date: YYYYMMDD, or empty.
        modalities: codes with blanks between.
        body_parts, sources: with ", " between; sources are AE titles.
        nbytes: size of all its files; `stored_bytes` of those in the store.
        stored: how many of `instances` are in the store, the others being the user's files.
        missing: how many files were gone when last looked for.
        conflicts: objects kept beside another of the same UID.
        added_ns, viewed_ns: ns since 1970 of the newest file, of the last look (0 for never).
    """

    id: int
    uid: str
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
    modalities: str
    body_parts: str
    sources: str
    series: int
    instances: int
    nbytes: int
    stored: int
    stored_bytes: int
    missing: int
    conflicts: int
    added_ns: int
    viewed_ns: int

    @property
    def present(self) -> bool:
        """Whether anything of it can be shown; otherwise it is greyed."""
        return self.missing < self.instances

    @property
    def new(self) -> bool:
        """It came in and nobody has looked at it yet; opened ones have been looked at."""
        return self.stored > 0 and not self.viewed_ns


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """One series of a study; `source` is the AE title it was received from."""

    id: int
    uid: str
    number: int | None
    modality: str
    description: str
    body_part: str
    date: str
    time: str
    source: str
    instances: int
    nbytes: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is; sizes in bytes."""

    studies: int
    instances: int
    nbytes: int
    stored_bytes: int


class Order(Enum):
    """How the list is sorted; equal ones newest first."""

    NEWEST = "newest"
    OLDEST = "oldest"
    NAME = "name"
    PATIENT_ID = "id"
    MODALITY = "modality"
    DESCRIPTION = "description"
    SIZE = "size"
    ADDED = "added"


_COLUMNS: Final = """
    SELECT id, uid, patient_name, patient_id, issuer, birth_date, sex, study_date, study_time,
        accession, study_id, description, modalities, body_parts, sources, series, instances,
        nbytes, stored, stored_bytes, missing, conflicts, added_ns, viewed_ns
    FROM studies
"""
_MATCHING: Final = """
    WHERE instances > 0
        AND (:match = '' OR id IN (SELECT rowid FROM search WHERE search MATCH :match))
        AND (:literals = '[]' OR id IN (
            SELECT rowid FROM search WHERE NOT EXISTS (
                SELECT 1 FROM json_each(:literals) AS term WHERE instr(
                    CASE json_extract(term.value, '$[0]')
                        WHEN 'name' THEN search.name
                        WHEN 'patient_id' THEN search.patient_id
                        WHEN 'accession' THEN search.accession
                        WHEN 'description' THEN search.description
                        WHEN 'modality' THEN search.modality
                        WHEN 'source' THEN search.source
                        WHEN 'body' THEN search.body
                        ELSE search.name || char(10) || search.patient_id || char(10)
                            || search.accession || char(10) || search.description || char(10)
                            || search.modality || char(10) || search.body || char(10)
                            || search.source
                    END,
                    json_extract(term.value, '$[1]')
                ) = 0
            )
        ))
        AND (:date_from = '' OR study_date BETWEEN :date_from AND :date_to)
        AND (:born_from = '' OR birth_date BETWEEN :born_from AND :born_to)
        AND (:sex = '' OR sex = :sex)
        AND (NOT :new OR (viewed_ns = 0 AND stored > 0))
        AND (NOT :missing OR missing > 0)
"""
_PAGE: Final = " LIMIT :limit OFFSET :offset"
_NEWEST: Final = "study_date DESC, study_time DESC, sort_name, id"

COUNT_MATCHING: Final = "SELECT count(*) FROM studies" + _MATCHING
LIST_MATCHING: Final = {
    order: _COLUMNS + _MATCHING + " ORDER BY " + terms + _NEWEST + _PAGE
    for order, terms in {
        Order.NEWEST: "",
        Order.OLDEST: "study_date, study_time, ",
        Order.NAME: "sort_name, ",
        Order.PATIENT_ID: "patient_id, ",
        Order.MODALITY: "modalities, ",
        Order.DESCRIPTION: "description COLLATE NOCASE, ",
        Order.SIZE: "nbytes DESC, ",
        Order.ADDED: "added_ns DESC, ",
    }.items()
}
ONE_STUDY: Final = _COLUMNS + " WHERE id = ? AND instances > 0"
STUDIES_WITH_UID: Final = _COLUMNS + " WHERE uid = ? AND instances > 0 ORDER BY id"
SERIES_OF_STUDY: Final = """
    SELECT id, uid, number, modality, description, body_part, date, time, source, instances,
        nbytes
    FROM series WHERE study = ? AND instances > 0 ORDER BY number IS NULL, number, date, time, uid
"""
FILES_OF_STUDY: Final = """
    SELECT path, member, instances.stored FROM instances JOIN series ON series.id = series
    WHERE study = ? ORDER BY series.number, series.uid, instances.number, path, member
"""
FILES_OF_SERIES: Final = """
    SELECT path, member, stored FROM instances WHERE series = ? ORDER BY number, path, member
"""
TOTALS: Final = """
    SELECT count(*), total(instances), total(nbytes), total(stored_bytes)
    FROM studies WHERE instances > 0
"""
