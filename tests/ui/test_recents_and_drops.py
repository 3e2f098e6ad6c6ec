"""What is remembered of opened folders, and what may be dropped."""

from __future__ import annotations

import os

import pytest
from PySide6.QtCore import QMimeData, QUrl

from tests.ui.conftest import open_and_wait
from viewer.settings import MemoryBackend
from viewer.ui.drops import drop_hint, dropped_paths
from viewer.ui.models.catalog_model import STACK_MIME
from viewer.ui.recents import KEY, MOST, Recents


@pytest.fixture
def recents() -> Recents:
    return Recents(MemoryBackend())


def test_the_newest_comes_first_and_once(recents):
    recents.add([b"/a", b"/b"])
    recents.add([b"/a"])

    assert recents.paths == [b"/a", b"/b"]


def test_at_most_twenty_are_kept(recents):
    recents.add(b"/%d" % number for number in range(30))

    assert len(recents.paths) == MOST
    assert recents.paths[0] == b"/29"


def test_names_in_any_encoding_survive(recents):
    recents.add([b"/disc/\xff\xe4"])

    assert recents.paths == [b"/disc/\xff\xe4"]


def test_not_remembering_forgets_at_once(recents):
    recents.add([b"/a"])

    recents.remembers = False
    recents.add([b"/b"])

    assert recents.paths == []


@pytest.mark.parametrize("broken", ["no json", "{}", "[1, null]", 7])
def test_a_broken_list_is_an_empty_one(broken):
    assert Recents(MemoryBackend({KEY: broken})).paths == []


def test_the_recent_menu_opens_a_folder_and_greys_what_is_gone(qtbot, window, ct_folder):
    window.commands.recents.add([b"/gone & away", os.fsencode(ct_folder)])
    menu = window.actions_by_id.menu("File/Recent folders")

    menu.aboutToShow.emit()

    entries = menu.actions()[:2]
    assert [entry.isEnabled() for entry in entries] == [True, False]
    assert entries[1].text() == "/gone && away"
    entries[0].trigger()
    qtbot.waitUntil(lambda: window.workspace.active.loaded is not None)


def test_opening_files_leaves_no_trace_but_folders_do(qtbot, window, ct_folder):
    open_and_wait(qtbot, window, ct_folder / "IM0001.dcm")

    assert window.commands.recents.paths == []


def urls(*texts: str) -> QMimeData:
    data = QMimeData()
    data.setUrls([QUrl(text) for text in texts])
    return data


def test_local_files_are_taken_and_addresses_elsewhere_left_out():
    data = urls("file:///a/b%20c.dcm", "https://example.org/x.dcm")

    assert dropped_paths(data) == [b"/a/b c.dcm"]


def test_text_that_is_a_path_is_taken(tmp_path):
    data = QMimeData()
    data.setText(f"{tmp_path}\nnothing\n")

    assert dropped_paths(data) == [os.fsencode(tmp_path)]


@pytest.mark.parametrize(
    ("count", "empty", "hint"),
    [
        pytest.param(1, True, "Open 1 item", id="one-on-empty"),
        pytest.param(2, False, "Add 2 items to what is open", id="more-beside-others"),
        pytest.param(0, True, "", id="nothing-for-us"),
    ],
)
def test_the_hint_says_what_will_happen(count, empty, hint):
    data = urls(*(f"file:///{number}" for number in range(count)))

    assert drop_hint(data, empty=empty) == hint


def test_a_stack_held_over_the_window_is_shown_there():
    data = QMimeData()
    data.setData(STACK_MIME, b"1")

    assert drop_hint(data, empty=False) == "Show here"
    assert dropped_paths(data) == []
