"""Native colour spaces, palettes, ICC profiles (PS3.3 C.7.6.3.1, C.7.9, C.8.16, C.11.15)."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import numpy as np
from PIL import ImageCms
from pydicom.dataset import Dataset

from tests.dicom.light_data import image, put_palette
from tests.gallery.cases import Array, Case, color_phantom, levels, linear, phantom

RGB = color_phantom()
# PS3.3 C.7.6.3.1.2: rows Y, Cb, Cr.
_FULL = np.array([[0.2990, 0.5870, 0.1140], [-0.1687, -0.3313, 0.5000], [0.5000, -0.4187, -0.0813]])
_PARTIAL = np.array(
    [[0.2568, 0.5041, 0.0979], [-0.1482, -0.2910, 0.4392], [0.4392, -0.3678, -0.0714]]
)


def cases() -> Iterator[Case]:
    """Every colour case."""
    yield from _spaces()
    yield from _palettes()
    yield _profile()


def _spaces() -> Iterator[Case]:
    section = "PS3.3 C.7.6.3.1.2"
    yield Case("rgb", "RGB by pixel", "PS3.3 C.7.6.3.1.3", RGB, image(RGB))
    planes = image(RGB, PlanarConfiguration=1)
    planes.PixelData = RGB.transpose(2, 0, 1).tobytes()
    yield Case("rgb-planes", "RGB by plane", "PS3.3 C.7.6.3.1.3", RGB, planes)
    deep = image(RGB.astype(np.uint16) * 257)
    yield Case("rgb-16", "RGB of 16 bits", "PS3.3 C.7.6.3.1.2", RGB, deep)
    full = _ycc(_FULL, 0)
    back = _rgb(full, _FULL, 0)  # of 8-bit samples: not quite the colours we began with
    yield Case("ybr-full", "YBR_FULL", section, back, _three(full, "YBR_FULL"), within=1)
    partial = _ycc(_PARTIAL, 16)
    for told in ("YBR_PARTIAL_422", "YBR_PARTIAL_420"):
        what = f"{told} with three samples for every pixel"
        name = told.lower().replace("_", "-")
        back = _rgb(partial, _PARTIAL, 16)
        yield Case(name, what, section, back, _three(partial, told), within=1)
    for told, samples, matrix, black in (
        ("YBR_FULL_422", full, _FULL, 0),
        ("YBR_PARTIAL_422", partial, _PARTIAL, 16),
    ):
        source = _three(samples, told)
        source.PixelData = _pairs(samples).tobytes()
        name = told.lower().replace("_", "-") + "-pairs"
        what = f"{told}, two pixels share their chroma"
        pairs = samples.copy()
        pairs[:, 1::2, 1:] = samples[:, 0::2, 1:]
        yield Case(name, what, section, _rgb(pairs, matrix, black), source, within=1)


def _ycc(matrix: Array, black: int) -> Array:
    mixed = RGB @ matrix.T + np.array([black, 128, 128])
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)


def _rgb(ycc: Array, matrix: Array, black: int) -> Array:
    """The colours of 8-bit samples by the inverse of the standard's matrix."""
    mixed = (ycc - np.array([black, 128.0, 128.0])) @ np.linalg.inv(matrix).T
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)


def _pairs(ycc: Array) -> Array:
    """Y Y Cb Cr for each two pixels of a row; the phantom's pairs have equal chroma."""
    left, right = ycc[:, 0::2], ycc[:, 1::2]
    return np.stack([left[..., 0], right[..., 0], left[..., 1], left[..., 2]], axis=-1)


def _three(samples: Array, photometric: str) -> Dataset:
    return image(samples, PhotometricInterpretation=photometric)


def _palettes() -> Iterator[Case]:
    index = (phantom() >> 4).astype(np.uint8)
    section = "PS3.3 C.7.6.3.1.5"
    tables = [np.roll(np.arange(256), shift) for shift in (0, 85, 170)]
    expected = np.stack([table[index] for table in tables], axis=-1).astype(np.uint8)
    for bits in (8, 16):
        data = [
            (t * 257).astype("<u2").tobytes() if bits == 16 else bytes(t.tolist()) for t in tables
        ]
        source = _indexed(index, [256, 0, bits], data)
        yield Case(f"palette-{bits}", f"palette of {bits}-bit entries", section, expected, source)
    entries = np.arange(256)
    part = np.clip(index.astype(int) - 100, 0, 49)
    source = _indexed(
        index, [50, 100, 16], [(t[:50] * 257).astype("<u2").tobytes() for t in tables]
    )
    expected = np.stack([table[:50][part] for table in tables], axis=-1).astype(np.uint8)
    what = "palette of 50 colours from index 100"
    yield Case("palette-short", what, section, expected, source)
    # Discrete 1 entry, linear 127 up, linear 128 down; the words of PS3.3 C.7.9.2.
    segments = np.array([0, 1, 0, 1, 127, 0xFE00, 1, 128, 0], "<u2").tobytes()
    source = _indexed(index, [256, 0, 16], [segments] * 3, segmented=True)
    up = np.floor(0xFE00 * np.minimum(entries, 127) / 127)
    curve = np.where(entries <= 127, up, 0xFE00 * (1 - (entries - 127) / 128))
    expected = np.repeat((curve[index].astype(int) >> 8)[..., np.newaxis], 3, -1).astype(np.uint8)
    what = "segmented palette of 16 bits"
    yield Case("palette-segmented", what, "PS3.3 C.7.9.2", expected, source, within=1)
    yield _supplemental(index)


def _supplemental(index: Array) -> Case:
    """Values from 200 on are in colour, the rest is gray under its window."""
    source = image(index, WindowCenter=128, WindowWidth=256, PixelPresentation="COLOR")
    tables = [np.full(56, 255), np.arange(56) * 4, np.zeros(56)]
    for number, table in enumerate(tables, 1):
        source.add_new(0x00281100 + number, "US", [56, 200, 16])
        source.add_new(0x00281200 + number, "OW", (table * 257).astype("<u2").tobytes())
    gray = levels(linear(index, 128, 256))
    expected = np.repeat(gray[..., np.newaxis], 3, axis=-1)
    colored = index >= 200
    for plane, table in enumerate(tables):
        expected[..., plane][colored] = table.astype(np.uint8)[index[colored] - 200]
    what = "supplemental palette: colour from value 200 on"
    return Case("palette-supplemental", what, "PS3.3 C.8.16.2.1.1.1", expected, source)


def _indexed(
    index: Array, descriptor: list[int], data: list[bytes], segmented: bool = False
) -> Dataset:
    source = image(index, PhotometricInterpretation="PALETTE COLOR")
    put_palette(source, descriptor, data[0], segmented)
    for number, table in enumerate(data, 1):
        table += b"\0" * (len(table) % 2)
        source.add_new((0x00281220 if segmented else 0x00281200) + number, "OW", table)
    return source


def _profile() -> Case:
    """An sRGB profile whose red and blue primaries are exchanged: so are the colours."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for one, other in ((b"rXYZ", b"bXYZ"),):
        at, there = profile.index(one, 128), profile.index(other, 128)
        swapped = bytearray(profile)
        swapped[at : at + 4], swapped[there : there + 4] = other, one
        profile = bytes(swapped)
    buffer = BytesIO(profile)
    source = image(RGB)
    source.add_new("ICCProfile", "OB", buffer.getvalue() + b"\0" * (len(profile) % 2))
    what = "ICC profile that exchanges red and blue"
    return Case(
        "icc", what, "PS3.3 C.11.15", np.ascontiguousarray(RGB[..., ::-1]), source, within=2
    )
