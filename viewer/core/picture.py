"""One frame made ready to paint: the visible part, turned, as light. The hot path of every drag.

The turned crop of stored values is kept, so that while a window is dragged only as many values
are looked up as are seen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from viewer.core.image import FrameDescription, Overlay
from viewer.core.light import DisplayChoice, to_light
from viewer.core.overlay import overlay_mask, paint_overlays
from viewer.core.placement import Stage, place
from viewer.core.pyramid import Pyramid, halve
from viewer.core.shutter import apply_shutter
from viewer.core.view import View
from viewer.core.visible import Part, lie_of, nearest_cells, visible_part

Array = np.ndarray
Color = tuple[int, int, int]
ApplyIcc = Callable[[Array, bytes | None], Array]
WHITE: Color = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Look:
    """How to paint: the resolved choice (its `voi` is never None for gray) and the rest."""

    choice: DisplayChoice
    smooth: bool = True
    overlay_color: Color = WHITE


@dataclass(frozen=True, slots=True, eq=False)
class Painted:
    """Light and the screen rectangle it is to be drawn into, in device-independent pixels.

    `exact`: the light has one value for each device pixel, to be copied and never blended.
    """

    light: Array
    left: float
    top: float
    width: float
    height: float
    exact: bool = False


class Picture:
    """Paints one frame under any view; keeps what the last paint needed.

    Args:
        pyramid: the frame's stored values and their reduced copies.
        color_space: of three samples, as `to_light` wants it.
        apply_icc: brings RGB light with an ICC profile to sRGB; it needs a library that this
            layer does not have.
    """

    def __init__(
        self,
        pyramid: Pyramid,
        description: FrameDescription,
        color_space: str = "",
        apply_icc: ApplyIcc | None = None,
    ) -> None:
        self._pyramid = pyramid
        self._description = description
        self._color_space = color_space
        self._apply_icc = apply_icc
        self._masks: dict[tuple[str, int], Array] = {}
        self._crop_of: tuple[int, bool, Part] | None = None
        self._crop: Array = pyramid.levels[0]

    def paint(self, view: View, stage: Stage, look: Look) -> Painted | None:
        """The light that a viewport sees; None when the image lies wholly outside it."""
        lie = lie_of(place(view, stage).snapped(stage.device_ratio), stage)
        scale = min(lie.step_x, lie.step_y) * stage.device_ratio
        exponent, _ = self._pyramid.level(scale)
        halvings = _halvings(scale * 2**exponent)
        part = visible_part(lie, stage, exponent, whole=halvings > 0)
        if part is None:
            return None
        light = self._light(view, part, look)
        if not look.smooth and scale >= 1:
            return _enlarged(light, part, stage)
        # Blocks are counted from the image's edge, never from the crop's: panning must not
        # make the picture shimmer.
        for _ in range(halvings):
            light = halve(light)
        cell_x, cell_y = part.cell_x * 2**halvings, part.cell_y * 2**halvings
        rows, columns = light.shape[:2]
        return Painted(light, part.left, part.top, columns * cell_x, rows * cell_y)

    def _light(self, view: View, part: Part, look: Look) -> Array:
        """The part as 8-bit light, shutter and overlays on it, turned as on the screen."""
        crop = self._crop_for(view, part)
        light = to_light(crop, self._description, look.choice, self._color_space)
        if look.choice.icc and self._apply_icc is not None:
            light = self._apply_icc(light, self._description.icc_profile)
        shutter = self._description.shutter
        if look.choice.shutter and shutter is not None and self._fits(shutter.visible):
            visible = _cut(view.turn(self._mask("shutter", part.exponent)), part)
            light = apply_shutter(light, replace(shutter, visible=visible))
        # Annotation follows the shutter (PS3.4 figure N.2-1), here as on the command line.
        if look.choice.overlays and self._description.overlays:
            mask = self._mask("overlays", part.exponent)
            overlay = Overlay(0x6000, _cut(view.turn(mask), part), (0, 0))
            light = paint_overlays(light, (overlay,), look.overlay_color)
        return light

    def _crop_for(self, view: View, part: Part) -> Array:
        wanted = (view.quarter_turns, view.mirrored, part)
        if wanted != self._crop_of:
            level = self._pyramid.levels[part.exponent]
            self._crop = np.ascontiguousarray(_cut(view.turn(level), part))
            self._crop_of = wanted
        return self._crop

    def _mask(self, kind: str, exponent: int) -> Array:
        """Where overlays draw, or what the shutter leaves open, at the size of a level."""
        key = (kind, exponent)
        if key not in self._masks:
            rows, columns = self._pyramid.levels[0].shape[:2]
            shutter = self._description.shutter
            mask = (
                shutter.visible
                if kind == "shutter" and shutter is not None
                else overlay_mask(self._description.overlays, rows, columns)
            )
            for _ in range(exponent):
                mask = _any_of_four(mask)
            self._masks[key] = mask
        return self._masks[key]

    def _fits(self, mask: Array) -> bool:
        return mask.shape == self._pyramid.levels[0].shape[:2]


def _cut(turned: Array, part: Part) -> Array:
    return turned[slice(*part.rows), slice(*part.columns)]


def _halvings(scale: float) -> int:
    """How often light is still to be halved so that blending two neighbours is enough."""
    count = 0
    while scale <= 0.5 and count < 16:
        scale, count = scale * 2, count + 1
    return count


def _any_of_four(mask: Array) -> Array:
    """A mask of half the size, true where any of a 2x2 block is: thin lines must not vanish."""
    rows, columns = mask.shape
    padded = np.pad(mask, ((0, rows % 2), (0, columns % 2)))
    halved: Array = padded[::2, ::2] | padded[1::2, ::2] | padded[::2, 1::2] | padded[1::2, 1::2]
    return halved


def _enlarged(light: Array, part: Part, stage: Stage) -> Painted | None:
    """Each device pixel gets the value of the pixel its centre lies in: squares, at every zoom."""
    ratio = stage.device_ratio
    rows = nearest_cells(part.top, part.cell_y, stage.height_px, ratio, light.shape[0])
    columns = nearest_cells(part.left, part.cell_x, stage.width_px, ratio, light.shape[1])
    seen_rows, seen_columns = np.flatnonzero(rows >= 0), np.flatnonzero(columns >= 0)
    if not (seen_rows.size and seen_columns.size):
        return None
    enlarged = light[rows[seen_rows]][:, columns[seen_columns]]
    height, width = enlarged.shape[0] / ratio, enlarged.shape[1] / ratio
    left, top = int(seen_columns[0]) / ratio, int(seen_rows[0]) / ratio
    return Painted(np.ascontiguousarray(enlarged), left, top, width, height, exact=True)
