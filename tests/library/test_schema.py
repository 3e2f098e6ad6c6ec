"""The file of the index: made, migrated, set aside, refused; private, and never overwritten."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3

import pytest

from tests.library.received import item, listed, open_library, receive_study
from viewer.library.database import Database
from viewer.library.index import NAME, Index
from viewer.library.reconcile import reconcile
from viewer.library.schema import MIGRATIONS, Migration
from viewer.library.trouble import (
    LibraryUnavailableError,
    NewerLibraryError,
)

NEXT = Migration(
    MIGRATIONS[-1].version + 1,
    (
        "ALTER TABLE studies ADD COLUMN note TEXT NOT NULL DEFAULT 'none'",
        *["UPDATE studies SET note = uid"] * 40,  # so long that a kill hits the middle of it
        "UPDATE studies SET note = patient_name",
        "PRAGMA user_version = 2",
    ),
)


def one(path, statement):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(statement).fetchone()[0]


def everything(path):
    """All rows of all tables of a file, whoever made it."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def filled(path, count=50):
    index = Index(path)
    index.put(item(number) for number in range(1, count + 1))
    index.close()
    return index


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / NAME


def test_a_new_file_says_whose_it_is(path):
    Index(path).close()

    assert one(path, "PRAGMA application_id") == 0x4C424F58
    assert one(path, "PRAGMA user_version") == MIGRATIONS[-1].version
    assert one(path, "PRAGMA journal_mode") == "wal"


def test_versions_are_numbered_from_one_and_set_by_their_own_statements():
    assert [migration.version for migration in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))
    for migration in MIGRATIONS:
        assert migration.statements[-1] == f"PRAGMA user_version = {migration.version}"


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("busy_timeout", 5000),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("trusted_schema", 0),
        ("temp_store", 2),
    ],
)
def test_settings_of_the_connection(path, pragma, value):
    index = Index(path)

    with index.database.writing() as connection:
        assert connection.execute(f"PRAGMA {pragma}").fetchone() == (value,)

    index.close()


def test_the_reading_side_cannot_write(path):
    index = Index(path)

    with pytest.raises(LibraryUnavailableError), index.database.reading() as connection:
        connection.execute("DELETE FROM studies")

    index.close()


def test_a_failing_transaction_leaves_nothing(path):
    index = Index(path)

    def fail():
        with index.database.writing() as connection:
            connection.execute("INSERT INTO search (name) VALUES ('x')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    with index.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM search").fetchone() == (0,)
    index.close()


def test_closing_leaves_one_file(path):
    filled(path)

    assert [each.name for each in path.parent.iterdir() if each.suffix != ".lock"] == [NAME]


def test_closing_empties_the_journal_though_others_go_on(path):
    other, index = Index(path), Index(path)
    index.put([item(1)])
    assert other.count() == 1
    journal = path.with_name(NAME + "-wal")
    assert journal.stat().st_size > 0

    index.close()

    assert journal.stat().st_size == 0
    assert other.count() == 1
    other.close()


# Migration, T35 and T36.


def test_an_older_version_is_copied_and_migrated(path):
    filled(path)
    before = listed_of(path)

    database = Database(path, migrations=(*MIGRATIONS, NEXT))

    with database.reading() as connection:
        notes = connection.execute("SELECT count(*) FROM studies WHERE note = patient_name")
        assert notes.fetchone() == (50,)
    assert database.problems == []
    database.close()
    (backup,) = path.parent.glob("index.backup-1.sqlite")
    assert one(backup, "PRAGMA user_version") == 1
    backup.rename(path)
    assert listed_of(path) == before


def listed_of(path):
    index = Index(path)
    found = listed(index)
    index.close()
    return found


def test_a_copy_holds_what_is_still_in_the_journal(path):
    keeper = Index(path)  # keeps the journal from being written back
    keeper.put(item(number) for number in range(1, 6))
    assert path.with_name(NAME + "-wal").stat().st_size > 0

    Database(path, migrations=(*MIGRATIONS, NEXT)).close()

    (backup,) = path.parent.glob("index.backup-1.sqlite")
    assert one(backup, "SELECT count(*) FROM studies") == 5
    keeper.close()


def test_a_migration_that_fails_leaves_the_old_version(path):
    filled(path)
    before = everything(path)
    bad = Migration(2, ("DELETE FROM studies", "INSERT INTO nowhere VALUES (1)"))

    with pytest.raises(sqlite3.OperationalError):
        Database(path, migrations=(*MIGRATIONS, bad))

    assert everything(path) == before
    assert one(path, "PRAGMA user_version") == 1


