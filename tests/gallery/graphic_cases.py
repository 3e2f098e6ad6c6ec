"""Overlay planes and display shutters (PS3.3 C.9.2, C.7.6.11, C.7.6.15)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from PIL import Image, ImageDraw

from tests.dicom.light_data import image, put_overlay
from tests.gallery.cases import SIZE, Array, Case, color_phantom, levels, linear, phantom

PHANTOM = phantom()
WINDOW = {"WindowCenter": 1800, "WindowWidth": 3000}
PLAIN = levels(linear(PHANTOM, 1800, 3000))
RECTANGLE = {
    "ShutterLeftVerticalEdge": 11, "ShutterRightVerticalEdge": 80,
    "ShutterUpperHorizontalEdge": 6, "ShutterLowerHorizontalEdge": 70,
}  # fmt: skip
CIRCLE = {"CenterOfCircularShutter": [48, 40], "RadiusOfCircularShutter": 30}
CORNERS = [(10, 10), (20, 90), (90, 60), (50, 40)]  # row, column, counted from 1
POLYGON = {"VerticesOfThePolygonalShutter": [value for corner in CORNERS for value in corner]}
SHUTTER = "PS3.3 C.7.6.11"


def cases() -> Iterator[Case]:
    """Every overlay and every shutter."""
    yield from _overlays()
    yield from _shutters()


def letters(rows: int = 40, columns: int = 50) -> Array:
    """A ring and a cross, bool."""
    drawing = Image.new("1", (columns, rows))
    pen = ImageDraw.Draw(drawing)
    pen.ellipse((4, 4, rows - 4, rows - 4), outline=1, width=2)
    pen.line((0, 0, columns, rows), fill=1, width=2)
    return np.asarray(drawing)


def _overlays() -> Iterator[Case]:
    section, mask = "PS3.3 C.9.2", letters()
    for name, origin, what in (
        ("overlay", (21, 11), "overlay plane"),
        ("overlay-outside", (-9, 66), "overlay that begins above the image and ends beside it"),
    ):
        source = image(PHANTOM, 12, **WINDOW)
        put_overlay(source, mask, origin)
        yield Case(name, what, section, _painted(PLAIN, mask, origin), source)
    source = image(color_phantom())
    put_overlay(source, mask, (21, 11))
    expected = _painted(color_phantom(), mask, (21, 11))
    yield Case("overlay-on-colour", "overlay on a colour image", section, expected, source)
    whole = np.zeros((SIZE, SIZE), bool)
    whole[20:60, 10:60] = mask
    source = image(np.where(whole, PHANTOM | 0x8000, PHANTOM), 12, **WINDOW)
    put_overlay(source, whole)
    del source[0x60003000]
    source[0x60000100].value, source[0x60000102].value = 16, 15
    what = "retired overlay in an unused bit of the pixels"
    expected = _painted(PLAIN, whole, (1, 1))
    yield Case("overlay-embedded", what, "PS3.3-2004 C.9.2", expected, source)
    planes = np.stack([mask, mask[::-1], mask[:, ::-1]])
    source = image(np.stack([PHANTOM] * 4), 12, **WINDOW)
    put_overlay(source, planes, (21, 11))
    source.add_new(0x60000051, "US", 2)
    what = "multi-frame overlay from the second frame on, third frame"
    expected = _painted(PLAIN, planes[1], (21, 11))
    yield Case("overlay-frames", what, "PS3.3 C.9.3", expected, source, frame=2)
    region = np.zeros((SIZE, SIZE), bool)
    region[30:70, 20:60] = True
    source = image(PHANTOM, 12, **WINDOW)
    put_overlay(source, region)
    source[0x60000040].value = "R"
    border = region.copy()
    border[31:69, 21:59] = False
    what = "region of interest: its outline"
    yield Case("overlay-region", what, section, _painted(PLAIN, border, (1, 1)), source)
    source = image(PHANTOM, 12, **WINDOW)
    put_overlay(source, mask)
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"):
        del source[keyword]
    what = "an overlay and no pixel data"
    expected = mask.astype(np.uint8) * 255
    yield Case("overlay-alone", what, section, expected, source)


def _painted(picture: Array, mask: Array, origin: tuple[int, int]) -> Array:
    """White where the plane has bits; `origin` is (row, column) from 1 and may lie outside."""
    painted = picture.copy()
    for row, column in np.argwhere(mask):
        y, x = row + origin[0] - 1, column + origin[1] - 1
        if 0 <= y < picture.shape[0] and 0 <= x < picture.shape[1]:
            painted[y, x] = 255
    return painted


def _shutters() -> Iterator[Case]:
    row, column = np.mgrid[1 : SIZE + 1, 1 : SIZE + 1]
    rectangle = (column >= 11) & (column <= 80) & (row >= 6) & (row <= 70)
    circle = np.hypot(row - 48, column - 40) <= 30
    polygon = _inside(row, column)
    table = (
        (["RECTANGULAR"], RECTANGLE, rectangle),
        (["CIRCULAR"], CIRCLE, circle),
        (["POLYGONAL"], POLYGON, polygon),
        (["RECTANGULAR", "CIRCULAR"], {**RECTANGLE, **CIRCLE}, rectangle & circle),
    )
    for shapes, attributes, visible in table:
        name = "shutter-" + "-".join(shape.lower() for shape in shapes)
        what = f"{' and '.join(shapes).lower()} shutter, P-Value 0x4000"
        source = image(
            PHANTOM,
            12,
            ShutterShape=shapes,
            ShutterPresentationValue=0x4000,
            **attributes,
            **WINDOW,
        )
        expected = np.where(visible, PLAIN, 0x40).astype(np.uint8)
        yield Case(name, what, SHUTTER, expected, source)
    cover = ~circle
    source = image(PHANTOM, 12, ShutterShape="BITMAP", ShutterPresentationValue=0, **WINDOW)
    source.add_new("ShutterOverlayGroup", "US", 0x6002)
    put_overlay(source, cover, group=0x6002)
    expected = np.where(cover, 0, PLAIN).astype(np.uint8)
    yield Case("shutter-bitmap", "bitmap shutter", "PS3.3 C.7.6.15", expected, source)


def _inside(row: Array, column: Array) -> Array:
    """Even-odd rule by whole numbers alone; centres on the outline are inside."""
    inside = np.zeros(row.shape, bool)
    border = np.zeros(row.shape, bool)
    for (r0, c0), (r1, c1) in zip(CORNERS, CORNERS[1:] + CORNERS[:1], strict=True):
        side = (column - c0) * (r1 - r0) - (row - r0) * (c1 - c0)
        spans = (row >= min(r0, r1)) & (row < max(r0, r1))
        inside ^= spans & (np.sign(side) * np.sign(r1 - r0) < 0)
        within = (np.minimum(r0, r1) <= row) & (row <= np.maximum(r0, r1))
        border |= (side == 0) & within & (min(c0, c1) <= column) & (column <= max(c0, c1))
    return inside | border
