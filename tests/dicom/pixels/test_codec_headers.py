"""What codestreams say of themselves, and which are refused before a native decoder sees them."""

from __future__ import annotations

import contextlib
import io

import imagecodecs
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.dicom.encapsulated import patched_frame_header, patched_size
from viewer.dicom.pixels.codec_headers import check, read_header, sniff
from viewer.dicom.pixels.decode_job import Expected, StreamError

GRAY = (np.arange(256, dtype=np.uint8).reshape(16, 16) // 8) * 8
RGB = np.stack([GRAY, GRAY.T, GRAY[::-1]], axis=-1)
DEEP = np.arange(256, dtype=np.uint16).reshape(16, 16) * 15
JPEG = imagecodecs.jpeg8_encode(GRAY)
LOSSLESS = imagecodecs.jpeg8_encode(DEEP, lossless=True, bitspersample=16)
JPEG_LS = imagecodecs.jpegls_encode(GRAY)
J2K = imagecodecs.jpeg2k_encode(GRAY, codecformat="j2k", level=0)
HTJ2K = imagecodecs.htj2k_encode(DEEP)
RLE = (1).to_bytes(4, "little") + (64).to_bytes(4, "little") + bytes(56) + b"\xf1\x07" * 16


def expected(rows: int = 16, columns: int = 16, samples: int = 1, bits: int = 8) -> Expected:
    return Expected("1.2.840.10008.1.2.4.50", rows, columns, samples, bits, bits)


@pytest.mark.parametrize(
    ("stream", "family", "precision", "lossless"),
    [
        pytest.param(JPEG, "jpeg", 8, False, id="jpeg-baseline"),
        pytest.param(
            imagecodecs.jpeg8_encode(DEEP, bitspersample=12), "jpeg", 12, False, id="jpeg-12-bit"
        ),
        pytest.param(LOSSLESS, "jpeg", 16, True, id="jpeg-lossless"),
        pytest.param(JPEG_LS, "jpegls", 8, True, id="jpeg-ls"),
        pytest.param(imagecodecs.jpegls_encode(GRAY, 3), "jpegls", 8, False, id="near-lossless"),
        pytest.param(J2K, "j2k", 8, None, id="jpeg-2000"),
        pytest.param(
            imagecodecs.jpeg2k_encode(DEEP, codecformat="jp2", level=80),
            "j2k",
            16,
            False,
            id="jp2-container-irreversible",
        ),
        pytest.param(HTJ2K, "htj2k", 16, None, id="htj2k"),
        pytest.param(
            imagecodecs.jpegxl_encode(DEEP, lossless=True, bitspersample=12),
            "jpegxl",
            12,
            None,
            id="jpeg-xl",
        ),
        pytest.param(
            imagecodecs.jpegxl_encode(GRAY, lossless=False, distance=1.0),
            "jpegxl",
            8,
            False,
            id="jpeg-xl-lossy",
        ),
    ],
)
def test_facts_of_a_stream(stream, family, precision, lossless):
    facts = read_header(stream, sniff(stream))

    assert (facts.family, facts.rows, facts.columns) == (family, 16, 16)
    assert (facts.precision, facts.lossless) == (precision, lossless)


# PS3.3 C.7.6.3.1.2 and ISO 10918-6: who says what three components are.
@pytest.mark.parametrize(
    ("stream", "color"),
    [
        pytest.param(imagecodecs.jpeg8_encode(RGB), "YCBCR", id="jfif"),
        pytest.param(
            imagecodecs.jpeg8_encode(RGB, colorspace="RGB", outcolorspace="RGB"),
            "RGB",
            id="adobe-transform-0",
        ),
        pytest.param(
            imagecodecs.jpeg8_encode(RGB).replace(b"JFIF", b"JFIX"), "YCBCR", id="subsampled"
        ),
        pytest.param(
            imagecodecs.jpeg8_encode(RGB, subsampling="444").replace(b"JFIF", b"JFIX"),
            "",
            id="no-marker",
        ),
        pytest.param(JPEG, "", id="gray"),
    ],
)
def test_color_of_a_jpeg_stream(stream, color):
    assert read_header(stream, "jpeg").color == color


def test_a_jpeg_2000_color_transform_is_seen():
    plain = imagecodecs.jpeg2k_encode(RGB, codecformat="j2k", mct=False)
    transformed = imagecodecs.jpeg2k_encode(RGB, codecformat="j2k", mct=True)

    assert not read_header(plain, "j2k").transformed
    assert read_header(transformed, "j2k").transformed


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        pytest.param(patched_frame_header(JPEG, rows=65535, columns=65535), "65535 x", id="bomb"),
        pytest.param(patched_frame_header(JPEG, rows=0), "0 pixels", id="no-rows"),
        pytest.param(patched_frame_header(JPEG, precision=12), "12 bits", id="baseline-12-bit"),
        pytest.param(patched_frame_header(JPEG, components=255), "frame header", id="255-parts"),
        pytest.param(patched_frame_header(JPEG, components=4), "header", id="4-parts"),
        pytest.param(patched_frame_header(LOSSLESS, precision=127), "127 bits", id="127-bits"),
        pytest.param(patched_frame_header(JPEG_LS, precision=0), "0 bits", id="jls-0-bits"),
        pytest.param(patched_size(J2K, width=30000, tile=30000), "30000 x", id="j2k-bomb"),
        pytest.param(patched_size(J2K, tile=0), "tiles", id="j2k-tile-0"),
        pytest.param(patched_size(J2K, width=65500, height=65500, tile=1), "tiles", id="j2k-tiles"),
        pytest.param(patched_size(J2K, components=16384), "16384", id="j2k-components"),
        pytest.param(patched_size(J2K, depth=254), "bits", id="j2k-255-bits"),
        pytest.param(patched_size(J2K, step=0), "step of 0", id="j2k-step-0"),
        pytest.param(patched_size(J2K, left=2**31), "empty", id="j2k-offset"),
        pytest.param(JPEG[:20], "no frame header", id="jpeg-cut-in-header"),
        pytest.param(J2K[:30], "ends inside", id="j2k-cut-in-header"),
        pytest.param(RLE[:40], "cut off", id="rle-short"),
        pytest.param(b"\x00" + RLE[1:], "0 segments", id="rle-no-segments"),
        pytest.param(RLE[:4] + b"\xf0\xff\xff\xff" + RLE[8:], "offsets", id="rle-offset-beyond"),
        pytest.param(
            LOSSLESS.replace(b"\x01\x01\x00\x01\x00", b"\x01\x01\x00\x00\x00"), "predictor 0"
        ),
    ],
)
def test_hostile_headers_are_refused(stream, why):
    family = sniff(stream) or "rle"

    with pytest.raises(StreamError, match=why):
        check(read_header(stream, family), expected(bits=16))


