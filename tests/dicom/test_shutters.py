"""Display shutters of an image (PS3.3 C.7.6.11, rule 31)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.dicom.light_data import described, image, told
from viewer.core.shutter import circle_mask, polygon_mask, rectangle_mask

RECTANGLE = {
    "ShutterLeftVerticalEdge": 10, "ShutterRightVerticalEdge": 40,
    "ShutterUpperHorizontalEdge": 5, "ShutterLowerHorizontalEdge": 50,
}  # fmt: skip
CIRCLE = {"CenterOfCircularShutter": [30, 20], "RadiusOfCircularShutter": 15}
POLYGON = {"VerticesOfThePolygonalShutter": [5, 5, 5, 60, 60, 30]}
MASKS = {
    "RECTANGULAR": rectangle_mask(64, 64, 10, 40, 5, 50),
    "CIRCULAR": circle_mask(64, 64, (30, 20), 15),
    "POLYGONAL": polygon_mask(64, 64, [(5, 5), (5, 60), (60, 30)]),
}


@pytest.mark.parametrize(
    "shapes",
    [
        ["RECTANGULAR"],
        ["CIRCULAR"],
        ["POLYGONAL"],
        ["RECTANGULAR", "CIRCULAR"],
        ["RECTANGULAR", "CIRCULAR", "POLYGONAL"],
    ],
)
def test_several_shapes_leave_what_all_of_them_leave(tmp_path, shapes):
    source = image(ShutterShape=shapes, **RECTANGLE, **CIRCLE, **POLYGON)

    shutter = described(tmp_path, source).shutter

    assert np.array_equal(
        shutter.visible, np.logical_and.reduce([MASKS[shape] for shape in shapes])
    )
    assert shutter.shapes == tuple(shapes)


@pytest.mark.parametrize(
    ("attributes", "word"),
    [
        pytest.param({"ShutterShape": "RECTANGULAR"}, "RECTANGULAR", id="no-edges"),
        pytest.param({"ShutterShape": "CIRCULAR", **CIRCLE, "RadiusOfCircularShutter": b"0"},
                     "CIRCULAR", id="no-radius"),
        pytest.param({"ShutterShape": "STAR"}, "STAR", id="unknown"),
        pytest.param({"ShutterShape": "POLYGONAL", "VerticesOfThePolygonalShutter": [1, 1, 2, 2]},
                     "POLYGONAL", id="two-vertices"),
        pytest.param(
            {"ShutterShape": "RECTANGULAR", **RECTANGLE, "ShutterLeftVerticalEdge": 60},
            "covers the whole image", id="nothing-left",
        ),
    ],
)  # fmt: skip
def test_a_broken_shutter_is_left_out_and_told(tmp_path, attributes, word):
    description = described(tmp_path, image(**attributes))

    assert description.shutter is None
    assert word in told(description)


@pytest.mark.parametrize(
    ("lab", "rgb"),
    [
        pytest.param([0, 32896, 32896], (0, 0, 0), id="black"),
        pytest.param([65535, 32896, 32896], (255, 255, 255), id="white"),
        pytest.param([35000, 32896, 32896], (128, 128, 128), id="gray"),
    ],
)
def test_the_colour_is_cielab(tmp_path, lab, rgb):
    """C.10.7.1.1: 0 to 65535 stand for L 0..100 and for a, b -128..127."""
    source = image(ShutterShape="RECTANGULAR", **RECTANGLE)
    source.ShutterPresentationColorCIELabValue = lab

    assert described(tmp_path, source).shutter.color == pytest.approx(rgb, abs=2)
