"""kill -9 at random moments of receiving, importing, deleting and migrating (T35).

A child process works in a loop and says on its standard output what is done; we kill it at a
random moment and open what it left. What was said must be there, the file must be sound, and the
list made anew from the files must be the same list.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.library.received import STUDY, item, listed, open_library, receive_study
from tests.library.test_schema import MIGRATIONS, NEXT, one
from viewer.library.database import Database
from viewer.library.index import NAME, Index
from viewer.library.reconcile import rebuild, reconcile
from viewer.library.trash import Trash
from viewer.program import environment

ROOT = Path(__file__).resolve().parents[2]
KILLS = 50
SEED = 35


class Worker:
    """A process that starts a child for each job (tests.library.crash_worker)."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.library.crash_worker import main; main()"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment(),
            text=True,
        )

    def begin(self, kind, folder, count):
        """Start a job; returns the child's process number when it is about to work."""
        self._process.stdin.write(f"{kind} {folder} {count}\n")
        self._process.stdin.flush()
        ready, pid = self._process.stdout.readline().split()
        assert ready == "ready"
        return int(pid)

    def end(self):
        """The lines the child said, when it is over."""
        return [line.split() for line in iter(self._process.stdout.readline, "ended\n")]

    def work(self, kind, folder, kill_after_s):
        """Begin a job, kill it that long after, return what it said."""
        pid = self.begin(kind, folder, 0)
        threading.Event().wait(kill_after_s)  # the moment is what is random here
        os.kill(pid, signal.SIGKILL)
        return self.end()

    def close(self):
        self._process.communicate(timeout=10)


@pytest.fixture
def worker():
    worker = Worker()
    yield worker
    worker.close()


@pytest.fixture
def work(worker):
    return worker.work


def opened_soundly(folder):
    """Store and index as the next start finds them: sound, and in agreement with the files."""
    store, index = open_library(folder)
    assert index.problems == []
    Trash(index).recover()
    assert list(reconcile(index, store))[-1].missing == 0
    with index.database.reading() as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return store, index


def objects_of(index):
    return {each.sop_uid for study in index.studies() for each in index.items(study.uid)}


def counts_agree(index):
    """What triggers count is what there is."""
    for study in index.studies():
        items = index.items(study.uid)
        assert study.instances == len(items)
        assert study.nbytes == sum(each.nbytes for each in items)
        assert study.series == len({each.series_uid for each in items})


@pytest.mark.timeout(100)
def test_nothing_that_was_received_is_lost(tmp_path, work):
    folder, chance = tmp_path / "data", random.Random(SEED)
    acknowledged: set[str] = set()

    for turn in range(KILLS):
        lines = work(f"receive-{turn}", folder, chance.uniform(0, 0.12))
        acknowledged.update(uid for (uid,) in lines)
        if turn % 10 == 9:
            index = Index(folder / NAME)  # before anything is repaired
            assert acknowledged <= objects_of(index)
            index.close()
            store, index = opened_soundly(folder)
            counts_agree(index)
            before = listed(index)
            list(rebuild(index, store))
            assert listed(index) == before
            index.close()

    assert len(acknowledged) > KILLS


@pytest.mark.timeout(100)
def test_rows_of_opened_files_are_kept_in_whole_batches(tmp_path, work):
    folder, chance = tmp_path / "data", random.Random(SEED + 1)
    Index(folder / NAME).close()
    done = 0

    for turn in range(KILLS // 2):
        done += len(work(f"open-{turn}", folder, chance.uniform(0, 0.1)))
        index = Index(folder / NAME)
        assert index.problems == []
        instances = index.totals().instances
        assert instances % 100 == 0  # the worker opens 100 at a time
        assert instances >= done * 100
        counts_agree(index)
        index.close()

    assert done > 0


@pytest.mark.timeout(100)
def test_a_deletion_is_whole_or_has_not_been(tmp_path, work):
    folder, chance = tmp_path / "data", random.Random(SEED + 2)
    deleted: set[str] = set()
    for turn in range(KILLS // 2):
        store, index = open_library(folder)
        for number in range(6):
            receive_study(store, 10 * turn + number, 2)
        index.close()

        for what, uid in work(f"delete-{10 * turn}", folder, chance.uniform(0, 0.05)):
            deleted.discard(uid) if what == "restored" else deleted.add(uid)

        store, index = opened_soundly(folder)
        left = {study.uid for study in index.studies()}
        assert left.isdisjoint(deleted)
        assert all(study.instances == 2 for study in index.studies())
        assert len(list(store.files())) == 2 * len(left)
        counts_agree(index)
        index.close()
        assert not (folder / "trash").exists()

    assert deleted


@pytest.mark.timeout(100)
def test_a_migration_is_whole_or_has_not_been(tmp_path, work):
    chance = random.Random(SEED + 3)
    sound = tmp_path / NAME
    index = Index(sound)
    index.put(item(number, 1, instance) for number in range(1, 300) for instance in range(5))
    before = listed(index)
    index.close()
    versions = set()
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole" / NAME).write_bytes(sound.read_bytes())
    start = time.monotonic()
    Database(tmp_path / "whole" / NAME, migrations=(*MIGRATIONS, NEXT)).close()
    whole_s = time.monotonic() - start

    for turn in range(KILLS // 2):
        folder = tmp_path / f"turn{turn}"
        folder.mkdir()
        path = folder / NAME
        path.write_bytes(sound.read_bytes())
        work("migrate", folder, chance.uniform(0, 1.5 * whole_s))
        for backup in folder.glob("index.backup-1.sqlite"):
            assert one(backup, "PRAGMA quick_check") == "ok"
            assert one(backup, "SELECT count(*) FROM instances") == 1495
        version = one(path, "PRAGMA user_version")
        versions.add(version)
        has_note = "note" in one(path, "SELECT sql FROM sqlite_schema WHERE name = 'studies'")
        assert has_note == (version == NEXT.version)
        database = Database(path, migrations=(*MIGRATIONS, NEXT))
        assert database.problems == []
        with database.reading() as connection:
            notes = connection.execute("SELECT count(*) FROM studies WHERE note = patient_name")
            assert notes.fetchone() == (299,)
        database.close()

    assert versions == {1, 2}
    index = Index(sound)
    assert listed(index) == before
    index.close()


@pytest.mark.timeout(100)
def test_several_processes_receive_at_once_and_one_is_killed(tmp_path):
    folder = tmp_path / "data"
    workers = [Worker() for _ in range(4)]

    pids = [  # the first works until it is killed: it must not be through before
        worker.begin(f"receive-{n}", folder, 40 if n else 0) for n, worker in enumerate(workers)
    ]
    os.kill(pids[0], signal.SIGKILL)
    said = [[uid for (uid,) in worker.end()] for worker in workers]
    for worker in workers:
        worker.close()

    assert [len(uids) for uids in said[1:]] == [40, 40, 40]
    _, index = opened_soundly(folder)
    assert {uid for uids in said for uid in uids} <= objects_of(index)
    counts_agree(index)
    index.close()


def test_the_worker_does_what_it_says(tmp_path, worker):
    """So that a test above cannot pass because nothing happened."""
    worker.begin("receive-1", tmp_path / "data", 12)

    lines = worker.end()

    store, index = open_library(tmp_path / "data")
    assert len(lines) == 12
    assert {uid for (uid,) in lines} == {each.sop_uid for each in index.items(f"{STUDY}.100")}
    assert len(list(store.files())) == 12
    index.close()
