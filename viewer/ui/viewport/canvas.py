"""The canvas: draws one Viewport and hands the mouse's gestures to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QGestureEvent, QGraphicsScene, QPinchGesture, QWidget

from viewer.core.picture import Painted
from viewer.core.placement import Point, Stage
from viewer.settings import (
    ANNOTATION_SIZE_PT,
    BOTH_BUTTONS_ZOOM,
    HIDE_IDENTITY,
    INVERT_WINDOW_DRAG,
    OVERLAY_COLOR,
    OVERLAY_COLORS,
    WHEEL_WRAPS,
    WINDOW_DRAG_GAIN,
    Backend,
    MemoryBackend,
)
from viewer.ui.viewport.announcer import Announcer
from viewer.ui.viewport.area import Area
from viewer.ui.viewport.description import describe_view, syntax_of
from viewer.ui.viewport.drawn import Drawn
from viewer.ui.viewport.gestures import Gestures, Habits
from viewer.ui.viewport.image_item import ImageItem
from viewer.ui.viewport.layers import Layers, Sight
from viewer.ui.viewport.outlined_text import size_for
from viewer.ui.viewport.progress_scroll_bar import ProgressScrollBar
from viewer.workspace.tools import Tool, Toolbox
from viewer.workspace.viewport import Viewport

if TYPE_CHECKING:
    from viewer.core.readout_text import Readout
    from viewer.workspace.loader import Loader

Button = Qt.MouseButton
CURSORS = {
    Tool.WINDOW: Qt.CursorShape.CrossCursor,
    Tool.SCROLL: Qt.CursorShape.SplitVCursor,
    Tool.ZOOM: Qt.CursorShape.SizeFDiagCursor,
    Tool.PAN: Qt.CursorShape.OpenHandCursor,
    Tool.SELECT: Qt.CursorShape.ArrowCursor,
}
SAY_LOADING_AFTER_MS = 150  # what is quicker would only flicker


class Canvas(pg.GraphicsView):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws one Viewport. Keeps the frame it has drawn (`Drawn`), and no other state of it.

    Scene coordinates are device-independent pixels from the canvas' top left corner.

    Signals:
        context_menu_requested: a right click without a drag, with its place on the screen.
        maximise_requested: a double click.
        activated: any press: this viewport is meant from now on.

    Args:
        loader: tells which frames are in memory, for the scroll bar.
        toolbox: the tool in the left button; a canvas on its own has the window tool.
        settings: where the user's habits are kept.
    """

    context_menu_requested = Signal(QPoint)
    maximise_requested = Signal()
    activated = Signal()

    def __init__(
        self,
        viewport: Viewport,
        parent: QWidget | None = None,
        *,
        loader: Loader | None = None,
        toolbox: Toolbox | None = None,
        settings: Backend | None = None,
    ) -> None:
        super().__init__(parent, useOpenGL=False, background="k")
        self._viewport = viewport
        self._loader = loader
        self._settings = settings or MemoryBackend()
        self._toolbox = toolbox or Toolbox(self)
        self._drawn = Drawn(viewport)
        self._announcer = Announcer(self)
        self._cursor: Point | None = None
        self._readout: Readout | None = None
        self._waiting = False
        self._patience = QTimer(self, singleShot=True, interval=SAY_LOADING_AFTER_MS)
        self._patience.timeout.connect(self._say_loading)
        self.image = ImageItem(self._paint_picture)
        self.layers = Layers()
        self.gestures = Gestures(
            viewport, self._stage, self._tool, self.layers.band, self.layers.frame.flash
        )
        self.bar = ProgressScrollBar(self._frame_states, self.gestures.wheel, self)
        self._set_up()
        self._connect()
        self._take_tool()
        self.read_settings()
        self._take_stack()

    def set_active(self, active: bool) -> None:
        """Frame this viewport as the one that keys act on."""
        self.layers.frame.set_active(active)

    def read_settings(self) -> None:
        """The user's settings may have changed."""
        backend = self._settings
        self.gestures.habits = Habits(
            window_gain=WINDOW_DRAG_GAIN.read(backend),
            up_is_brighter=not INVERT_WINDOW_DRAG.read(backend),
            wheel_wraps=WHEEL_WRAPS.read(backend),
            both_buttons_zoom=BOTH_BUTTONS_ZOOM.read(backend),
        )
        self._drawn.set_overlay_color(OVERLAY_COLORS[OVERLAY_COLOR.read(backend)])
        self._refresh()

    def zoom_by(self, factor: float) -> None:
        """Magnify about the middle of the canvas (keys)."""
        area = self._area()
        self.gestures.zoom_at(QPointF(area.width / 2, area.height / 2), factor)

    def cancel_gesture(self) -> bool:
        """Let go of what is being dragged; False when nothing was."""
        dragging = self.gestures.dragging
        self.gestures.cancel()
        return dragging

    def close(self) -> bool:
        """Close as any widget: pyqtgraph's way takes the viewport away under events on their way
        to it, which ends the process."""
        return QWidget.close(self)

    def _set_up(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)  # a right drag zooms
        self.setAcceptDrops(False)
        self.enableMouse(False)
        self.setMouseTracking(True)
        # Twenty items that change with every frame: keeping a search tree costs more than looking.
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.viewport().grabGesture(Qt.GestureType.PinchGesture)
        for item in (self.image, *self.layers.items):
            self.addItem(item)
        self.bar.valueChanged.connect(self._viewport.set_index)

    def _connect(self) -> None:
        viewport = self._viewport
        self._toolbox.tool_changed.connect(self._take_tool)
        viewport.stack_changed.connect(self._take_stack)
        viewport.index_changed.connect(self._take_index)
        viewport.frame_changed.connect(self._take_frame)
        viewport.view_changed.connect(self._refresh)
        viewport.display_changed.connect(self._take_display)
        viewport.annotations_changed.connect(self._refresh)
        viewport.cine_changed.connect(self._refresh_layers)
        if self._loader is not None:
            self._loader.states_changed.connect(self.bar.refresh)
            self._loader.scanning_changed.connect(self._refresh_layers)

    # What is shown

    def _take_stack(self) -> None:
        """Another stack: the old one's image must not stand under the new one's words."""
        self.gestures.cancel()
        self._drawn.drop()
        self.bar.refresh()
        self._take_index()
        self._take_frame()

    def _take_index(self) -> None:
        viewport = self._viewport
        self.bar.show_place(viewport.index, viewport.count)
        self.bar.setVisible(viewport.count > 1)
        if viewport.loading and not self._patience.isActive():
            self._patience.start()
        if viewport.loading or self._drawn.frame is viewport.loaded:
            self._refresh_layers()  # else `frame_changed` follows at once

    def _take_frame(self) -> None:
        self._drawn.take_frame()
        if not self._viewport.loading:
            self._patience.stop()
            self._waiting = False
        self._refresh()

    def _take_display(self) -> None:
        self._drawn.take_look()
        self.image.refresh()
        self.layers.lay_out_light(self._viewport, self._sight())
        self._say_what_is_shown()

    def _say_loading(self) -> None:
        self._waiting = self._viewport.loading
        self._refresh_layers()

    def _refresh(self) -> None:
        area = self._area()
        self.image.set_room(area.width, area.height)
        self._refresh_layers()

    def _refresh_layers(self) -> None:
        self.layers.lay_out(self._viewport, self._sight())
        self._say_what_is_shown()

    def _say_what_is_shown(self) -> None:
        """For screen readers."""
        name, description = describe_view(self._viewport)
        self.setAccessibleName(name)
        self.setAccessibleDescription(description)
        self._announcer.say(description)

    def _sight(self) -> Sight:
        self._readout = self._read()
        return Sight(
            self._area(),
            self._drawn.frame,
            self._stage(),
            self._readout,
            self._waiting,
            syntax_of(self._viewport),
            HIDE_IDENTITY.read(self._settings),
            self._loader is not None and self._loader.scanning,
            self._drawn.hides_padding,
        )

    def _area(self) -> Area:
        width = self.width() - (0 if self.bar.isHidden() else self.bar.width())
        width, height = max(width, 1), max(self.height(), 1)
        factor = ANNOTATION_SIZE_PT.read(self._settings) / ANNOTATION_SIZE_PT.default
        return Area(width, height, self.devicePixelRatioF(), size_for(width, height, factor))

    def _stage(self) -> Stage | None:
        return self._drawn.stage(self._area())

    def _paint_picture(self) -> Painted | None:
        return self._drawn.paint(self._area())

    def _frame_states(self) -> Sequence[str]:
        stack = self._viewport.stack
        if self._loader is None or stack is None:
            return ()
        return self._loader.states(stack)

    def _tool(self) -> Tool:
        return self._toolbox.tool

    def _take_tool(self) -> None:
        """The pointer tells what the left button does (IHE BIR .13)."""
        self.viewport().setCursor(CURSORS[self._toolbox.tool])

    # Events

    def closeEvent(self, event: QCloseEvent) -> None:
        self._patience.stop()  # what it would look at may be gone by then
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        super().resizeEvent(event)
        if not hasattr(self, "bar"):
            return  # pyqtgraph resizes while it is being made
        self.bar.setGeometry(self.width() - self.bar.width(), 0, self.bar.width(), self.height())
        self._refresh()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._refresh()
        return bool(super().event(event))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.activated.emit()
        self.gestures.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self.gestures.move(event)
        self._follow(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.gestures.release(event):
            self.context_menu_requested.emit(event.globalPosition().toPoint())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() is Button.LeftButton:
            self.maximise_requested.emit()
        else:
            self.gestures.press(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.gestures.wheel(event)
        event.accept()
        self._follow(event.position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Only the space bar, for its drag; all other keys are actions of the window."""
        self.gestures.space_held = self.gestures.space_held or event.key() == Qt.Key.Key_Space
        event.setAccepted(event.key() == Qt.Key.Key_Space)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self.gestures.space_held = False

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.gestures.space_held = False
        super().focusOutEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._follow(None)

    def viewportEvent(self, event: QEvent) -> bool:
        """Pinches, as the platform reports them."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.gestures.zoom_at(event.position(), 1 + event.value(), merge="pinch")
                return True
        elif isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                at = self.mapFromGlobal(pinch.centerPoint().toPoint())
                self.gestures.zoom_at(QPointF(at), pinch.scaleFactor(), merge="pinch")
                return True
        return bool(super().viewportEvent(event))

    def _follow(self, cursor: QPointF | None) -> None:
        """The cursor has moved or left; a picture that moves under it is read by `_sight`."""
        self._cursor = None if cursor is None else (cursor.x(), cursor.y())
        if self._read() != self._readout:
            self.layers.lay_out_words(self._viewport, self._sight())

    def _read(self) -> Readout | None:
        """What is under the cursor in the frame that is drawn now."""
        return None if self._cursor is None else self._drawn.read(self._cursor, self._area())
