"""Type-to-filter over the study tree: words anywhere, or `mod:MR date:2024` in one column."""

from __future__ import annotations

import shlex

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from viewer.ui.models.catalog_model import CatalogModel
from viewer.ui.models.catalog_rows import FIELD_WORDS

Wanted = tuple[tuple[int, ...], str]  # (columns, or none for anywhere; the word)


def parse_filter(text: str) -> list[Wanted]:
    """The words of a filter; quotes keep spaces, an unknown field word is plain text."""
    try:
        parts = shlex.split(text.casefold())
    except ValueError:  # a quote that is still open
        parts = text.casefold().replace('"', " ").replace("'", " ").split()
    wanted: list[Wanted] = []
    for part in parts:
        field, colon, word = part.partition(":")
        if colon and field in FIELD_WORDS:
            if word:
                wanted.append((FIELD_WORDS[field], word))
        else:
            wanted.append(((), part))
    return wanted


class CatalogFilter(QSortFilterProxyModel):
    """Hides the rows that do not answer; sorting is the model's own business."""

    def __init__(self, model: CatalogModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wanted: list[Wanted] = []
        self.setRecursiveFilteringEnabled(True)
        self.setSourceModel(model)

    def set_filter(self, text: str) -> None:
        wanted = parse_filter(text)
        if wanted != self._wanted:
            self._wanted = wanted
            self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        if not self._wanted:
            return True
        model = self.sourceModel()
        assert isinstance(model, CatalogModel)
        return model.matches(model.index(row, 0, parent), self._wanted)

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.sourceModel().sort(max(column, 0), order)
