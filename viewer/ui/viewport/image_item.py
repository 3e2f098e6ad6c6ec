"""The image on the canvas: ready 8-bit light, drawn onto whole device pixels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from viewer.core.picture import Painted


class ImageItem(pg.ImageItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Draws what `Picture.paint` makes. No levels and no table: light is final.

    Light is made when the item is really painted, so that many changes between two repaints
    (wheels, drags) cost one.

    Args:
        make: makes the light to be drawn now, or None for no image.
    """

    def __init__(self, make: Callable[[], Painted | None]) -> None:
        super().__init__(axisOrder="row-major")
        self._make = make
        self._stale = True
        self._painted: Painted | None = None
        self._picture: QImage | None = None
        self._room = QRectF()
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    @property
    def painted(self) -> Painted | None:
        """What is drawn, made now if need be."""
        if self._stale:
            self._stale = False
            self._painted = self._make()
            self._picture = None if self._painted is None else as_rgb32(self._painted.light)
            self.image = None if self._painted is None else self._painted.light
        return self._painted

    def refresh(self) -> None:
        """The light, or where it goes, has changed."""
        self._stale = True
        self.update()

    def set_room(self, width_px: float, height_px: float) -> None:
        """The item fills its room of the canvas, whatever the image covers of it."""
        room = QRectF(0, 0, width_px, height_px)
        if room != self._room:
            self.prepareGeometryChange()
            self._room = room
        self.refresh()

    def boundingRect(self) -> QRectF:
        return self._room

    def paint(
        self, painter: QPainter, _: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painted = self.painted
        if painted is None or self._picture is None:
            return
        painter.save()
        painter.setClipRect(self._room)
        # With a fractional device ratio the widget itself may begin between two device pixels.
        to_device = painter.deviceTransform()
        painter.translate(
            (round(to_device.dx()) - to_device.dx()) / to_device.m11(),
            (round(to_device.dy()) - to_device.dy()) / to_device.m22(),
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not painted.exact)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
        place = QRectF(painted.left, painted.top, painted.width, painted.height)
        painter.drawImage(place, self._picture)
        painter.restore()


def as_rgb32(light: np.ndarray) -> QImage:
    """8-bit light, (rows, columns) or (rows, columns, 3), as the format Qt scales fastest.

    Scaling an 8-bit gray image takes longer than turning it into RGB32 and scaling that.
    """
    light = np.ascontiguousarray(light)
    rows, columns = light.shape[:2]
    kind = QImage.Format.Format_Grayscale8 if light.ndim == 2 else QImage.Format.Format_RGB888
    view = QImage(light.data, columns, rows, light.strides[0], kind)
    return view.convertToFormat(QImage.Format.Format_RGB32)
