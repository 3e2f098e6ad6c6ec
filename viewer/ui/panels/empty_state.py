"""What the window says while nothing is open: where to drop, how to begin, what it is not."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QAction, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from viewer.ui.icons import draw_icon, icon
from viewer.ui.labels import plain_label
from viewer.ui.theme import ACTIVE, strong

DISCLAIMER = (
    "Lightbox is not a medical device. Do not use it for diagnosis or to decide on treatment."
)
GESTURES = (
    ("mouse-left", "Left drag", "Window: right is wider, up is brighter"),
    ("mouse-middle", "Middle drag", "Move the image"),
    ("mouse-right", "Right drag", "Zoom: down is closer"),
    ("mouse-wheel", "Wheel", "Next and previous image"),
)
TEXT, QUIET = "#E4E7EB", "#A7B0BA"  # on the image's black, whatever the theme


class EmptyState(QWidget):
    """The middle of an empty window.

    Args:
        actions: buttons, the first is the main one.
        keys: the action behind the link to the key sheet.
    """

    def __init__(
        self, actions: list[QAction], keys: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAccessibleName("Nothing is open")
        self.setAutoFillBackground(True)
        palette = self.palette()
        palette.setColor(self.backgroundRole(), QColor("#000000"))
        palette.setColor(self.foregroundRole(), QColor(TEXT))
        self.setPalette(palette)
        self._actions = actions
        self._title = plain_label("Drop a folder, disc or ZIP here")
        self._title.setFont(strong(self.font(), 1.7))
        self._buttons = [self._button(action) for action in actions]
        self._keys = self._button(keys)
        self._keys.setFlat(True)
        self._keys.setText("All keys and gestures (F1)")
        self._keys.setIcon(icon("keyboard", self.palette()))
        self._lay_out()

    def _button(self, action: QAction) -> QPushButton:
        button = QPushButton(action.text().replace("&", "").removesuffix("..."))
        button.setAccessibleName(button.text())
        button.setToolTip(action.toolTip())
        button.setMinimumHeight(34)
        button.clicked.connect(action.trigger)
        return button

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(10)
        buttons.addStretch()
        for button in self._buttons:
            buttons.addWidget(button)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(32, 24, 32, 20)
        column.setSpacing(14)
        column.addStretch(2)
        column.addSpacing(72)  # the mark is painted here
        column.addWidget(self._title, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addLayout(buttons)
        column.addSpacing(22)
        column.addLayout(self._gestures())
        column.addWidget(self._keys, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        column.addWidget(self._quiet(DISCLAIMER), 0, Qt.AlignmentFlag.AlignHCenter)

    def _gestures(self) -> QHBoxLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        for place, (name, gesture, effect) in enumerate(GESTURES):
            picture = plain_label()
            picture.setPixmap(draw_icon(name, QColor(ACTIVE), 34, 2.0))
            picture.setAccessibleName(gesture)
            row, column = place // 2, place % 2 * 3
            grid.addWidget(picture, row, column)
            text = QVBoxLayout()
            text.setSpacing(0)
            text.addWidget(plain_label(gesture))
            text.addWidget(self._quiet(effect))
            grid.addLayout(text, row, column + 1)
        grid.setColumnMinimumWidth(2, 24)
        centred = QHBoxLayout()
        centred.addStretch()
        centred.addLayout(grid)
        centred.addStretch()
        return centred

    def _quiet(self, text: str) -> QWidget:
        label = plain_label(text)
        palette = label.palette()
        palette.setColor(label.foregroundRole(), QColor(QUIET))
        label.setPalette(palette)
        return label

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor("#3C434B"), 2, Qt.PenStyle.DashLine))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(14, 14, -14, -14), 14, 14)
        size = 60
        mark = draw_icon("drop", QColor(ACTIVE), size, self.devicePixelRatioF())
        top = self._title.geometry().top() - size - 14
        painter.drawPixmap((self.width() - size) // 2, top, mark)
        painter.end()
