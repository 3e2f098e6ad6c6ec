"""The index on a full, read-only, shared or vanished disk, beside others, and private."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.library.received import item, open_library, receive, receive_study, slice_of
from tests.library.test_schema import NEXT, filled, one
from viewer.dicom.incoming import StoreFullError
from viewer.library.database import Database
from viewer.library.folder_lock import FolderInUseError, FolderLock
from viewer.library.index import NAME, Index
from viewer.library.opening import connect
from viewer.library.reconcile import reconcile
from viewer.library.schema import MIGRATIONS
from viewer.library.shares import NETWORK_TYPES, file_system_of, on_network_share
from viewer.library.trouble import (
    LibraryBusyError,
    LibraryError,
    LibraryFullError,
    LibraryUnavailableError,
    NewerLibraryError,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / NAME


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
