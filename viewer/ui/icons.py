"""Our own SVG icons in the colours of the palette, sharp at every device ratio."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QImage, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer

from viewer.resources import resources

SIZE_PX = 24


@cache
def _svg(name: str) -> bytes:
    return (resources() / "icons" / f"{name}.svg").read_bytes()


def draw_icon(name: str, color: QColor, size_px: int = SIZE_PX, ratio: float = 1.0) -> QPixmap:
    """The icon in one colour; `size_px` is device-independent, `ratio` the screen's."""
    # QtSvg draws currentColor black, so the colour is written into the file's text.
    text = _svg(name).replace(b"currentColor", color.name().encode())
    image = QImage(
        QSize(round(size_px * ratio), round(size_px * ratio)),
        QImage.Format.Format_ARGB32_Premultiplied,
    )
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setOpacity(color.alphaF())
    QSvgRenderer(QByteArray(text)).render(painter, QRectF(image.rect()))
    painter.end()
    pixmap = QPixmap.fromImage(image)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def icon(name: str, palette: QPalette, size_px: int = SIZE_PX) -> QIcon:
    """The icon for buttons and menus: normal, disabled and checked in the palette's colours."""
    if not name:
        return QIcon()
    ratio = max([1.0, *(s.devicePixelRatio() for s in QGuiApplication.screens())])
    normal = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.ButtonText)
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.ButtonText)
    result = QIcon(draw_icon(name, normal, size_px, ratio))
    result.addPixmap(draw_icon(name, disabled, size_px, ratio), QIcon.Mode.Disabled)
    checked = palette.color(QPalette.ColorRole.HighlightedText)
    result.addPixmap(draw_icon(name, checked, size_px, ratio), QIcon.Mode.Normal, QIcon.State.On)
    return result
