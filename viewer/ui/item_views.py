"""What our lists and trees have in common: room between rows, and a place that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSize
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTreeView

ROOM_PX = 6


class RoomyDelegate(QStyledItemDelegate):
    """Rows a little higher than their text."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return super().sizeHint(option, index) + QSize(0, ROOM_PX)


@contextmanager
def standing_still(tree: QTreeView) -> Iterator[None]:
    """Keep what the user looks at where it is while rows are inserted around it.

    That is the current row while it is visible, else the topmost one.
    """
    bar = tree.verticalScrollBar()
    current = tree.currentIndex()
    visible = tree.viewport().rect().intersects(tree.visualRect(current))
    anchor = QPersistentModelIndex(current if visible else tree.indexAt(QPoint(0, 0)))
    if not anchor.isValid() or (bar.value() == 0 and not visible):
        yield
        return
    before = tree.visualRect(anchor).top()
    yield
    if anchor.isValid():
        bar.setValue(bar.value() + tree.visualRect(anchor).top() - before)
