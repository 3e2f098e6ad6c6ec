"""The inbox against a real receiver process and a real client."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data import ct_series
from viewer.net.config import ListenerConfig
from viewer.workspace.arrivals import Arrival
from viewer.workspace.inbox import Inbox, InboxState

pytestmark = pytest.mark.skipif(shutil.which("storescu") is None, reason="DCMTK is not installed")

ANY_PORT = ListenerConfig(port=0)
START_MS = 20_000


@pytest.fixture
def inbox(qtbot, tmp_path: Path) -> Iterator[Inbox]:
    made = Inbox(tmp_path / "store")
    made.start(ANY_PORT, ["--floor-mb", "0"])
    qtbot.waitUntil(lambda: made.state is InboxState.LISTENING, timeout=START_MS)
    yield made
    made.stop()


def send(inbox: Inbox, files: list[Path], called: str = "LIGHTBOX") -> int:
    assert inbox.address is not None
    command = ["storescu", "-aet", "SCANNER", "-aec", called, *map(str, inbox.address), *files]
    return subprocess.run(command, capture_output=True, timeout=60, check=False).returncode


def test_a_study_arrives_and_is_complete_when_the_association_ends(qtbot, inbox, tmp_path):
    files = ct_series(tmp_path / "ct", 5)
    arrived: list[bytes] = []
    done: list[Arrival] = []
    inbox.arrived.connect(lambda batch: arrived.extend(path for path, _ in batch))
    inbox.completed.connect(done.append)

    assert send(inbox, files) == 0
    qtbot.waitUntil(lambda: len(done) == 1)

    (row,) = inbox.arrivals.rows
    assert (row.images, row.calling, row.complete) == (5, "SCANNER", True)
    assert len(arrived) == 5
    assert all(Path(os.fsdecode(path)).is_file() for path in arrived)


def test_the_same_study_again_is_counted_but_not_opened_again(qtbot, inbox, tmp_path):
    files = ct_series(tmp_path / "ct", 3)
    arrived: list[bytes] = []
    done: list[Arrival] = []
    inbox.arrived.connect(lambda batch: arrived.extend(path for path, _ in batch))
    inbox.completed.connect(done.append)

    send(inbox, files)
    send(inbox, files)
    qtbot.waitUntil(lambda: len(done) == 2)

    assert len(arrived) == 3
    assert sum(row.same for row in inbox.arrivals.rows) == 3


def test_a_wrong_title_is_told_with_a_remedy(qtbot, inbox, tmp_path):
    problems = []
    inbox.problem_met.connect(problems.append)

    assert send(inbox, ct_series(tmp_path / "ct", 1), called="CTVIEW") != 0
    qtbot.waitUntil(lambda: bool(problems))

    assert "CTVIEW" in problems[0].what
    assert "LIGHTBOX" in problems[0].what
    assert problems[0].advice


def test_a_receiver_that_is_killed_comes_back(qtbot, inbox, tmp_path):
    first = inbox._process.processId()

    os.kill(first, signal.SIGKILL)
    qtbot.waitUntil(lambda: inbox.state is InboxState.STARTING, timeout=START_MS)
    qtbot.waitUntil(lambda: inbox.state is InboxState.LISTENING, timeout=START_MS)

    assert inbox._process.processId() != first
    assert send(inbox, ct_series(tmp_path / "ct", 2)) == 0


def test_a_port_in_use_fails_with_a_sentence(qtbot, inbox, tmp_path):
    other = Inbox(tmp_path / "other")

    other.start(ListenerConfig(port=inbox.address[1]), ["--floor-mb", "0"])
    qtbot.waitUntil(lambda: other.state is InboxState.FAILED, timeout=START_MS)

    assert str(inbox.address[1]) in other.trouble.what
    assert other.trouble.advice
    other.stop()
    assert other.state is InboxState.OFF


def test_stopping_leaves_no_process(qtbot, inbox):
    process = inbox._process.processId()

    inbox.stop()

    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
