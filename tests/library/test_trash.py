"""Deleting a study: undone as long as the program runs, without a trace afterwards (T62)."""

from __future__ import annotations

import os
import shutil

import pytest

from tests.data import ct_series
from tests.library.received import (
    STUDY,
    listed,
    open_library,
    receive,
    receive_study,
    slice_of,
)
from tests.library.test_schema import MIGRATIONS, NEXT
from viewer.dicom.files.scan import scan
from viewer.library.database import Database
from viewer.library.index import NAME
from viewer.library.query import parse
from viewer.library.reconcile import rebuild, reconcile
from viewer.library.trash import Trash
from viewer.library.trouble import LibraryError

MARK = "ZZMARK"


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def library(data):
    store, index = open_library(data)
    yield store, index, Trash(index)
    index.close()


def files_with(folder, mark):
    """Files whose bytes or path hold the mark."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    marks = (mark.encode(), mark.lower().encode())
    return [
        path
        for path in files
        if any(mark in os.fsencode(path.relative_to(folder)) + path.read_bytes() for mark in marks)
    ]


def test_a_deleted_study_is_gone_from_list_and_store(library):
    store, index, trash = library
    receive_study(store, 1)
    kept = receive_study(store, 2)

    trash.delete(f"{STUDY}.1")

    assert [study.uid for study in index.studies()] == [kept]
    assert index.count(parse("Patient1")) == 0
    assert len(list(store.files())) == 3
    assert list(reconcile(index, store))[-1].missing == 0


def test_undo_brings_everything_back(library):
    store, index, trash = library
    receive_study(store, 1)
    receive(store, slice_of(1, 1, WindowWidth=1))
    receive(store, slice_of(1, 8, PatientID="OTHER"))
    index.mark_viewed(index.with_uid(f"{STUDY}.1")[0].id, 77)
    before, files = listed(index), {path: path.read_bytes() for path in store.files()}

    trash.restore(trash.delete(f"{STUDY}.1"))

    assert listed(index) == before
    assert {path: path.read_bytes() for path in store.files()} == files
    assert [study.viewed_ns for study in index.with_uid(f"{STUDY}.1")] == [77, 0]
    list(rebuild(index, store))
    assert listed(index) == before


def test_deleting_an_opened_study_leaves_the_users_files_alone(library, tmp_path):
    _, index, trash = library
    paths = ct_series(tmp_path / "disc", 2)
    index.add_opened((found.header for found in scan([tmp_path / "disc"])), 1)
    before = listed(index)

    deleted = trash.delete(index.studies()[0].uid)

    assert index.studies() == []
    assert all(path.exists() for path in paths)
    trash.restore(deleted)
    assert listed(index) == before


def test_a_study_that_comes_in_again_after_its_deletion_keeps_both_on_undo(library):
    store, index, trash = library
    receive_study(store, 1, 2)
    deleted = trash.delete(f"{STUDY}.1")
    receive(store, slice_of(1, 1, WindowWidth=7))
    receive(store, slice_of(1, 3))

    trash.restore(deleted)

    (study,) = index.with_uid(f"{STUDY}.1")
    assert (study.instances, study.conflicts) == (4, 1)
    assert len(list(store.files())) == 4
    assert all(os.path.exists(ref.path) for ref in index.files(study.id))
    before = listed(index)
    list(rebuild(index, store))
    assert listed(index) == before


def test_what_was_emptied_cannot_come_back(library):
    store, index, trash = library
    receive_study(store, 1)
    deleted = trash.delete(f"{STUDY}.1")
    trash.empty()

    with pytest.raises(LibraryError):
        trash.restore(deleted)

    assert index.studies() == []


def test_deleting_what_is_not_there_is_no_failure(library):
    _, index, trash = library

    deleted = trash.delete("1.2.3")

    assert deleted.folders == ()
    trash.restore(deleted)
    assert index.studies() == []


@pytest.mark.parametrize("neighbours", [0, 30])
def test_no_trace_is_left_after_the_end(library, data, neighbours):
    store, index, trash = library
    for number in range(2, neighbours + 2):
        receive_study(store, number, 1)
    receive_study(
        store, 1, 3, PatientName=f"{MARK}1^Name", PatientID=f"{MARK}2", AccessionNumber=f"{MARK}3",
        StudyDescription=f"{MARK}4", SeriesDescription=f"{MARK}5", BodyPartExamined=f"{MARK}6",
    )  # fmt: skip
    assert len(files_with(data, MARK)) >= 4

    trash.delete(f"{STUDY}.1")
    trash.empty()
    index.close()

    assert files_with(data, MARK) == []
    assert index_count(data) == neighbours


def test_emptying_leaves_no_trace_though_a_receiver_goes_on(library, data):
    store, _, trash = library
    _, receiver = open_library(data)
    receive_study(store, 1, 1, PatientName=f"{MARK}1^Name")
    assert receiver.count() == 1

    trash.delete(f"{STUDY}.1")
    trash.empty()

    assert files_with(data, MARK) == []
    receiver.close()


def test_old_copies_of_the_list_do_not_outlive_a_deletion(data):
    store, index = open_library(data)
    receive_study(store, 1, 1, PatientName=f"{MARK}^Name")
    index.close()
    path = data / NAME
    shutil.copy(path, data / "index.aside-1.sqlite")
    shutil.copy(path, data / "index.backup-1.sqlite")
    _, index = open_library(data)
    trash = Trash(index)

    trash.delete(f"{STUDY}.1")
    assert len(files_with(data, MARK)) >= 3
    trash.empty()
    index.close()

    assert files_with(data, MARK) == []


def test_a_backup_stays_while_nothing_is_deleted(data):
    open_library(data)[1].close()
    Database(data / NAME, migrations=(*MIGRATIONS, NEXT)).close()
    (data / NAME).unlink()
    _, index = open_library(data)

    Trash(index).empty()

    assert (data / "index.backup-1.sqlite").exists()
    index.close()


def index_count(data):
    _, index = open_library(data)
    count = index.count()
    index.close()
    return count


def test_the_next_start_empties_what_the_last_run_left(data):
    store, index = open_library(data)
    receive_study(store, 1, 2, PatientName=f"{MARK}^Name")
    receive_study(store, 2)
    Trash(index).delete(f"{STUDY}.1")
    index.close()

    store, index = open_library(data)
    Trash(index).recover()
    index.close()

    assert files_with(data, MARK) == []
    assert not (data / "trash").exists()
    assert index_count(data) == 1


def test_a_deletion_cut_off_before_the_rows_is_ended_at_the_next_start(data):
    store, index = open_library(data)
    receive_study(store, 1)
    place = store.study_folder(f"{STUDY}.1")
    (data / "trash").mkdir()
    place.rename(data / "trash" / f"1-{place.name}")

    Trash(index).recover()

    assert index.studies() == []
    assert list(reconcile(index, store))[-1].added == 0
    index.close()


def test_a_study_received_again_survives_the_emptying_of_the_first(data):
    store, index = open_library(data)
    receive_study(store, 1)
    Trash(index).delete(f"{STUDY}.1")
    receive_study(store, 1, 2)

    Trash(index).recover()

    assert [study.instances for study in index.studies()] == [2]
    assert len(list(store.files())) == 2
    index.close()