def test_a_newer_version_is_refused_and_left_as_it_is(path):
    filled(path)
    Database(path, migrations=(*MIGRATIONS, NEXT)).close()
    before = path.read_bytes()

    with pytest.raises(NewerLibraryError, match="newer version") as refused:
        Index(path)

    assert refused.value.advice
    assert path.read_bytes() == before


def foreign_database(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE diary (text)")
        connection.execute("INSERT INTO diary VALUES ('keep me')")
        connection.commit()


def zeroed_start(path):
    filled(path)
    with path.open("r+b") as file:
        file.write(bytes(4096))


def cut_short(path):
    filled(path)
    os.truncate(path, path.stat().st_size // 2)


def other_schema(path):
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA application_id = 0x4C424F58")
        connection.execute("CREATE TABLE something (text)")


def spoilt_search(path):
    """Damage that is no damage to SQLite: what FTS5 keeps in its blobs."""
    filled(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(
            "UPDATE search_data SET block = zeroblob(length(block)) WHERE length(block) > 100"
        )
        connection.commit()
    assert one(path, "PRAGMA quick_check") == "ok"


@pytest.mark.parametrize(
    "make",
    [
        spoilt_search,
        foreign_database,
        zeroed_start,
        cut_short,
        other_schema,
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(b"Dear diary,\n" * 900), id="text"),
        pytest.param(lambda path: path.write_bytes(b"\x00"), id="one-byte"),
        pytest.param(lambda path: path.write_bytes(b"SQLite format 3\0"), id="only-magic"),
    ],
)
def test_what_cannot_be_used_is_set_aside_whole(path, make):
    path.parent.mkdir()
    make(path)
    before = path.read_bytes()

    index = Index(path)

    (aside,) = path.parent.glob("index.aside-*.sqlite")
    assert aside.read_bytes() == before
    (problem,) = index.problems
    assert problem.what
    assert aside.name in problem.advice
    index.put([item(1)])
    assert index.count() == 1
    index.close()


def test_a_second_one_set_aside_does_not_replace_the_first(path):
    path.parent.mkdir()
    for text in (b"first", b"second"):
        path.write_bytes(text)
        Index(path).close()
        path.unlink()

    asides = sorted(path.parent.glob("index.aside-*"))

    assert [aside.read_bytes() for aside in asides] == [b"first", b"second"]


def test_a_journal_without_its_file_is_not_played_into_a_new_one(path):
    index = Index(path)
    index.put([item(1)])
    for tail in ("", "-wal"):
        source = path.with_name(path.name + tail)
        source.with_name("copy" + tail).write_bytes(source.read_bytes())
    index.close()
    path.unlink()
    path.with_name("copy-wal").rename(path.with_name(NAME + "-wal"))

    index = Index(path)

    assert index.studies() == []
    assert list(path.parent.glob("index.aside-1.sqlite-wal"))
    index.close()


def test_random_damage_is_seen_or_harmless_and_the_list_comes_back(tmp_path):
    store, index = open_library(tmp_path / "data")
    for number in range(1, 31):
        receive_study(store, number, 2)
    before = listed(index)
    index.close()
    path = tmp_path / "data" / NAME
    sound = path.read_bytes()
    chance = random.Random(33)
    seen = 0

    for _ in range(40):
        damaged = bytearray(sound)
        start = chance.randrange(0, len(sound) - 512)
        damaged[start : start + 512] = bytes(512)
        path.write_bytes(damaged)
        index = Index(path)
        seen += bool(index.problems)
        assert not list(reconcile(index, store))[-1].missing
        assert listed(index) == before, start
        index.close()

    assert seen > 20


def test_a_cut_or_scribbled_journal_loses_its_tail_only(tmp_path):
    path = tmp_path / "data" / NAME
    index = Index(path)
    for number in range(1, 31):
        index.put([item(number)])
    main, wal = path.read_bytes(), path.with_name(NAME + "-wal").read_bytes()
    index.close()
    chance = random.Random(34)

    for turn in range(20):
        folder = tmp_path / f"turn{turn}"
        folder.mkdir()
        (folder / NAME).write_bytes(main)
        place = chance.randrange(len(wal))
        torn = wal[:place] if turn % 2 else wal[:place] + bytes(512) + wal[place + 512 :]
        (folder / (NAME + "-wal")).write_bytes(torn)
        index = Index(folder / NAME)
        uids = sorted(int(study.uid.split(".")[-1]) for study in index.studies())
        assert uids == list(range(1, len(uids) + 1))
        index.close()
