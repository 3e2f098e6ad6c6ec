"""The strip of thumbnails: only what is visible is drawn, and only what is drawn is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from viewer.ui.icons import draw_icon
from viewer.ui.models.strip_model import STACK_ROLE, StripModel, strip_text
from viewer.ui.theme import ACTIVE, WARNING
from viewer.ui.thumbnails import SIZE_PX

if TYPE_CHECKING:
    from viewer.library.catalog import Stack, Study
    from viewer.ui.thumbnails import Thumbnails

MARGIN_PX = 5
LABEL_PX = 20


class ThumbnailStrip(QListView):
    """Pictures of the stacks of one study.

    Signals:
        stack_chosen: the stack that was double-clicked or entered.
    """

    stack_chosen = Signal(object)

    def __init__(self, thumbnails: Thumbnails, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails
        self.strip_model = StripModel(self)
        self.shown: Stack | None = None
        self.setModel(self.strip_model)
        self.setItemDelegate(_Delegate(self, thumbnails))
        self.setAccessibleName("Thumbnails of the study")
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.Batched)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setMinimumHeight(SIZE_PX // 2)
        self.activated.connect(self._choose)
        self.strip_model.rowsInserted.connect(self._mark_shown)
        thumbnails.made.connect(self.strip_model.redraw)

    def show_study(self, study: Study, shown: Stack | None = None) -> None:
        """List the study's stacks; `shown` is the one in the active view."""
        self.strip_model.set_study(study)
        if shown is not None:
            self.shown = shown
            self._mark_shown()
            self.viewport().update()

    @property
    def study(self) -> Study | None:
        return self.strip_model.study

    def clear(self) -> None:
        self.shown = None
        self.strip_model.set_study(None)

    def update_stacks(self) -> None:
        self.strip_model.refresh()

    def _mark_shown(self) -> None:
        row = self.strip_model.row_of(self.shown) if self.shown is not None else -1
        if row >= 0 and row != self.currentIndex().row():
            self.setCurrentIndex(self.strip_model.index(row))

    def _choose(self, index: QModelIndex) -> None:
        stack = self.strip_model.stack(index)
        if stack is not None:
            self.stack_chosen.emit(stack)


class _Delegate(QStyledItemDelegate):
    """Paints one thumbnail: picture, count, modality, split mark, name."""

    def __init__(self, strip: ThumbnailStrip, thumbnails: Thumbnails) -> None:
        super().__init__(strip)
        self._strip = strip
        self._thumbnails = thumbnails

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        return QSize(SIZE_PX + 2 * MARGIN_PX, SIZE_PX + LABEL_PX + 2 * MARGIN_PX)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        stack: Stack = index.data(STACK_ROLE)
        box = option.rect.adjusted(MARGIN_PX, MARGIN_PX, -MARGIN_PX, -MARGIN_PX)
        picture = QRect(box.topLeft(), QSize(box.width(), box.height() - LABEL_PX))
        painter.save()
        painter.fillRect(picture, QColor("#000000"))
        self._draw_picture(painter, picture, stack)
        self._draw_words(painter, picture, stack)
        shown = self._strip.shown is not None and stack.key == self._strip.shown.key
        self._draw_frame(painter, option, picture, shown)
        label = QRect(box.left(), picture.bottom() + 2, box.width(), LABEL_PX - 2)
        metrics = option.fontMetrics
        text = metrics.elidedText(strip_text(stack), Qt.TextElideMode.ElideRight, label.width())
        painter.setPen(option.palette.text().color())
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, text)
        painter.restore()

    def _draw_picture(self, painter: QPainter, box: QRect, stack: Stack) -> None:
        pixmap = self._thumbnails.get(stack)
        if pixmap is None:
            failed = self._thumbnails.failed(stack)
            name = "document" if not stack.is_image else "error" if failed else "frames"
            color = QColor("#FF5A5A" if failed else "#56606B")
            mark = draw_icon(name, color, 36, painter.device().devicePixelRatioF())
            painter.drawPixmap(box.center().x() - 18, box.center().y() - 18, mark)
            return
        size = pixmap.size().scaled(box.size(), Qt.AspectRatioMode.KeepAspectRatio)
        place = QRect(box.topLeft(), size)
        place.moveCenter(box.center())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawPixmap(place, pixmap)

    def _draw_words(self, painter: QPainter, box: QRect, stack: Stack) -> None:
        inner = box.adjusted(4, 2, -4, -2)
        count = f"{len(stack.frames)}"
        self._outlined(painter, inner, Qt.AlignmentFlag.AlignBottom, count)
        self._outlined(painter, inner, Qt.AlignmentFlag.AlignTop, stack.modality)
        marks = []
        if len(stack.series.stacks) > 1:
            marks.append(f"#{list(stack.series.stacks).index(stack) + 1}")
        if len({ref.file for ref in stack.frames[:2]}) == 1 and len(stack.frames) > 1:
            marks.append("\N{FILM FRAMES}")
        right = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignRight
        self._outlined(painter, inner, right, " ".join(marks))
        if stack.problems:
            right = Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignRight
            self._outlined(painter, inner, right, "\N{WARNING SIGN}", WARNING)

    @staticmethod
    def _outlined(
        painter: QPainter, box: QRect, where: Qt.AlignmentFlag, text: str, color: str = "#F2F2F2"
    ) -> None:
        painter.setPen(QColor("#000000"))
        for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
            painter.drawText(box.translated(dx, dy), where, text)
        painter.setPen(QColor(color))
        painter.drawText(box, where, text)

    @staticmethod
    def _draw_frame(
        painter: QPainter, option: QStyleOptionViewItem, box: QRect, shown: bool
    ) -> None:
        selected = option.state & QStyle.StateFlag.State_Selected
        focus = option.state & QStyle.StateFlag.State_HasFocus
        if shown or selected:
            style = Qt.PenStyle.SolidLine if shown or not focus else Qt.PenStyle.DashLine
            color = QColor(ACTIVE) if shown else option.palette.highlight().color()
            painter.setPen(QPen(color, 2, style))
            painter.drawRect(box.adjusted(0, 0, -1, -1))
