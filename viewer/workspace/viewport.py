"""What one viewport shows and how. The only owner of these facts; widgets draw them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from viewer.core.image import VoiChoice, VoiSource, Window
from viewer.core.light import DisplayChoice, automatic_voi, user_voi
from viewer.core.view import View
from viewer.dicom.source import FrameRef
from viewer.errors import Problem
from viewer.settings import ANNOTATION_LEVELS
from viewer.workspace.cine_player import CinePlayer
from viewer.workspace.display import Display
from viewer.workspace.history import History

if TYPE_CHECKING:
    from viewer.core.presets import Preset
    from viewer.core.pyramid import Pyramid
    from viewer.dicom.frames import LoadedFrame
    from viewer.library.nodes import Stack
    from viewer.workspace.frame_cache import ReadyFrame
    from viewer.workspace.loader import Loader


@dataclass(slots=True)
class _Memory:
    """What a viewport remembers of a stack it has shown."""

    index: int
    display: Display
    history: History[Display] = field(default_factory=History)


class Viewport(QObject):
    """State of one viewport. GUI thread only; a setter emits only on change.

    After a change of stack or index the frame may still be on its way: `loaded` and `failure`
    are None then and `frame_changed` follows. What was drawn before stays until it comes.

    Each stack keeps its index, its display and its undo steps while others are shown.
    """

    stack_changed = Signal()  # another stack, or none; index, frame and display with it
    index_changed = Signal()  # another frame of the stack, or the stack has more of them
    view_changed = Signal()
    display_changed = Signal()  # window, inversion, overlays, shutter, colour table, smoothing
    frame_changed = Signal()  # the frame to draw is here, or has failed
    annotations_changed = Signal()
    cine_changed = Signal()
    history_changed = Signal()

    def __init__(
        self, loader: Loader, defaults: Display | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._loader = loader
        self._defaults = defaults or Display()
        self._stack: Stack | None = None
        self._frames: tuple[FrameRef, ...] = ()
        self._memories: dict[Hashable, _Memory] = {}
        self._index = 0
        self._direction = 1
        self._display = self._defaults
        self._history: History[Display] = History()
        self._ready: ReadyFrame | None = None
        self._failure: Problem | None = None
        self._annotation_level = ANNOTATION_LEVELS[0]
        self.cine = CinePlayer(self)
        self.cine.changed.connect(self.cine_changed)
        loader.frame_loaded.connect(self._take_frame)
        loader.frame_failed.connect(self._take_frame)

    # What is shown

    @property
    def stack(self) -> Stack | None:
        return self._stack

    @property
    def count(self) -> int:
        """Frames of the stack, as far as they are known."""
        return len(self._frames)

    @property
    def index(self) -> int:
        """Frame shown, counted from 0 in display order."""
        return self._index

    @property
    def frame_ref(self) -> FrameRef | None:
        return self._frames[self._index] if self._frames else None

    @property
    def loaded(self) -> LoadedFrame | None:
        """The frame at `index`, or None while it is on its way or when it failed."""
        return self._ready.frame if self._ready else None

    @property
    def pyramid(self) -> Pyramid | None:
        """Its stored values in all sizes worth drawing; there whenever `loaded` is."""
        return self._ready.pyramid if self._ready else None

    @property
    def failure(self) -> Problem | None:
        return self._failure

    @property
    def loading(self) -> bool:
        return bool(self._frames) and self._ready is None and self._failure is None

    @property
    def direction(self) -> int:
        """+1 or -1, the way the user went last."""
        return self._direction

    def has(self, index: int) -> bool:
        """Whether a frame could be drawn at once, or is known to have failed."""
        ref = self._frames[index]
        return ref in self._loader.cache or self._loader.failure(ref) is not None

    def show(self, stack: Stack | None, index: int | None = None) -> None:
        """Show a stack, at `index` or where it was left."""
        if stack is self._stack:
            if index is not None:
                self.set_index(index)
            return
        self._remember()
        memory = self._memories.get(stack.key) if stack else None
        self._stack = stack
        self._frames = stack.frames if stack else ()
        self._display = memory.display if memory else self._defaults
        self._history = memory.history if memory else History()
        wanted = index if index is not None else memory.index if memory else 0
        self._index = max(0, min(wanted, self.count - 1))
        self._direction = 1
        self._fetch()
        self.stack_changed.emit()
        self._announce_frame()
        self.history_changed.emit()

    def clear(self) -> None:
        """Show nothing and remember nothing: the studies were closed."""
        self.show(None)
        self._memories.clear()

    def set_index(self, index: int, wraps: bool = False) -> None:
        """Show another frame; beyond the ends is the end.

        Args:
            wraps: the user is going round, so the first frame follows the last one.
        """
        index = max(0, min(index, self.count - 1))
        if index == self._index:
            return
        around = wraps and abs(index - self._index) > self.count / 2
        self._direction = 1 if (index > self._index) != around else -1
        self._index = index
        self._fetch(wraps)
        self.index_changed.emit()
        self._announce_frame()

    def step(self, count: int, wraps: bool = False) -> bool:
        """Go `count` frames on; False when the end was reached already (and nothing changed)."""
        if not self._frames:
            return False
        before = self._index
        wanted = before + count
        self.set_index(wanted % self.count if wraps else wanted, wraps)
        return self._index != before

    def head_for(self, index: int, direction: int, wraps: bool) -> None:
        """Have frames loaded from `index` on before they are shown; for the cine player."""
        if self._stack is not None:
            self._loader.request(self, self._stack, index, direction, wraps)

    def follow_growth(self) -> None:
        """The stack may have more frames or another order: keep showing the same frame."""
        stack = self._stack
        if stack is None:
            return
        stacks = stack.series.stacks  # asking sorts what has arrived into the stack
        if stack.frames is self._frames:
            return
        shown = self.frame_ref
        for other in (stack, *stacks):
            if shown in other.frames and other is not stack:
                self.show(other, other.frames.index(shown))
                return
            if shown in other.frames:
                break
        self._frames = stack.frames
        self._index = self._frames.index(shown) if shown in self._frames else 0
        self._fetch()
        self.index_changed.emit()
        if self.frame_ref != shown:
            self._announce_frame()

    def retry(self) -> None:
        """Load the frame again that had failed."""
        if self._failure is not None and self.frame_ref is not None:
            self._loader.retry(self.frame_ref)
            self._failure = None

    # How it is shown

    @property
    def display(self) -> Display:
        return self._display

    @property
    def view(self) -> View:
        return self._display.view

    @property
    def choice(self) -> DisplayChoice:
        """The user's choice for this frame; its `voi` is None where the viewer chooses."""
        return self._display.choice_for(self.loaded.description if self.loaded else None)

    @property
    def voi(self) -> VoiChoice | None:
        """The window or table in use: the user's choice, else the viewer's own for this frame."""
        return self.choice.voi or (self._ready.voi if self._ready else None)

    @property
    def shown_choice(self) -> DisplayChoice:
        """`choice` with `voi` in it, ready for `to_light` on any part of the frame."""
        return replace(self.choice, voi=self.voi)

    @property
    def inverted(self) -> bool:
        return self._display.inverted

    @property
    def overlays_shown(self) -> bool:
        return self._display.overlays

    @property
    def shutter_shown(self) -> bool:
        return self._display.shutter

    @property
    def smooth(self) -> bool:
        return self._display.smooth

    @property
    def annotation_level(self) -> str:
        return self._annotation_level

    def set_annotation_level(self, level: str) -> None:
        if level not in ANNOTATION_LEVELS:
            raise ValueError(f"no annotation level {level!r}")
        if level != self._annotation_level:
            self._annotation_level = level
            self.annotations_changed.emit()

    def set_view(self, view: View, label: str = "view", merge: Hashable = None) -> None:
        """Place the image anew; equal merge keys one after the other are one undo step."""
        self._change(replace(self._display, view=view), label, merge)

    def rotate(self, quarter_turns: int) -> None:
        """Turn clockwise on the screen."""
        self.set_view(self.view.turned(quarter_turns), "rotation")

    def flip_horizontally(self) -> None:
        self.set_view(self.view.flipped_horizontally(), "flip")

    def flip_vertically(self) -> None:
        self.set_view(self.view.flipped_vertically(), "flip")

    def fit(self) -> None:
        """The whole image, as large as it fits, in the middle."""
        self.set_view(replace(self.view, zoom=None, center=None), "fit")

    def one_to_one(self, device_ratio: float = 1.0) -> None:
        """One device pixel for each stored column."""
        self.set_view(replace(self.view, zoom=1 / device_ratio), "1:1")

    def set_voi(self, choice: VoiChoice | None, merge: Hashable = None) -> None:
        """Keep a window or table for the whole stack; None gives it back to each frame."""
        self._change(replace(self._display, voi=choice), "window", merge)

    def set_window(self, center: float, width: float, drag: Hashable = None) -> None:
        """Set the user's window, modality units; a drag under one key is one undo step."""
        if self.loaded is not None:
            choice = user_voi(center, width, self.loaded.description)
        else:
            choice = VoiChoice("user", VoiSource.USER, Window(center, width))
        self.set_voi(choice, merge=drag)

    def apply_preset(self, preset: Preset) -> None:
        """Set a named window, and the inversion that belongs to it."""
        inverted = preset.inverted or self.inverted
        self._change(replace(self._display, voi=preset.choice, inverted=inverted), preset.label)

    def use_automatic_voi(self) -> None:
        """Window from the values of the frame shown, kept for the stack."""
        if self.loaded is not None:
            self.set_voi(automatic_voi(self.loaded.stored, self.loaded.description))

    def use_next_file_voi(self) -> None:
        """The file's windows and tables in turn; each frame uses its own of that place."""
        if self.loaded is not None:
            display = self._display.with_next_file_voi(self.loaded.description, self.voi)
            self._change(display, "window")

    def set_inverted(self, inverted: bool) -> None:
        self._change(replace(self._display, inverted=inverted), "inversion")

    def set_overlays_shown(self, shown: bool) -> None:
        self._change(replace(self._display, overlays=shown), "overlays")

    def set_shutter_shown(self, shown: bool) -> None:
        self._change(replace(self._display, shutter=shown), "shutter")

    def set_color_table(self, name: str) -> None:
        self._change(replace(self._display, color_table=name), "colour table")

    def set_smooth(self, smooth: bool) -> None:
        self._change(replace(self._display, smooth=smooth), "smoothing")

    def reset(self) -> None:
        """Placement and light as when the stack was first shown; the frame stays."""
        self._change(self._defaults, "reset")

    # Undo

    @property
    def undo_label(self) -> str:
        return self._history.undo_label

    @property
    def redo_label(self) -> str:
        return self._history.redo_label

    def undo(self) -> None:
        self._restore(self._history.undo())

    def redo(self) -> None:
        self._restore(self._history.redo())

    def _change(self, display: Display, label: str, merge: Hashable = None) -> None:
        if display == self._display:
            return
        self._history.record(self._display, display, label, merge)
        self._restore(display)

    def _restore(self, display: Display | None) -> None:
        if display is None:
            return
        before, self._display = self._display, display
        if display.view != before.view:
            self.view_changed.emit()
        if display.light != before.light:
            self.display_changed.emit()
        self.history_changed.emit()

    def _remember(self) -> None:
        if self._stack is not None:
            self._memories[self._stack.key] = _Memory(self._index, self._display, self._history)

    def _fetch(self, wraps: bool = False) -> None:
        """Take the frame if it is in memory, and say what is wanted next."""
        ref = self.frame_ref
        if self._stack is None or ref is None:
            self._ready = self._failure = None
            self._loader.forget(self)
            return
        self._ready = self._loader.ready(ref)
        self._failure = None if self._ready else self._loader.failure(ref)
        self._loader.request(self, self._stack, self._index, self._direction, wraps)

    def _announce_frame(self) -> None:
        if self._ready is not None or self._failure is not None or not self._frames:
            self.frame_changed.emit()

    @Slot(object)
    @Slot(object, object)
    def _take_frame(self, ref: FrameRef, problem: Problem | None = None) -> None:
        if self._ready is None and ref == self.frame_ref:
            self._ready, self._failure = self._loader.ready(ref), problem
            self._announce_frame()
