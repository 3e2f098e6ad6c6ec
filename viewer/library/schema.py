"""The tables of the library's index, and how each version came out of the one before.

A migration is never changed once it was released; a new one is added at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

APPLICATION_ID: Final = 0x4C424F58  # "LBOX"


@dataclass(frozen=True, slots=True)
class Migration:
    """What makes `version` of the version before; run in one transaction.

    Attributes:
        version: what the last statement sets `user_version` to.
        statements: constant SQL.
    """

    version: int
    statements: tuple[str, ...]


_FIRST = (
    """
    CREATE TABLE studies (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uid TEXT NOT NULL,
        patient TEXT NOT NULL,
        patient_name TEXT NOT NULL,
        patient_id TEXT NOT NULL,
        issuer TEXT NOT NULL,
        birth_date TEXT NOT NULL,
        sex TEXT NOT NULL,
        study_date TEXT NOT NULL,
        study_time TEXT NOT NULL,
        accession TEXT NOT NULL,
        study_id TEXT NOT NULL,
        description TEXT NOT NULL,
        sort_name TEXT NOT NULL DEFAULT '',
        modalities TEXT NOT NULL DEFAULT '',
        body_parts TEXT NOT NULL DEFAULT '',
        sources TEXT NOT NULL DEFAULT '',
        series INTEGER NOT NULL DEFAULT 0,
        instances INTEGER NOT NULL DEFAULT 0,
        nbytes INTEGER NOT NULL DEFAULT 0,
        stored INTEGER NOT NULL DEFAULT 0,
        stored_bytes INTEGER NOT NULL DEFAULT 0,
        missing INTEGER NOT NULL DEFAULT 0,
        conflicts INTEGER NOT NULL DEFAULT 0,
        added_ns INTEGER NOT NULL DEFAULT 0,
        viewed_ns INTEGER NOT NULL DEFAULT 0,
        UNIQUE (uid, patient)
    ) STRICT
    """,
    """
    CREATE TABLE series (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        study INTEGER NOT NULL REFERENCES studies ON DELETE CASCADE,
        uid TEXT NOT NULL,
        number INTEGER,
        modality TEXT NOT NULL,
        description TEXT NOT NULL,
        body_part TEXT NOT NULL,
        date TEXT NOT NULL,
        time TEXT NOT NULL,
        source TEXT NOT NULL,
        instances INTEGER NOT NULL DEFAULT 0,
        nbytes INTEGER NOT NULL DEFAULT 0,
        UNIQUE (study, uid)
    ) STRICT
    """,
    """
    CREATE TABLE instances (
        id INTEGER PRIMARY KEY,
        series INTEGER NOT NULL REFERENCES series ON DELETE CASCADE,
        sop_uid TEXT NOT NULL,
        version TEXT NOT NULL,
        sop_class TEXT NOT NULL,
        number INTEGER,
        frames INTEGER NOT NULL,
        path BLOB NOT NULL,
        member TEXT NOT NULL,
        stored INTEGER NOT NULL,
        missing INTEGER NOT NULL DEFAULT 0,
        nbytes INTEGER NOT NULL,
        added_ns INTEGER NOT NULL,
        UNIQUE (series, sop_uid, version),
        UNIQUE (path, member)
    ) STRICT
    """,
    "CREATE INDEX empty_studies ON studies (id) WHERE instances = 0",
    "CREATE INDEX empty_series ON series (id) WHERE instances = 0",
    "CREATE INDEX missing_instances ON instances (id) WHERE missing = 1",
    # Counts are kept by triggers: whoever writes, they cannot drift from the rows.
    """
    CREATE TRIGGER instance_added AFTER INSERT ON instances BEGIN
        UPDATE series SET instances = instances + 1, nbytes = nbytes + NEW.nbytes
            WHERE id = NEW.series;
        UPDATE studies SET
            instances = instances + 1,
            nbytes = nbytes + NEW.nbytes,
            stored = stored + NEW.stored,
            stored_bytes = stored_bytes + NEW.stored * NEW.nbytes,
            missing = missing + NEW.missing,
            conflicts = conflicts + (NEW.version <> ''),
            added_ns = max(added_ns, NEW.added_ns)
            WHERE id = (SELECT study FROM series WHERE id = NEW.series);
    END
    """,
    """
    CREATE TRIGGER instance_removed AFTER DELETE ON instances BEGIN
        UPDATE series SET instances = instances - 1, nbytes = nbytes - OLD.nbytes
            WHERE id = OLD.series;
        UPDATE studies SET
            instances = instances - 1,
            nbytes = nbytes - OLD.nbytes,
            stored = stored - OLD.stored,
            stored_bytes = stored_bytes - OLD.stored * OLD.nbytes,
            missing = missing - OLD.missing,
            conflicts = conflicts - (OLD.version <> '')
            WHERE id = (SELECT study FROM series WHERE id = OLD.series);
    END
    """,
    """
    CREATE TRIGGER instance_missed AFTER UPDATE OF missing ON instances
        WHEN NEW.missing <> OLD.missing BEGIN
        UPDATE studies SET missing = missing + NEW.missing - OLD.missing
            WHERE id = (SELECT study FROM series WHERE id = NEW.series);
    END
    """,
    """
    CREATE TRIGGER series_added AFTER INSERT ON series BEGIN
        UPDATE studies SET series = series + 1 WHERE id = NEW.study;
    END
    """,
    """
    CREATE TRIGGER series_removed AFTER DELETE ON series BEGIN
        UPDATE studies SET series = series - 1 WHERE id = OLD.study;
    END
    """,
    # The texts come folded and parted (viewer.library.folding): a token is what lies between
    # ASCII characters that are no letters or digits.
    """
    CREATE VIRTUAL TABLE search USING fts5(
        name, patient_id, accession, description, modality, body, source, dates,
        tokenize = 'ascii'
    )
    """,
    "PRAGMA application_id = 0x4C424F58",
    "PRAGMA user_version = 1",
)

MIGRATIONS: Final = (Migration(1, _FIRST),)
