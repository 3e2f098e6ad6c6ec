"""The tree view: filter, growth without stealing, opening of branches."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, QPoint

from tests.data import write_ct
from viewer.dicom.files.scan import scan
from viewer.library.catalog import Catalog
from viewer.ui.item_views import standing_still
from viewer.ui.models.catalog_model import CatalogModel
from viewer.ui.panels.study_tree import StudyTree


def write_patients(folder, names) -> None:
    for name in names:
        write_ct(folder / f"{name}.dcm", PatientName=name, PatientID=name,
                 study_uid=f"1.{ord(name[0])}.{len(name)}{name[1:] or 0}",
                 series_uid=f"1.{ord(name[0])}.{len(name)}{name[1:] or 0}.1")  # fmt: skip


@pytest.fixture
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture
def tree(qtbot, catalog) -> StudyTree:
    made = StudyTree(CatalogModel(catalog))
    qtbot.addWidget(made)
    made.resize(400, 300)
    with qtbot.waitExposed(made):
        made.show()
    return made


def grow(tree, catalog, *paths) -> None:
    with standing_still(tree):
        tree.model().update(catalog.add(scan(paths)))


def shown_patients(tree) -> list[str]:
    root = QModelIndex()
    return [
        tree.model().index(row, 0).data().split()[0]
        for row in range(tree.model().rowCount())
        if not tree.isRowHidden(row, root)
    ]


def test_first_branches_come_open(tree, catalog, tmp_path):
    write_patients(tmp_path, ["A1"])

    grow(tree, catalog, tmp_path)

    patient = tree.model().index(0, 0)
    assert tree.isExpanded(patient)
    assert tree.isExpanded(tree.model().index(0, 0, patient))


def test_a_branch_the_user_closed_stays_closed(tree, catalog, tmp_path):
    write_patients(tmp_path / "a", ["A1"])
    grow(tree, catalog, tmp_path / "a")
    tree.collapse(tree.model().index(0, 0))

    write_patients(tmp_path / "b", ["B1"])
    grow(tree, catalog, tmp_path / "b")

    assert not tree.isExpanded(tree.model().index(0, 0))
    assert tree.isExpanded(tree.model().index(1, 0))


def test_filter_hides_and_shows_again(tree, catalog, tmp_path):
    write_patients(tmp_path, ["A1", "B1", "C1"])
    grow(tree, catalog, tmp_path)

    tree.set_filter("b1 mod:CT")
    filtered = shown_patients(tree)
    tree.set_filter("")

    assert filtered == ["B1"]
    assert shown_patients(tree) == ["A1", "B1", "C1"]


def test_rows_that_arrive_are_filtered_too(tree, catalog, tmp_path):
    tree.set_filter("c1")
    write_patients(tmp_path, ["A1", "C1"])

    grow(tree, catalog, tmp_path)

    assert shown_patients(tree) == ["C1"]


def test_what_the_user_looks_at_stands_still(qtbot, tree, catalog, tmp_path):
    write_patients(tmp_path / "m", [f"M{n}" for n in range(30)])
    grow(tree, catalog, tmp_path / "m")
    bar = tree.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    bar.setValue(bar.maximum() // 2)
    top = tree.indexAt(QPoint(5, 5))
    name, y = top.data(), tree.visualRect(top).top()

    write_patients(tmp_path / "a", [f"A{n}" for n in range(30)])
    grow(tree, catalog, tmp_path / "a")

    top = tree.indexAt(QPoint(5, 5))
    assert (top.data(), tree.visualRect(top).top()) == (name, y)


def test_selection_survives_growth(tree, catalog, tmp_path):
    write_patients(tmp_path / "m", ["M1"])
    grow(tree, catalog, tmp_path / "m")
    tree.setCurrentIndex(tree.model().index(0, 0))

    write_patients(tmp_path / "a", ["A1", "A2"])
    grow(tree, catalog, tmp_path / "a")

    assert tree.currentIndex().data() == "M1  (M1)"
    assert [i.row() for i in tree.selectionModel().selectedRows()] == [2]
