"""The inbox: runs the receiver in a process of its own and hears from it what arrived."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from viewer import program
from viewer.errors import Problem, Severity
from viewer.net.config import ListenerConfig
from viewer.workspace.arrivals import Arrival, Arrivals

if TYPE_CHECKING:
    from viewer.dicom.incoming import Saved
    from viewer.net.peer import Peer

BATCH_MS = 100  # arrivals are handed on together; the first of a pause goes at once
LOOK_MS = 500
RESTART_MS = 2000
STOP_MS = 4000
WHERE = "Receiver"


class InboxState(StrEnum):
    """What the receiver does; the word is shown."""

    OFF = "off"
    STARTING = "starting"
    LISTENING = "listening"
    FAILED = "failed"


class Inbox(QObject):
    """Starts and stops the receiver, keeps the rows of what arrives. GUI thread only.

    Signals:
        state_changed: see `state`, `address`, `trouble`.
        rows_changed: see `arrivals`.
        arrived: list of (path as bytes, its Arrival) of new objects, safe on disk.
        completed: an Arrival that is complete.
        problem_met: a Problem to show.
        log_changed: an association began, ended or was refused.
    """

    state_changed = Signal()
    rows_changed = Signal()
    arrived = Signal(list)
    completed = Signal(object)
    problem_met = Signal(object)
    log_changed = Signal()

    def __init__(
        self,
        folder: Path,
        parent: QObject | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self.folder = folder
        self.arrivals = Arrivals()
        self.state = InboxState.OFF
        self.address: tuple[str, int] | None = None
        self.trouble: Problem | None = None
        self._clock = clock
        self._config = ListenerConfig()
        self._process: QProcess | None = None
        self._rest = b""
        self._waiting: list[tuple[bytes, Arrival]] = []
        self._batch = QTimer(self, interval=BATCH_MS, singleShot=True)
        self._batch.timeout.connect(self._hand_on)
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._look_for_complete)
        self._restart = QTimer(self, interval=RESTART_MS, singleShot=True)
        self._restart.timeout.connect(self._launch)

    @property
    def config(self) -> ListenerConfig:
        return self._config

    def start(self, config: ListenerConfig, extra: Sequence[str] = ()) -> None:
        """Listen with this configuration; a running receiver is ended first."""
        self.stop()
        self._config = config
        self._extra = list(extra)
        self.trouble = None
        self._launch()

    def fail(self, trouble: Problem) -> None:
        """It cannot be started at all: stop and say why."""
        self.stop()
        self.trouble = trouble
        self._set_state(InboxState.FAILED)

    def stop(self) -> None:
        """End the receiver; objects that are not acknowledged yet are dropped there."""
        self._restart.stop()
        self._look.stop()
        process, self._process = self._process, None
        if process is not None:
            process.finished.disconnect(self._ended)
            process.closeWriteChannel()
            if not process.waitForFinished(STOP_MS):
                process.kill()
                process.waitForFinished(STOP_MS)
            self._hear(bytes(process.readAllStandardOutput().data()))
            process.deleteLater()
        self._hand_on()
        self.address = None
        self._set_state(InboxState.OFF)

    def _launch(self) -> None:
        process = self._process = QProcess(self)
        environment = QProcessEnvironment.systemEnvironment()
        environment.insert("PYTHONPATH", program.environment()["PYTHONPATH"])
        process.setProcessEnvironment(environment)
        process.setStandardErrorFile(QProcess.nullDevice())
        process.readyReadStandardOutput.connect(self._read)
        process.finished.connect(self._ended)
        command = program.command("receive", "--announce", *self._arguments())
        self._rest = b""
        process.start(command[0], command[1:])
        self._look.start()
        self._set_state(InboxState.STARTING)

    def _arguments(self) -> list[str]:
        config = self._config
        words = ["--port", str(config.port), "--ae-title", config.ae_title]
        words += ["--bind", config.bind, "--store", os.fspath(self.folder)]
        if config.allow:
            callers = (f"{c.ae_title}@{c.address}".rstrip("@") for c in config.allow)
            words += ["--allow", ",".join(callers)]
        words += ["--max-associations", str(config.max_associations)]
        words += [] if config.require_called else ["--any-called-title"]
        words += ["--private-classes"] if config.private_classes else []
        if config.tls is not None:
            words += ["--tls", config.tls.certificate, config.tls.key]
            words += ["--tls-clients", config.tls.client_authority]
        return words + self._extra

    def _read(self) -> None:
        if self._process is not None:
            self._hear(bytes(self._process.readAllStandardOutput().data()))

    def _hear(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            try:
                event = json.loads(line)
            except ValueError:
                continue  # the receiver was killed in the middle of a line
            self._take(event)
        if lines:
            self.rows_changed.emit()

    def _take(self, event: dict[str, Any]) -> None:
        kind = event.get("event")
        if kind == "stored":
            self._take_stored(event)
        elif kind == "listening":
            self.address = (event["address"], event["port"])
            self._set_state(InboxState.LISTENING)
        elif kind == "refused object":
            self.arrivals.refused(event)
            self._tell(f"An object from {_who(event)} was refused: {event['what']}", "")
        elif kind in ("association", "refused", "released", "aborted"):
            self._take_association(kind, event)
        elif kind in ("problem", "failed"):
            self._tell(event["what"], event.get("advice", ""))
            if kind == "failed":
                self.trouble = Problem(WHERE, event["what"], event.get("advice", ""))
                self._set_state(InboxState.FAILED)

    def _take_association(self, kind: str, event: dict[str, Any]) -> None:
        if kind in ("released", "aborted"):
            for row in self.arrivals.ended(event.get("association", "")):
                self._complete(row)
        if kind in ("refused", "aborted") and event.get("what"):
            self._tell(f"{_who(event)}: {event['what']}", event.get("advice", ""))
        self.log_changed.emit()

    def _take_stored(self, event: dict[str, Any]) -> None:
        row = self.arrivals.stored(event, self._clock())
        saved = event["saved"]
        if saved["outcome"] == "conflict":
            self._tell(
                "An object came whose UID another object has already: both are kept.",
                "Compare the two; one of the senders gives out a UID twice.",
            )
        if saved["outcome"] != "same":
            self._waiting.append((os.fsencode(saved["path"]), row))
            if not self._batch.isActive():
                self._batch.start(0 if row.images == 1 else BATCH_MS)

    def take_fetched(self, saved: Saved, peer: Peer, fetch: str) -> None:
        """An object came on an association of our own; `fetch` names it."""
        told = {
            "path": os.fsdecode(saved.path),
            "outcome": str(saved.outcome),
            "study": saved.study_uid,
            "bytes": saved.nbytes,
        }
        event = {"association": fetch, "calling": peer.ae_title, "address": peer.host}
        self._take_stored({**event, "saved": told})
        self.rows_changed.emit()

    def end_fetched(self, fetch: str) -> None:
        """Nothing more comes of it."""
        for row in self.arrivals.ended(fetch):
            self._complete(row)
        self.rows_changed.emit()

    def _hand_on(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            self.arrived.emit(waiting)

    def _look_for_complete(self) -> None:
        for row in self.arrivals.look(self._clock()):
            self._complete(row)
        if self.arrivals.under_way:
            self.rows_changed.emit()

    def _complete(self, row: Arrival) -> None:
        self._hand_on()
        self.completed.emit(row)

    def _ended(self) -> None:
        self._read()
        process, self._process = self._process, None
        if process is not None:
            process.deleteLater()
        self.address = None
        if self.state is InboxState.FAILED:
            self._look.stop()
            return
        self._tell("The receiver ended unexpectedly; it is started again.", "")
        self._set_state(InboxState.STARTING)
        self._restart.start()

    def _tell(self, what: str, advice: str) -> None:
        self.problem_met.emit(Problem(WHERE, what, advice, Severity.WARNING))

    def _set_state(self, state: InboxState) -> None:
        if state is not self.state:
            self.state = state
            self.state_changed.emit()


def _who(event: dict[str, Any]) -> str:
    return f"{event.get('calling') or 'a caller'} at {event.get('address') or 'unknown address'}"
