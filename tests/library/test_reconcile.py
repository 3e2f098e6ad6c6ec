"""List and files brought together: after a crash, and after the list was lost (T35)."""

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
from viewer.dicom.files.scan import Found, scan
from viewer.library.index import NAME
from viewer.library.query import parse
from viewer.library.reconcile import rebuild, reconcile

NOW_NS = 1_800_000_000 * 10**9


@pytest.fixture
def library(tmp_path):
    store, index = open_library(tmp_path / "data")
    yield store, index
    index.close()


@pytest.fixture
def store(library):
    return library[0]


@pytest.fixture
def index(library):
    return library[1]


def open_folder(index, folder):
    headers = (found.header for found in scan([folder]) if isinstance(found, Found))
    return index.add_opened(headers, NOW_NS)


# Files are the truth: reliability.md section 5, T35.


def fill(tmp_path, store, index):
    """Studies of every kind: several series, conflicts, shared UIDs, differing texts, opened."""
    for number in range(1, 6):
        receive_study(store, number, 3)
    receive(store, slice_of(1, 1, WindowWidth=1), "OTHER")
    receive(store, slice_of(2, 9, PatientID="SOMEBODY"))
    receive(store, slice_of(3, 9, SeriesInstanceUID=f"{STUDY}.3.9", Modality="SR"), "AAA")
    receive(store, slice_of(4, 9, StudyDescription="A", AccessionNumber=""))
    ct_series(tmp_path / "disc", 2)
    open_folder(index, tmp_path / "disc")


def test_rebuilding_gives_the_same_list(tmp_path, store, index):
    fill(tmp_path, store, index)
    before = listed(index)

    last = list(rebuild(index, store))[-1]

    assert listed(index) == before
    assert last.looked == 19


def test_rebuilding_from_nothing_gives_the_same_list_of_stored_studies(tmp_path):
    store, index = open_library(tmp_path / "data")
    fill(tmp_path, store, index)
    index.forget(next(study.uid for study in index.studies() if not study.stored))
    before = listed(index)
    index.close()
    (tmp_path / "data" / NAME).unlink()

    for remake in (rebuild, reconcile):
        store, index = open_library(tmp_path / "data")
        assert index.studies() == []
        assert list(remake(index, store))[-1].added == 19
        assert listed(index) == before
        index.close()
        (tmp_path / "data" / NAME).unlink()


def test_rebuilding_drops_what_only_a_lost_file_said(store, index):
    receive_study(store, 1, 2)
    odd = receive(store, slice_of(1, 9, StudyDescription="A", Modality="SR"))
    os.unlink(odd.path)

    list(rebuild(index, store))

    (study,) = index.studies()
    assert (study.description, study.modalities, study.instances) == ("Study 1", "CT", 2)
    assert index.count(parse("mod:SR")) == 0


def test_rebuilding_drops_a_study_without_files(store, index):
    receive_study(store, 1)
    receive_study(store, 2)
    shutil.rmtree(store.study_folder(f"{STUDY}.2"))

    list(rebuild(index, store))

    assert [study.uid for study in index.studies()] == [f"{STUDY}.1"]


def test_an_object_that_arrives_while_rebuilding_stays(store, index):
    receive_study(store, 1, 3)
    steps = rebuild(index, store)
    next(steps)

    receive(store, slice_of(1, 4))
    receive(store, slice_of(2, 1))
    list(steps)

    assert [(study.uid[-1], study.instances) for study in index.studies()] == [("2", 1), ("1", 4)]


def test_a_file_without_a_row_is_found_at_start(store, index):
    receive_study(store, 1)
    before = listed(index)
    with index.database.writing() as connection:
        connection.execute("DELETE FROM instances WHERE number = 2")
    assert listed(index) != before

    steps = list(reconcile(index, store))

    assert (steps[-1].looked, steps[-1].added) == (3, 1)
    assert listed(index) == before


def test_a_row_without_a_file_is_marked_and_unmarked(store, index):
    receive_study(store, 1)
    path = next(store.files())
    hidden = path.rename(path.with_suffix(".hidden"))

    assert list(reconcile(index, store))[-1].missing == 1
    assert [study.missing for study in index.studies(parse("is:missing"))] == [1]

    hidden.rename(path)
    list(reconcile(index, store))
    assert index.count(parse("is:missing")) == 0


def test_a_stored_file_that_became_unreadable_is_told_and_ends_nothing(store, index):
    uid = receive_study(store, 1)
    receive_study(store, 2)
    index.forget(uid)
    bad = next(iter(sorted(store.study_folder(uid).glob("*/*.dcm"))))
    bad.write_bytes(b"no DICOM at all")

    steps = list(reconcile(index, store))

    assert [problem.what for step in steps for problem in step.problems]
    assert sorted(study.instances for study in index.studies()) == [2, 3]
