"""One pipeline, several doors: the window shows the very bytes that `lightbox render` writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from viewer.core.view import View
from viewer.dicom.description.render import render

# Where each kind of light comes from: windows, tables, palettes, colour spaces, overlays, ICC.
FILES = (
    "single/CT_small.dcm",
    "single/parametric_map_float.dcm",
    "lut-overlay/MR-SIEMENS-DICOM-WithOverlays.dcm",
    "lut-overlay/mlut_18.dcm",
    "lut-overlay/vlut_04.dcm",
    "lut-overlay/ovly_p01.dcm",
    "colour/TestPattern_Palette.dcm",
    "colour/SC_ybr_full_422_uncompressed.dcm",
    "colour/SC_rgb_16bit.dcm",
    "colour/US1_J2KR.dcm",
    "colour/examples_rgb_color.dcm",
)
WIDTH, HEIGHT = 700, 600


@pytest.mark.shared_data
@pytest.mark.parametrize("view", [View(), View(1, True)], ids=["as-stored", "turned"])
@pytest.mark.parametrize("name", FILES)
def test_the_window_shows_what_the_command_line_writes(show, shared_data: Path, name, view):
    opened = show([shared_data / name], (WIDTH, HEIGHT))
    viewport = opened.viewport
    viewport.set_annotation_level("none")
    opened.canvas.layers.badges.hide()
    opened.canvas.bar.hide()
    viewport.set_view(view)
    viewport.one_to_one(opened.canvas.devicePixelRatioF())

    painted = opened.canvas.image.painted
    shown = opened.grab()

    wanted = view.turn(render(viewport.loaded, viewport.shown_choice))
    if wanted.ndim == 2:
        wanted = np.repeat(wanted[..., np.newaxis], 3, -1)
    left, top = max(round(painted.left), 0), max(round(painted.top), 0)
    skipped = max(-round(place_of(wanted.shape[1], WIDTH)), 0)
    above = max(-round(place_of(wanted.shape[0], HEIGHT)), 0)
    rows = min(wanted.shape[0] - above, HEIGHT - top)
    columns = min(wanted.shape[1] - skipped, WIDTH - left)
    assert rows > 10
    assert columns > 10
    np.testing.assert_array_equal(
        shown[top : top + rows, left : left + columns],
        wanted[above : above + rows, skipped : skipped + columns],
    )


def place_of(length: int, room: int) -> int:
    """Where a centred image begins, on whole pixels as the canvas rounds."""
    return round((room - length) / 2)
