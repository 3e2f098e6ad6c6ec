"""The file of the index: made, migrated, set aside, refused; private, and never overwritten."""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.library.received import item, listed, open_library, receive, receive_study, slice_of
from viewer.dicom.incoming import StoreFullError
from viewer.library.database import Database
from viewer.library.folder_lock import FolderInUseError, FolderLock
from viewer.library.index import NAME, Index
from viewer.library.opening import connect
from viewer.library.reconcile import reconcile
from viewer.library.schema import MIGRATIONS, Migration
from viewer.library.shares import NETWORK_TYPES, file_system_of, on_network_share
from viewer.library.trouble import (
    LibraryBusyError,
    LibraryError,
    LibraryFullError,
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


# The system: full, read-only, shared, in use; T34 and T37.


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m,mode=0700", "none", folder], capture_output=True
    )
    if done.returncode:
        pytest.skip("mounting a small disk needs rights this user does not have")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def test_on_a_full_disk_whole_transactions_are_kept(small_disk):
    index = Index(small_disk / NAME)
    kept = 0

    def fill():
        nonlocal kept
        while kept < 100_000:
            index.put([item(kept, 1, instance) for instance in range(20)])
            kept += 1

    with pytest.raises(LibraryFullError, match="full") as full:
        fill()

    assert full.value.advice
    assert kept > 10
    assert index.totals().instances == kept * 20  # it can still be read
    index.close()
    index = Index(small_disk / NAME)
    assert index.problems == []
    assert index.totals().instances == kept * 20
    index.close()


