"""The library: every study that was received or opened, to search, open and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from viewer.ui.labels import plain_label
from viewer.ui.models.catalog_rows import date_text, one_line, person_name
from viewer.ui.models.rows_model import RowsModel
from viewer.ui.tables import on_return, plain_table, selected_rows

if TYPE_CHECKING:
    from viewer.library.entries import Order, StudyEntry
    from viewer.library.quota import Plan
    from viewer.workspace.jobs import Job
    from viewer.workspace.library import Library

COLUMNS = ("Patient", "ID", "Study date", "Mod.", "Description", "Objects", "Size", "From", "State")
WIDTHS = (190, 100, 100, 60, 190, 70, 80, 100)
ORDERS = ("name", "id", "newest", "modality", "description", None, "size", None, "added")
PAGE = 200
TYPING_MS = 120
NEAR_END = 3  # of the bar's page steps: then the next page is asked for


class LibraryPanel(QWidget):
    """Asks the library page by page as far as somebody looks; a double click opens a study."""

    def __init__(self, library: Library, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.library = library
        self.model = RowsModel(COLUMNS, _texts, _more, _is_missing, self)
        self.table = plain_table(self.model, "Studies of the library", WIDTHS)
        self.field = QLineEdit()
        self.field.setPlaceholderText("Search: name, mod:CT, date:2024-, id:, acc:, is:new")
        self.field.setClearButtonEnabled(True)
        self.field.setAcceptDrops(False)
        self.field.setAccessibleName("Search the library")
        self.field.setToolTip(
            "Words, or field words: name: id: acc: desc: mod: date: born: sex: ae: body: "
            "is:new is:missing"
        )
        self.count = plain_label()
        self.count.setAccessibleName("Number of studies")
        self.words = plain_label(wrap=True)
        self.words.setAccessibleName("About the library")
        self._open = QPushButton("&Open")
        self._delete = QPushButton("&Delete")
        self._undo = QPushButton("&Undo delete")
        self._plan = QPushButton("&What would go?")
        self._remove = QPushButton("&Remove these now")
        self._planned: Plan | None = None
        self._total = 0
        self._stale = False
        self._looked: set[int] = set()  # whose files were looked for in this session
        self._order = "newest"
        self._asked: Job | None = None
        self._typing = QTimer(self, interval=TYPING_MS, singleShot=True)
        self._lay_out()
        self._connect()
        self.refresh()

    def _lay_out(self) -> None:
        self._delete.setToolTip(
            "Received studies go into the trash until the program ends; "
            "of studies that were opened only the entry goes, never a file"
        )
        self._plan.setToolTip("What the limits for room and age in the settings would remove")
        self._remove.setToolTip("Move what is named into the trash; it can be undone")
        self._remove.hide()
        row = QHBoxLayout()
        row.addWidget(self.field, 1)
        for widget in (self.count, self._open, self._delete, self._undo, self._plan):
            row.addWidget(widget)
        below = QHBoxLayout()
        below.addWidget(self.words, 1)
        below.addWidget(self._remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.addLayout(row)
        column.addLayout(below)
        column.addWidget(self.table)
        self.words.hide()

    def _connect(self) -> None:
        header = self.table.horizontalHeader()
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._sort)
        self._typing.timeout.connect(self.refresh)
        self.field.textChanged.connect(self._typing.start)
        self.table.doubleClicked.connect(self._choose)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.table.verticalScrollBar().valueChanged.connect(self._look_ahead)
        self._open.clicked.connect(self.open_selected)
        self._delete.clicked.connect(self.delete_selected)
        self._undo.clicked.connect(self.library.undo)
        self._plan.clicked.connect(self.show_plan)
        self._remove.clicked.connect(self._apply_plan)
        on_return(self.table, self._choose)
        remove = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table)
        remove.setContext(Qt.ShortcutContext.WidgetShortcut)
        remove.activated.connect(self.delete_selected)
        self.library.opened.connect(self._refresh_seen)
        self.library.changed.connect(self._refresh_seen)
        self.library.deleted.connect(self._enable)

    # Listing

    @Slot()
    def _refresh_seen(self) -> None:
        """Nobody looks at a hidden list; it is asked for when it is shown."""
        if self.isVisible():
            self.refresh()
        else:
            self._stale = True
            self._enable()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._stale = False
            self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Ask anew for as many rows as are shown."""
        if self._asked is not None:
            self._asked.cancel()
        most = max(PAGE, self.model.rowCount())
        self._asked = self._ask(0, most, self._show)
        if not self.library.is_open:
            trouble = self.library.trouble
            words = f"{trouble.what} {trouble.advice}" if trouble else "The library is opening ..."
            self._say(words.strip())
        self._enable()

    def _ask(self, offset: int, most: int, then: object) -> Job | None:
        from viewer.library.entries import Order

        order: Order = Order(self._order)
        return self.library.page(self.field.text(), order, offset, most, then)  # type: ignore[arg-type]

    @Slot(object)
    def _show(self, page: tuple[int, list[StudyEntry], tuple[str, ...]]) -> None:
        self._asked = None
        self._total, studies, remarks = page
        chosen = {self.model.value(row).id for row in selected_rows(self.table)}
        self.model.show(studies, same=lambda one, other: one.id == other.id)
        if chosen and not selected_rows(self.table):
            for row, study in enumerate(studies):
                if study.id in chosen:
                    self.table.selectRow(row)
        self._say(" ".join(remarks))
        self._told(studies)

    @Slot(object)
    def _add(self, page: tuple[int, list[StudyEntry], tuple[str, ...]]) -> None:
        self._asked = None
        self._total, studies, _ = page
        known = {study.id for study in self.model.values}
        new = [study for study in studies if study.id not in known]
        self.model.show([*self.model.values, *new])
        self._told(new)

    def _told(self, studies: list[StudyEntry]) -> None:
        shown = self.model.rowCount()
        plural = "study" if self._total == 1 else "studies"
        of = f"{shown:,} of " if shown < self._total else ""
        self.count.setText(f"{of}{self._total:,} {plural}")
        unknown = [s for s in studies if s.id not in self._looked and s.present]
        self._looked.update(study.id for study in unknown)
        self.library.look_for(unknown, self._grey)
        self._enable()

    @Slot(object)
    def _grey(self, present: dict[int, bool]) -> None:
        """Files of some studies are gone: their rows say so when they are listed anew."""
        if not all(present.values()):
            self.library.note_change()

    @Slot()
    def _look_ahead(self) -> None:
        bar = self.table.verticalScrollBar()
        near = bar.maximum() - bar.value() < NEAR_END * max(1, bar.pageStep())
        if near and self._asked is None and self.model.rowCount() < self._total:
            self._asked = self._ask(self.model.rowCount(), PAGE, self._add)

    def _sort(self, column: int) -> None:
        order = ORDERS[column]
        if order is not None:
            self._order = "oldest" if order == self._order == "newest" else order
            self.refresh()

    def _say(self, text: str) -> None:
        self._planned = None
        self._remove.hide()
        self.words.setText(text)
        self.words.setVisible(bool(text))

    def _enable(self) -> None:
        chosen = self.selected()
        self._open.setEnabled(any(study.present for study in chosen))
        self._delete.setEnabled(bool(chosen) and self.library.can_delete)
        self._undo.setEnabled(self.library.can_undo)
        self._plan.setEnabled(self.library.can_delete)

    # Doing

    def selected(self) -> list[StudyEntry]:
        return [self.model.value(row) for row in selected_rows(self.table)]

    def open_selected(self) -> None:
        for study in self.selected():
            if study.present:
                self.library.show(study)

    def _choose(self, index: QModelIndex) -> None:
        study: StudyEntry = self.model.value(index.row())
        if study.present:
            self.library.show(study)
        else:
            self._say("Its files are gone: put the disc in again, or connect the drive.")

    def delete_selected(self) -> None:
        if self.library.can_delete:
            self.library.delete([study.uid for study in self.selected()])

    def show_plan(self) -> None:
        """Say what the limits would remove; nothing is removed."""
        self.library.plan(self._tell_plan)

    @Slot(object)
    def _tell_plan(self, plan: Plan) -> None:
        lines = [f"{_name(each.study)}, {date_text(each.study.study_date)}: {each.why}"
                 for each in plan.studies[:10]]  # fmt: skip
        if len(plan.studies) > len(lines):
            lines.append(f"and {len(plan.studies) - len(lines)} more")
        self._say("\n".join([plan.words, *lines]))
        self._planned = plan
        self._remove.setVisible(bool(plan.studies))

    def _apply_plan(self) -> None:
        if self._planned is not None:
            self.library.apply(self._planned)
            self._say("")


def _name(study: StudyEntry) -> str:
    return one_line(person_name(study.patient_name)) or "No name"


def _is_missing(study: StudyEntry) -> bool:
    return not study.present


def _state(study: StudyEntry) -> str:
    parts = [
        "missing" if not study.present else f"{study.missing} missing" if study.missing else "",
        "new" if study.new and study.stored else "",
        f"{study.conflicts} in two versions" if study.conflicts else "",
    ]
    return ", ".join(filter(None, parts))


def _texts(study: StudyEntry) -> tuple[str, ...]:
    return (
        _name(study),
        one_line(study.patient_id),
        date_text(study.study_date),
        one_line(study.modalities),
        one_line(study.description),
        f"{study.instances:,}",
        f"{study.nbytes / 1e6:,.1f} MB",
        one_line(study.sources) or ("opened" if not study.stored else "received"),
        _state(study),
    )


def _more(study: StudyEntry) -> str:
    pairs = zip(COLUMNS, _texts(study), strict=True)
    lines = [f"{name}: {text}" for name, text in pairs if text]
    return "\n".join([*lines, f"Accession: {one_line(study.accession)}"])
