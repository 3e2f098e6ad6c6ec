"""Display shutters of an image (PS3.3 C.7.6.11, bitmap C.7.6.15; rule 31)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from viewer.core.image import Overlay, PixelFormat, Shutter
from viewer.core.overlay import overlay_mask
from viewer.core.shutter import circle_mask, polygon_mask, rectangle_mask
from viewer.dicom.datasets.attributes import Attributes, Notes

_EDGES = ("LeftVerticalEdge", "RightVerticalEdge", "UpperHorizontalEdge", "LowerHorizontalEdge")
MAX_VERTICES = 10_000


def describe_shutter(
    root: Attributes, pixels: PixelFormat, overlays: Sequence[Overlay], notes: Notes
) -> Shutter | None:
    """The shutter of an image, or None; several shapes leave what all of them leave visible."""
    shapes = tuple(shape.upper() for shape in root.texts("ShutterShape"))
    if not shapes or pixels.rows < 1 or pixels.columns < 1:
        return None
    visible = np.ones((pixels.rows, pixels.columns), bool)
    used = []
    for shape in shapes:
        mask = _shape_mask(shape, root, pixels, overlays, notes)
        if mask is not None:
            visible &= mask
            used.append(shape)
    if not used:
        return None
    if not visible.any():
        notes.add("ShutterShape covers the whole image and is ignored.")
        return None
    return Shutter(
        visible=visible,
        presentation_value=min(max(root.integer("ShutterPresentationValue") or 0, 0), 0xFFFF),
        color=_color(root.integers("ShutterPresentationColorCIELabValue")),
        shapes=tuple(used),
    )


def shutter_group(root: Attributes) -> int | None:
    """The overlay group that is a bitmap shutter and so is no overlay."""
    bitmap = "BITMAP" in (shape.upper() for shape in root.texts("ShutterShape"))
    return root.integer("ShutterOverlayGroup") if bitmap else None


def _shape_mask(
    shape: str, root: Attributes, pixels: PixelFormat, overlays: Sequence[Overlay], notes: Notes
) -> np.ndarray | None:
    mask = None
    if shape == "RECTANGULAR":
        mask = _rectangle(root, pixels)
    elif shape == "CIRCULAR":
        mask = _circle(root, pixels)
    elif shape == "POLYGONAL":
        mask = _polygon(root, pixels)
    elif shape == "BITMAP":
        mask = _bitmap(root, pixels, overlays)
    if mask is None:
        notes.add(f"ShutterShape {shape[:16]} cannot be followed; this shutter is left out.")
    return mask


def _rectangle(root: Attributes, pixels: PixelFormat) -> np.ndarray | None:
    edges = [root.integer(f"Shutter{edge}") for edge in _EDGES]
    if any(edge is None for edge in edges):
        return None
    left, right, upper, lower = (edge or 0 for edge in edges)
    return rectangle_mask(pixels.rows, pixels.columns, left, right, upper, lower)


def _circle(root: Attributes, pixels: PixelFormat) -> np.ndarray | None:
    center = root.integers("CenterOfCircularShutter")
    radius = root.integer("RadiusOfCircularShutter")
    if len(center) != 2 or radius is None or radius < 1:
        return None
    return circle_mask(pixels.rows, pixels.columns, (center[0], center[1]), radius)


def _polygon(root: Attributes, pixels: PixelFormat) -> np.ndarray | None:
    values = root.integers("VerticesOfThePolygonalShutter")
    vertices = list(zip(values[::2], values[1::2], strict=False))
    if not 3 <= len(vertices) <= MAX_VERTICES:
        return None
    return polygon_mask(pixels.rows, pixels.columns, vertices)


def _bitmap(
    root: Attributes, pixels: PixelFormat, overlays: Sequence[Overlay]
) -> np.ndarray | None:
    """Pixels whose overlay bit is 1 are covered (C.7.6.15)."""
    group = root.integer("ShutterOverlayGroup")
    planes = [replace(overlay, kind="G") for overlay in overlays if overlay.group == group]
    return ~overlay_mask(planes, pixels.rows, pixels.columns) if planes else None


def _color(lab: Sequence[int]) -> tuple[int, int, int] | None:
    """CIELab values encoded in 16 bits (C.10.7.1.1) as sRGB bytes."""
    if len(lab) != 3:
        return None
    lightness = lab[0] * 100.0 / 65535.0
    a, b = (value * 255.0 / 65535.0 - 128.0 for value in lab[1:])
    fy = (lightness + 16.0) / 116.0
    f = np.array([fy + a / 500.0, fy, fy - b / 200.0])
    relative = np.where(f > 6 / 29, f**3, 3 * (6 / 29) ** 2 * (f - 4 / 29))
    xyz = relative * (0.96422, 1.0, 0.82521)  # the profile connection space is D50
    to_linear = np.array(
        [[3.1339, -1.6169, -0.4906], [-0.9788, 1.9161, 0.0335], [0.0719, -0.2290, 1.4052]]
    )
    linear = np.clip(to_linear @ xyz, 0.0, 1.0)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    red, green, blue = (int(value) for value in np.round(srgb * 255.0))
    return red, green, blue
