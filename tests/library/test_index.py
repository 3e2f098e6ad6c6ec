"""The index: what it lists, that it agrees with the files, that others may use it meanwhile."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations

import pytest

from tests.data import ct_dataset, ct_series, write_ct
from tests.library.received import (
    STUDY,
    item,
    listed,
    open_library,
    receive,
    receive_study,
    slice_of,
)
from viewer.dicom.files.scan import Found, scan
from viewer.dicom.files.source import FileRef
from viewer.dicom.headers.header import read_header
from viewer.dicom.incoming import Outcome, StoreFullError
from viewer.library.entries import Order
from viewer.library.index import NAME, Index
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


def test_a_received_study_is_listed_with_what_its_files_say(store, index):
    receive_study(store, 1, 3, Modality="MR", BodyPartExamined="KNEE", PatientSex="F")

    (study,) = index.studies()

    assert (study.patient_name, study.patient_id) == ("Patient1^Test", "PID1")
    assert (study.study_date, study.accession, study.sex) == ("20240102", "ACC1", "F")
    assert (study.modalities, study.body_parts, study.sources) == ("MR", "KNEE", "SCANNER")
    assert (study.series, study.instances, study.stored) == (1, 3, 3)
    assert study.nbytes == sum(path.stat().st_size for path in store.files())
    assert study.new
    assert study.present


def test_files_are_given_in_order_and_where_they_are(store, index):
    for number in (3, 1, 2):
        receive(store, slice_of(1, number))

    (study,) = index.studies()
    numbers = [read_header(ref).integer("InstanceNumber") for ref in index.files(study.id)]

    assert numbers == [1, 2, 3]


def test_series_are_counted_and_sorted_by_number(store, index):
    for number in (2, 10, 1):
        receive(
            store,
            slice_of(1, number, SeriesInstanceUID=f"{STUDY}.1.{number}", SeriesNumber=number),
        )

    (study,) = index.studies()

    assert [series.number for series in index.series(study.id)] == [1, 2, 10]
    (last,) = index.series(study.id)[2:]
    assert len(index.files(study.id, last.id)) == last.instances == 1


def test_the_same_object_again_changes_nothing(store, index):
    receive(store, slice_of(1, 1), "FIRST")
    before = listed(index)

    saved = receive(store, slice_of(1, 1), "SECOND")

    assert saved.outcome is Outcome.SAME
    assert listed(index) == before


def test_a_conflicting_object_is_listed_beside_the_first(store, index):
    receive(store, slice_of(1, 1))

    receive(store, slice_of(1, 1, WindowWidth=1))

    (study,) = index.studies()
    assert (study.instances, study.conflicts) == (2, 1)
    assert len(index.files(study.id)) == 2


def test_one_uid_for_two_patients_is_two_studies(store, index):
    receive(store, slice_of(1, 1))
    receive(store, slice_of(1, 2, PatientID="OTHER"))

    assert sorted(study.patient_id for study in index.with_uid(f"{STUDY}.1")) == ["OTHER", "PID1"]


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_the_list_does_not_depend_on_the_order_of_arrival(tmp_path, order):
    variants = [
        {"StudyDescription": "B", "SeriesDescription": ""},
        {"StudyDescription": "", "SeriesDescription": "Z", "StudyDate": "20230101"},
        {"StudyDescription": "A", "SeriesDescription": "Y", "SeriesNumber": 7},
    ]
    store, index = open_library(tmp_path / "data")

    for number in order:
        receive(store, slice_of(1, number + 1, **variants[number]))

    (study,) = index.studies()
    (series,) = index.series(study.id)
    assert (study.description, study.study_date) == ("A", "20230101")
    assert (series.description, series.number) == ("Y", 1)
    index.close()


def test_the_data_folder_can_be_moved(tmp_path):
    store, index = open_library(tmp_path / "here")
    receive_study(store, 1)
    index.close()
    shutil.move(tmp_path / "here", tmp_path / "there")

    store, index = open_library(tmp_path / "there")

    (study,) = index.studies()
    assert all(os.path.exists(ref.path) for ref in index.files(study.id))
    assert [step.added for step in reconcile(index, store)][-1] == 0
    index.close()


def test_opened_files_are_listed_by_reference(tmp_path, index):
    paths = ct_series(tmp_path / "disc", 3)

    open_folder(index, tmp_path / "disc")

    (study,) = index.studies()
    assert (study.instances, study.stored) == (3, 0)
    assert not study.new
    assert index.count(parse("is:new")) == 0
    assert [ref.path for ref in index.files(study.id)] == [os.fsencode(path) for path in paths]


def test_an_opened_path_of_any_bytes_comes_back_as_it_was(tmp_path, index):
    folder = os.fsencode(tmp_path) + b"/d\xe9j\xe0 % '; --"
    os.mkdir(folder)
    write_ct(folder + b"/\xff.dcm")

    open_folder(index, folder)

    (study,) = index.studies()
    assert index.files(study.id) == [FileRef(folder + b"/\xff.dcm")]


def test_members_of_a_zip_archive_are_listed(tmp_path, index):
    ct_series(tmp_path / "disc", 2)
    archive = shutil.make_archive(os.fspath(tmp_path / "studies"), "zip", tmp_path / "disc")

    open_folder(index, archive)

    (study,) = index.studies()
    assert [ref.member for ref in index.files(study.id)] == ["IM0001.dcm", "IM0002.dcm"]
    assert read_header(index.files(study.id)[1]).integer("InstanceNumber") == 2


def test_opening_stored_files_lists_nothing_twice(store, index):
    receive_study(store, 1, 2)
    before = listed(index)

    assert open_folder(index, store.folder) == 0

    assert listed(index) == before


def test_a_received_object_takes_the_place_of_the_opened_one(tmp_path, store, index):
    write_ct(tmp_path / "disc" / "a.dcm", instance_number=1)
    open_folder(index, tmp_path / "disc")
    (opened,) = scan([tmp_path / "disc"])
    uid = opened.header.text("StudyInstanceUID")

    receive(store, ct_dataset(instance_number=1))
    open_folder(index, tmp_path / "disc")

    (study,) = index.with_uid(uid)
    assert (study.instances, study.stored) == (1, 1)


def test_a_file_replaced_by_another_study_leaves_no_ghost(tmp_path, index):
    write_ct(tmp_path / "a.dcm", study_uid=f"{STUDY}.1", PatientID="ONE")
    open_folder(index, tmp_path)
    write_ct(tmp_path / "a.dcm", study_uid=f"{STUDY}.2", series_uid=f"{STUDY}.2.1", PatientID="TWO")

    open_folder(index, tmp_path)

    assert [study.patient_id for study in index.studies()] == ["TWO"]
    assert index.count(parse("one")) == 0


def test_a_medium_that_is_gone_is_greyed_and_comes_back(tmp_path, index):
    ct_series(tmp_path / "disc", 2)
    open_folder(index, tmp_path / "disc")
    (study,) = index.studies()
    (tmp_path / "disc").rename(tmp_path / "elsewhere")

    assert list(index.look_for([study.id])) == [(study.id, False)]
    assert not index.study(study.id).present
    assert index.count(parse("is:missing")) == 1

    (tmp_path / "elsewhere").rename(tmp_path / "disc")
    assert list(index.look_for([study.id])) == [(study.id, True)]
    assert index.study(study.id).present


def test_looking_at_a_study_is_remembered(store, index):
    receive_study(store, 1)
    receive_study(store, 2)
    (study,) = index.with_uid(f"{STUDY}.1")

    index.mark_viewed(study.id, NOW_NS)

    assert [left.uid for left in index.studies(parse("is:new"))] == [f"{STUDY}.2"]
    assert index.study(study.id).viewed_ns == NOW_NS


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        pytest.param(Order.NEWEST, [3, 2, 1], id="newest"),
        pytest.param(Order.OLDEST, [1, 2, 3], id="oldest"),
        pytest.param(Order.NAME, [2, 3, 1], id="name-without-case-and-accents"),
        pytest.param(Order.SIZE, [1, 3, 2], id="size"),
        pytest.param(Order.ADDED, [3, 2, 1], id="added"),
    ],
)
def test_orders(index, order, expected):
    index.put(
        [
            item(1, patient_name="ZOE", nbytes=30),
            item(2, patient_name="Änne", nbytes=10),
            item(3, patient_name="bob", nbytes=20),
        ]
    )

    assert [int(study.uid.split(".")[-1]) for study in index.studies(order=order)] == expected


def test_pages_follow_each_other(index):
    index.put(item(number) for number in range(1, 11))

    pages = [index.studies(limit=4, offset=start) for start in (0, 4, 8)]

    assert [len(page) for page in pages] == [4, 4, 2]
    assert [study for page in pages for study in page] == index.studies()
    assert index.count() == 10


def test_totals(index):
    index.put(item(study, 1, number) for study in (1, 2) for number in range(5))
    index.put([item(3, stored=False, path=b"/cd/1", nbytes=7)])

    totals = index.totals()

    assert (totals.studies, totals.instances) == (3, 11)
    assert (totals.stored_bytes, totals.nbytes) == (10_000, 10_007)


def test_a_study_that_was_forgotten_is_known_again(store, index):
    uid = receive_study(store, 1)
    index.mark_viewed(index.with_uid(uid)[0].id, NOW_NS)
    before = listed(index)

    forgotten = index.forget(uid)
    assert index.studies() == []
    index.know_again(forgotten)

    assert listed(index) == before
    assert index.with_uid(uid)[0].viewed_ns == NOW_NS


def test_registering_in_a_folder_that_is_gone_is_an_answer_for_the_sender(tmp_path, library):
    store, index = library
    receive_study(store, 1)
    index_path = tmp_path / "data" / NAME
    index_path.rename(tmp_path / "gone")

    with pytest.raises(StoreFullError, match="list of studies"):
        receive(store, slice_of(2, 1))

    (tmp_path / "gone").rename(index_path)
    receive(store, slice_of(2, 1))
    assert index.count() == 2


def test_two_indexes_on_one_file_see_each_other(tmp_path, store, index):
    receive_study(store, 1)

    other = Index(tmp_path / "data" / NAME)

    assert listed(other) == listed(index)
    receive_study(store, 2)
    assert other.count() == 2
    other.close()


def test_many_threads_register_and_read_at_once(store, index):
    datasets = [slice_of(1 + number % 3, number + 1) for number in range(120)]
    seen = []

    with ThreadPoolExecutor(8) as pool:
        stored = [pool.submit(receive, store, dataset) for dataset in datasets]
        while not all(each.done() for each in stored):
            studies = index.studies()
            seen.append([len(index.files(study.id)) >= study.instances for study in studies])

    assert {each.result().outcome for each in stored} == {Outcome.NEW}
    assert all(map(all, seen))
    assert sorted(study.instances for study in index.studies()) == [40, 40, 40]
    before = listed(index)
    list(rebuild(index, store))
    assert listed(index) == before
