"""From stored values to 8-bit light: the one pipeline behind the window, the command line and
the thumbnails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from viewer.core.color import to_eight_bits, to_rgb
from viewer.core.color_tables import color_table
from viewer.core.grayscale import apply_chain, gray_chain
from viewer.core.image import FrameDescription, VoiChoice, VoiSource, Window, WindowFunction
from viewer.core.modality import modality_span, modality_values, whole_numbers
from viewer.core.palette import apply_palette, color_supplement
from viewer.core.percentile import percentile_span, value_span
from viewer.core.window import apply_window, window_between

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class DisplayChoice:
    """How the user wants one viewport to show its frames.

    Attributes:
        voi: None for the viewer's own choice, `choose_voi`.
        inverted: black and white exchanged on top of what the file says.
        overlays: overlay planes drawn.
        shutter: what the file's shutter covers is covered.
        icc: the file's ICC profile applied.
        color_table: name of a pseudo-colour table for gray images, or empty.
    """

    voi: VoiChoice | None = None
    inverted: bool = False
    overlays: bool = True
    shutter: bool = True
    icc: bool = True
    color_table: str = ""


AS_STORED = VoiChoice("as stored", VoiSource.FILE_WINDOW)  # what colour images have


def is_color(description: FrameDescription) -> bool:
    """Whether pixels have a colour of their own, so that no window applies (PS3.3 C.11.2)."""
    pixels = description.pixel_format
    return pixels.samples_per_pixel > 1 or pixels.photometric_interpretation == "PALETTE COLOR"


def choose_voi(stored: Array, description: FrameDescription) -> VoiChoice:
    """The file's first alternative, else the automatic one."""
    if is_color(description):
        return AS_STORED
    if description.voi_choices:
        return description.voi_choices[0]
    return automatic_voi(stored, description)


def automatic_voi(stored: Array, description: FrameDescription) -> VoiChoice:
    """0.1 % to 99.9 % of the modality values without padding; PET starts at 0 (rule 21)."""
    if stored.ndim == 3:
        return AS_STORED
    low, high = _span(stored, description, exact=False)
    if description.modality == "PT" and high > 0:
        low = 0.0
    whole = whole_numbers(stored.dtype, description.transform)
    return VoiChoice("auto", VoiSource.PERCENTILE, window_between(low, high, whole_numbers=whole))


def min_max_voi(stored: Array, description: FrameDescription) -> VoiChoice:
    """All modality values of this frame without padding."""
    if stored.ndim == 3:
        return AS_STORED
    low, high = _span(stored, description, exact=True)
    whole = whole_numbers(stored.dtype, description.transform)
    return VoiChoice("min-max", VoiSource.MIN_MAX, window_between(low, high, whole_numbers=whole))


def user_voi(center: float, width: float, description: FrameDescription) -> VoiChoice:
    """A window the user asked for; it keeps the function of the file's own window.

    LINEAR has no widths below 1 (PS3.3 C.11.2.1.2.1), so smaller ones are LINEAR_EXACT.

    Raises:
        ValueError: the width is not above 0, or a number is not finite.
    """
    if not (np.isfinite(center) and np.isfinite(width) and width > 0):
        raise ValueError("a window needs a finite center and a width above 0")
    windows = [choice.window for choice in description.voi_choices if choice.window]
    function = windows[0].function if windows else WindowFunction.LINEAR
    if function is WindowFunction.LINEAR and width < 1:
        function = WindowFunction.LINEAR_EXACT
    return VoiChoice("user", VoiSource.USER, Window(center, width, function))


def to_light(
    stored: Array, description: FrameDescription, choice: DisplayChoice, color_space: str = ""
) -> Array:
    """Stored values of a frame, or any part or reduced copy of it, as 8-bit light.

    Args:
        stored: (rows, columns), or (rows, columns, 3) in `color_space`.
        description: of the frame.
        choice: the user's; a `voi` of None is chosen from the values given here.
        color_space: of three samples; empty for what the file's attributes say.

    Returns:
        uint8, (rows, columns), or (rows, columns, 3) RGB. Overlays and shutter are not in it.
    """
    pixels = description.pixel_format
    if stored.ndim == 3:
        rgb = to_rgb(stored, color_space or pixels.photometric_interpretation, pixels.bits_stored)
        return _adjusted(rgb, choice)
    if pixels.photometric_interpretation == "PALETTE COLOR":
        if description.palette is None:  # said among the problems: indices are shown as gray
            return _adjusted(to_eight_bits(stored, pixels.bits_stored), choice)
        return _adjusted(apply_palette(stored, description.palette), choice)
    voi = choice.voi or choose_voi(stored, description)
    if voi.window is None and voi.lut is None:
        voi = automatic_voi(stored, description)
    gray = apply_chain(stored, gray_chain(description, voi, inverted=choice.inverted))
    if description.palette is not None and description.palette.supplemental:
        return color_supplement(gray, stored, description.palette)
    if choice.color_table:
        colored: Array = color_table(choice.color_table)[gray]
        return colored
    return gray


def _adjusted(image: Array, choice: DisplayChoice) -> Array:
    """Colour as the user wants it: files' windows do not apply to it, his own may brighten it."""
    if choice.voi is not None and choice.voi.source is VoiSource.USER and choice.voi.window:
        levels = apply_window(np.arange(256), choice.voi.window)
        image = (levels * 255.0 + 0.5).astype(np.uint8)[image]
    return 255 - image if choice.inverted else image


def _span(stored: Array, description: FrameDescription, *, exact: bool) -> tuple[float, float]:
    """Span in modality values; through a modality LUT, which may fold, by the values themselves."""
    span = value_span if exact else percentile_span
    transform = description.transform
    if transform.lut is None or exact:
        return modality_span(*span(stored, description.padding), transform)
    kept = stored
    if description.padding is not None:
        padding = description.padding
        kept = stored[(stored < padding.low) | (stored > padding.high)]
    return percentile_span(modality_values(kept if kept.size else stored, transform))
