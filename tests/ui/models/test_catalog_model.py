"""The study tree's model on a real catalogue that grows."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QItemSelectionModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QTreeView, QWidget

from tests.data import ct_series, write_ct
from viewer.dicom.files.scan import scan
from viewer.library.catalog import Catalog
from viewer.ui.models import catalog_rows as words
from viewer.ui.models.catalog_model import CatalogModel
from viewer.ui.models.filter_words import parse_filter


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def model(qapp, catalog) -> CatalogModel:
    made = CatalogModel(catalog)
    made.queued.connect(made.grow)
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    return made


def grow(model: CatalogModel, catalog: Catalog, *paths: Path) -> None:
    model.update(catalog.add(scan(paths)))


def names(model: CatalogModel, parent=None) -> list[str]:
    parent = parent or model.index(-1, 0)
    return [model.index(r, 0, parent).data() for r in range(model.rowCount(parent))]


def test_patient_study_series_and_one_stack_as_one_row(qtbot, model, catalog, tmp_path):
    ct_series(tmp_path, 3)

    grow(model, catalog, tmp_path)
    qtbot.waitUntil(lambda: not model.splitting)

    patient = model.index(0, 0)
    study = model.index(0, 0, patient)
    series = model.index(0, 0, study)
    assert patient.data() == "Phantom, Test  (P1)"
    assert (study.data(), study.siblingAtColumn(words.MODALITY).data()) == ("Chest", "CT")
    assert (series.data(), series.siblingAtColumn(words.COUNT).data()) == ("1: Axial 5 mm", "3")
    assert model.rowCount(series) == 0
    assert len(model.stacks_of(series)) == 1


def test_a_split_series_has_its_stacks_below(qtbot, model, catalog, tmp_path):
    ct_series(tmp_path / "a", 3)
    ct_series(tmp_path / "b", 3, orientation=(0, 1, 0, 0, 0, -1), instance_uid=None)
    for number, path in enumerate(sorted((tmp_path / "b").iterdir())):
        write_ct(path, orientation=(0, 1, 0, 0, 0, -1), instance_uid=f"1.9.{number}",
                 position=(number * 5.0, 0, 0))  # fmt: skip

    grow(model, catalog, tmp_path)
    qtbot.waitUntil(lambda: not model.splitting)

    series = model.index_of(next(catalog.series))
    assert model.rowCount(series) == 2
    assert series.siblingAtColumn(words.STATUS).data() == "split in 2"
    assert len(model.stacks_of(model.index(0, 0, series))) == 1


def test_growing_keeps_indexes_where_they_point(model, catalog, tmp_path):
    write_ct(tmp_path / "m.dcm", PatientName="Miller^A", PatientID="M")
    grow(model, catalog, tmp_path / "m.dcm")
    kept = QPersistentModelIndex(model.index(0, 0))

    write_ct(tmp_path / "a.dcm", PatientName="Adams^B", PatientID="A", study_uid="1.7",
             series_uid="1.7.1")  # fmt: skip
    grow(model, catalog, tmp_path / "a.dcm")

    assert (kept.row(), kept.data()) == (1, "Miller, A  (M)")


def test_patients_by_name_studies_newest_first_series_by_number(model, catalog, tmp_path):
    for place, (name, date, number) in enumerate(
        [
            ("zoe", "20200101", 1),
            ("Abel", "20200101", 10),
            ("Abel", "20240101", 2),
            ("Abel", "20240101", 1),
        ]
    ):
        write_ct(tmp_path / f"{place}.dcm", PatientName=name, PatientID=name, StudyDate=date,
                 study_uid=f"1.{name == 'zoe'}.{date}".replace("True", "1").replace("False", "2"),
                 series_uid=f"1.5.{place}", SeriesNumber=number)  # fmt: skip

    grow(model, catalog, tmp_path)

    abel = model.index(0, 0)
    assert names(model) == ["Abel  (Abel)", "zoe  (zoe)"]
    dates = [model.node(model.index(r, 0, abel)).date for r in range(2)]
    assert dates == ["20240101", "20200101"]
    assert [n.split(":")[0] for n in names(model, model.index(0, 0, abel))] == ["1", "2"]


def test_sorting_by_another_column_and_back(model, catalog, tmp_path):
    for name, born in (("Abel", "19900101"), ("Zoe", "19500101")):
        write_ct(tmp_path / f"{name}.dcm", PatientName=name, PatientID="", PatientBirthDate=born,
                 study_uid=f"1.{born}", series_uid=f"1.{born}.1")  # fmt: skip
    grow(model, catalog, tmp_path)
    kept = QPersistentModelIndex(model.index(0, 0))

    model.sort(words.DATE)
    assert names(model) == ["Zoe", "Abel"]
    assert (kept.row(), kept.data()) == (1, "Abel")

    model.sort(words.NAME, Qt.SortOrder.DescendingOrder)
    assert names(model) == ["Zoe", "Abel"]

    model.sort(words.NAME)
    assert names(model) == ["Abel", "Zoe"]


def test_closing_takes_the_rows_away(model, catalog, tmp_path):
    write_ct(tmp_path / "x.dcm")
    grow(model, catalog, tmp_path)

    catalog.clear()
    model.update()

    assert model.rowCount() == 0


# The series is CT 2026-01-02 of Phantom^Test, accession A1, chest.
@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("phantom", True, id="name-above"),
        pytest.param("mod:CT", True, id="field"),
        pytest.param("mod:MR", False, id="other-modality"),
        pytest.param("mod:ct date:2026", True, id="two-fields"),
        pytest.param("date:2026-01-02", True, id="iso-date"),
        pytest.param("date:2025", False, id="other-year"),
        pytest.param("acc:A1 chest", True, id="study-above-and-word"),
        pytest.param("body:head", False, id="body-part"),
        pytest.param("phantom mod:MR", False, id="all-words-must-match"),
        pytest.param("' OR 1=1 --", False, id="quotes-mean-nothing"),
        pytest.param("%", False, id="percent-is-literal"),
        pytest.param("mod:", True, id="unfinished"),
    ],
)
def test_the_filter_looks_through_columns_and_lineage(model, catalog, tmp_path, text, found):
    write_ct(tmp_path / "x.dcm")
    grow(model, catalog, tmp_path)
    series = model.index_of(next(catalog.series))

    assert model.matches(series, parse_filter(text)) is found


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param("Doe^Jane^Q", "Doe, Jane Q", id="family-given-middle"),
        pytest.param("Doe", "Doe", id="family"),
        pytest.param("^Jane", "Jane", id="given"),
        pytest.param("=\u5c71\u7530^\u592a\u90ce", "\u5c71\u7530, \u592a\u90ce", id="ideographic"),
        pytest.param("", "", id="empty"),
        pytest.param("A^B^C^Dr^III", "A, B C", id="prefix-and-suffix-left-out"),
    ],
)
def test_person_names_for_reading(raw, shown):
    assert words.person_name(raw) == shown


def test_control_bytes_never_reach_a_row():
    assert words.one_line("a\x1b[31m\nb\x00c\u202e") == "a [31m b c"


def test_a_drag_carries_the_stacks(model, catalog, tmp_path):
    ct_series(tmp_path, 2)
    grow(model, catalog, tmp_path)
    series = model.index_of(next(catalog.series))

    data = model.mimeData([series, series.siblingAtColumn(1)])

    assert data.hasFormat("application/x-lightbox-stacks")
    assert [len(stack.frames) for stack in model.dragged] == [2]
    assert series.flags() & Qt.ItemFlag.ItemIsDragEnabled
    assert not model.index(0, 0).flags() & Qt.ItemFlag.ItemIsDragEnabled


def test_no_name_of_an_item_outlives_its_tree(qapp, catalog, tmp_path):
    """Qt gives its address to another object, which would come back as an item (seen)."""
    ct_series(tmp_path, 2)
    change = catalog.add(scan([tmp_path]))
    kept = []
    for _ in range(200):
        host = QWidget()
        model = CatalogModel(catalog, None, host)
        view = QTreeView(host)
        view.setModel(model)
        model.queue(change)
        model.grow()
        kept.append((type(view.selectionModel()), model._root))
        shiboken6.delete(host)

    assert {kind for kind, _ in kept} == {QItemSelectionModel}


def items_of(model: CatalogModel) -> list:
    return [row.item for row in model._by_id.values()]


def test_names_of_items_know_that_qt_deleted_them(qapp, catalog, tmp_path):
    """Opened and closed 200 times, by every way that rows leave by."""
    for study in range(4):
        write_ct(tmp_path / f"{study}.dcm", PatientName=f"P{study}", PatientID=f"P{study}",
                 study_uid=f"1.7.{study}", series_uid=f"1.7.{study}.1")  # fmt: skip
    catalog.add(scan([tmp_path]))
    model = CatalogModel(catalog)
    view = QTreeView()
    view.setModel(model)
    for turn in range(200):
        model.update()
        view.expandAll()
        view.setCurrentIndex(model.index_of(next(catalog.series)))
        items = items_of(model)
        assert len(items) == 12
        model.clear() if turn % 2 else model.update()
        assert not any(shiboken6.isValid(item) for item in items)
    view.setModel(None)


def test_rows_leave_by_one_door_only():
    """Python's names of items survive these calls of Qt's, and lie (seen: a segfault)."""
    forbidden = re.compile(
        r"super\(\)\.clear|\.(take(Row|Column|Item|Child)|invisibleRootItem|setItem)\("
    )

    for path in (Path(words.__file__).parent).glob("catalog*.py"):
        assert not forbidden.search(path.read_text(encoding="utf-8")), path.name


def test_rows_of_a_file_that_was_replaced_give_way(model, catalog, tmp_path):
    path = tmp_path / "x.dcm"
    write_ct(path, PatientName="Old", PatientID="O")
    grow(model, catalog, path)
    write_ct(path, PatientName="New", PatientID="N", study_uid="1.8", series_uid="1.8.1",
             instance_uid="1.8.1.1")  # fmt: skip
    os.utime(path, ns=(1, 1))

    grow(model, catalog, path)

    assert names(model) == ["New  (N)"]
    assert len(items_of(model)) == 3
