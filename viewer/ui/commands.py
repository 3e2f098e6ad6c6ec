"""What the actions on the active view do, by id. The window's own are in `window_commands`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from viewer.core.cine import Sequencing
from viewer.core.gesture import ZOOM_NOTCH
from viewer.core.presets import PRESETS, Preset
from viewer.settings import ANNOTATION_LEVELS
from viewer.ui.navigate import first_of_next_study, next_stack

if TYPE_CHECKING:
    from viewer.library.catalog import Stack
    from viewer.ui.action_set import Handler
    from viewer.workspace.viewport import Viewport
    from viewer.workspace.workspace import Workspace

JUMP = 10  # images for Shift+arrow


class ViewCommands:
    """Handlers for everything that changes the active view; all go through its setters.

    Args:
        workspace: owner of the views.
        zoom_by: magnifies the active view about its middle (the canvas knows how large "fit" is).
        device_ratio: device pixels per screen pixel, for 1:1.
    """

    def __init__(
        self,
        workspace: Workspace,
        zoom_by: Callable[[float], None],
        device_ratio: Callable[[], float],
    ) -> None:
        self._workspace = workspace
        self._zoom_by = zoom_by
        self._device_ratio = device_ratio

    @property
    def _view(self) -> Viewport:
        return self._workspace.active

    def handlers(self) -> dict[str, Handler]:
        """Every handler by the id of its action."""
        return {
            "undo": lambda: self._view.undo(),
            "redo": lambda: self._view.redo(),
            "reset": lambda: self._view.reset(),
            "annotations": self._next_annotation_level,
            "overlays": lambda: self._view.set_overlays_shown(not self._view.overlays_shown),
            "shutter": lambda: self._view.set_shutter_shown(not self._view.shutter_shown),
            "smooth": lambda: self._view.set_smooth(not self._view.smooth),
            **self._placing(),
            **self._lighting(),
            **self._walking(),
        }

    def _placing(self) -> dict[str, Handler]:
        return {
            "rotate_left": lambda: self._view.rotate(-1),
            "rotate_right": lambda: self._view.rotate(1),
            "flip_horizontal": lambda: self._view.flip_horizontally(),
            "flip_vertical": lambda: self._view.flip_vertically(),
            "zoom_in": lambda: self._zoom_by(ZOOM_NOTCH**2),
            "zoom_out": lambda: self._zoom_by(ZOOM_NOTCH**-2),
            "fit": lambda: self._view.fit(),
            "one_to_one": lambda: self._view.one_to_one(self._device_ratio()),
        }

    def _lighting(self) -> dict[str, Handler]:
        return {
            "invert": lambda: self._view.set_inverted(not self._view.inverted),
            "window_auto": lambda: self._view.use_automatic_voi(),
            "window_file": lambda: self._view.use_next_file_voi(),
            **{f"preset_{preset.id}": _Preset(self._workspace, preset) for preset in PRESETS},
        }

    def _walking(self) -> dict[str, Handler]:
        return {
            "previous_image": lambda: self._step(-1),
            "next_image": lambda: self._step(1),
            "back_10": lambda: self._step(-JUMP),
            "forward_10": lambda: self._step(JUMP),
            "first_image": lambda: self._go_to(0),
            "last_image": lambda: self._go_to(self._view.count - 1),
            "previous_series": lambda: self._series(-1),
            "next_series": lambda: self._series(1),
            "previous_study": lambda: self._study(-1),
            "next_study": lambda: self._study(1),
            "cine": lambda: self._view.cine.toggle(),
            "cine_slower": lambda: self._view.cine.slower(),
            "cine_faster": lambda: self._view.cine.faster(),
            "cine_sweep": self._sweep_or_loop,
        }

    def states(self) -> dict[str, bool]:
        """Which of the checkable actions are on, asked from the owner."""
        view = self._view
        return {
            "invert": view.inverted,
            "overlays": view.overlays_shown,
            "shutter": view.shutter_shown,
            "smooth": view.smooth,
            "cine": view.cine.playing,
            "cine_sweep": view.stack is not None and view.cine.rate.sequencing is Sequencing.SWEEP,
        }

    def _next_annotation_level(self) -> None:
        place = ANNOTATION_LEVELS.index(self._view.annotation_level)
        self._view.set_annotation_level(ANNOTATION_LEVELS[(place + 1) % len(ANNOTATION_LEVELS)])

    def _step(self, count: int) -> None:
        self._view.cine.pause()  # a step by hand is what the user wants to look at
        self._view.step(count)

    def _go_to(self, index: int) -> None:
        self._view.cine.pause()
        self._view.set_index(index)

    def _sweep_or_loop(self) -> None:
        cine = self._view.cine
        loops = cine.rate.sequencing is Sequencing.LOOP
        cine.set_sequencing(Sequencing.SWEEP if loops else Sequencing.LOOP)

    def _series(self, by: int) -> None:
        shown = self._view.stack
        self._show(next_stack(shown, by) if shown else None)

    def _study(self, by: int) -> None:
        shown = self._view.stack
        catalog = self._workspace.catalog
        self._show(first_of_next_study(catalog, shown.series.study, by) if shown else None)

    def _show(self, stack: Stack | None) -> None:
        if stack is not None:
            self._workspace.show(stack)


class _Preset:
    """Sets one preset where the modality is right for it."""

    def __init__(self, workspace: Workspace, preset: Preset) -> None:
        self._workspace, self._preset = workspace, preset

    def __call__(self) -> None:
        view = self._workspace.active
        if view.stack is not None and view.stack.modality in self._preset.modalities:
            view.apply_preset(self._preset)
