"""Receiving as the user sees it: the real window, the real receiver, a real client."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from tests.data import ct_series
from tests.ui.conftest import open_and_wait, press
from viewer import settings
from viewer.ui.dialogs.inbox_rules import InboxRulesDialog
from viewer.ui.dialogs.receiver_settings import ReceiverSettings
from viewer.workspace.inbox import InboxState
from viewer.workspace.inbox_rules import Rule, Then, format_rules

pytestmark = [
    pytest.mark.skipif(shutil.which("storescu") is None, reason="DCMTK is not installed"),
    pytest.mark.qt_log_ignore("This plugin does not support"),
]
START_MS = 30_000


@pytest.fixture
def listening(qtbot, window, backend):
    """The window with its receiver at work."""
    settings.RECEIVE_PORT.write(backend, 0)
    settings.RECEIVE_FLOOR_MB.write(backend, 0)
    window.receiving.begin()
    window.receiving.reception.turn(True)
    inbox = window.receiving.reception.inbox
    qtbot.waitUntil(lambda: inbox.state is InboxState.LISTENING, timeout=START_MS)
    return window


def send(window, files: list[Path], *, called: str = "LIGHTBOX") -> subprocess.Popen:
    address = window.receiving.reception.inbox.address
    command = ["storescu", "-aet", "SCANNER", "-aec", called, *map(str, address), *map(str, files)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def send_all(qtbot, window, files: list[Path], **more) -> int:
    sending = send(window, files, **more)
    qtbot.waitUntil(lambda: sending.poll() is not None, timeout=START_MS)
    return sending.returncode


def rows(window):
    return window.receiving.reception.inbox.arrivals.rows


def wait_complete(qtbot, window, count: int = 1) -> None:
    qtbot.waitUntil(
        lambda: len(rows(window)) >= count and all(row.complete for row in rows(window)),
        timeout=START_MS,
    )


def test_nothing_is_received_until_it_is_turned_on(qtbot, window):
    window.receiving.begin()

    assert window.receiving.reception.inbox.state is InboxState.OFF
    assert window.status.receiver_text == "Receiving off"


def test_a_study_arrives_in_the_list_and_is_shown_when_nothing_is(qtbot, listening, tmp_path):
    files = ct_series(tmp_path / "sent", 4)

    assert send_all(qtbot, listening, files) == 0
    active = listening.workspace.active
    qtbot.waitUntil(lambda: active.loaded is not None, timeout=START_MS)
    qtbot.waitUntil(lambda: active.count == 4, timeout=START_MS)

    port = listening.receiving.reception.inbox.address[1]
    assert listening.status.receiver_text == f"Receiving: LIGHTBOX {port}"


def test_what_is_shown_stays_and_the_new_study_is_marked(qtbot, listening, ct_folder, tmp_path):
    open_and_wait(qtbot, listening, ct_folder)
    shown = listening.workspace.active.stack
    files = ct_series(tmp_path / "sent", 3, study_uid="1.2.99", series_uid="1.2.99.1")

    send_all(qtbot, listening, files)
    wait_complete(qtbot, listening)
    reception = listening.receiving.reception
    qtbot.waitUntil(lambda: reception.study("1.2.99") is not None, timeout=START_MS)
    study = reception.study("1.2.99")
    qtbot.waitUntil(lambda: listening.browser.settled and study.is_new, timeout=START_MS)

    assert listening.workspace.active.stack is shown
    assert listening.docks["inbox"].windowTitle() == "Inbox (1 new)"

    assert "(new)" in listening.browser.model.index_of(study).data()
    reception.show(rows(listening)[0])

    assert listening.workspace.active.stack.series.study is study
    assert not study.is_new
    qtbot.waitUntil(lambda: listening.docks["inbox"].windowTitle() == "Inbox")


def test_the_inbox_panel_lists_who_sent_what(qtbot, listening, tmp_path):
    listening.docks["inbox"].show()
    panel = listening.docks["inbox"].widget()

    send_all(qtbot, listening, ct_series(tmp_path / "sent", 3))
    wait_complete(qtbot, listening)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1 and rows(listening)[0].modality == "CT")
    panel.refresh()

    texts = [panel.model.index(0, column).data() for column in range(7)]
    assert texts[3:5] == ["CT", "3"]
    assert "SCANNER at 127.0.0.1" in texts[6]
    assert panel.table.accessibleName()


def test_the_log_says_what_the_scanner_did_wrong(qtbot, listening, tmp_path):
    listening.docks["inbox"].show()
    panel = listening.docks["inbox"].widget()
    panel.tabs.setCurrentWidget(panel.log)

    assert send_all(qtbot, listening, ct_series(tmp_path / "sent", 1), called="CTVIEW") != 0
    qtbot.waitUntil(lambda: panel.log.model.rowCount() == 1, timeout=START_MS)
    panel.log.export(tmp_path / "log.txt")

    texts = [panel.log.model.index(0, column).data() for column in range(6)]
    assert texts[2] == "refused"
    assert "CTVIEW" in texts[4]
    assert texts[5]
    assert "CTVIEW" in (tmp_path / "log.txt").read_text(encoding="utf-8")
    assert any("CTVIEW" in problem.what for problem in listening.workspace.problems.rows)


def test_only_kept_studies_are_not_listed_but_in_the_library(qtbot, listening, backend, tmp_path):
    rule = Rule(modality="CT", then=Then.KEEP)
    settings.INBOX_RULES.write(backend, format_rules([rule]))

    send_all(qtbot, listening, ct_series(tmp_path / "sent", 2))
    wait_complete(qtbot, listening)
    listening.docks["library"].show()
    panel = listening.docks["library"].widget()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=START_MS)

    assert listening.workspace.catalog.patients == []
    assert "new" in panel.model.index(0, 8).data()

    panel.table.selectRow(0)
    panel.open_selected()
    active = listening.workspace.active
    qtbot.waitUntil(lambda: active.loaded is not None, timeout=START_MS)


def test_open_when_complete_offers_the_study_while_another_is_shown(
    qtbot, listening, backend, ct_folder, tmp_path
):
    settings.INBOX_RULES.write(backend, format_rules([Rule(then=Then.OPEN)]))
    open_and_wait(qtbot, listening, ct_folder)
    shown = listening.workspace.active.stack

    files = ct_series(tmp_path / "sent", 2, study_uid="1.2.98", series_uid="1.2.98.1")
    send_all(qtbot, listening, files)
    qtbot.waitUntil(lambda: "complete" in listening.banner.text, timeout=START_MS)

    assert listening.workspace.active.stack is shown
    listening.banner.act()
    active = listening.workspace.active
    qtbot.waitUntil(lambda: active.stack.series.study.uid == "1.2.98", timeout=START_MS)


def test_the_settings_say_what_to_enter_and_test_it(qtbot, listening):
    listening.receiving.show_settings()
    dialog = listening.findChild(ReceiverSettings)

    assert dialog.card["AE title"].text() == "LIGHTBOX"
    assert dialog.card["Port"].text() == str(listening.receiving.reception.inbox.address[1])
    with qtbot.waitSignal(dialog.tested, timeout=START_MS):
        dialog.test()

    assert "answered in" in dialog.outcome.text()
    assert not dialog.isModal()
    dialog.close()


def test_a_port_in_use_is_said_in_the_dialog(qtbot, window, backend):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        window.receiving.show_settings()
        dialog = window.findChild(ReceiverSettings)
        dialog.port.setValue(port)
        dialog.on.click()
        inbox = window.receiving.reception.inbox
        qtbot.waitUntil(lambda: inbox.state is InboxState.FAILED, timeout=START_MS)

    assert str(port) in dialog.state.text()
    assert window.status.receiver_text == "Receiving failed"
    dialog.on.click()
    assert inbox.state is InboxState.OFF
    dialog.close()


def test_a_wrong_caller_is_said_and_nothing_is_kept(qtbot, window, backend):
    window.receiving.show_settings()
    dialog = window.findChild(ReceiverSettings)

    dialog.allow.setText("CT@nowhere")
    dialog.apply()

    assert "nowhere is no address" in dialog.state.text()
    assert settings.RECEIVE_ALLOW.read(backend) == ""
    dialog.close()


def test_rules_are_kept_as_they_are_entered(qtbot, backend):
    settings.INBOX_RULES.write(backend, format_rules([Rule("CT1", "", Then.KEEP)]))
    dialog = InboxRulesDialog(backend, ["Archive"])
    qtbot.addWidget(dialog)

    dialog.table.cellWidget(0, 1).setText("mr")

    assert dialog.rules() == [Rule("CT1", "MR", Then.KEEP)]
    assert settings.INBOX_RULES.read(backend) == format_rules(dialog.rules())


def library_panel(qtbot, window, count: int):
    window.receiving.begin()
    window.docks["library"].show()
    panel = window.docks["library"].widget()
    qtbot.waitUntil(lambda: panel.model.rowCount() == count, timeout=START_MS)
    return panel


def test_opened_studies_are_in_the_library_and_greyed_when_gone(qtbot, window, ct_folder):
    open_and_wait(qtbot, window, ct_folder)
    panel = library_panel(qtbot, window, 1)
    shutil.rmtree(ct_folder)
    panel._looked.clear()

    panel.refresh()
    index = panel.model.index(0, 0)
    qtbot.waitUntil(
        lambda: index.data(Qt.ItemDataRole.ForegroundRole) is not None, timeout=START_MS
    )

    assert panel.model.index(0, 8).data() == "missing"


def test_nothing_is_remembered_where_the_user_does_not_want_it(qtbot, window, backend, ct_folder):
    settings.REMEMBER_STUDIES.write(backend, False)
    open_and_wait(qtbot, window, ct_folder)

    panel = library_panel(qtbot, window, 0)
    qtbot.waitUntil(lambda: panel.count.text() == "0 studies", timeout=START_MS)


def test_the_search_box_narrows_the_library(qtbot, window, tmp_path):
    ct_series(tmp_path / "a" / "1", 1, study_uid="1.2.1", series_uid="1.2.1.1", PatientName="Roe")
    ct_series(tmp_path / "a" / "2", 1, study_uid="1.2.2", series_uid="1.2.2.1", PatientName="Doe")
    open_and_wait(qtbot, window, tmp_path / "a")
    panel = library_panel(qtbot, window, 2)

    panel.field.setText("name:doe mod:CT")

    qtbot.waitUntil(lambda: panel.model.rowCount() == 1)
    assert panel.model.index(0, 0).data() == "Doe"


def test_a_received_study_is_deleted_and_brought_back(qtbot, listening, tmp_path):
    send_all(qtbot, listening, ct_series(tmp_path / "sent", 2))
    wait_complete(qtbot, listening)
    panel = library_panel(qtbot, listening, 1)
    qtbot.waitUntil(lambda: listening.receiving.library.can_delete)
    files = [Path(path) for path in rows(listening)[0].paths]
    panel.table.selectRow(0)
    panel.table.setFocus()

    press(qtbot, listening, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: panel.model.rowCount() == 0, timeout=START_MS)
    assert not any(path.exists() for path in files)

    listening.receiving.library.undo()
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=START_MS)
    assert all(path.exists() for path in files)


def test_what_was_looked_at_is_not_new_in_the_library(qtbot, listening, tmp_path):
    send_all(qtbot, listening, ct_series(tmp_path / "sent", 2))
    active = listening.workspace.active
    qtbot.waitUntil(lambda: active.loaded is not None, timeout=START_MS)

    panel = library_panel(qtbot, listening, 1)

    qtbot.waitUntil(lambda: panel.model.index(0, 8).data() == "", timeout=START_MS)


def test_limits_remove_nothing_before_a_click(qtbot, listening, backend, tmp_path):
    settings.LIBRARY_MOST_DAYS.write(backend, 1)
    send_all(qtbot, listening, ct_series(tmp_path / "sent", 2))
    wait_complete(qtbot, listening)
    panel = library_panel(qtbot, listening, 1)

    panel.show_plan()
    qtbot.waitUntil(lambda: "would be removed" in panel.words.text(), timeout=START_MS)

    assert panel.model.rowCount() == 1


def test_closing_the_window_ends_the_receiver(qtbot, listening):
    inbox = listening.receiving.reception.inbox
    process = inbox._process
    number = process.processId()

    began_s = time.monotonic()
    listening.close()

    assert inbox.state is InboxState.OFF
    assert not Path(f"/proc/{number}").exists()
    assert time.monotonic() - began_s < 5
