"""Stored values to 8 bit, beside a plain copy of the same bytes, pyqtgraph and pydicom.

`python -m tests.benchmarks light`. Every contender gets other values each time, as in scrolling,
and makes an array of its own, as the window needs one that lives as long as its picture.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from tests.benchmarks.table import Row, interleaved_ms
from viewer.core.image import FrameDescription, PixelFormat, VoiChoice, VoiSource, Window
from viewer.core.light import DisplayChoice, to_light

SIZES = ((512, 512, 16), (2048, 2048, 4), (4096, 5120, 2))  # rows, columns, different images
WINDOW = Window(1500, 2000)
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


def run() -> list[Row]:
    """One table for all sizes; the window stands still, as in scrolling, then moves."""
    rows: list[Row] = []
    for height, width, count in SIZES:
        rows += measured(height, width, count)
    return rows


def measured(height: int, width: int, count: int) -> list[Row]:
    """All contenders over the same images in turns."""
    turn = itertools.cycle(images(height, width, count))
    bytes_turn = itertools.cycle([np.ones(height * width * 3 // 2, np.uint8) for _ in range(count)])
    description = FrameDescription(PixelFormat(height, width, bits_stored=12, high_bit=11))
    still = DisplayChoice(VoiChoice("w", VoiSource.USER, WINDOW))
    widths = itertools.cycle(range(1500, 2500, 7))

    def moving() -> object:
        voi = VoiChoice("w", VoiSource.USER, Window(1500, next(widths)))
        return to_light(next(turn), description, DisplayChoice(voi))

    contenders: dict[str, Callable[[], object]] = {
        "copy": lambda: next(bytes_turn).copy(),
        "ours": lambda: to_light(next(turn), description, still),
        "moving": moving,
        "pyqtgraph": pyqtgraph_levels(lambda: next(turn)),
        "pydicom": pydicom_windowing(lambda: next(turn)),
    }
    interleaved_ms(contenders, rounds=2)
    ms = interleaved_ms(contenders, rounds=5 if height > 3000 else 31)
    size = f"{width}x{height}"
    return [
        Row(f"stored to 8 bit, {size}", ms["ours"], "plain copy", ms["copy"], goal=LIMIT),
        Row("  ahead of pyqtgraph's levels", ms["ours"], "pyqtgraph", ms["pyqtgraph"], goal=1.0),
        Row("  ahead of pydicom", ms["ours"], "apply_windowing", ms["pydicom"], goal=1.0),
        Row("  with a new window each time", ms["moving"], "plain copy", ms["copy"]),
    ]
