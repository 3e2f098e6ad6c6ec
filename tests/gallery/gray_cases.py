"""Grayscale: modality, VOI and presentation, pixel formats (PS3.3 C.11, C.7.6.3, C.7.5.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from tests.data import DEFLATED, EXPLICIT_BIG, dataset
from tests.dicom.light_data import image, put_lut
from tests.gallery.cases import Array, Case, levels, linear, phantom

PHANTOM = phantom()
SIGNED = (PHANTOM.astype(np.int32) - 2048).astype(np.int16)
WINDOW = {"WindowCenter": 1800, "WindowWidth": 3000}
PLAIN = levels(linear(PHANTOM, 1800, 3000))


def cases() -> Iterator[Case]:
    """Every grayscale case."""
    yield from _windows()
    yield from _tables()
    yield from _polarity()
    yield from _formats()
    yield from _frames()
    yield from _guesses()


def _gray(**attributes: Any) -> Dataset:
    return image(PHANTOM, 12, **attributes)


def _windows() -> Iterator[Case]:
    linear_words = "PS3.3 C.11.2.1.2.1"
    yield Case("linear", "LINEAR window", linear_words, PLAIN, _gray(**WINDOW))
    yield Case(
        "linear-width-1",
        "LINEAR window of width 1, a threshold",
        linear_words,
        levels((PHANTOM > 1799.5).astype(float)),
        _gray(WindowCenter=1800, WindowWidth=1),
    )
    exact = (PHANTOM.astype(float) - 1800) / 300.5 + 0.5
    yield Case(
        "linear-exact",
        "LINEAR_EXACT window",
        "PS3.3 C.11.2.1.3.2",
        levels(exact),
        _gray(WindowCenter=1800, WindowWidth=300.5, VOILUTFunction="LINEAR_EXACT"),
    )
    yield Case(
        "sigmoid",
        "SIGMOID window",
        "PS3.3 C.11.2.1.3.1",
        levels(1 / (1 + np.exp(-4 * (PHANTOM - 1800.0) / 1500))),
        _gray(WindowCenter=1800, WindowWidth=1500, VOILUTFunction="SIGMOID"),
    )
    yield Case(
        "two-windows",
        "two windows: the first one counts",
        "PS3.3 C.11.2.1.2",
        PLAIN,
        _gray(WindowCenter=[1800, 40], WindowWidth=[3000, 80]),
    )
    yield Case(
        "rescaled",
        "signed values with slope and intercept",
        "PS3.3 C.11.1",
        levels(linear(SIGNED * 0.5 - 100, 200, 1500)),
        image(SIGNED, RescaleSlope=0.5, RescaleIntercept=-100, WindowCenter=200, WindowWidth=1500),
    )
    yield Case(
        "small-slope",
        "a slope of 0.001: fractions count",
        "PS3.3 C.11.1",
        levels((PHANTOM * 0.001 - 2) / 4 + 0.5),
        _gray(
            RescaleSlope=0.001,
            RescaleIntercept=0,
            WindowCenter=2,
            WindowWidth=4,
            VOILUTFunction="LINEAR_EXACT",
        ),
        within=1,  # 0.001 is no binary number
    )


def _tables() -> Iterator[Case]:
    curve = np.round(4095 * np.sqrt(np.arange(3000) / 2999)).astype("<u2")
    index = np.clip(SIGNED.astype(int) + 1500, 0, 2999)
    signed = put_lut(
        image(SIGNED, WindowCenter=2048, WindowWidth=4096),
        "ModalityLUTSequence",
        [3000, 65536 - 1500, 12],
        curve.tobytes(),
    )
    signed.ModalityLUTSequence[0].ModalityLUTType = "OD"
    what = "modality LUT whose signed input begins at -1500"
    expected = levels(linear(curve[index], 2048, 4096))
    yield Case("modality-lut-signed", what, "PS3.3 C.11.1.1", expected, signed)
    rescaled = _gray(RescaleSlope=1, RescaleIntercept=-1024)
    index = np.clip(PHANTOM.astype(int) - 1024 + 500, 0, 2999)
    put_lut(rescaled, "VOILUTSequence", [3000, 65536 - 500, 12], curve.tobytes())
    what = "VOI LUT whose first value is -500"
    expected = levels(curve[index] / 4095)
    yield Case("voi-lut-negative", what, "PS3.3 C.11.2.1.1", expected, rescaled)
    packed = _gray()
    table = np.arange(256)[::-1].astype(np.uint8)
    put_lut(packed, "VOILUTSequence", [256, 1000, 8], table.tobytes())
    expected = table[np.clip(PHANTOM.astype(int) - 1000, 0, 255)]
    what = "VOI LUT of 8-bit entries, two in a word"
    yield Case("voi-lut-packed", what, "PS3.3 C.11.2.1.1", expected, packed)
    gamma = np.round(65535 * (np.arange(1024) / 1023) ** 2).astype("<u2")
    presented = _gray(**WINDOW)
    put_lut(presented, "PresentationLUTSequence", [1024, 0, 16], gamma.tobytes())
    fraction = np.clip(linear(PHANTOM, 1800, 3000), 0, 1)
    entry = gamma[np.round(fraction * 1023).astype(int)]
    what = "Presentation LUT Sequence, spans the whole VOI range"
    # The entry next to the right one is one gray level off at most.
    yield Case("presentation-lut", what, "PS3.3 C.11.6", levels(entry / 65535), presented, within=1)


def _polarity() -> Iterator[Case]:
    flipped = levels(1 - np.clip(linear(PHANTOM, 1800, 3000), 0, 1))
    table = (
        ("MONOCHROME1", None, flipped, "low values are white"),
        ("MONOCHROME1", "INVERSE", flipped, "INVERSE belongs to it: one inversion"),
        ("MONOCHROME1", "IDENTITY", PLAIN, "IDENTITY contradicts: the shape decides"),
        ("MONOCHROME2", "INVERSE", flipped, "with INVERSE"),
    )
    for photometric, shape, expected, what in table:
        name = "-".join(filter(None, (photometric.lower(), (shape or "").lower())))
        source = _gray(PhotometricInterpretation=photometric, PresentationLUTShape=shape, **WINDOW)
        yield Case(name, f"{photometric}, {what}", "PS3.3 C.8.11.3", expected, source)
    padded = PHANTOM.copy()
    padded[:, :20], padded[:, 20:30] = 0, 5
    expected = levels(1 - np.clip(linear(padded, 1800, 3000), 0, 1))
    expected[:, :30] = 0
    source = image(
        padded,
        12,
        PhotometricInterpretation="MONOCHROME1",
        PixelPaddingValue=0,
        PixelPaddingRangeLimit=5,
        **WINDOW,
    )
    expected[padded <= 5] = 0
    what = "padding range under inversion stays black"
    yield Case("padding-inverted", what, "PS3.3 C.7.5.1.1.2", expected, source)


def _formats() -> Iterator[Case]:
    shown = {**WINDOW, "VOILUTFunction": "LINEAR_EXACT"}
    exact = (PHANTOM.astype(float) - 1800) / 3000 + 0.5
    for keyword, dtype, vr in (
        ("FloatPixelData", "<f4", "OF"),
        ("DoubleFloatPixelData", "<f8", "OD"),
    ):
        source = _gray(**shown)
        del source.PixelData
        source.add_new(keyword, vr, (PHANTOM + 0.25).astype(dtype).tobytes())
        expected = levels(exact + 0.25 / 3000)
        yield Case(keyword.lower(), keyword, "PS3.3 C.7.6.24", expected, source)
    wide = PHANTOM.astype(np.int32) * 100_000 - 200_000_000
    scaled = {"WindowCenter": 0, "WindowWidth": 3e8}
    expected = levels(linear(wide, 0, 3e8))
    yield Case("int32", "32-bit signed integers", "PS3.5 8.1.1", expected, image(wide, **scaled))
    unsigned = PHANTOM.astype(np.uint32) * 1_000_000
    expected = levels(linear(unsigned, 2e9, 4e9))
    source = image(unsigned, WindowCenter=2e9, WindowWidth=4e9)
    yield Case("uint32", "32-bit unsigned integers", "PS3.5 8.1.1", expected, source)
    high = image(PHANTOM << 4 | 0x000A, **WINDOW)
    high.BitsStored, high.HighBit = 12, 15
    yield Case("high-bit-15", "12 bits under High Bit 15", "PS3.5 8.1.1", PLAIN, high)
    dirty = image(PHANTOM | 0xA000, 12, **WINDOW)
    yield Case("unused-bits", "bits above High Bit are not zero", "PS3.5 8.1.1", PLAIN, dirty)
    yield Case(
        "deflated", "deflated data set", "PS3.5 A.5", PLAIN, _gray(**WINDOW), syntax=DEFLATED
    )
    big = _gray(**WINDOW)
    big.PixelData = PHANTOM.byteswap().tobytes()
    yield Case("big-endian", "Explicit VR Big Endian", "PS3.5 A.3", PLAIN, big, syntax=EXPLICIT_BIG)


def _frames() -> Iterator[Case]:
    bits = np.stack([np.greater(PHANTOM, limit) for limit in (500, 1500, 2500)])
    bits = bits[:, :-1, :-3]  # 95 x 93 pixels: frames begin inside a byte
    source = image(np.zeros(bits.shape, np.uint8))
    source.BitsAllocated = source.BitsStored = 1
    source.HighBit = 0
    packed = np.packbits(bits.reshape(-1), bitorder="little").tobytes()
    source.PixelData = packed + b"\0" * (len(packed) % 2)
    expected = bits[1].astype(np.uint8) * 255
    what = "1 bit a pixel, second of three frames"
    yield Case("one-bit", what, "PS3.5 8.1.1", expected, source, frame=1)
    stack = np.stack([PHANTOM] * 3)
    windows = [(500, 1000), (1800, 3000), (3500, 400)]
    source = image(stack, 12, WindowCenter=9, WindowWidth=9)
    source.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    source.PerFrameFunctionalGroupsSequence = [
        dataset(FrameVOILUTSequence=[{"WindowCenter": c, "WindowWidth": w}]) for c, w in windows
    ]
    expected = levels(linear(PHANTOM, *windows[2]))
    what = "each frame has its own window, third frame"
    yield Case("window-per-frame", what, "PS3.3 C.7.6.16.2.10", expected, source, frame=2)


def _guesses() -> Iterator[Case]:
    """Values whose 0.1 % and 99.9 % are their least and greatest, so that the guess is exact."""
    values = np.clip(PHANTOM, 1000, 3000)
    expected = levels((values - 1000.0) / 2000)
    yield Case("no-window", "no window: span of the values", "rule 21", expected, image(values, 12))
    source = image(values, 12, Modality="PT", RescaleSlope=1, RescaleIntercept=0)
    yield Case("pet", "PET without a window starts at 0", "rule 21", levels(values / 3000), source)
    mapped = _real_world(values)
    what = "a real world value mapping does not touch the picture"
    yield Case("real-world", what, "PS3.3 C.7.6.16.2.11", PLAIN, mapped)


def _real_world(values: Array) -> Dataset:
    source = _gray(**WINDOW)
    source.RealWorldValueMappingSequence = [
        dataset(
            RealWorldValueFirstValueMapped=0,
            RealWorldValueLastValueMapped=int(values.max()),
            RealWorldValueSlope=0.01,
            RealWorldValueIntercept=3.0,
            LUTLabel="flow",
        )
    ]
    return source