def test_receiving_on_a_full_disk_keeps_what_was_acknowledged(small_disk):
    store, index = open_library(small_disk / "data")
    pixels = np.zeros((128, 128), np.int16)
    acknowledged = []

    def fill():
        while True:
            dataset = slice_of(len(acknowledged) // 10, len(acknowledged) + 1, pixels=pixels)
            acknowledged.append(receive(store, dataset).sop_uid)

    with pytest.raises(StoreFullError) as full:
        fill()

    assert full.value.advice
    assert len(acknowledged) > 20
    assert not list(store.studies.glob(".incoming-*"))
    listed_uids = {each.sop_uid for study in index.studies() for each in index.items(study.uid)}
    assert set(acknowledged) <= listed_uids
    for step in reconcile(index, store):
        assert not step.problems
    index.close()


def test_on_a_full_disk_a_new_library_is_refused_in_words(small_disk):
    with (small_disk / "filler").open("wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(65536))
            file.flush()

    with pytest.raises(LibraryError) as refused:
        Index(small_disk / "data" / NAME)

    assert refused.value.advice
    assert not (small_disk / "data" / NAME).exists()


@pytest.fixture
def read_only(tmp_path):
    """A folder with an index in it that cannot be written, whoever we are."""
    folder = tmp_path / "data"
    filled(folder / NAME)
    if os.getuid():
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o700)
        return
    for command in (["--bind", folder, folder], ["-o", "remount,bind,ro", folder]):
        if subprocess.run(["mount", *command], capture_output=True).returncode:
            pytest.skip("the superuser writes everywhere, and mounting is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_a_read_only_folder_is_told_in_words(read_only):
    before = (read_only / NAME).read_bytes()

    with pytest.raises(LibraryUnavailableError, match="cannot be written") as refused:
        Index(read_only / NAME)

    assert "folder of the library" in refused.value.advice
    assert (read_only / NAME).read_bytes() == before


def test_a_folder_that_cannot_be_made_is_told_in_words(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(LibraryUnavailableError):
        Index(tmp_path / "file" / "data" / NAME)


def test_an_index_whose_folder_was_removed_says_so(path):
    index = Index(path)
    for file in path.parent.iterdir():
        file.unlink()

    with pytest.raises(LibraryUnavailableError):
        index.put([item(1)])

    index.close()


def test_an_index_that_another_process_has_made_anew_is_followed(path):
    index, other = Index(path), Index(path)
    index.put([item(1)])
    other.close()
    path.rename(path.with_name("old.sqlite"))
    other = Index(path)

    index.put([item(2)])
    other.put([item(3)])

    assert sorted(study.uid[-1] for study in index.studies()) == ["2", "3"]
    assert other.studies() == index.studies()
    index.close()
    other.close()


def test_an_index_that_cannot_be_followed_is_tried_again(path):
    index = Index(path)
    sound = path.read_bytes()
    path.unlink()
    path.write_bytes(sound)
    Database(path, migrations=(*MIGRATIONS, NEXT)).close()
    with pytest.raises(NewerLibraryError):
        index.put([item(1)])
    with pytest.raises(NewerLibraryError):
        index.studies()

    path.unlink()
    path.write_bytes(sound)

    index.put([item(1)])
    assert index.count() == 1
    index.close()


def test_one_who_holds_on_for_too_long_is_told_of_in_words(path, monkeypatch):
    monkeypatch.setattr("viewer.library.opening.BUSY_TIMEOUT_S", 0.05)
    index = Index(path)
    with contextlib.closing(connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(LibraryBusyError, match="busy"):
            index.put([item(1)])

        other.execute("ROLLBACK")
    index.put([item(1)])
    index.close()


MOUNTS = r"""
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
30 22 0:40 / /home/a\040b rw - nfs4 server:/home rw
31 22 0:41 / /mnt/pc rw - cifs //pc/share rw
32 31 0:42 / /mnt/pc/local rw - tmpfs tmpfs rw
33 22 0:43 / /mnt/over rw - nfs x rw
34 33 0:44 / /mnt/over rw - ext4 /dev/sdb1 rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib", "ext4"),
        ("/home/a b/data", "nfs4"),
        ("/home/a bc", "ext4"),
        ("/mnt/pc", "cifs"),
        ("/mnt/pc/local/x", "tmpfs"),
        ("/mnt/pcs", "ext4"),
        ("/mnt/over/x", "ext4"),
    ],
)
def test_the_file_system_of_a_path(path, kind):
    assert file_system_of(path, MOUNTS) == kind


def test_this_disk_is_no_network_share(tmp_path):
    assert not on_network_share(tmp_path)
    assert "ext4" not in NETWORK_TYPES


def test_on_a_share_there_is_no_shared_memory(path, monkeypatch):
    monkeypatch.setattr("viewer.library.database.on_network_share", lambda _folder: True)

    index = Index(path)
    index.put([item(1)])

    assert index.count() == 1
    assert [problem.what for problem in index.problems if "network share" in problem.what]
    assert one(path, "PRAGMA journal_mode") == "delete"
    assert not path.with_name(NAME + "-shm").exists()
    index.close()


def test_a_folder_is_locked_once_per_role(tmp_path):
    with FolderLock(tmp_path, "window"):
        with pytest.raises(FolderInUseError, match=f"process {os.getpid()}"):
            FolderLock(tmp_path, "window")
        FolderLock(tmp_path, "receiver").close()

    FolderLock(tmp_path, "window").close()


HOLD = """
import sys
from pathlib import Path
from viewer.library.folder_lock import FolderLock
lock = FolderLock(Path(sys.argv[1]), "window")
print("held", flush=True)
sys.stdin.read()
"""


def test_the_lock_of_a_killed_process_is_free(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUseError, match=f"process {holder.pid}"):
            FolderLock(tmp_path, "window")

        holder.kill()
        holder.wait()

    FolderLock(tmp_path, "window").close()


# Privacy, T61.


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_nothing_is_for_others_even_under_a_careless_umask(tmp_path):
    before = os.umask(0)
    try:
        store, index = open_library(tmp_path / "data")
        receive_study(store, 1)
        path = tmp_path / "data" / NAME
        modes = {each.name: each.stat().st_mode & 0o077 for each in tmp_path.rglob("data/**/*")}
        index.close()
        Database(path, migrations=(*MIGRATIONS, NEXT)).close()
        path.write_bytes(b"damaged")
        Index(path).close()
    finally:
        os.umask(before)

    modes |= {each.name: each.stat().st_mode & 0o077 for each in Path(tmp_path).rglob("data/**/*")}
    assert (tmp_path / "data").stat().st_mode & 0o077 == 0
    assert NAME + "-wal" in modes
    assert NAME + "-shm" in modes
    assert "index.backup-1.sqlite" in modes
    assert {name for name, mode in modes.items() if mode} == set()


@pytest.mark.skipif(os.name != "posix", reason="modes of POSIX")
def test_a_file_that_was_opened_to_others_is_closed_again(path):
    filled(path)
    path.chmod(0o644)

    Index(path).close()

    assert path.stat().st_mode & 0o777 == 0o600
