"""Where each point of an image falls on the screen, and how zoom and pan move it.

Two spaces meet here. Image points are (column, row) in continuous pixel-edge coordinates: the
first stored pixel covers 0..1 in both, its centre is (0.5, 0.5). Screen points are (x, y) in
device-independent pixels from the viewport's top left corner, again at edges.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from viewer.core.view import View

Point = tuple[float, float]

SMALLEST_OF_FIT = 0.25
LARGEST_ZOOM = 64.0  # screen pixels per stored column


@dataclass(frozen=True, slots=True)
class Stage:
    """What a view is placed on: one image's size and the viewport that shows it.

    Attributes:
        rows, columns: size of the stored image.
        pixel_aspect: height of a pixel divided by its width.
        width_px, height_px: size of the viewport in device-independent pixels.
        device_ratio: device pixels per device-independent pixel.
    """

    rows: int
    columns: int
    width_px: float
    height_px: float
    pixel_aspect: float = 1.0
    device_ratio: float = 1.0

    @property
    def middle(self) -> Point:
        """Middle of the viewport, screen."""
        return self.width_px / 2, self.height_px / 2


@dataclass(frozen=True, slots=True)
class Placement:
    """The affine map from image to screen: an axis-parallel matrix and an offset.

    x = column_step[0] * column + row_step[0] * row + offset[0], y alike with index 1.
    """

    column_step: Point
    row_step: Point
    offset: Point

    def to_screen(self, point: Point) -> Point:
        """Screen (x, y) of an image (column, row)."""
        column, row = point
        return (
            self.column_step[0] * column + self.row_step[0] * row + self.offset[0],
            self.column_step[1] * column + self.row_step[1] * row + self.offset[1],
        )

    def to_image(self, point: Point) -> Point:
        """Image (column, row) under a screen (x, y), also outside of the image."""
        x, y = point[0] - self.offset[0], point[1] - self.offset[1]
        determinant = (
            self.column_step[0] * self.row_step[1] - self.row_step[0] * self.column_step[1]
        )
        return (
            (self.row_step[1] * x - self.row_step[0] * y) / determinant,
            (self.column_step[0] * y - self.column_step[1] * x) / determinant,
        )

    def snapped(self, device_ratio: float) -> Placement:
        """This placement moved by at most half a device pixel so that pixels meet the grid.

        An image at a whole number of device pixels per stored pixel is then drawn exactly.
        """
        x, y = (round(value * device_ratio) / device_ratio for value in self.offset)
        return replace(self, offset=(x, y))


def fit_zoom(view: View, stage: Stage) -> float:
    """Zoom at which the whole image just fits the viewport."""
    width, height = float(stage.columns), stage.rows * stage.pixel_aspect
    if view.swaps_axes:
        width, height = height, width
    zoom = min(stage.width_px / width, stage.height_px / height)
    return max(zoom, 1e-6)  # a viewport may be folded to nothing for a moment


def zoom_of(view: View, stage: Stage) -> float:
    """The zoom in force: the view's own, or the one that fits."""
    return fit_zoom(view, stage) if view.zoom is None else view.zoom


def zoom_limits(view: View, stage: Stage) -> Point:
    """Smallest and largest zoom the user may reach; both always include fit and 1:1."""
    fit = fit_zoom(view, stage)
    one = 1 / stage.device_ratio
    return min(fit * SMALLEST_OF_FIT, one), max(LARGEST_ZOOM, fit, one)


def place(view: View, stage: Stage) -> Placement:
    """The map from image to screen that a view means on a stage."""
    zoom = zoom_of(view, stage)
    orientation = view.orientation
    column_step = (zoom * float(orientation[0, 0]), zoom * float(orientation[1, 0]))
    row_zoom = zoom * stage.pixel_aspect
    row_step = (row_zoom * float(orientation[0, 1]), row_zoom * float(orientation[1, 1]))
    turned = Placement(column_step, row_step, (0.0, 0.0))
    x, y = turned.to_screen(center_of(view, stage))
    middle = stage.middle
    return replace(turned, offset=(middle[0] - x, middle[1] - y))


def center_of(view: View, stage: Stage) -> Point:
    """The image point (column, row) in the middle of the viewport."""
    return (stage.columns / 2, stage.rows / 2) if view.center is None else view.center


def zoomed_to(view: View, stage: Stage, zoom: float, anchor: Point | None = None) -> View:
    """The view at another zoom, the image point under `anchor` (screen) staying under it.

    Args:
        zoom: wanted zoom; kept within `zoom_limits`.
        anchor: screen point, or None for the viewport's middle.
    """
    low, high = zoom_limits(view, stage)
    at = stage.middle if anchor is None else anchor
    kept = place(view, stage).to_image(at)
    zoomed = replace(view, zoom=min(max(zoom, low), high), center=(0.0, 0.0))
    there = place(zoomed, stage).to_image(at)
    return replace(zoomed, center=(kept[0] - there[0], kept[1] - there[1]))


def zoomed_by(view: View, stage: Stage, factor: float, anchor: Point | None = None) -> View:
    """The view magnified by `factor` about `anchor` (screen)."""
    return zoomed_to(view, stage, zoom_of(view, stage) * factor, anchor)


def one_to_one(view: View, stage: Stage) -> View:
    """The view with one stored column per device pixel."""
    return zoomed_to(view, stage, 1 / stage.device_ratio)


def panned(view: View, stage: Stage, dx: float, dy: float) -> View:
    """The view with the image moved by (dx, dy) on the screen.

    The viewport's middle stays over the image, so that no image is lost off the edge.
    """
    placement = replace(place(view, stage), offset=(0.0, 0.0))
    step = placement.to_image((dx, dy))
    column, row = center_of(view, stage)
    center = (
        _between(column - step[0], 0.0, float(stage.columns), column),
        _between(row - step[1], 0.0, float(stage.rows), row),
    )
    return replace(view, zoom=zoom_of(view, stage), center=center)


def _between(wanted: float, low: float, high: float, before: float) -> float:
    """`wanted` kept in low..high, where the old value may already lie outside."""
    return min(max(wanted, min(low, before)), max(high, before))
