"""How a picture differs from the one its file asks for, because the user wanted it so."""

from __future__ import annotations

import numpy as np

from viewer.core.grayscale import padding_is_black
from viewer.core.image import FrameDescription, VoiChoice, VoiSource
from viewer.core.light import DisplayChoice, is_color

_OF_THE_FILE = (VoiSource.FILE_WINDOW, VoiSource.FILE_LUT)


def differences_from_file(
    description: FrameDescription, choice: DisplayChoice, voi: VoiChoice | None
) -> tuple[str, ...]:
    """What is shown otherwise, a word or two each; () while the file has its way.

    Args:
        voi: in force. Where the file gives no window, none differs from it.
    """
    color = is_color(description)
    changed = voi is not None and voi.source not in _OF_THE_FILE
    if color:
        changed = choice.voi is not None and choice.voi.source is VoiSource.USER
    colorable = not color and description.palette is None
    found = (
        ("inverted", choice.inverted),
        ("brightness" if color else "window", changed and (color or description.voi_choices)),
        (f"colours ({choice.color_table})", choice.color_table and colorable),
        ("no ICC profile", color and not choice.icc and description.icc_profile is not None),
        ("no shutter", not choice.shutter and description.shutter is not None),
        ("no overlays", not choice.overlays and description.overlays),
    )
    return tuple(word for word, differs in found if differs)


def hides_padding(stored: np.ndarray, description: FrameDescription, choice: DisplayChoice) -> bool:
    """Whether pixels that are no image are black whatever the window says (rule 20).

    Args:
        stored: of the frame, or a reduced copy.
    """
    padding = description.padding
    if padding is None or is_color(description):
        return False
    if not padding_is_black(description, inverted=choice.inverted):
        return False
    return bool(((stored >= padding.low) & (stored <= padding.high)).any())
