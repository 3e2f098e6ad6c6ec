"""The inbox: what arrives, study by study, and who called."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from viewer.ui.labels import plain_label
from viewer.ui.models.catalog_rows import one_line, person_name
from viewer.ui.models.rows_model import RowsModel
from viewer.ui.panels.association_log import AssociationLogView
from viewer.ui.tables import on_return, plain_table

if TYPE_CHECKING:
    from viewer.workspace.arrivals import Arrival
    from viewer.workspace.reception import Reception

COLUMNS = ("State", "Patient", "Study", "Mod.", "Images", "Rate", "From", "Since", "Remarks")
WIDTHS = (80, 190, 180, 50, 60, 80, 150, 60)
DRAW_MS = 100


class InboxPanel(QWidget):
    """Shows what the reception tells; a double click shows the study.

    Signals:
        settings_asked, rules_asked: the user wants to set receiving, or what follows it.
    """

    settings_asked = Signal()
    rules_asked = Signal()

    def __init__(self, reception: Reception, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reception = reception
        self.model = RowsModel(COLUMNS, self._texts, self._more, parent=self)
        self.table = plain_table(self.model, "Studies that arrive", WIDTHS)
        self.log = AssociationLogView(reception.inbox.folder)
        self.state = plain_label(wrap=True)
        self.state.setAccessibleName("State of the receiver")
        self._settings = QPushButton("Se&ttings...")
        self._settings.setToolTip("Receive or not, our AE title and port, who may call")
        self._rules = QPushButton("&Rules...")
        self._rules.setToolTip("What is done with studies, by caller or modality")
        self._draw = QTimer(self, interval=DRAW_MS, singleShot=True)
        self._lay_out()
        self._draw.timeout.connect(self.refresh)
        self.table.doubleClicked.connect(self._choose)
        on_return(self.table, self._choose)
        self._settings.clicked.connect(self.settings_asked)
        self._rules.clicked.connect(self.rules_asked)
        reception.rows_changed.connect(self._draw_soon)
        reception.inbox.state_changed.connect(self._draw_soon)
        reception.inbox.log_changed.connect(self.log.read_soon)
        self.setFocusProxy(self.table)
        self.refresh()

    def _lay_out(self) -> None:
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName("Inbox")
        self.tabs.addTab(self.table, "&Arriving")
        self.tabs.addTab(self.log, "&Who called")
        row = QHBoxLayout()
        row.addWidget(self.state, 1)
        row.addWidget(self._rules)
        row.addWidget(self._settings)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addLayout(row)
        column.addWidget(self.tabs)

    def _draw_soon(self) -> None:
        if not self._draw.isActive():
            self._draw.start()

    def refresh(self) -> None:
        """Newest first, as the inbox has them now."""
        self.model.show(self._reception.inbox.arrivals.rows[::-1])
        reason = self._reception.state_reason
        self.state.setText(f"{self._reception.state_text}. {reason}".strip())

    def _choose(self, index: QModelIndex) -> None:
        row = self.model.value(index.row())
        if row.paths or self._reception.study(row.study_uid) is not None:
            self._reception.show(row)

    def _texts(self, row: Arrival) -> tuple[str, ...]:
        now_s = time.monotonic()
        rate = row.per_second(now_s)
        return (
            state_of(row),
            one_line(_name(row)) or "...",
            one_line(row.description),
            one_line(row.modality),
            f"{row.images + row.same}",
            f"{rate:,.0f} per s" if rate else "",
            one_line(f"{row.calling} at {row.address}"),
            since_text(now_s - row.began_s),
            remarks_of(row),
        )

    def _more(self, row: Arrival) -> str:
        lines = (*self._texts(row)[1:4], f"{row.nbytes / 1e6:,.1f} MB", remarks_of(row))
        return "\n".join([*filter(None, lines), "Double click: show it"])


def state_of(row: Arrival) -> str:
    """One word."""
    if not row.complete:
        return "arriving"
    return "complete" if row.seen else "new"


def remarks_of(row: Arrival) -> str:
    """What is odd about it, and what was done with it."""
    parts = [
        f"{row.same} were there already" if row.same else "",
        f"{row.conflicts} kept beside another of the same UID" if row.conflicts else "",
        f"{row.refused} refused: {row.trouble}" if row.refused else "",
        row.then,
    ]
    return "; ".join(filter(None, parts))


def since_text(seconds: float) -> str:
    """How long ago, roughly."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.0f} h"


def _name(row: Arrival) -> str:
    name, _, number = row.patient.partition("  ")
    return f"{person_name(name)}  ({number})" if number else person_name(name)
