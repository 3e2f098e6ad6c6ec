"""Sending, asking and fetching from the window, with DCMTK's archive on the other side."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data import ct_series
from tests.net.archives import Archive, free_port, run_dcmqrscp
from tests.ui.conftest import open_and_wait
from tests.ui.test_receiving import send_all
from viewer import settings
from viewer.net.peer import PEERS, Peer, RetrieveMethod, format_peers, parse_peers
from viewer.net.query import Level, Match
from viewer.ui.dialogs.find_dialog import FindDialog
from viewer.ui.dialogs.peers import PeersDialog
from viewer.ui.dialogs.send_dialog import SendDialog
from viewer.workspace.inbox_rules import Rule, Then, format_rules
from viewer.workspace.jobs import Jobs

pytestmark = [
    pytest.mark.skipif(shutil.which("dcmqrscp") is None, reason="DCMTK is not installed"),
    pytest.mark.qt_log_ignore("This plugin does not support"),
]
WAIT_MS = 30_000


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    (tmp_path / "archive").mkdir()
    with run_dcmqrscp(tmp_path / "archive") as running:
        yield running


@pytest.fixture
def known(archive: Archive, backend) -> Peer:
    """The archive, known to the window."""
    PEERS.write(backend, format_peers([archive.peer]))
    return archive.peer


@pytest.fixture
def calls(qapp) -> Iterator[Jobs]:
    made = Jobs(threads=1)
    yield made
    made.close()


def test_a_server_is_entered_tried_and_removed(qtbot, backend, calls, archive):
    dialog = PeersDialog(backend, calls)
    qtbot.addWidget(dialog)
    dialog.name.setText("Archive")
    dialog.title.setText(archive.peer.ae_title)
    dialog.host.setText(archive.peer.host)
    dialog.port.setValue(archive.peer.port)
    dialog.method.setCurrentText("C-GET")

    dialog.keep()
    dialog.test()
    qtbot.waitUntil(lambda: "answered in" in dialog.words.text(), timeout=WAIT_MS)

    (kept,), problems = parse_peers(PEERS.read(backend))
    assert (kept.name, kept.port, kept.retrieve) == (
        "Archive",
        archive.peer.port,
        RetrieveMethod.GET,
    )
    assert not problems
    dialog.remove()
    assert parse_peers(PEERS.read(backend)) == ([], [])


def test_a_server_that_is_not_there_is_said(qtbot, backend, calls):
    dialog = PeersDialog(backend, calls)
    qtbot.addWidget(dialog)
    dialog.title.setText("NOBODY")
    dialog.host.setText("127.0.0.1")
    dialog.port.setValue(free_port())

    dialog.test()

    qtbot.waitUntil(lambda: dialog.test_button.isEnabled(), timeout=WAIT_MS)
    assert "NOBODY" in dialog.words.text()
    assert "answered" not in dialog.words.text()


def test_an_impossible_server_is_not_kept(qtbot, backend, calls):
    dialog = PeersDialog(backend, calls)
    qtbot.addWidget(dialog)
    dialog.title.setText("A\\B")
    dialog.host.setText("here")

    dialog.keep()

    assert "backslash" in dialog.words.text()
    assert PEERS.read(backend) == "[]"


def test_a_series_goes_out_is_found_and_comes_back(
    qtbot, window, known, backend, ct_folder, tmp_path
):
    open_and_wait(qtbot, window, ct_folder)
    window.receiving.send_selected()
    sender = window.findChild(SendDialog)
    sender.send()
    qtbot.waitUntil(lambda: "5 of 5 objects sent" in sender.words.text(), timeout=WAIT_MS)
    sender.close()
    window.close_studies()

    window.receiving.show_find()
    finder = window.findChild(FindDialog)
    finder.modality.setText("ct")
    finder.search()
    qtbot.waitUntil(lambda: finder.model.rowCount() == 1, timeout=WAIT_MS)
    qtbot.waitUntil(finder.find_button.isEnabled, timeout=WAIT_MS)
    finder.table.selectRow(0)
    finder.fetch()

    qtbot.waitUntil(lambda: window.workspace.active.count == 5, timeout=WAIT_MS)
    qtbot.waitUntil(finder.find_button.isEnabled, timeout=WAIT_MS)
    assert "5 of 5 fetched" in finder.words.text()
    (row,) = window.receiving.reception.inbox.arrivals.rows
    assert (row.images, row.complete, row.calling) == (5, True, known.ae_title)
    assert Path(row.paths[0]).is_relative_to(tmp_path / "data")
    finder.close()


def test_a_wrong_date_is_said_before_anybody_is_asked(qtbot, window, known):
    window.receiving.show_find()
    finder = window.findChild(FindDialog)
    finder.since.setText("yesterday")

    finder.search()

    assert "no date" in finder.words.text()
    finder.close()


def test_fetching_into_a_receiver_that_is_off_is_refused_in_words(qtbot, window, backend):
    peer = Peer("Mover", "MOVER", "127.0.0.1", free_port())
    PEERS.write(backend, format_peers([peer]))
    window.receiving.show_find()
    finder = window.findChild(FindDialog)
    finder.model.show([Match(Level.STUDY, study_uid="1.2.3")])
    finder.table.selectRow(0)

    finder.fetch()

    assert "off" in finder.words.text()
    finder.close()


def test_a_rule_sends_on_what_arrives(qtbot, window, known, archive, backend, tmp_path):
    settings.RECEIVE_PORT.write(backend, 0)
    settings.RECEIVE_FLOOR_MB.write(backend, 0)
    settings.INBOX_RULES.write(backend, format_rules([Rule("", "CT", Then.FORWARD, known.name)]))
    reception = window.receiving.reception
    reception.turn(True)
    qtbot.waitUntil(lambda: reception.inbox.address is not None, timeout=WAIT_MS)

    send_all(qtbot, window, ct_series(tmp_path / "sent", 3))

    rows = reception.inbox.arrivals.rows
    qtbot.waitUntil(lambda: bool(rows) and "3 of 3 objects sent" in rows[0].then, timeout=WAIT_MS)
    assert window.workspace.catalog.patients == []
