"""Send the chosen studies or series to a server, and see how far it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from viewer.errors import ViewerError
from viewer.settings import RECEIVE_AE_TITLE, Backend
from viewer.ui.labels import plain_label
from viewer.workspace.sending import Sent, known_peers, peer_named, sending

if TYPE_CHECKING:
    from viewer.dicom.files.source import FileRef
    from viewer.workspace.jobs import Job, Jobs


class SendDialog(QDialog):
    """Sends what it was given last; what failed can be sent again."""

    def __init__(self, backend: Backend, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self._jobs = jobs
        self._job: Job | None = None
        self._files: list[FileRef] = []
        self._sent: Sent | None = None
        self.setWindowTitle("Send to a server")
        self.setModal(False)
        self.resize(480, 200)
        self.what = plain_label(wrap=True)
        self.what.setAccessibleName("What is sent")
        self.peers = QComboBox()
        self.peers.setAccessibleName("Server")
        self.progress = QProgressBar()
        self.progress.setAccessibleName("Sent so far")
        self.words = plain_label(wrap=True)
        self.words.setAccessibleName("What came of it")
        self.send_button, self.cancel_button = QPushButton("&Send"), QPushButton("&Cancel")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.send_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.cancel_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        for widget in (self.what, self.peers, self.progress, self.words):
            column.addWidget(widget)
        column.addStretch()
        column.addWidget(buttons)
        self.send_button.clicked.connect(self.send)
        self.cancel_button.clicked.connect(self.cancel)
        self._enable()

    def offer(self, files: Sequence[FileRef]) -> None:
        """Send these when asked to; nothing changes while something is on its way."""
        if self._job is not None:
            return
        self._files = list(files)
        chosen = self.peers.currentText()
        self.peers.clear()
        self.peers.addItems([peer.name for peer in known_peers(self._backend)])
        self.peers.setCurrentText(chosen)
        self.what.setText(f"{len(self._files):,} objects, in the encoding they have")
        self.progress.reset()
        self.words.setText("" if self.peers.count() else "Enter a server first: File > Servers.")
        self._enable()

    def send(self) -> None:
        peer = peer_named(self._backend, self.peers.currentText())
        if peer is None or not self._files or self._job is not None:
            return
        self.words.setText("Sending ...")
        self.progress.setRange(0, len(self._files))
        self.progress.setValue(0)
        self._sent = None
        work = sending(peer, self._files, RECEIVE_AE_TITLE.read(self._backend))
        self._job = self._jobs.start(work)
        self._job.item.connect(self._take)
        self._job.failed.connect(self._fail)
        self._job.ended.connect(self._end)
        self._enable()

    def cancel(self) -> None:
        """Break off; what was confirmed stays there."""
        if self._job is not None:
            self._job.cancel()
            self.words.setText("Cancelled.")

    @Slot(object)
    def _take(self, sent: Sent) -> None:
        self._sent = sent
        self.progress.setValue(sent.done)

    @Slot(object)
    def _fail(self, error: Exception) -> None:
        if not isinstance(error, ViewerError):
            raise error
        self.words.setText(f"{error} {error.advice}".strip())

    @Slot()
    def _end(self) -> None:
        job, self._job = self._job, None
        sent = self._sent
        if sent is not None and sent.done == sent.total and job is not None and not job.cancelled:
            self.words.setText(sent.words)
            self._files = list(sent.failed)
            if self._files:
                self.what.setText(f"{len(self._files):,} objects that were not sent")
        self._enable()

    def _enable(self) -> None:
        busy = self._job is not None
        self.send_button.setEnabled(not busy and bool(self._files) and self.peers.count() > 0)
        self.cancel_button.setEnabled(busy)
        self.peers.setEnabled(not busy)
