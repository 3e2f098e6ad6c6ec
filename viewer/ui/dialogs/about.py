"""What Lightbox is, which version, under which licence, and what it is not."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QHBoxLayout, QVBoxLayout, QWidget

from viewer import __version__
from viewer.ui.icons import draw_icon
from viewer.ui.labels import plain_label
from viewer.ui.panels.empty_state import DISCLAIMER
from viewer.ui.theme import ACTIVE, strong

PARTS = ("PySide6-Essentials", "pyqtgraph", "numpy", "pydicom", "imagecodecs",
         "pylibjpeg", "Pillow")  # fmt: skip


class AboutDialog(QDialog):
    """Version, licence, disclaimer and the libraries used."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Lightbox")
        self.setModal(False)
        mark = plain_label()
        mark.setPixmap(draw_icon("lightbox", QColor(ACTIVE), 64, self.devicePixelRatioF()))
        mark.setAccessibleName("Lightbox")
        title = plain_label(f"Lightbox {__version__}")
        title.setFont(strong(self.font(), 1.5))
        words = QVBoxLayout()
        words.addWidget(title)
        for text in (
            "A desktop DICOM viewer: right, instant, private.",
            "Apache License 2.0. Free to use, study, share and change.",
            DISCLAIMER,
            diagnostics(),
        ):
            label = plain_label(text, wrap=True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            words.addWidget(label)
        row = QHBoxLayout()
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(buttons)
        self.setMinimumWidth(460)


def diagnostics() -> str:
    """Versions for a bug report; nothing about patients, paths or the user."""
    lines = [
        f"Lightbox {__version__}",
        f"Python {platform.python_version()}, Qt {qVersion()}",
        f"{platform.system()} {platform.release()} {platform.machine()}",
        f"Window system: {QGuiApplication.platformName()}",
    ]
    for part in PARTS:
        try:
            lines.append(f"{part} {version(part)}")
        except PackageNotFoundError:
            lines.append(f"{part}: not installed")
    return "\n".join(lines)
