"""Receive or not, as whom and from whom; what to enter at the scanner; and a test of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtNetwork import QAbstractSocket, QNetworkInterface
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QGroupBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from viewer import settings
from viewer.errors import ViewerError
from viewer.ui.labels import plain_label
from viewer.ui.theme import strong
from viewer.workspace.inbox import InboxState
from viewer.workspace.reception import config_from

if TYPE_CHECKING:
    from PySide6.QtWidgets import QLabel

    from viewer.net.config import ListenerConfig
    from viewer.settings import Backend, Setting
    from viewer.workspace.jobs import Jobs
    from viewer.workspace.reception import Reception

THIS_COMPUTER, ALL_NETWORKS = "127.0.0.1", "0.0.0.0"
LARGE = 1.5


class ReceiverSettings(QDialog):
    """What is changed holds from Apply on; turning on and off holds at once.

    Args:
        addresses: of this computer on its networks, asked whenever they are shown.
    """

    tested = Signal(str)  # the words of the self-test

    def __init__(
        self,
        reception: Reception,
        backend: Backend,
        jobs: Jobs,
        parent: QWidget | None = None,
        addresses: Callable[[], list[str]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._reception = reception
        self._backend = backend
        self._jobs = jobs
        self._addresses = addresses or network_addresses
        self.setWindowTitle("Receive studies")
        self.setModal(False)
        self.resize(560, 760)
        self._texts: dict[QLineEdit, Setting[str]] = {}
        self._numbers: dict[QSpinBox, Setting[int]] = {}
        self.on = QCheckBox("&Receive studies from scanners and archives")
        self.on.setAccessibleName("Receive studies")
        self.state = plain_label(wrap=True)
        self.state.setAccessibleName("State of the receiver")
        self.apply_button = QPushButton("&Apply")
        self.apply_button.setToolTip("Keep these settings; a running receiver starts anew")
        self.test_button = QPushButton("&Test")
        self.test_button.setToolTip("Call our own receiver through the network, as a scanner would")
        self.outcome = plain_label(wrap=True)
        self.outcome.setAccessibleName("Result of the test")
        column = QVBoxLayout(self)
        column.addWidget(self.on)
        column.addWidget(self.state)
        column.addWidget(self._make_card())
        column.addWidget(self._make_form())
        column.addWidget(self._make_tls())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.addButton(self.apply_button, QDialogButtonBox.ButtonRole.ApplyRole)
        buttons.rejected.connect(self.close)
        column.addWidget(buttons)
        self.on.clicked.connect(self._turn)
        self.apply_button.clicked.connect(self.apply)
        self.test_button.clicked.connect(self.test)
        reception.inbox.state_changed.connect(self.refresh)
        self.refresh()

    # Making

    def _make_card(self) -> QGroupBox:
        box = QGroupBox("What to enter at the scanner")
        form = QFormLayout(box)
        self.card: dict[str, QLabel] = {}
        for name in ("AE title", "Address", "Port"):
            value = plain_label(wrap=True)
            value.setFont(strong(self.font(), LARGE))
            value.setAccessibleName(f"{name} to enter at the scanner")
            flags = Qt.TextInteractionFlag
            value.setTextInteractionFlags(
                flags.TextSelectableByMouse | flags.TextSelectableByKeyboard
            )
            self.card[name] = value
            form.addRow(plain_label(name), value)
        row = QHBoxLayout()
        row.addWidget(self.test_button)
        row.addWidget(self.outcome, 1)
        form.addRow(row)
        return box

    def _make_form(self) -> QGroupBox:
        box = QGroupBox("Settings")
        form = QFormLayout(box)
        self.title = self._text(form, settings.RECEIVE_AE_TITLE)
        self.title.setMaxLength(16)
        self.port = self._number(form, settings.RECEIVE_PORT, 0, 65535)
        self.listen_on = QComboBox()
        self.listen_on.addItem("this computer only", THIS_COMPUTER)
        self.listen_on.addItem("all networks", ALL_NETWORKS)
        bound = settings.RECEIVE_BIND.read(self._backend)
        if bound not in (THIS_COMPUTER, ALL_NETWORKS):
            self.listen_on.addItem(bound, bound)
        self.listen_on.setCurrentIndex(self.listen_on.findData(bound))
        self._row(form, "Listen on", self.listen_on)
        self.allow = self._text(form, settings.RECEIVE_ALLOW)
        self.allow.setPlaceholderText("everybody, or SCANNER, CT2@192.168.1.20, MR@10.0.0.0/8")
        self.require = self._check(form, settings.RECEIVE_REQUIRE_CALLED)
        self.private = self._check(form, settings.RECEIVE_PRIVATE)
        self._number(form, settings.RECEIVE_MOST, 1, 200)
        self._number(form, settings.RECEIVE_FLOOR_MB, 0, 1 << 24)
        folder = plain_label(os.fspath(self._reception.inbox.folder), wrap=True)
        folder.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        form.addRow(plain_label("Kept in"), folder)
        return box

    def _make_tls(self) -> QGroupBox:
        box = QGroupBox("Encryption (TLS): PEM files; empty for plain DICOM")
        form = QFormLayout(box)
        for setting in (
            settings.RECEIVE_TLS_CERTIFICATE,
            settings.RECEIVE_TLS_KEY,
            settings.RECEIVE_TLS_CLIENTS,
        ):
            self._text(form, setting, with_file=True)
        return box

    def _row(self, form: QFormLayout, name: str, widget: QWidget) -> None:
        label = plain_label(name)
        label.setBuddy(widget)
        widget.setAccessibleName(name)
        form.addRow(label, widget)

    def _text(
        self, form: QFormLayout, setting: Setting[str], *, with_file: bool = False
    ) -> QLineEdit:
        field = QLineEdit(setting.read(self._backend))
        field.setObjectName(setting.key)
        self._texts[field] = setting
        self._row(form, setting.label, field)
        if with_file:
            choose = field.addAction(
                self.style().standardIcon(self.style().StandardPixmap.SP_DirOpenIcon),
                QLineEdit.ActionPosition.TrailingPosition,
            )
            choose.setText(f"Choose the file: {setting.label}")
            choose.triggered.connect(self._choose_file)
        return field

    def _number(
        self, form: QFormLayout, setting: Setting[int], least: int, greatest: int
    ) -> QSpinBox:
        spin = QSpinBox()
        spin.setRange(least, greatest)
        spin.setValue(setting.read(self._backend))
        spin.setObjectName(setting.key)
        self._numbers[spin] = setting
        self._row(form, setting.label, spin)
        return spin

    def _check(self, form: QFormLayout, setting: Setting[bool]) -> QCheckBox:
        check = QCheckBox(setting.label)
        check.setChecked(setting.read(self._backend))
        check.setAccessibleName(setting.label)
        form.addRow(check)
        return check

    def _choose_file(self) -> None:
        field = self.sender().parent()
        assert isinstance(field, QLineEdit)
        name, _ = QFileDialog.getOpenFileName(
            self, "Choose a PEM file", "", "PEM (*.pem *.crt *.key)"
        )
        if name:
            field.setText(name)

    # Showing

    def refresh(self) -> None:
        """What the receiver says now."""
        reception, inbox = self._reception, self._reception.inbox
        self.on.setChecked(reception.wanted)
        self.state.setText(f"{reception.state_text}. {reception.state_reason}".strip())
        config = inbox.config
        listening = inbox.state is InboxState.LISTENING
        self.test_button.setEnabled(listening)
        if not listening:
            self.outcome.setText("")
            config = self._config() or config
        self.card["AE title"].setText(config.ae_title)
        self.card["Port"].setText(str(inbox.address[1] if inbox.address else config.port))
        self.card["Address"].setText(self._address_text(config))

    def _address_text(self, config: ListenerConfig) -> str:
        if config.bind == THIS_COMPUTER:
            return "127.0.0.1, for programs on this computer; scanners need all networks"
        if config.bind not in (ALL_NETWORKS, "::"):
            return config.bind
        return "\n".join(self._reachable(config.bind)) or "This computer is on no network."

    def _reachable(self, bound: str) -> list[str]:
        """Addresses under which we are called; 0.0.0.0 is every one of IPv4."""
        return [each for each in self._addresses() if bound == "::" or ":" not in each]

    def _config(self) -> ListenerConfig | None:
        try:
            return config_from(self._backend)
        except ViewerError:
            return None

    # Doing

    @Slot(bool)
    def _turn(self, on: bool) -> None:
        if on and not self._keep():
            self.on.setChecked(False)
            return
        self._reception.turn(on)
        self.refresh()

    def apply(self) -> None:
        """Keep the settings, and listen by them where receiving is on."""
        if self._keep():
            if self._reception.wanted:
                self._reception.start()
            self.refresh()

    def _keep(self) -> bool:
        """Write all settings; False, with a sentence, where one cannot be."""
        for field, setting in self._texts.items():
            if not setting.allows(field.text().strip()):
                self.state.setText("An AE title has 1 to 16 plain characters and no backslash.")
                return False
        try:
            from viewer.net.config import callers_of

            callers_of(self.allow.text())
        except ViewerError as error:
            self.state.setText(f"{error} {error.advice}".strip())
            return False
        backend = self._backend
        for field, setting in self._texts.items():
            setting.write(backend, field.text().strip())
        for spin, number in self._numbers.items():
            number.write(backend, spin.value())
        settings.RECEIVE_BIND.write(backend, self.listen_on.currentData())
        settings.RECEIVE_REQUIRE_CALLED.write(backend, self.require.isChecked())
        settings.RECEIVE_PRIVATE.write(backend, self.private.isChecked())
        return True

    def test(self) -> None:
        """Call ourselves under every address that a scanner may use."""
        inbox = self._reception.inbox
        if inbox.address is None:
            return
        bound, port = inbox.address
        everywhere = bound in (ALL_NETWORKS, "::")
        addresses = [THIS_COMPUTER, *self._reachable(bound)] if everywhere else [bound]
        self.outcome.setText("Calling ...")
        self.test_button.setEnabled(False)
        job = self._jobs.start(_testing(inbox.config, addresses, port))
        job.item.connect(self._tell_result)
        job.ended.connect(self._end_test)

    @Slot()
    def _end_test(self) -> None:
        self.test_button.setEnabled(self._reception.inbox.state is InboxState.LISTENING)

    @Slot(object)
    def _tell_result(self, words: str) -> None:
        self.outcome.setText(words)
        self.tested.emit(words)


def network_addresses() -> list[str]:
    """Addresses of this computer that others can reach, IPv4 first."""
    found = [a for a in QNetworkInterface.allAddresses() if not a.isLoopback()]
    found = [a for a in found if not a.isLinkLocal()]
    is_4 = QAbstractSocket.NetworkLayerProtocol.IPv4Protocol
    return [a.toString() for a in sorted(found, key=lambda a: a.protocol() is not is_4)]


def _testing(
    config: ListenerConfig, addresses: list[str], port: int
) -> Callable[[], Generator[object, None, None]]:
    def work() -> Generator[object, None, None]:
        from viewer.net.echo import self_test

        lines = []
        for address in addresses:
            try:
                result = self_test(config, address, port)
            except ViewerError as error:
                lines.append(f"{address}: {error} {error.advice}".strip())
                continue
            if result is None:
                words = "reached; the list of callers keeps this computer out, as it should"
            else:
                words = f"answered in {result.associate_ms + result.echo_ms:.0f} ms"
            lines.append(f"{address}: {words}")
        yield "\n".join(lines)

    return work
