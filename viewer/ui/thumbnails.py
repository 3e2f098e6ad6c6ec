"""Small pictures of stacks: made on a thread when first asked for, the last 500 kept."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage, QPixmap

from viewer.dicom.source import FrameRef
from viewer.workspace.jobs import Job, Jobs

if TYPE_CHECKING:
    import numpy as np

    from viewer.dicom.frames import LoadedFrame
    from viewer.library.catalog import Stack

SIZE_PX = 144
KEPT = 500

Read = Callable[[FrameRef], "LoadedFrame"]


class Thumbnails(QObject):
    """Pictures by stack, drawn from the same window as the view.

    Signals:
        made: a picture is there; the key of its stack.
    """

    made = Signal(object)

    def __init__(self, read: Read, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._read = read
        self._jobs = Jobs(threads=1, parent=self)
        self._kept: OrderedDict[tuple[Hashable, FrameRef], QPixmap | None] = OrderedDict()
        self._waiting: OrderedDict[Hashable, Stack] = OrderedDict()
        self._job: Job | None = None
        self._closed = False

    def get(self, stack: Stack) -> QPixmap | None:
        """The picture, or None while it is not made (it is then on its way) or cannot be."""
        name = (stack.key, middle(stack))
        if name in self._kept:
            self._kept.move_to_end(name)
            return self._kept[name]
        if stack.is_image and not self._closed:
            self._waiting[stack.key] = stack
            self._waiting.move_to_end(stack.key)  # what was asked for last is on screen now
            self._start()
        return None

    def failed(self, stack: Stack) -> bool:
        """Whether making the picture was tried in vain."""
        return self._kept.get((stack.key, middle(stack)), stack) is None

    def clear(self) -> None:
        """Forget everything: the studies were closed."""
        self._waiting.clear()
        self._kept.clear()
        if self._job is not None:
            self._job.cancel()

    def close(self) -> None:
        self._closed = True
        self._waiting.clear()
        self._jobs.close()

    def _start(self) -> None:
        if self._job is None and self._waiting:
            key, stack = self._waiting.popitem()
            work = _Making(self._read, key, middle(stack))
            self._job = self._jobs.start(work.run)
            self._job.item.connect(self._keep)
            self._job.ended.connect(self._next)

    def _keep(self, made: tuple[Hashable, FrameRef, QImage | None]) -> None:
        key, ref, image = made
        self._kept[key, ref] = None if image is None else QPixmap.fromImage(image)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.made.emit(key)

    def _next(self) -> None:
        self._job = None
        self._start()


class _Making:
    """The work for one picture; what cannot be shown gives None, the viewport says why."""

    def __init__(self, read: Read, key: Hashable, ref: FrameRef) -> None:
        self._read, self._key, self._ref = read, key, ref

    def run(self) -> Generator[object, None, None]:
        from viewer.errors import ViewerError

        try:
            image: QImage | None = picture(self._read(self._ref))
        except (ViewerError, MemoryError, ValueError):
            image = None
        yield self._key, self._ref, image


def middle(stack: Stack) -> FrameRef:
    """The frame that stands for the stack."""
    return stack.frames[len(stack.frames) // 2]


def picture(frame: LoadedFrame) -> QImage:
    """The frame in the window the viewer would choose, fitted into SIZE_PX, true in aspect."""
    from viewer.core.light import DisplayChoice, choose_voi, to_light

    description = frame.description
    voi = choose_voi(frame.stored, description)
    small = _reduced(frame.stored)
    light = to_light(small, description, DisplayChoice(voi=voi), frame.color_space)
    image = as_image(light)
    rows, columns = frame.stored.shape[0] * description.pixel_aspect, frame.stored.shape[1]
    scale = SIZE_PX / max(rows, columns)
    return image.scaled(
        max(1, round(columns * scale)),
        max(1, round(rows * scale)),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


def _reduced(stored: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Every n-th pixel, leaving twice the size needed: cheap, and smooth after scaling."""
    step = max(1, min(stored.shape[:2]) // (2 * SIZE_PX))
    return stored[::step, ::step]


def as_image(light: np.ndarray[Any, Any]) -> QImage:
    """8-bit gray (rows, columns) or RGB (rows, columns, 3) as an image that owns its bytes."""
    import numpy as np

    light = np.ascontiguousarray(light)
    gray = light.ndim == 2
    form = QImage.Format.Format_Grayscale8 if gray else QImage.Format.Format_RGB888
    rows, columns = light.shape[:2]
    return QImage(light.data, columns, rows, light.strides[0], form).copy()