def test_a_progressive_jpeg_with_thousands_of_scans_is_refused():
    file = io.BytesIO()
    Image.fromarray(GRAY).save(file, "JPEG", progressive=True)
    stream = file.getvalue()
    start = stream.index(b"\xff\xda")

    assert read_header(stream, "jpeg").process == "JPEG progressive"
    with pytest.raises(StreamError, match="scans"):
        read_header(stream[:start] + stream[start:-2] * 300, "jpeg")


@pytest.mark.parametrize(
    "stream", [JPEG, JPEG_LS, J2K, HTJ2K, RLE], ids=["jpeg", "jpegls", "j2k", "htj2k", "rle"]
)
def test_rows_that_do_not_match_are_refused(stream):
    facts = read_header(stream, sniff(stream))

    with pytest.raises(StreamError):
        check(facts, expected(rows=15, samples=3, bits=16))


@given(
    st.sampled_from([JPEG, LOSSLESS, JPEG_LS, J2K, HTJ2K, RLE]),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)
def test_damage_raises_nothing_else(stream, changes, cut):
    damaged = bytearray(stream)
    for at, value in changes:
        damaged[at % len(damaged)] = value
    damaged = damaged[: len(damaged) - cut % len(damaged)]
    with contextlib.suppress(StreamError):
        check(read_header(bytes(damaged), sniff(stream)), expected())


@pytest.mark.parametrize("stream", [JPEG, JPEG_LS, J2K, HTJ2K], ids=["jpeg", "ls", "j2k", "htj2k"])
def test_a_stream_cut_anywhere_in_its_header_is_refused_in_words(stream):
    family = sniff(stream)

    for length in range(4, min(len(stream), 200)):
        with contextlib.suppress(StreamError):
            read_header(stream[:length], family)
