"""Ask a server which studies it has, and fetch them into the inbox."""

from __future__ import annotations

import itertools
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.errors import ViewerError
from viewer.net.peer import RetrieveMethod
from viewer.settings import RECEIVE_AE_TITLE, Backend
from viewer.ui.labels import plain_label
from viewer.ui.models.catalog_rows import date_text, one_line, person_name
from viewer.ui.models.rows_model import RowsModel
from viewer.ui.tables import plain_table, selected_rows
from viewer.workspace.fetching import Work, asking, fetching
from viewer.workspace.inbox import InboxState
from viewer.workspace.sending import known_peers, peer_named

if TYPE_CHECKING:
    from viewer.net.find import Answers
    from viewer.net.peer import Peer
    from viewer.net.query import Match, Query
    from viewer.net.retrieve import RetrieveProgress
    from viewer.workspace.jobs import Job, Jobs
    from viewer.workspace.reception import Reception

COLUMNS = ("Patient", "ID", "Study date", "Mod.", "Description", "Objects")
WIDTHS = (220, 120, 100, 70, 240)


class FindDialog(QDialog):
    """One question, or one fetching, at a time; both can be cancelled."""

    def __init__(
        self, reception: Reception, backend: Backend, jobs: Jobs, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._reception = reception
        self._backend = backend
        self._jobs = jobs
        self._job: Job | None = None
        self._waiting: list[Match] = []
        self._numbers = itertools.count(1)
        self._fetch = ""  # names the fetching that is under way
        self.setWindowTitle("Fetch from a server")
        self.setModal(False)
        self.resize(860, 560)
        self.peers = QComboBox()
        self.name, self.id, self.modality = QLineEdit(), QLineEdit(), QLineEdit()
        self.since, self.until = QLineEdit(), QLineEdit()
        self.name.setPlaceholderText("Smith*")
        self.modality.setPlaceholderText("CT, MR")
        for field in (self.since, self.until):
            field.setPlaceholderText("2024-01-31")
        self.model = RowsModel(COLUMNS, _texts, parent=self)
        self.table = plain_table(self.model, "Studies the server has", WIDTHS)
        self.words = plain_label(wrap=True)
        self.words.setAccessibleName("What came of it")
        self.find_button, self.fetch_button = QPushButton("&Search"), QPushButton("&Fetch")
        self.cancel_button = QPushButton("&Cancel")
        self.find_button.setDefault(True)
        self._lay_out()
        self.find_button.clicked.connect(self.search)
        self.fetch_button.clicked.connect(self.fetch)
        self.cancel_button.clicked.connect(self.cancel)
        self.table.doubleClicked.connect(self.fetch)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.refresh()

    def _lay_out(self) -> None:
        form = QFormLayout()
        for name, widget in (
            ("Server", self.peers),
            ("Patient's name", self.name),
            ("Patient ID", self.id),
            ("Modality", self.modality),
            ("From study date", self.since),
            ("To study date", self.until),
        ):
            label = plain_label(name)
            label.setBuddy(widget)
            widget.setAccessibleName(name)
            form.addRow(label, widget)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        for button in (self.find_button, self.fetch_button, self.cancel_button):
            buttons.addButton(button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.table)
        column.addWidget(self.words)
        column.addWidget(buttons)

    def refresh(self) -> None:
        """The servers may have changed."""
        chosen = self.peers.currentText()
        self.peers.clear()
        self.peers.addItems([peer.name for peer in known_peers(self._backend)])
        self.peers.setCurrentText(chosen)
        if not self.peers.count():
            self.words.setText("Enter a server first: File > Servers.")
        self._enable()

    # Asking

    def search(self) -> None:
        """Ask for studies; the answers are listed as they come."""
        peer = self._peer()
        if peer is None or self._job is not None:
            return
        try:
            query = self._query()
        except ViewerError as error:
            self.words.setText(f"{error} {error.advice}".strip())
            return
        self.model.show([])
        self.words.setText("Searching ...")
        self._start(asking(peer, query, self._title)).item.connect(self._add)

    def _query(self) -> Query:
        from viewer.net.query import Query

        return Query(
            patient_name=self.name.text().strip(),
            patient_id=self.id.text().strip(),
            modalities=tuple(filter(None, self.modality.text().upper().replace(",", " ").split())),
            since=_date(self.since.text()),
            until=_date(self.until.text()),
        )

    @Slot(object)
    def _add(self, answers: Answers) -> None:
        self.model.show([*self.model.values, *answers.matches])
        count = self.model.rowCount()
        more = "; the server has more: narrow the search" if answers.more else ""
        self.words.setText(f"{count} {'study' if count == 1 else 'studies'}{more}")

    # Fetching

    def fetch(self) -> None:
        """Fetch the selected studies, one after the other."""
        if self._job is None:
            self._waiting = [self.model.value(row) for row in selected_rows(self.table)]
            self._fetch_next()

    def _fetch_next(self) -> None:
        peer = self._peer()
        if peer is None or not self._waiting:
            return
        listening = self._reception.inbox.state is InboxState.LISTENING
        if peer.retrieve is RetrieveMethod.MOVE and not listening:
            self.words.setText(
                f"{peer.name} sends to our receiver, which is off: File > Receive studies turns it "
                "on. Or choose C-GET for this server."
            )
            self._waiting = []
            return
        match = self._waiting.pop(0)
        self._fetch = f"fetch {next(self._numbers)}"
        self.words.setText("Fetching ...")
        folder = self._reception.inbox.folder
        work = fetching(peer, match.study_uid, self._title, folder)
        self._start(work).item.connect(self._take)

    @Slot(object)
    def _take(self, step: RetrieveProgress) -> None:
        peer = self._peer()
        if step.saved is not None and peer is not None:
            self._reception.inbox.take_fetched(step.saved, peer, self._fetch)
        total = step.completed + step.remaining + step.failed
        failed = f", {step.failed} failed" if step.failed else ""
        told = f" {step.what} {step.advice}".rstrip()
        self.words.setText(f"{step.completed} of {total} fetched{failed}.{told}")

    # Both

    def cancel(self) -> None:
        """End it, there as well; what was fetched stays."""
        self._waiting = []
        if self._job is not None:
            self._job.cancel()
            self.words.setText("Cancelled.")

    @property
    def _title(self) -> str:
        return RECEIVE_AE_TITLE.read(self._backend)

    def _peer(self) -> Peer | None:
        return peer_named(self._backend, self.peers.currentText())

    def _start(self, work: Work) -> Job:
        job = self._job = self._jobs.start(work)
        job.failed.connect(self._fail)
        job.ended.connect(self._end)
        self._enable()
        return job

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        self._waiting = []
        if not isinstance(error, ViewerError):
            raise error
        self.words.setText(f"{error} {error.advice}".strip())

    @Slot()
    def _end(self) -> None:
        self._job = None
        if self._fetch:
            self._reception.inbox.end_fetched(self._fetch)
            self._fetch = ""
        elif self.words.text() == "Searching ...":
            self.words.setText("The server has nothing that matches.")
        self._enable()
        self._fetch_next()

    def _enable(self) -> None:
        busy = self._job is not None
        self.find_button.setEnabled(not busy and self.peers.count() > 0)
        self.fetch_button.setEnabled(not busy and bool(selected_rows(self.table)))
        self.cancel_button.setEnabled(busy)
        self.peers.setEnabled(not busy)


def _date(text: str) -> date | None:
    """A date as entered, or None for no limit.

    Raises:
        ViewerError: it is none.
    """
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise ViewerError(f"{text} is no date.", "Write it as 2024-01-31.") from error


def _texts(match: Match) -> tuple[str, ...]:
    return (
        one_line(person_name(match.patient_name)) or "No name",
        one_line(match.patient_id),
        date_text(match.study_date),
        one_line(match.modalities),
        one_line(match.description),
        one_line(match.instance_count),
    )
