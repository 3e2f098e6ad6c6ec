"""The tag tree as a Qt model: pages, the frame's row, hits, and Qt's own consistency checks."""

from __future__ import annotations

import struct

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QAbstractItemModelTester

from tests.dicom.hand_made import element, item, part10, undefined_sequence, written
from viewer.dicom.tagtree.tag_loading import open_document
from viewer.ui.models.tag_model import HIT_ROLE, LENGTH, NAME, PAGE, TAG, VALUE, TagModel, rows_of

PER_FRAME = 0x52009230
CODE = element(0x00080100, "SH", b"AB")


@pytest.fixture
def model(qapp) -> TagModel:
    model = TagModel()
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, model
    )
    tester.setUseFetchMore(False)  # it cannot watch insertions that it causes itself
    model.tester = tester
    return model


def document(folder, *parts: bytes):
    return open_document(written(folder, part10(b"".join(parts))))


def fetch_all(model: TagModel, parent: QModelIndex) -> None:
    while model.canFetchMore(parent):
        model.fetchMore(parent)


def test_rows_have_six_columns(model, tmp_path):
    model.show(document(tmp_path, element(0x00100020, "LO", b"ID")), None)

    last = model.rowCount() - 1
    assert [model.index(last, column).data() for column in range(model.columnCount())] == [
        "(0010,0020)",
        "PatientID",
        "LO",
        "1",
        "2",
        "ID",
    ]


def test_items_come_in_pages(model, tmp_path):
    model.show(document(tmp_path, element(0x0040A730, "SQ", item(CODE) * 1200)), None)
    sequence = model.index(model.rowCount() - 1, 0)

    model.fetchMore(sequence)
    assert model.rowCount(sequence) == PAGE
    fetch_all(model, sequence)

    assert model.rowCount(sequence) == 1200
    assert model.index(1199, TAG, sequence).data() == "Item 1200"
    assert model.index(1199, LENGTH, sequence).data() == "10"


def test_the_frames_row_is_exchanged_alone(model, tmp_path):
    parts = [element(0x00209158, "LT", f"frame {n}".encode()) for n in range(3)]
    shown = document(tmp_path, undefined_sequence(PER_FRAME, *parts))
    model.show(shown, shown.frame_row(0))
    rows = model.rowCount()

    model.show_frame(shown.frame_row(2))
    frame = model.index(0, 0)
    model.fetchMore(frame)

    assert model.rowCount() == rows
    assert frame.data() == "Frame 3"
    assert model.index(0, VALUE, frame).data() == "frame 2"
    assert model.parent(model.index(0, 0, frame)) == frame


def test_hits_are_marked_and_can_be_all_there_is(model, tmp_path):
    shown = document(
        tmp_path, element(0x00100020, "LO", b"ID"), undefined_sequence(0x0040A730, CODE, CODE)
    )
    model.show(shown, None)
    sequence = model.rowCount() - 1
    hits = [(sequence, 1, 0)]

    model.mark(hits)
    found = model.index_of(hits[0])
    assert found.data(HIT_ROLE)
    assert found.siblingAtColumn(NAME).data() == "CodeValue"
    model.show_only_hits(True)

    assert model.rowCount() == 1
    top = model.index(0, 0)
    assert model.rowCount(top) == 1
    assert model.index(0, 0, top).data() == "Item 2"
    assert rows_of(model.node(model.index_of(hits[0]))) == hits[0]
    model.show_only_hits(False)
    assert model.rowCount() == sequence + 1


def test_a_row_far_down_is_listed_up_to(qapp, tmp_path):
    model = TagModel()  # Qt's tester would look at each of the rows, for each of the pages
    rows = b"".join(struct.pack("<HH2sH", 0x11, 0x1000 + n, b"LO", 0) for n in range(25_000))
    model.show(document(tmp_path, rows), None)
    assert model.rowCount() < 25_000

    index = model.index_of((24_000,))

    assert index.row() == 24_000
    assert index.isValid()


def test_nothing_is_shown_without_a_document(model):
    model.show(None, None)

    assert model.rowCount() == 0
    assert not model.canFetchMore(QModelIndex())
