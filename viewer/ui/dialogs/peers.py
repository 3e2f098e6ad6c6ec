"""The servers the user knows: enter them, and try whether they answer."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from viewer.errors import ViewerError
from viewer.net.peer import PEERS, Peer, RetrieveMethod, format_peers
from viewer.settings import RECEIVE_AE_TITLE, Backend
from viewer.ui.labels import plain_label
from viewer.ui.models.rows_model import RowsModel
from viewer.ui.tables import plain_table
from viewer.workspace.sending import known_peers

if TYPE_CHECKING:
    from viewer.workspace.jobs import Job, Jobs

COLUMNS = ("Name", "AE title", "Host", "Port", "Fetch with")
WIDTHS = (160, 140, 160, 60)


class PeersDialog(QDialog):
    """The list on top, the chosen one below. Kept when Keep is pressed."""

    def __init__(self, backend: Backend, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._jobs = jobs
        self._job: Job | None = None
        self.setWindowTitle("Servers")
        self.setModal(False)
        self.resize(640, 480)
        self.model = RowsModel(COLUMNS, _texts, parent=self)
        self.table = plain_table(self.model, "Servers", WIDTHS)
        self.name, self.title, self.host = QLineEdit(), QLineEdit(), QLineEdit()
        self.title.setMaxLength(16)
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setValue(104)
        self.method = QComboBox()
        self.method.addItems([str(each) for each in RetrieveMethod])
        self.words = plain_label(wrap=True)
        self.words.setAccessibleName("What came of it")
        self.keep_button, self.remove_button = QPushButton("&Keep"), QPushButton("&Remove")
        self.new_button, self.test_button = QPushButton("&New"), QPushButton("&Test")
        self.test_button.setToolTip("Ask it for an echo (C-ECHO)")
        self._lay_out()
        self.table.selectionModel().currentRowChanged.connect(self._show_current)
        self.keep_button.clicked.connect(self.keep)
        self.remove_button.clicked.connect(self.remove)
        self.new_button.clicked.connect(self._clear)
        self.test_button.clicked.connect(self.test)
        self.model.show(known_peers(backend))

    def _lay_out(self) -> None:
        form = QFormLayout()
        for name, widget in (
            ("Name", self.name),
            ("AE title", self.title),
            ("Host or address", self.host),
            ("Port", self.port),
            ("Fetch with", self.method),
        ):
            label = plain_label(name)
            label.setBuddy(widget)
            widget.setAccessibleName(name)
            form.addRow(label, widget)
        row = QHBoxLayout()
        for button in (self.new_button, self.keep_button, self.remove_button, self.test_button):
            row.addWidget(button)
        row.addStretch()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        row.addWidget(buttons)
        column = QVBoxLayout(self)
        column.addWidget(self.table)
        column.addLayout(form)
        column.addWidget(self.words)
        column.addLayout(row)

    def _current(self) -> Peer | None:
        index = self.table.currentIndex()
        peer: Peer | None = self.model.value(index.row()) if index.isValid() else None
        return peer

    @Slot()
    def _show_current(self) -> None:
        peer = self._current()
        if peer is not None:
            self.name.setText(peer.name)
            self.title.setText(peer.ae_title)
            self.host.setText(peer.host)
            self.port.setValue(peer.port)
            self.method.setCurrentText(str(peer.retrieve))
            self.words.setText("")

    def _clear(self) -> None:
        self.table.clearSelection()
        self.table.setCurrentIndex(self.model.index(-1, -1))
        for field in (self.name, self.title, self.host):
            field.clear()
        self.name.setFocus()

    def _entered(self) -> Peer | None:
        """The server as entered; None, with a sentence, where it cannot be."""
        title = self.title.text().strip()
        current = self._current()
        try:
            entered = Peer(
                name=self.name.text().strip() or title,
                ae_title=title,
                host=self.host.text().strip(),
                port=self.port.value(),
                retrieve=RetrieveMethod(self.method.currentText()),
            )
            if current is None:
                return entered
            return replace(entered, tls=current.tls, timeouts=current.timeouts)
        except ValueError as error:
            self.words.setText(str(error))
            return None

    def keep(self) -> None:
        """Put what is entered into the list, in place of the chosen one."""
        peer = self._entered()
        if peer is None:
            return
        current = self._current()
        peers: list[Peer] = [each for each in self.model.values if each is not current]
        if any(each.name == peer.name for each in peers):
            self.words.setText("Another server has this name already.")
            return
        place = self.model.values.index(current) if current is not None else len(peers)
        peers.insert(place, peer)
        self._write(peers)
        self.table.selectRow(place)
        self.words.setText(f"{peer.name} is kept.")

    def remove(self) -> None:
        """Take the chosen one out of the list."""
        current = self._current()
        if current is not None:
            self._write([each for each in self.model.values if each is not current])
            self._clear()

    def _write(self, peers: list[Peer]) -> None:
        PEERS.write(self._backend, format_peers(peers))
        self.model.show(peers)

    def test(self) -> None:
        """Ask for an echo what is entered, kept or not."""
        peer = self._entered()
        if peer is None:
            return
        self.words.setText("Calling ...")
        self.test_button.setEnabled(False)
        self._job = self._jobs.start(_echoing(peer, RECEIVE_AE_TITLE.read(self._backend)))
        self._job.item.connect(self.words.setText)
        self._job.ended.connect(self._end_test)

    @Slot()
    def _end_test(self) -> None:
        self.test_button.setEnabled(True)


def _texts(peer: Peer) -> tuple[str, ...]:
    return (peer.name, peer.ae_title, peer.host, str(peer.port), str(peer.retrieve))


def _echoing(peer: Peer, ae_title: str) -> Callable[[], Generator[object, None, None]]:
    def work() -> Generator[object, None, None]:
        from viewer.net.echo import echo

        try:
            result = echo(peer, ae_title)
        except ViewerError as error:
            yield f"{error} {error.advice}".strip()
            return
        yield f"{peer.name} answered in {result.associate_ms + result.echo_ms:.0f} ms."

    return work
