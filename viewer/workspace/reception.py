"""Brings what the inbox receives into the workspace, by the user's settings and rules."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from viewer import settings
from viewer.dicom.files.source import FileRef
from viewer.errors import Problem, ViewerError
from viewer.net.config import ListenerConfig, TlsConfig, callers_of
from viewer.settings import INBOX_RULES, Backend
from viewer.workspace.arrivals import Arrival
from viewer.workspace.inbox import WHERE, Inbox, InboxState
from viewer.workspace.inbox_rules import Rule, Then, needs_modality, parse_rules, rule_for
from viewer.workspace.jobs import Jobs

if TYPE_CHECKING:
    from viewer.library.catalog import CatalogChange
    from viewer.library.nodes import Stack, Study
    from viewer.workspace.workspace import Workspace

Came = tuple[bytes, Arrival]
MOST_TOLD = 100  # problems with callers; whoever tries ten thousand names fills no memory


def config_from(backend: Backend) -> ListenerConfig:
    """How to listen, as the user has set it.

    Raises:
        ViewerError: a setting makes no sense, in words.
    """
    certificate = settings.RECEIVE_TLS_CERTIFICATE.read(backend)
    key = settings.RECEIVE_TLS_KEY.read(backend)
    clients = settings.RECEIVE_TLS_CLIENTS.read(backend)
    if bool(certificate) != bool(key):
        raise ViewerError("TLS needs a certificate and its key.", "Choose both files, or none.")
    return ListenerConfig(
        ae_title=settings.RECEIVE_AE_TITLE.read(backend).strip(),
        port=settings.RECEIVE_PORT.read(backend),
        bind=settings.RECEIVE_BIND.read(backend),
        allow=callers_of(settings.RECEIVE_ALLOW.read(backend)),
        require_called=settings.RECEIVE_REQUIRE_CALLED.read(backend),
        private_classes=settings.RECEIVE_PRIVATE.read(backend),
        max_associations=settings.RECEIVE_MOST.read(backend),
        tls=TlsConfig(certificate, key, clients) if certificate else None,
    )


class Reception(QObject):
    """Owns the inbox of one window. GUI thread only.

    What arrives is read into the catalogue at once, unless a rule says otherwise. It never takes
    the place of what is shown.

    Signals:
        study_noted: a Study of the catalogue is new, or no longer.
        completed: (Arrival, the Rule that fits it).
        rows_changed: see `inbox.arrivals`.
    """

    study_noted = Signal(object)
    completed = Signal(object, object)
    rows_changed = Signal()

    def __init__(self, workspace: Workspace, backend: Backend, folder: Path) -> None:
        super().__init__(workspace)
        self._workspace = workspace
        self._backend = backend
        self.inbox = Inbox(folder, self)
        self._jobs = Jobs(threads=1, parent=self)
        self._held: dict[Arrival, list[bytes]] = {}  # until their modality is known
        self._asked: set[Arrival] = set()
        self._told: deque[Problem] = deque(maxlen=MOST_TOLD)
        self._new: set[str] = set()
        self._marked: dict[str, Study] = {}
        self.inbox.arrived.connect(self._take)
        self.inbox.completed.connect(self._complete)
        self.inbox.problem_met.connect(self._tell)
        self.inbox.rows_changed.connect(self.rows_changed)
        workspace.catalog_changed.connect(self._mark)
        workspace.viewports_changed.connect(self._follow)
        self._followed: set[int] = set()
        self._follow()

    # Running

    @property
    def wanted(self) -> bool:
        """Whether the user has turned receiving on."""
        return settings.RECEIVE_ON.read(self._backend)

    def start_if_wanted(self) -> None:
        """At the start; a receiver that is at work already goes on."""
        if self.wanted and self.inbox.state is InboxState.OFF:
            self.start()

    def start(self) -> None:
        """Listen as set; what is wrong with the settings is the inbox's trouble."""
        try:
            config = config_from(self._backend)
        except ViewerError as error:
            self.inbox.fail(Problem(WHERE, str(error), error.advice))
            return
        floor = str(settings.RECEIVE_FLOOR_MB.read(self._backend))
        self.inbox.start(config, ["--floor-mb", floor])

    def turn(self, on: bool) -> None:
        """Receive, or do not, now and in later sessions."""
        settings.RECEIVE_ON.write(self._backend, on)
        if on:
            self.start()
        else:
            self.inbox.stop()

    def close(self) -> None:
        """Stop receiving; what was acknowledged is on the disk."""
        self.inbox.blockSignals(True)
        self._jobs.close()
        self.inbox.stop()

    # Words

    @property
    def state_text(self) -> str:
        """A few words for the status bar."""
        state, config = self.inbox.state, self.inbox.config
        if state is InboxState.LISTENING and self.inbox.address is not None:
            return f"Receiving: {config.ae_title} {self.inbox.address[1]}"
        if state is InboxState.STARTING:
            return "Receiving: starting"
        return "Receiving failed" if state is InboxState.FAILED else "Receiving off"

    @property
    def state_reason(self) -> str:
        """Why it is so, and what to do."""
        trouble = self.inbox.trouble
        if trouble is not None and self.inbox.state is InboxState.FAILED:
            return f"{trouble.what}\n{trouble.advice}".strip()
        if self.inbox.state is InboxState.OFF:
            return "File > Receive studies turns it on"
        return ""

    # What arrives

    @property
    def rules(self) -> tuple[Rule, ...]:
        return parse_rules(INBOX_RULES.read(self._backend))

    def rule(self, row: Arrival) -> Rule:
        """The rule that fits what arrives."""
        return rule_for(self.rules, row.calling, row.modality)

    @Slot(list)
    def _take(self, came: list[Came]) -> None:
        rules, paths = self.rules, []
        for path, row in came:
            if row not in self._asked:
                self._asked.add(row)
                self._find_out(row, path)
            if not row.modality and needs_modality(rules, row.calling):
                self._held.setdefault(row, []).append(path)
            elif self._is_listed(row):
                paths.append(path)
        self._list(paths)

    def _is_listed(self, row: Arrival) -> bool:
        if self.rule(row).then in (Then.KEEP, Then.FORWARD):
            return False
        self._new.add(row.study_uid)
        return True

    def _list(self, paths: list[bytes]) -> None:
        if paths:
            self._workspace.open_paths(paths)

    def _find_out(self, row: Arrival, path: bytes) -> None:
        """Read off the GUI thread whose study it is."""
        job = self._jobs.start(_reading(row, path))
        job.item.connect(self._know)
        job.ended.connect(self._let_in)

    @Slot(object)
    def _know(self, told: tuple[Arrival, str, str, str]) -> None:
        row = told[0]
        row.patient, row.description, row.modality = told[1:]
        self.rows_changed.emit()

    @Slot()
    def _let_in(self) -> None:
        """What waited for its modality is judged; where none could be read, as without one."""
        for row in list(self._held):
            paths = self._held.pop(row)
            if self._is_listed(row):
                self._list(paths)

    @Slot(object)
    def _complete(self, row: Arrival) -> None:
        self._asked.discard(row)
        rule = self.rule(row)
        row.then = {
            Then.SHOW: "",
            Then.OPEN: "opened",
            Then.KEEP: "kept in the library",
            Then.FORWARD: f"sent on to {rule.peer}",
        }[rule.then]
        if rule.then is Then.OPEN and self._workspace.active.stack is None:
            self.show(row)
        self.completed.emit(row, rule)

    @Slot(object)
    def _tell(self, problem: Problem) -> None:
        self._told.append(problem)
        self._workspace.problems.replace_passing(self._told, "receiver")

    # Showing

    def study(self, uid: str) -> Study | None:
        """The study in the catalogue."""
        studies = (s for p in self._workspace.catalog.patients for s in p.studies)
        return next((study for study in studies if study.uid == uid), None)

    def show(self, row: Arrival) -> None:
        """Show the first image of a study that arrived; it is read first where it was not."""
        row.seen = True
        study = self.study(row.study_uid)
        stack = first_picture(study) if study is not None else None
        if stack is not None:
            self._workspace.show(stack)
        else:
            self._workspace.open_paths([os.fsencode(path) for path in row.paths], show=True)
        self.rows_changed.emit()

    # Marks of what is new

    @Slot(object)
    def _mark(self, change: CatalogChange) -> None:
        if not self._workspace.catalog.patients:
            self._new.clear()
            self._marked.clear()
        for series in change.series if self._new else ():
            study = series.study
            if study.uid in self._new and study.uid not in self._marked:
                study.is_new = True
                self._marked[study.uid] = study
                self.study_noted.emit(study)
        self._unmark()

    @Slot()
    def _follow(self) -> None:
        for viewport in self._workspace.viewports:
            if id(viewport) not in self._followed:
                self._followed.add(id(viewport))
                viewport.stack_changed.connect(self._unmark)

    @Slot()
    def _unmark(self) -> None:
        """What is shown is no longer new."""
        for viewport in self._workspace.viewports if self._new else ():
            if viewport.stack is None:
                continue
            uid = viewport.stack.series.study.uid
            self._new.discard(uid)
            study = self._marked.pop(uid, None)
            for row in self.inbox.arrivals.rows:
                row.seen = row.seen or row.study_uid == uid
            if study is not None:
                study.is_new = False
                self.study_noted.emit(study)


def first_picture(study: Study) -> Stack | None:
    """What is shown of a study first."""
    stacks = [stack for series in study.series for stack in series.stacks_now]
    return next((stack for stack in stacks if stack.is_image), stacks[0] if stacks else None)


def _reading(row: Arrival, path: bytes) -> Callable[[], Generator[object, None, None]]:
    def work() -> Generator[object, None, None]:
        from viewer.dicom.headers.header import read_header

        try:
            header = read_header(FileRef(path))
        except ViewerError:
            return  # whoever lists it says why
        who = (header.text("PatientName"), header.text("PatientID"))
        patient = "  ".join(filter(None, who))
        yield row, patient, header.text("StudyDescription"), header.text("Modality")

    return work
