"""Stored values to 8 bit, beside a plain copy of the same bytes and what other viewers stand on.

`python -m tests.benchmarks light`. Every contender gets other values each time, from more images
than the caches hold, as in scrolling, and makes an array of its own.
VTK and SimpleITK take part where they can be imported; nothing here depends on them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from tests.benchmarks.table import Row, interleaved_ms
from viewer.core.image import (
    FrameDescription,
    PixelFormat,
    VoiChoice,
    VoiSource,
    Window,
    WindowFunction,
)
from viewer.core.light import DisplayChoice, to_light

SIZES = (
    (512, 512, 128, 61),
    (2048, 2048, 8, 9),
    (4096, 5120, 3, 5),
)  # rows, columns, images, rounds
WINDOW = Window(1500, 2000)
CURVE = Window(1500, 2000, WindowFunction.SIGMOID)
LIMIT = 5.0  # times the copy


def images(rows: int, columns: int, count: int) -> list[np.ndarray]:
    """12-bit noise on a slope: values that no cache makes cheap."""
    random = np.random.default_rng(rows)
    slope = np.linspace(0, 3000, columns).astype(np.uint16)
    return [
        slope + random.integers(0, 1000, (rows, columns)).astype(np.uint16) for _ in range(count)
    ]


def pyqtgraph_levels(source: Callable[[], np.ndarray]) -> Callable[[], object]:
    """What an ImageItem does with `levels` when it is given stored values."""
    from pyqtgraph.functions import makeARGB

    levels = [WINDOW.center - WINDOW.width / 2, WINDOW.center + WINDOW.width / 2]
    return lambda: makeARGB(source(), levels=levels, maskNans=False)


def pydicom_windowing(source: Callable[[], np.ndarray]) -> Callable[[], object]:
    """pydicom's windowing and the step to bytes it leaves to its caller."""
    from pydicom.dataset import Dataset
    from pydicom.pixels import apply_windowing

    header = Dataset()
    header.PhotometricInterpretation = "MONOCHROME2"
    header.PixelRepresentation, header.BitsStored = 0, 16
    header.WindowCenter, header.WindowWidth = WINDOW.center, WINDOW.width
    return lambda: (apply_windowing(source(), header) / 257.0).astype(np.uint8)


def vtk_window_level(source: Callable[[], np.ndarray]) -> Callable[[], object]:
    """VTK's own step from values to gray levels, vtkImageMapToWindowLevelColors."""
    from vtkmodules.util.numpy_support import numpy_to_vtk, vtk_to_numpy
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkImagingColor import vtkImageMapToWindowLevelColors

    def show() -> object:
        values = source()
        image = vtkImageData()
        image.SetDimensions(values.shape[1], values.shape[0], 1)
        image.GetPointData().SetScalars(numpy_to_vtk(values.ravel()))
        mapped = vtkImageMapToWindowLevelColors()
        mapped.SetInputData(image)
        mapped.SetOutputFormatToLuminance()
        mapped.SetWindow(WINDOW.width)
        mapped.SetLevel(WINDOW.center)
        mapped.Update()
        return vtk_to_numpy(mapped.GetOutput().GetPointData().GetScalars())

    return show


def sitk_window(source: Callable[[], np.ndarray]) -> Callable[[], object]:
    """SimpleITK's IntensityWindowing, and the step to bytes it leaves to its caller."""
    import SimpleITK as sitk  # noqa: N813 -- the name its users know

    low, high = WINDOW.center - WINDOW.width / 2, WINDOW.center + WINDOW.width / 2

    def show() -> object:
        image = sitk.GetImageFromArray(source())
        shown = sitk.IntensityWindowing(image, low, high, 0.0, 255.0)
        return sitk.GetArrayFromImage(sitk.Cast(shown, sitk.sitkUInt8))

    return show


OTHERS: dict[str, tuple[str, Callable[[Callable[[], np.ndarray]], Callable[[], object]]]] = {
    "pyqtgraph's levels": ("pyqtgraph", pyqtgraph_levels),
    "pydicom's apply_windowing": ("pydicom", pydicom_windowing),
    "VTK's window and level": ("vtkmodules", vtk_window_level),
    "SimpleITK's IntensityWindowing": ("SimpleITK", sitk_window),
}


def run() -> list[Row]:
    """One table for all sizes; the window stands still, as in scrolling, then moves."""
    rows: list[Row] = []
    for height, width, count, rounds in SIZES:
        rows += measured(height, width, count, rounds)
    return rows


def measured(height: int, width: int, count: int, rounds: int) -> list[Row]:
    """All contenders over the same images in turns."""
    turn = itertools.cycle(images(height, width, count))
    bytes_turn = itertools.cycle([np.ones(height * width * 3 // 2, np.uint8) for _ in range(count)])
    description = FrameDescription(PixelFormat(height, width, bits_stored=12, high_bit=11))
    still = DisplayChoice(VoiChoice("w", VoiSource.USER, WINDOW))
    curve = DisplayChoice(VoiChoice("w", VoiSource.USER, CURVE))
    widths = itertools.cycle(range(1500, 2500, 7))

    def moving() -> object:
        voi = VoiChoice("w", VoiSource.USER, Window(1500, next(widths)))
        return to_light(next(turn), description, DisplayChoice(voi))

    others = {
        name: make(lambda: next(turn))
        for name, (package, make) in OTHERS.items()
        if find_spec(package) is not None
    }
    contenders: dict[str, Callable[[], object]] = {
        "copy": lambda: next(bytes_turn).copy(),
        "ours": lambda: to_light(next(turn), description, still),
        "moving": moving,
        "curve": lambda: to_light(next(turn), description, curve),
        **others,
    }
    interleaved_ms(contenders, rounds=2)
    ms = interleaved_ms(contenders, rounds)
    return [
        Row(f"stored to 8 bit, {width}x{height}", ms["ours"], "plain copy", ms["copy"], goal=LIMIT),
        *(Row(f"  ahead of {name}", ms["ours"], name, ms[name], goal=1.0) for name in others),
        Row("  with a new window each time", ms["moving"], "plain copy", ms["copy"]),
        Row("  with a curve, which is looked up", ms["curve"], "plain copy", ms["copy"]),
    ]
