"""What the window has of receiving: begun after the first paint, ended with the window."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDialog

from viewer.settings import INBOX_NAMES, INBOX_NOTIFY, RECEIVE_AE_TITLE
from viewer.ui.models.catalog_rows import one_line
from viewer.workspace.jobs import Jobs

if TYPE_CHECKING:
    from PySide6.QtWidgets import QSystemTrayIcon

    from viewer.settings import Backend
    from viewer.ui.action_set import Handler
    from viewer.ui.dialogs.find_dialog import FindDialog
    from viewer.ui.dialogs.receiver_settings import ReceiverSettings
    from viewer.ui.dialogs.send_dialog import SendDialog
    from viewer.ui.main_window import MainWindow
    from viewer.ui.panels.inbox_panel import InboxPanel
    from viewer.ui.panels.library_panel import LibraryPanel
    from viewer.workspace.arrivals import Arrival
    from viewer.workspace.inbox_rules import Rule
    from viewer.workspace.library import Library
    from viewer.workspace.reception import Reception
    from viewer.workspace.sending import Sent
    from viewer.workspace.workspace import Workspace

BEGIN_MS = 300  # after the first paint
CALLS = 4  # to servers at the same time: each waits for the other side


class Receiving(QObject):
    """Makes inbox and library, their panels and dialogs, when they are needed.

    Args:
        folder: the data folder, with the store and its list.
    """

    def __init__(
        self, window: MainWindow, workspace: Workspace, backend: Backend, folder: Path
    ) -> None:
        super().__init__(window)
        self._window = window
        self._workspace = workspace
        self._backend = backend
        self._folder = folder
        self._reception: Reception | None = None
        self._library: Library | None = None
        self._dialogs: dict[str, QDialog] = {}
        self._tray: QSystemTrayIcon | None = None
        self._closed = False
        self._calls = Jobs(threads=CALLS, parent=self)
        self._begin = QTimer(self, interval=BEGIN_MS, singleShot=True)
        self._begin.timeout.connect(self.begin)

    # Life

    def begin_soon(self) -> None:
        """The window is there: what it need not wait for follows."""
        if not self._closed:
            self._begin.start()

    def begin(self) -> None:
        """Open the library; receive, if the user has turned that on. Once is enough."""
        self._begin.stop()
        self.library  # noqa: B018  # opens it
        self.reception.start_if_wanted()

    def close(self) -> None:
        """Stop receiving and close the library."""
        self._closed = True
        self._begin.stop()
        if self._calls.running:  # a host that is not there keeps a call waiting for seconds
            self._window.hide()
        self._calls.close()
        if self._tray is not None:
            self._tray.hide()
        reception, self._reception = self._reception, None
        library, self._library = self._library, None
        if reception is not None:
            reception.close()
        if library is not None:
            library.close()

    @property
    def reception(self) -> Reception:
        """The inbox and what comes of it."""
        if self._reception is None:
            from viewer.workspace.reception import Reception

            made = self._reception = Reception(self._workspace, self._backend, self._folder)
            made.inbox.state_changed.connect(self._tell_state)
            made.study_noted.connect(self._window.browser.model.redraw)
            made.completed.connect(self._complete)
            made.rows_changed.connect(self._count_new)
            self._tell_state()
        return self._reception

    @property
    def library(self) -> Library:
        """The list of studies; it opens in the background."""
        if self._library is None:
            from viewer.workspace.library import Library

            self._library = Library(self._workspace, self._backend, self._folder)
            self.reception.inbox.arrived.connect(self._library.note_change)
            self._library.opened.connect(self.note_shown)
            self._library.open()
        return self._library

    # Parts of the window

    def handlers(self) -> dict[str, Handler]:
        """Every handler by the id of its action."""
        return {
            "receive": self.show_settings,
            "inbox_rules": self.show_rules,
            "servers": partial(self._show, "servers", self._make_servers),
            "send": self.send_selected,
            "fetch": self.show_find,
        }

    def make_inbox_panel(self) -> InboxPanel:
        from viewer.ui.panels.inbox_panel import InboxPanel

        panel = InboxPanel(self.reception)
        panel.settings_asked.connect(self.show_settings)
        panel.rules_asked.connect(self.show_rules)
        panel.log.failed.connect(self._window.banner.show_error)
        return panel

    def make_library_panel(self) -> LibraryPanel:
        from viewer.ui.panels.library_panel import LibraryPanel

        return LibraryPanel(self.library)

    def show_settings(self) -> None:
        self._show("settings", self._make_settings)

    def show_rules(self) -> None:
        self._show("rules", self._make_rules)

    def _make_settings(self) -> ReceiverSettings:
        from viewer.ui.dialogs.receiver_settings import ReceiverSettings

        return ReceiverSettings(self.reception, self._backend, self._calls, self._window)

    def _make_rules(self) -> QDialog:
        from viewer.ui.dialogs.inbox_rules import InboxRulesDialog
        from viewer.workspace.sending import known_peers

        names = [peer.name for peer in known_peers(self._backend)]
        return InboxRulesDialog(self._backend, names, self._window)

    def _make_servers(self) -> QDialog:
        from viewer.ui.dialogs.peers import PeersDialog

        return PeersDialog(self._backend, self._calls, self._window)

    def send_selected(self) -> None:
        """Offer what is selected in the list, or else the series shown, to a server."""
        stacks = self._window.browser.selected_stacks()
        shown = self._workspace.active.stack
        if not stacks and shown is not None:
            stacks = list(shown.series.stacks_now)
        files = dict.fromkeys(header.ref for stack in stacks for header in stack.headers)
        self._show("send", self._make_send)
        dialog = self._dialogs["send"]
        cast("SendDialog", dialog).offer(list(files))

    def _make_send(self) -> QDialog:
        from viewer.ui.dialogs.send_dialog import SendDialog

        return SendDialog(self._backend, self._calls, self._window)

    def show_find(self) -> None:
        self._show("find", self._make_find)
        cast("FindDialog", self._dialogs["find"]).refresh()

    def _make_find(self) -> QDialog:
        from viewer.ui.dialogs.find_dialog import FindDialog

        return FindDialog(self.reception, self._backend, self._calls, self._window)

    def _show(self, name: str, make: Callable[[], QDialog]) -> None:
        if name not in self._dialogs:
            self._dialogs[name] = make()
        dialog = self._dialogs[name]
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def show_inbox(self) -> None:
        """Open the inbox with the keyboard in it."""
        dock = self._window.docks["inbox"]
        dock.show()
        dock.raise_()
        dock.widget().setFocus()

    # Following

    def note_shown(self) -> None:
        """The active view shows something else."""
        stack = self._workspace.active.stack
        if stack is not None and self._library is not None:
            self._library.note_shown(stack.series.study.uid)

    def _tell_state(self) -> None:
        if self._reception is not None:
            reason = self._reception.state_reason
            self._window.status.show_receiver(self._reception.state_text, reason)

    def _count_new(self) -> None:
        if self._reception is not None:
            rows = self._reception.inbox.arrivals.rows
            count = sum(1 for row in rows if row.complete and not row.seen)
            title = f"Inbox ({count} new)" if count else "Inbox"
            if self._window.docks["inbox"].windowTitle() != title:
                self._window.docks["inbox"].setWindowTitle(title)

    def _complete(self, row: Arrival, rule: Rule) -> None:
        from viewer.workspace.inbox_rules import Then

        self._count_new()
        self._notify(row)
        if rule.then is Then.FORWARD:
            self._forward(row, rule.peer)
        elif rule.then is Then.OPEN and not row.seen:
            self._window.banner.show_message(
                complete_text(row, named=False),
                action=("Show", partial(self.reception.show, row)),
            )

    def _notify(self, row: Arrival) -> None:
        """On the desktop, where there is a place for it; the name only when asked for."""
        from PySide6.QtWidgets import QApplication, QStyle, QSystemTrayIcon

        if not INBOX_NOTIFY.read(self._backend) or not QSystemTrayIcon.isSystemTrayAvailable():
            return
        if self._tray is None:
            style = self._window.style()
            fallback = style.standardIcon(QStyle.StandardPixmap.SP_ArrowDown)
            icon = QApplication.windowIcon()
            self._tray = QSystemTrayIcon(fallback if icon.isNull() else icon, self)
            self._tray.setToolTip("Lightbox")
            self._tray.messageClicked.connect(self.show_inbox)
            self._tray.activated.connect(self.show_inbox)
        self._tray.show()
        text = complete_text(row, named=INBOX_NAMES.read(self._backend))
        self._tray.showMessage("Lightbox", text)

    def _forward(self, row: Arrival, name: str) -> None:
        from viewer.dicom.files.source import FileRef
        from viewer.errors import Problem
        from viewer.workspace.sending import peer_named, sending

        def tell(trouble: str, advice: str) -> None:
            row.then = f"not sent on to {name}"
            problem = Problem("Inbox", f"A study was not sent on to {name}: {trouble}", advice)
            self._workspace.problems.add([problem])
            self.reception.rows_changed.emit()

        def follow(sent: Sent) -> None:
            row.then = f"{name}: {sent.words}"
            if sent.done == sent.total and sent.trouble:
                tell(sent.trouble, "")
            self.reception.rows_changed.emit()

        peer = peer_named(self._backend, name)
        if peer is None:
            tell("there is no such server.", "Correct the rule in Inbox > Rules.")
            return
        files = [FileRef(os.fsencode(path)) for path in row.paths]
        job = self._calls.start(sending(peer, files, RECEIVE_AE_TITLE.read(self._backend)))
        job.item.connect(follow)
        job.failed.connect(lambda error: tell(str(error), getattr(error, "advice", "")))


def complete_text(row: Arrival, *, named: bool) -> str:
    """That a study is complete; desktops show and keep it, so the name is only there if asked."""
    text = f"A study from {one_line(row.calling)} is complete: {row.images} images."
    return f"{one_line(row.patient)}\n{text}" if named and row.patient else text
