"""Shows the first readable picture of what is being opened, before the scan has ended."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from viewer.workspace.viewport import Viewport

if TYPE_CHECKING:
    from viewer.dicom.files.source import FrameRef
    from viewer.library.catalog import Catalog, CatalogChange
    from viewer.library.nodes import Series, Stack
    from viewer.workspace.loader import Loader

MOST_TRIES = 200  # unreadable frames passed over before the first of them is left on screen


class FirstPicture(QObject):
    """Waits for a frame that can be shown and puts it into a viewport, then steps back.

    When the first one found cannot be read, the next is tried, so that one damaged file at the
    beginning does not look like a folder that cannot be opened.
    """

    def __init__(self, catalog: Catalog, loader: Loader, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._catalog = catalog
        self._loader = loader
        self._viewport: Viewport | None = None
        self._shown: tuple[Viewport, FrameRef | None] | None = None
        self._series: dict[int, Series] = {}
        self._tries = 0

    @property
    def waiting(self) -> bool:
        """No picture is there yet, and the user has not chosen one himself."""
        return self._viewport is not None

    def await_in(self, viewport: Viewport) -> None:
        """Put the first picture of the series that appear from now on into `viewport`."""
        self.give_up()
        self._viewport = viewport
        self._series.clear()
        self._tries = 0
        viewport.frame_changed.connect(self._judge)

    def give_up(self) -> None:
        """The user has chosen something himself."""
        self._shown = None
        if self._viewport is not None:
            self._viewport.frame_changed.disconnect(self._judge)
            self._viewport = None

    def look_at(self, change: CatalogChange) -> None:
        """New series may hold the picture waited for."""
        if self._viewport is None:
            return
        for series in (*change.series, *change.changed):
            self._series[id(series)] = series
        if not self._has_chance():
            self._try_next()

    def look_again(self, split: Iterable[Series]) -> None:
        """Large series were split that had no stacks when they were found."""
        waiting = self._viewport is not None and not self._has_chance()
        if waiting and any(not series.is_small for series in split):
            self._try_next()

    def scan_ended(self) -> None:
        """Nothing more will come: without any picture, show what is there and why it is none."""
        viewport = self._viewport
        if viewport is None or self._has_chance():
            return
        self._try_next()
        stacks = [stack for series in self._series.values() for stack in series.stacks_now]
        if viewport.stack not in stacks and stacks:
            viewport.show(stacks[0])
        if viewport.failure is not None or not stacks:
            self.give_up()

    def settle(self) -> None:
        """All is sorted: go to the first image of the stack, unless the user has moved on.

        The picture shown at once was whichever file came first from the disk.
        """
        if self._shown is not None:
            viewport, frame = self._shown
            self._shown = None
            if viewport.frame_ref == frame and not viewport.cine.playing:
                viewport.set_index(0)

    def _has_chance(self) -> bool:
        """What was put there is on its way."""
        viewport = self._viewport
        ours = (
            viewport is not None
            and viewport.stack is not None
            and (id(viewport.stack.series) in self._series)
        )
        return ours and viewport is not None and viewport.failure is None

    @Slot()
    def _judge(self) -> None:
        viewport = self._viewport
        if viewport is None or viewport.stack is None:
            return
        if id(viewport.stack.series) not in self._series:
            return
        if viewport.loaded is not None:
            self.give_up()
            self._shown = viewport, viewport.frame_ref
        elif viewport.failure is not None:
            self._try_next()

    def _try_next(self) -> None:
        viewport = self._viewport
        if viewport is None:
            return
        for stack in _pictures(self._series.values()):
            for index, ref in enumerate(stack.frames):
                if self._loader.failure(ref) is None and self._tries < MOST_TRIES:
                    self._tries += 1
                    viewport.show(stack, index)
                    return


def _pictures(series: Iterable[Series]) -> Iterable[Stack]:
    return (stack for one in list(series) for stack in one.stacks_now if stack.is_image)
