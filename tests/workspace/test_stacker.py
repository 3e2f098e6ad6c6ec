"""Series are split beside the window's work: small ones in moments, large ones by a thread."""

from __future__ import annotations

import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QObject

from tests.data import ct_dataset, ct_series, write_ct, write_dataset
from viewer.dicom.files.scan import scan
from viewer.library.afterwards import digested
from viewer.library.catalog import Catalog
from viewer.library.nodes import SMALL
from viewer.workspace.leaving import Leaving
from viewer.workspace.stacker import Stacker


@pytest.fixture
def stacker(qapp):
    stacker = Stacker()
    yield stacker
    stacker.close()


@pytest.fixture
def catalog():
    return Catalog()


def write_clip(path, frames):
    clip = ct_dataset(pixels=np.zeros((frames, 2, 2), np.uint8), Modality="US",
                      SOPClassUID="1.2.840.10008.5.1.4.1.1.3.1",
                      ImagePositionPatient=None, ImageOrientationPatient=None)  # fmt: skip
    write_dataset(path, clip)


def grown(catalog, *paths):
    """The series that got something, digested as a scan of the window does it."""
    change = catalog.add(digested(scan(paths)))
    return [*change.series, *change.changed]


def test_a_small_series_is_split_in_a_moment(qtbot, stacker, catalog, tmp_path):
    ct_series(tmp_path, 3)
    (series,) = grown(catalog, tmp_path)

    with qtbot.waitSignals([stacker.split, stacker.rested]):
        stacker.add([series])

    assert [len(stack.frames) for stack in series.stacks_now] == [3]
    assert not stacker.busy


def test_a_large_object_is_sorted_by_a_thread(qtbot, stacker, catalog, tmp_path):
    write_clip(tmp_path / "clip", SMALL + 1)
    (series,) = grown(catalog, tmp_path)
    before = list(series.stacks_now)

    with qtbot.waitSignal(stacker.rested):
        stacker.add([series])

    assert before == []
    assert [len(stack.frames) for stack in series.stacks_now] == [SMALL + 1]


def test_what_arrives_while_the_thread_sorts_is_sorted_too(qtbot, stacker, catalog, tmp_path):
    write_clip(tmp_path / "clip", SMALL + 1)
    (series,) = grown(catalog, tmp_path)
    with qtbot.waitSignal(stacker._slices.timeout):
        stacker.add([series])
    assert stacker.busy

    write_ct(tmp_path / "one.dcm")
    stacker.add(grown(catalog, tmp_path / "one.dcm"))
    qtbot.waitUntil(lambda: not stacker.busy)

    assert series.is_split
    assert sorted(len(stack.frames) for stack in series.stacks_now) == [1, SMALL + 1]


def test_nothing_is_told_of_studies_that_were_closed(qtbot, stacker, catalog, tmp_path):
    write_clip(tmp_path / "clip", SMALL + 1)
    with qtbot.waitSignal(stacker._slices.timeout):
        stacker.add(grown(catalog, tmp_path))
    assert stacker.busy

    with qtbot.assertNotEmitted(stacker.split, wait=50):
        stacker.clear()

    assert not stacker.busy


def test_hurry_splits_what_is_shown_at_once(qtbot, stacker, catalog, tmp_path):
    ct_series(tmp_path, 3)
    (series,) = grown(catalog, tmp_path)
    stacker.add([series])

    stacker.hurry([series])

    assert series.is_split


def test_digested_files_make_the_same_stacks(catalog, tmp_path):
    ct_series(tmp_path / "a", 7)
    write_clip(tmp_path / "clip", 5)
    plain = Catalog()
    plain.add(scan([tmp_path]))
    grown(catalog, tmp_path)

    def shape(of):
        return [(s.key, s.frames, s.positions_mm) for series in of.series for s in series.stacks]

    assert shape(catalog) == shape(plain)


def test_closed_studies_are_freed_bit_by_bit(qtbot, catalog, tmp_path):
    ct_series(tmp_path, 9)
    (series,) = grown(catalog, tmp_path)
    leaving = Leaving()

    leaving.take(catalog.clear())
    found, active = list(catalog.series), leaving.active
    qtbot.waitUntil(lambda: not leaving.active)

    assert (found, active, series.headers, series.study.series) == ([], True, [], [])


def test_what_left_with_its_parent_is_not_active_and_can_be_closed(qtbot):
    parent = QObject()
    leaving = Leaving(parent)
    leaving.take(iter([None]))

    shiboken6.delete(parent)
    leaving.close()

    assert not leaving.active
