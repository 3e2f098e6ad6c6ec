"""What the actions on windows, colours and coverings of the active view do, by id."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from viewer.core.color_tables import COLOR_TABLES
from viewer.core.image import FrameDescription, VoiSource
from viewer.core.light import is_color, min_max_voi, user_voi
from viewer.core.presets import PRESETS, Preset
from viewer.settings import OWN_WINDOW_CENTER, OWN_WINDOW_WIDTH

if TYPE_CHECKING:
    from viewer.settings import Backend
    from viewer.ui.action_set import Handler
    from viewer.workspace.viewport import Viewport
    from viewer.workspace.workspace import Workspace

NO_COLORS = "Only gray images can be shown in other colours"
NO_WINDOW = "Colour images have no window"


class DisplayCommands:
    """Handlers for how the active view shows its values; all go through its setters.

    Args:
        backend: where the user's own window is kept.
    """

    def __init__(self, workspace: Workspace, backend: Backend) -> None:
        self._workspace = workspace
        self._backend = backend

    @property
    def _view(self) -> Viewport:
        return self._workspace.active

    @property
    def _description(self) -> FrameDescription | None:
        loaded = self._view.loaded
        return loaded.description if loaded is not None else None

    def handlers(self) -> dict[str, Handler]:
        """Every handler by the id of its action."""
        return {
            "overlays": lambda: self._view.set_overlays_shown(not self._view.overlays_shown),
            "shutter": lambda: self._view.set_shutter_shown(not self._view.shutter_shown),
            "smooth": lambda: self._view.set_smooth(not self._view.smooth),
            "icc": lambda: self._view.set_icc(not self._view.display.icc),
            "invert": lambda: self._view.set_inverted(not self._view.inverted),
            "window_auto": lambda: self._view.use_automatic_voi(),
            "window_file": lambda: self._view.use_next_file_voi(),
            "window_min_max": self._use_min_max,
            "preset_own": self._use_own,
            "keep_own": self._keep_own,
            "next_colors": self._next_colors,
            **{color_action(name): _Colors(self._workspace, name) for name in ("", *COLOR_TABLES)},
            **{f"preset_{preset.id}": _Preset(self._workspace, preset) for preset in PRESETS},
        }

    def states(self) -> dict[str, bool]:
        """Which of the checkable actions are on, asked from the owner."""
        view = self._view
        return {
            "invert": view.inverted,
            "overlays": view.overlays_shown,
            "shutter": view.shutter_shown,
            "smooth": view.smooth,
            "icc": view.display.icc,
            **{
                color_action(name): view.display.color_table == name for name in ("", *COLOR_TABLES)
            },
        }

    def refusals(self) -> dict[str, str]:
        """Actions that make no sense for the frame shown, each with its reason for the user."""
        stack = self._view.stack
        if stack is None:
            return {}
        description = self._description
        reasons = {
            f"preset_{preset.id}": reason
            for preset in PRESETS
            if (reason := _refusal(preset, stack.modality, description))
        }
        if OWN_WINDOW_WIDTH.read(self._backend) <= 0:
            reasons["preset_own"] = "Keep a window as your own first, or set it in the settings"
        if description is not None:
            reasons |= _refused_by_kind(description)
        return reasons

    def _use_min_max(self) -> None:
        loaded = self._view.loaded
        if loaded is not None:
            self._view.set_voi(min_max_voi(loaded.stored, loaded.description))

    def _use_own(self) -> None:
        width, loaded = OWN_WINDOW_WIDTH.read(self._backend), self._view.loaded
        if width > 0 and loaded is not None:
            own = user_voi(OWN_WINDOW_CENTER.read(self._backend), width, loaded.description)
            self._view.set_voi(replace(own, label="Your own", source=VoiSource.PRESET))

    def _keep_own(self) -> None:
        voi = self._view.voi
        if voi is not None and voi.window is not None:
            OWN_WINDOW_CENTER.write(self._backend, voi.window.center)
            OWN_WINDOW_WIDTH.write(self._backend, voi.window.width)

    def _next_colors(self) -> None:
        names = ("", *COLOR_TABLES)
        shown = self._view.display.color_table
        self._view.set_color_table(names[(names.index(shown) + 1) % len(names)])


def color_action(table: str) -> str:
    """Id of the action that chooses a table of colours; the empty one is gray."""
    return f"colors_{table or 'gray'}".replace(" ", "_")


def _refusal(preset: Preset, modality: str, description: FrameDescription | None) -> str:
    """Why a preset is not for this frame; empty when it is."""
    if modality not in preset.modalities:
        return f"Only for {' and '.join(preset.modalities)}"
    if preset.unit == "SUV" and description is not None and preset.choice_for(description) is None:
        why = description.suv.why_not if description.suv is not None else "the file does not say"
        return f"SUV by weight is not known: {why}"
    return ""


def _refused_by_kind(description: FrameDescription) -> dict[str, str]:
    """What gray, colour and plain images have no use for."""
    reasons: dict[str, str] = {}
    if is_color(description) or description.palette is not None:
        tables = (color_action(name) for name in COLOR_TABLES)
        reasons |= dict.fromkeys(("next_colors", *tables), NO_COLORS)
    if is_color(description):
        windows = ("window_auto", "window_min_max", "window_file", "keep_own", "preset_own")
        reasons |= dict.fromkeys(windows, NO_WINDOW)
    elif not description.voi_choices:
        reasons["window_file"] = "The file gives no window and no table"
    if description.icc_profile is None or not is_color(description):
        reasons["icc"] = "The image has no profile of its colours"
    if description.shutter is None:
        reasons["shutter"] = "The file has no shutter"
    if not description.overlays:
        reasons["overlays"] = "The file has no overlays"
    return reasons


class _Colors:
    """Shows gray levels in one table of colours."""

    def __init__(self, workspace: Workspace, table: str) -> None:
        self._workspace, self._table = workspace, table

    def __call__(self) -> None:
        self._workspace.active.set_color_table(self._table)


class _Preset:
    """Sets one preset where the modality is right for it."""

    def __init__(self, workspace: Workspace, preset: Preset) -> None:
        self._workspace, self._preset = workspace, preset

    def __call__(self) -> None:
        view = self._workspace.active
        if view.stack is not None and view.stack.modality in self._preset.modalities:
            view.apply_preset(self._preset)
