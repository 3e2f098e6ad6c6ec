"""Puts objects into the tables and takes them out; always inside somebody's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple

from viewer.library.folding import folded
from viewer.library.rows import Item, SeriesTexts, StudyTexts, agreed

_FIND_STUDY = """
    SELECT id, patient_name, patient_id, issuer, birth_date, sex, study_date, study_time,
        accession, study_id, description
    FROM studies WHERE uid = ? AND patient = ?
"""
_ADD_STUDY = """
    INSERT INTO studies (uid, patient, patient_name, patient_id, issuer, birth_date, sex,
        study_date, study_time, accession, study_id, description)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_CHANGE_STUDY = """
    UPDATE studies SET patient_name = ?, patient_id = ?, issuer = ?, birth_date = ?, sex = ?,
        study_date = ?, study_time = ?, accession = ?, study_id = ?, description = ?
    WHERE id = ?
"""
_FIND_SERIES = """
    SELECT id, number, modality, description, body_part, date, time, source
    FROM series WHERE study = ? AND uid = ?
"""
_ADD_SERIES = """
    INSERT INTO series (study, uid, number, modality, description, body_part, date, time, source)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_CHANGE_SERIES = """
    UPDATE series SET number = ?, modality = ?, description = ?, body_part = ?, date = ?,
        time = ?, source = ?
    WHERE id = ?
"""
_FIND_INSTANCE = """
    SELECT id, stored, missing FROM instances WHERE series = ? AND sop_uid = ? AND version = ?
"""
_FIND_AT = "SELECT id FROM instances WHERE path = ? AND member = ?"
_REMOVE_INSTANCE = "DELETE FROM instances WHERE id = ?"
_ADD_INSTANCE = """
    INSERT INTO instances (series, sop_uid, version, sop_class, number, frames, path, member,
        stored, missing, nbytes, added_ns)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_TEXTS_OF_STUDY = """
    SELECT patient_name, patient_id, accession, description, study_date FROM studies WHERE id = ?
"""
_TEXTS_OF_SERIES = "SELECT modality, description, body_part, source FROM series WHERE study = ?"
_SUM_UP_STUDY = """
    UPDATE studies SET sort_name = ?, modalities = ?, body_parts = ?, sources = ? WHERE id = ?
"""
_ADD_SEARCH = """
    INSERT INTO search (rowid, name, patient_id, accession, description, modality, body, source,
        dates)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_REMOVE_SEARCH = "DELETE FROM search WHERE rowid = ?"
_PRUNE = (
    "DELETE FROM series WHERE instances = 0",
    "DELETE FROM search WHERE rowid IN (SELECT id FROM studies WHERE instances = 0)",
    "DELETE FROM studies WHERE instances = 0",
)


def put(connection: sqlite3.Connection, items: Iterable[Item]) -> None:
    """Add objects, or bring what is known of them up to date."""
    changed: set[int] = set()
    removed = False
    for item in items:
        study, new_study = _put_study(connection, item)
        series, new_series = _put_series(connection, study, item)
        removed |= _put_instance(connection, series, item)
        if new_study or new_series:
            changed.add(study)
    for study in changed:
        sum_up(connection, study)
    if removed:
        prune(connection)


def prune(connection: sqlite3.Connection) -> None:
    """Remove series and studies in which nothing is left."""
    for statement in _PRUNE:
        connection.execute(statement)


def sum_up(connection: sqlite3.Connection, study: int) -> None:
    """Bring the study's own summary and its row of the search table up to date."""
    row = connection.execute(_TEXTS_OF_STUDY, (study,)).fetchone()
    if row is None:  # it was pruned
        return
    name, *texts, date = row
    series = connection.execute(_TEXTS_OF_SERIES, (study,)).fetchall()
    modalities, descriptions, body_parts, sources = (
        sorted({row[column] for row in series} - {""}) for column in range(4)
    )
    patient_id, accession, description = texts
    name = folded(name)
    summary = (name, " ".join(modalities), ", ".join(body_parts), ", ".join(sources), study)
    connection.execute(_SUM_UP_STUDY, summary)
    described = "\n".join([description, *descriptions])
    found_by = [patient_id, accession, described, *map("\n".join, (modalities, body_parts))]
    connection.execute(_REMOVE_SEARCH, (study,))
    connection.execute(
        _ADD_SEARCH, (study, name, *map(folded, found_by), folded("\n".join(sources)), date)
    )


def _put_study(connection: sqlite3.Connection, item: Item) -> tuple[int, bool]:
    """The study's number, and whether its texts are other than before."""
    row = connection.execute(_FIND_STUDY, (item.study_uid, item.patient)).fetchone()
    if row is None:
        values = (item.study_uid, item.patient, *astuple(item.study))
        return _number(connection.execute(_ADD_STUDY, values)), True
    known = StudyTexts(*row[1:])
    if known == item.study or (texts := agreed(known, item.study)) == known:
        return row[0], False
    connection.execute(_CHANGE_STUDY, (*astuple(texts), row[0]))
    return row[0], True


def _put_series(connection: sqlite3.Connection, study: int, item: Item) -> tuple[int, bool]:
    row = connection.execute(_FIND_SERIES, (study, item.series_uid)).fetchone()
    if row is None:
        values = (study, item.series_uid, item.series_number, *astuple(item.series))
        return _number(connection.execute(_ADD_SERIES, values)), True
    known = SeriesTexts(*row[2:])
    numbers = [number for number in (row[1], item.series_number) if number is not None]
    number = min(numbers, default=None)
    texts = known if known == item.series else agreed(known, item.series)
    if (number, texts) == (row[1], known):
        return row[0], False
    connection.execute(_CHANGE_SERIES, (number, *astuple(texts), row[0]))
    return row[0], True


def _put_instance(connection: sqlite3.Connection, series: int, item: Item) -> bool:
    """Add the object; True where another one had to make room.

    A stored file is never displaced by one that is only known by reference.
    """
    key = (series, item.sop_uid, item.version)
    there = connection.execute(_FIND_INSTANCE, key).fetchone()
    if there is not None and not item.stored and there[1] and not there[2]:
        return False
    if there is not None:
        connection.execute(_REMOVE_INSTANCE, there[:1])
    at = connection.execute(_FIND_AT, (item.path, item.member)).fetchone()
    if at is not None:  # the file was replaced by another object
        connection.execute(_REMOVE_INSTANCE, at)
    values = (item.sop_class, item.number, item.frames, item.path, item.member)
    state = (int(item.stored), int(item.missing), item.nbytes, item.added_ns)
    connection.execute(_ADD_INSTANCE, (*key, *values, *state))
    return at is not None


def _number(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None
    return cursor.lastrowid
