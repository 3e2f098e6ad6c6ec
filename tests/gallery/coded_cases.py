"""Compressed pixels: every family, each written by an encoder whose input is the reference."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

from tests.dicom.encapsulated import write_compressed
from tests.gallery.cases import Array, Case, color_phantom, levels, linear, phantom

PHANTOM, RGB = phantom(), color_phantom()
ROOT = "1.2.840.10008.1.2.4"
WINDOW = {"WindowCenter": 1800, "WindowWidth": 3000}
PLAIN = levels(linear(PHANTOM, 1800, 3000))
GRAY = {"bits": 16, "BitsStored": 12, "HighBit": 11, **WINDOW}
SECTION = "PS3.5 8.2, A.4"
Encode = Callable[[Array], bytes]


def cases() -> Iterator[Case]:
    """Lossless ones are exact, lossy ones as near as their quality asks for."""
    yield from _lossless()
    yield from _jpeg()
    yield from _jpeg_2000_color()
    yield from _jpeg_xl()


def _lossless() -> Iterator[Case]:
    table: dict[str, tuple[str, Encode]] = {
        "57": ("JPEG lossless", lambda a: _jpeg_lossless(a, 4)),
        "70": ("JPEG lossless, first-order prediction", lambda a: _jpeg_lossless(a, 1)),
        "80": ("JPEG-LS", imagecodecs.jpegls_encode),
        "90": ("JPEG 2000 lossless", _jpeg_2000),
        "92": ("JPEG 2000 part 2 lossless", _jpeg_2000),
        "201": ("HTJ2K lossless", imagecodecs.htj2k_encode),
        "202": ("HTJ2K lossless RPCL", imagecodecs.htj2k_encode),
        "203": ("HTJ2K", imagecodecs.htj2k_encode),
        "110": ("JPEG XL lossless", lambda a: imagecodecs.jpegxl_encode(a, lossless=True)),
    }
    for number, (what, encode) in table.items():
        write = _writer(encode(PHANTOM), number, PHANTOM, GRAY)
        yield Case(f"coded-{number}", f"{what}, 12 of 16 bits", SECTION, PLAIN, write=write)
    near = imagecodecs.jpegls_encode(PHANTOM, level=3)
    write = _writer(near, "81", PHANTOM, GRAY)  # 3 of 3000 values is no gray level
    yield Case("coded-81", "JPEG-LS, three off at most", SECTION, PLAIN, write=write, within=1)
    write = _writer(imagecodecs.jpegls_encode(RGB), "80", RGB, _color("RGB"))
    yield Case("coded-80-colour", "JPEG-LS colour", SECTION, RGB, write=write)


def _jpeg_lossless(pixels: Array, predictor: int) -> bytes:
    return bytes(imagecodecs.jpeg8_encode(pixels, lossless=True, predictor=predictor))


def _jpeg_2000(pixels: Array) -> bytes:
    return bytes(imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", level=0))


def _jpeg() -> Iterator[Case]:
    twelve = bytes(imagecodecs.jpeg8_encode(PHANTOM, level=100, bitspersample=12))
    write = _writer(twelve, "51", PHANTOM, GRAY)
    what = "JPEG extended, 12 bits"
    yield Case("coded-51", what, SECTION, PLAIN, write=write, within=2)
    shallow = (PHANTOM >> 4).astype(np.uint8)
    eight = {"bits": 8, "WindowCenter": 128, "WindowWidth": 256}
    for number, what, progressive in (
        ("50", "JPEG baseline", False),
        ("53", "JPEG progressive, spectral selection", True),
        ("55", "JPEG progressive, full", True),
    ):
        stream = _pillow_jpeg(shallow, progressive=progressive)
        expected = np.asarray(Image.open(BytesIO(stream)))  # Pillow's own decoder
        write = _writer(stream, number, shallow, eight)
        yield Case(f"coded-{number}", what, SECTION, expected, write=write, within=1)
    stream = _pillow_jpeg(RGB, subsampling=0)
    write = _writer(stream, "50", RGB, _color("YBR_FULL"))
    expected = np.asarray(Image.open(BytesIO(stream)))
    yield Case("coded-50-colour", "JPEG baseline colour", SECTION, expected, write=write, within=2)


def _pillow_jpeg(pixels: Array, **options: object) -> bytes:
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95, **options)
    return buffer.getvalue()


def _jpeg_2000_color() -> Iterator[Case]:
    for number, reversible, told in (("90", True, "YBR_RCT"), ("91", False, "YBR_ICT")):
        stream = imagecodecs.jpeg2k_encode(
            RGB, codecformat="j2k", level=0, mct=True, reversible=reversible
        )
        write = _writer(bytes(stream), number, RGB, _color(told))
        name = f"coded-{number}-{told.lower().replace('_', '-')}"
        within = 0 if reversible else 2
        what = f"JPEG 2000, {told} undone by the decoder"
        yield Case(name, what, "PS3.5 8.2.4", RGB, write=write, within=within)


def _jpeg_xl() -> Iterator[Case]:
    jpeg = _pillow_jpeg(RGB, subsampling=0)
    expected = np.asarray(Image.open(BytesIO(jpeg)))
    for name, container in (("coded-111", True), ("coded-111-bare", False)):
        stream = bytes(imagecodecs.jpegxl_encode_jpeg(jpeg, usecontainer=container))
        write = _writer(stream, "111", RGB, _color("YBR_FULL"))
        what = f"JPEG XL that holds a JPEG, {'in a container' if container else 'bare'}"
        yield Case(name, what, SECTION, expected, write=write, within=3)
    stream = bytes(imagecodecs.jpegxl_encode(PHANTOM, distance=0.03))
    write = _writer(stream, "112", PHANTOM, GRAY)
    # libjxl promises a visual distance, not a largest error: the share within 2 levels counts.
    yield Case("coded-112", "JPEG XL with loss", SECTION, PLAIN, write=write, within=3)


def _color(photometric: str) -> dict[str, object]:
    return {
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": photometric,
        "PlanarConfiguration": 0,
        "bits": 8,
    }


def _writer(
    stream: bytes, number: str, pixels: Array, attributes: dict[str, object]
) -> Callable[[Path], object]:
    size = {"rows": pixels.shape[0], "columns": pixels.shape[1]}
    return lambda path: write_compressed(
        path, [bytes(stream)], f"{ROOT}.{number}", **size, **attributes
    )
