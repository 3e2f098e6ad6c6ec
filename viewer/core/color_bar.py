"""The bar that tells which value has which colour while gray levels are shown in colours."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from viewer.core.annotation_text import short_number
from viewer.core.color_tables import color_table
from viewer.core.grayscale import gray_chain
from viewer.core.image import FrameDescription, VoiChoice, WindowFunction
from viewer.core.light import DisplayChoice, is_color
from viewer.core.modality import unit_word
from viewer.core.window import window_limits

STEPS = 256


@dataclass(frozen=True, slots=True, eq=False)
class ColorBar:
    """Colours and the values they stand for.

    Attributes:
        colors: uint8 (STEPS, 3), the highest value first.
        labels: values at the top, in the middle and at the bottom, the first with its unit.
    """

    colors: np.ndarray
    labels: tuple[str, str, str]


def color_bar(
    description: FrameDescription, choice: DisplayChoice, voi: VoiChoice | None
) -> ColorBar | None:
    """The bar for a frame; None while gray levels are gray or pixels have their own colours."""
    if not choice.color_table or is_color(description) or description.palette is not None:
        return None
    if voi is None or (voi.window is None and voi.lut is None):
        return None
    low, high = _reach(voi)
    values = np.linspace(high, low, STEPS)
    chain = gray_chain(description, voi, inverted=choice.inverted)
    # The bar begins with modality values: what leads there, and padding, is not part of it.
    chain = replace(chain, slope=1.0, intercept=0.0, modality_lut=None, padding=None)
    colors = color_table(choice.color_table)[chain.gray(values)]
    unit = unit_word(description.transform.unit)
    top = f"{short_number(high)} {unit}".rstrip()
    return ColorBar(colors, (top, short_number((low + high) / 2), short_number(low)))


def _reach(voi: VoiChoice) -> tuple[float, float]:
    """The values between which the light changes; nearly so for a sigmoid, which has no end."""
    if voi.lut is not None:
        first = float(voi.lut.first_mapped)
        return first, first + len(voi.lut.entries) - 1
    assert voi.window is not None
    low, high = window_limits(voi.window)
    if voi.window.function is WindowFunction.SIGMOID:
        return low - voi.window.width, high + voi.window.width
    return (low, high) if high > low else (low, low + 1.0)
