"""The library of a window, without the window: background opening, trouble, two windows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.data import ct_series
from viewer import settings
from viewer.settings import MemoryBackend
from viewer.workspace.library import Library
from viewer.workspace.workspace import Workspace

WAIT_MS = 20_000


@pytest.fixture
def make(qtbot, tmp_path: Path) -> Iterator[Callable[..., Library]]:
    """Makes libraries on one data folder and waits until they are open."""
    made: list[Library] = []

    def build(folder: Path = tmp_path / "data") -> Library:
        backend = MemoryBackend()
        library = Library(Workspace(backend), backend, folder)
        library.backend = backend
        made.append(library)
        with qtbot.waitSignal(library.opened, timeout=WAIT_MS):
            library.open()
        return library

    yield build
    for library in made:
        library.close()
        library._workspace.close()


def listed(qtbot, library: Library, text: str = "") -> list[str]:
    pages: list[tuple] = []
    library.page(text, None, 0, -1, pages.append)
    qtbot.waitUntil(lambda: bool(pages), timeout=WAIT_MS)
    return [study.uid for study in pages[0][1]]


def open_study(qtbot, library: Library, folder: Path, uid: str) -> None:
    ct_series(folder, 2, study_uid=uid, series_uid=f"{uid}.1")
    with qtbot.waitSignal(library.changed, timeout=WAIT_MS):
        library._workspace.open_paths([folder])


def test_opened_studies_are_there_tomorrow(qtbot, make, tmp_path):
    today = make()
    open_study(qtbot, today, tmp_path / "disc", "1.2.3")
    today.close()

    assert listed(qtbot, make()) == ["1.2.3"]


def test_deleting_a_study_that_was_opened_leaves_its_files(qtbot, make, tmp_path):
    library = make()
    open_study(qtbot, library, tmp_path / "disc", "1.2.3")

    with qtbot.waitSignal(library.deleted, timeout=WAIT_MS):
        library.delete(["1.2.3"])
    assert listed(qtbot, library) == []
    assert len(list((tmp_path / "disc").iterdir())) == 2

    with qtbot.waitSignal(library.changed, timeout=WAIT_MS):
        library.undo()
    assert listed(qtbot, library) == ["1.2.3"]


def test_a_second_window_reads_the_list_but_deletes_nothing(qtbot, make, tmp_path):
    first = make()
    open_study(qtbot, first, tmp_path / "disc", "1.2.3")

    second = make()

    assert first.can_delete
    assert not second.can_delete
    assert listed(qtbot, second) == ["1.2.3"]


def test_a_folder_that_cannot_be_used_is_said_and_nothing_fails(qtbot, make, tmp_path):
    (tmp_path / "file").write_text("not a folder")

    library = make(tmp_path / "file")

    assert not library.is_open
    assert library.trouble.what
    assert library.page("", None, 0, 10, print) is None
    assert library.trouble in library._workspace.problems.rows


def test_the_limits_plan_and_apply_nothing_by_themselves(qtbot, make, tmp_path):
    library = make()
    open_study(qtbot, library, tmp_path / "disc", "1.2.3")
    settings.LIBRARY_MOST_GB.write(library.backend, 1)
    plans: list = []

    library.plan(plans.append)
    qtbot.waitUntil(lambda: bool(plans), timeout=WAIT_MS)

    assert plans[0].words == "Nothing would be removed."
    assert listed(qtbot, library) == ["1.2.3"]
