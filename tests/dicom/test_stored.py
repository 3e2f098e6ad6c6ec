"""Bytes to exact stored values (PS3.5 8.1 and 8.2, PS3.3 C.7.6.3)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from viewer.core.image import PixelFormat
from viewer.dicom.decode_job import StreamFacts
from viewer.dicom.stored import (
    arrange,
    check_format,
    frame_bits,
    from_codestream,
    native_words,
    swap_bytes,
    to_stored,
)
from viewer.errors import MalformedError, ViewerError


def fmt(bits: int, stored: int | None = None, high: int | None = None, **more) -> PixelFormat:
    stored = bits if stored is None else stored
    high = stored - 1 if high is None else high
    size = {"rows": 1, "columns": 4}
    return PixelFormat(
        **{**size, "bits_allocated": bits, "bits_stored": stored, "high_bit": high, **more}
    )


# PS3.5 8.1.1: which bits count, and what they mean.
@pytest.mark.parametrize(
    ("form", "words", "values"),
    [
        pytest.param(fmt(16), [0, 1, 32768, 65535], [0, 1, 32768, 65535], id="unsigned-16"),
        pytest.param(
            fmt(16, signed=True), [0, 32767, 32768, 65535], [0, 32767, -32768, -1], id="s16"
        ),
        pytest.param(fmt(16, 12), [0xF000, 0x0FFF, 0x8001, 1], [0, 4095, 1, 1], id="junk-above"),
        pytest.param(
            fmt(16, 12, signed=True), [0x0800, 0xF7FF, 0x0FFF, 0], [-2048, 2047, -1, 0], id="s12"
        ),
        pytest.param(fmt(16, 12, 15), [0xFFF0, 0x001F, 16, 0], [4095, 1, 1, 0], id="high-bit-15"),
        pytest.param(
            fmt(16, 8, 11, signed=True),
            [0x0FF0, 0x07F0, 0x0800, 0xF00F],
            [-1, 127, -128, 0],
            id="mid",
        ),
        pytest.param(fmt(8, 7), [255, 128, 127, 1], [127, 0, 127, 1], id="7-of-8"),
        pytest.param(fmt(8, signed=True), [255, 128, 127, 0], [-1, -128, 127, 0], id="signed-8"),
        pytest.param(
            fmt(32, signed=True), [2**32 - 1, 2**31, 5, 0], [-1, -(2**31), 5, 0], id="s32"
        ),
        pytest.param(fmt(32, 24), [2**32 - 1, 1, 0, 2**24], [2**24 - 1, 1, 0, 0], id="24-of-32"),
        pytest.param(fmt(64), [2**64 - 1, 2**63, 1, 0], [2**64 - 1, 2**63, 1, 0], id="u64"),
        pytest.param(
            fmt(64, 40, signed=True), [2**40 - 1, 2**39, 1, 0], [-1, -(2**39), 1, 0], id="s40"
        ),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
def test_bits_become_values(form, words, values, order):
    raw = np.array(words, f"{order}u{form.bits_allocated // 8}").tobytes()

    stored = to_stored(native_words(raw, form, order == ">"), form)

    assert stored.tolist() == values


@pytest.mark.parametrize(
    ("stored", "signed", "dtype"),
    [(8, False, "u1"), (8, True, "i1"), (12, False, "u2"), (12, True, "i2"), (24, True, "i4")],
)
def test_values_take_the_smallest_type(stored, signed, dtype):
    form = fmt(32, stored, signed=signed)

    assert to_stored(np.zeros(4, np.uint32), form).dtype == dtype


@given(st.integers(1, 64), st.booleans(), st.lists(st.integers(0, 2**64 - 1), min_size=1))
def test_sign_extension_is_arithmetic(stored, signed, words):
    form = fmt(64, stored, signed=signed)

    got = to_stored(np.array(words, np.uint64), form)

    expected = [word & ((1 << stored) - 1) for word in words]
    if signed:
        expected = [v - (1 << stored) if v >> (stored - 1) else v for v in expected]
    assert got.tolist() == expected


# PS3.5 8.1.1: single bits run on across rows and frames, lowest bit first.
@given(st.integers(1, 13), st.integers(1, 13), st.integers(1, 4), st.randoms())
def test_single_bits_run_on_across_frames(rows, columns, frames, random):
    pixels = np.array([random.randrange(2) for _ in range(rows * columns * frames)], np.uint8)
    packed = np.packbits(pixels, bitorder="little").tobytes()
    form = PixelFormat(rows, columns, bits_allocated=1, bits_stored=1, high_bit=0)

    for frame in range(frames):
        first = frame * frame_bits(form)
        words = native_words(packed[first // 8 :], form, first_bit=first % 8)

        assert words.tolist() == pixels[frame * rows * columns :][: rows * columns].tolist()


def test_twelve_bits_are_unpacked():
    raw = bytes([0x23, 0x61, 0x45, 0xFF, 0x0F, 0x80])

    assert native_words(raw, fmt(12)).tolist() == [0x123, 0x456, 0xFFF, 0x800]


@pytest.mark.parametrize(("kind", "dtype"), [("float", "f4"), ("double", "f8")])
def test_float_pixels_are_exact(kind, dtype):
    values = np.array([0.1, -1e30, np.inf, 5], dtype)
    form = fmt(values.itemsize * 8, value_type=kind)

    words = native_words(values.astype("<" + dtype).tobytes(), form)

    assert words.tolist() == values.tolist()


def test_planes_become_pixels():
    form = PixelFormat(1, 2, 3, 8, 8, 7, planar_configuration=1, photometric_interpretation="RGB")

    assert arrange(np.arange(6, dtype=np.uint8), form).tolist() == [[[0, 2, 4], [1, 3, 5]]]


# PS3.3 C.7.6.3.1.2: Y1 Y2 Cb Cr.
@pytest.mark.parametrize("columns", [4, 3], ids=["even", "odd"])
def test_subsampled_chroma_is_spread(columns):
    form = PixelFormat(1, columns, 3, 8, 8, 7, photometric_interpretation="YBR_FULL_422")
    words = np.array([10, 11, 5, 6, 12, 13, 7, 8], np.uint8)

    pixels = arrange(words, form)

    assert pixels.tolist() == [[[10, 5, 6], [11, 5, 6], [12, 7, 8], [13, 7, 8]][:columns]]


def test_swapped_bytes_of_8_bit_words():
    assert swap_bytes(b"abcde") == b"badc\0e"


# Rule 5: the stream's own width and sign count.
@pytest.mark.parametrize(
    ("samples", "facts", "form", "values"),
    [
        pytest.param(
            np.array([6192], "u2"), StreamFacts("j2k", precision=13, signed=False),
            fmt(16, 13, signed=True), [-2000], id="unsigned-stream-of-signed-bits",
        ),
        pytest.param(
            np.array([-2048], "i2"), StreamFacts("j2k", precision=16, signed=True),
            fmt(16), [-2048], id="signed-stream-under-unsigned-tag",
        ),
        pytest.param(
            np.array([0xF001], "u2"), StreamFacts("jpeg", precision=16, lossless=True),
            fmt(16, 12), [1], id="lossless-junk-above-high-bit",
        ),
        pytest.param(
            np.array([4100], "u2"), StreamFacts("j2k", precision=16, signed=False, lossless=False),
            fmt(16, 12), [4095], id="lossy-overshoot-is-clipped",
        ),
        pytest.param(
            np.array([32760], "u2"), StreamFacts("jpegls", precision=15, lossless=True),
            fmt(16, 15, signed=True), [-8], id="jpeg-ls-15-bit-signed",
        ),
        pytest.param(
            np.array([200], "u1"), StreamFacts("jpeg", precision=8, lossless=False),
            fmt(16), [200], id="8-bit-stream-in-16",
        ),
    ],
)  # fmt: skip
def test_a_codestream_gives_stored_values(samples, facts, form, values):
    assert from_codestream(samples, facts, form).tolist() == values


@pytest.mark.parametrize(
    "form",
    [
        fmt(16, rows=0),
        fmt(16, columns=0),
        fmt(7),
        fmt(17),
        fmt(16, samples_per_pixel=2),
    ],
    ids=["rows", "columns", "7-bits", "17-bits", "2-samples"],
)
def test_formats_without_an_image_are_refused(form):
    with pytest.raises(ViewerError):
        check_format(form)


def test_too_few_bytes_are_refused():
    with pytest.raises(MalformedError):
        native_words(b"\0" * 7, fmt(16))
