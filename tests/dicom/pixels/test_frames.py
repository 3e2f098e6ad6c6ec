"""From a file on disk to stored values: every kind of pixel data, singly read (PS3.5 8, A.4)."""

from __future__ import annotations

import os
import signal
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from tests.data import write_dataset
from tests.dicom.encapsulated import encapsulate, image, write_any, write_compressed
from viewer.dicom.datasets.dataset import open_file
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.pixels.decoder_pool import DecoderPool
from viewer.dicom.pixels.frames import FrameReader, LoadedFrame
from viewer.dicom.pixels.native_frames import embedded_words
from viewer.errors import MalformedError, UnreadableFileError, UnsupportedError, ViewerError

ROOT = "1.2.840.10008.1.2"
EXPLICIT, BIG = f"{ROOT}.1", f"{ROOT}.2"
ROWS, COLUMNS = 24, 40
GRAY8 = (np.add.outer(np.arange(ROWS) * 3, np.arange(COLUMNS) * 2) % 256).astype(np.uint8)
GRAY12 = (np.add.outer(np.arange(ROWS) * 97, np.arange(COLUMNS) * 31) % 4096).astype(np.uint16)
GRAY16 = GRAY12 * 16 + 5
COLOR = np.stack([GRAY8, 255 - GRAY8, GRAY8[:, ::-1]], axis=-1)
SMOOTH = np.stack([GRAY8 // 4 + 90, GRAY8 // 4 + 60, GRAY8 // 4 + 120], axis=-1).astype(np.uint8)


@pytest.fixture(scope="module")
def reader() -> Iterator[FrameReader]:
    reader = FrameReader()
    yield reader
    reader.close()


def load(reader: FrameReader, path: Path, frame: int = 0) -> LoadedFrame:
    return reader.load(FrameRef(FileRef(os.fsencode(path)), frame))


def said(loaded: LoadedFrame) -> str:
    return " ".join(problem.what for problem in loaded.problems)


def native(path: Path, raw: bytes, syntax: str = EXPLICIT, vr: str = "OW", **attributes: Any):
    target = image(ROWS, COLUMNS, **attributes)
    target.PixelData = raw
    target["PixelData"].VR = vr
    return write_dataset(path, target, syntax)


def compressed(path: Path, stream: bytes, syntax: str, pixels: np.ndarray, **attributes: Any):
    bits = pixels.dtype.itemsize * 8
    if pixels.ndim == 3:
        attributes = {
            "SamplesPerPixel": 3,
            "PhotometricInterpretation": "RGB",
            "PlanarConfiguration": 0,
            **attributes,
        }
    more = {"bits": bits, "rows": pixels.shape[0], "columns": pixels.shape[1], **attributes}
    return write_compressed(path, [stream], f"{ROOT}.{syntax}", **more)


# Every lossless syntax that can be written here, gray and colour.
J2K = {"codecformat": "j2k", "level": 0}
LOSSLESS = [
    pytest.param("4.57", imagecodecs.jpeg8_encode, {"lossless": True, "predictor": 4}, id=".57"),
    pytest.param("4.70", imagecodecs.jpeg8_encode, {"lossless": True, "predictor": 1}, id=".70"),
    pytest.param("4.80", imagecodecs.jpegls_encode, {}, id="jpeg-ls"),
    pytest.param("4.81", imagecodecs.jpegls_encode, {}, id="near-lossless-0"),
    pytest.param("4.90", imagecodecs.jpeg2k_encode, J2K, id="jpeg-2000-lossless"),
    pytest.param("4.91", imagecodecs.jpeg2k_encode, J2K, id="jpeg-2000"),
    pytest.param("4.92", imagecodecs.jpeg2k_encode, J2K, id="part-2-lossless"),
    pytest.param("4.93", imagecodecs.jpeg2k_encode, J2K, id="part-2"),
    pytest.param("4.201", imagecodecs.htj2k_encode, {}, id="htj2k-lossless"),
    pytest.param("4.202", imagecodecs.htj2k_encode, {}, id="htj2k-rpcl"),
    pytest.param("4.203", imagecodecs.htj2k_encode, {}, id="htj2k"),
    pytest.param("4.110", imagecodecs.jpegxl_encode, {"lossless": True}, id="jpeg-xl-lossless"),
    pytest.param("4.112", imagecodecs.jpegxl_encode, {"lossless": True}, id="jpeg-xl"),
]


@pytest.mark.parametrize(("syntax", "encode", "options"), LOSSLESS)
@pytest.mark.parametrize("pixels", [GRAY8, GRAY16, COLOR], ids=["8", "16", "color"])
def test_lossless_syntaxes_are_exact(reader, tmp_path, syntax, encode, options, pixels):
    if encode is imagecodecs.jpeg8_encode and pixels.ndim == 3:
        options = {**options, "colorspace": "RGB", "outcolorspace": "RGB"}
    stream = bytes(encode(pixels, **options))

    loaded = load(reader, compressed(tmp_path / "a.dcm", stream, syntax, pixels))

    assert np.array_equal(loaded.stored, pixels)
    assert loaded.stored.dtype == pixels.dtype
    assert not said(loaded)


def rle_stream(pixels: np.ndarray) -> bytes:
    """PS3.5 G: one segment for each byte of each sample, most significant first; literals."""
    planes = np.atleast_3d(pixels)
    segments = []
    for sample in range(planes.shape[2]):
        plane = np.ascontiguousarray(planes[..., sample]).astype(planes.dtype.newbyteorder(">"))
        octets = plane.view(np.uint8).reshape(-1, plane.dtype.itemsize)
        segments += [octets[:, place].tobytes() for place in range(octets.shape[1])]
    coded = []
    for segment in segments:
        runs = [segment[at : at + 128] for at in range(0, len(segment), 128)]
        body = b"".join(bytes([len(run) - 1]) + run for run in runs)
        coded.append(body + b"\0" * (len(body) % 2))
    offsets = 64 + np.cumsum([0, *map(len, coded)])[:-1]
    header = struct.pack("<I", len(coded)) + offsets.astype("<u4").tobytes()
    return header.ljust(64, b"\0") + b"".join(coded)


@pytest.mark.parametrize(
    "pixels",
    [GRAY8, GRAY16, GRAY16.astype(np.uint32) * 7919, COLOR, COLOR.astype(np.uint16) * 256 + 3],
    ids=["8", "16", "32", "color", "color-16"],
)
def test_rle_is_exact(reader, tmp_path, pixels):
    loaded = load(reader, compressed(tmp_path / "a.dcm", rle_stream(pixels), "5", pixels))

    assert np.array_equal(loaded.stored, pixels)


@pytest.mark.parametrize("syntax", ["4.51", "4.53", "4.55"])
def test_twelve_bit_jpeg_is_decoded(reader, tmp_path, syntax):
    smooth = (GRAY12.cumsum(axis=1) % 4096 // 64 + 1500).astype(np.uint16)
    stream = imagecodecs.jpeg8_encode(smooth, level=100, bitspersample=12)
    path = compressed(tmp_path / "a.dcm", stream, syntax, smooth, BitsStored=12, HighBit=11)

    loaded = load(reader, path)

    assert loaded.facts.precision == 12
    assert np.abs(loaded.stored.astype(int) - smooth).max() <= 2


def test_jpeg_xl_recompressed_jpeg_equals_the_jpeg(reader, tmp_path):
    jpeg = imagecodecs.jpeg8_encode(SMOOTH, level=90)
    stream = imagecodecs.jpegxl_encode_jpeg(jpeg, usecontainer=True)

    loaded = load(reader, compressed(tmp_path / "a.dcm", stream, "4.111", SMOOTH))

    # libjxl and libjpeg upsample chroma each in its own way; both are allowed to.
    difference = np.abs(loaded.stored.astype(int) - imagecodecs.jpeg8_decode(jpeg))
    assert loaded.color_space == "RGB"
    assert np.percentile(difference, 99) <= 4


# PS3.5 8.2.1 and rule 5: the stream's word on colour counts, then the tag's.
YCBCR = imagecodecs.jpeg8_encode(SMOOTH, level=100, subsampling="444")
AS_RGB = imagecodecs.jpeg8_encode(SMOOTH, level=100, colorspace="RGB", outcolorspace="RGB")
UNMARKED = AS_RGB[: AS_RGB.index(b"\xff\xee")] + AS_RGB[AS_RGB.index(b"\xff\xee") + 16 :]


@pytest.mark.parametrize(
    ("stream", "told", "contradicts"),
    [
        pytest.param(YCBCR, "YBR_FULL_422", False, id="jfif-ybr"),
        pytest.param(YCBCR, "YBR_FULL", False, id="jfif-ybr-full"),
        pytest.param(YCBCR, "RGB", True, id="jfif-but-rgb"),
        pytest.param(AS_RGB, "RGB", False, id="adobe-0-rgb"),
        pytest.param(AS_RGB, "YBR_FULL_422", True, id="adobe-0-but-ybr"),
        pytest.param(UNMARKED, "RGB", False, id="unmarked-rgb"),
    ],
)
def test_jpeg_color_is_what_the_stream_says(reader, tmp_path, stream, told, contradicts):
    path = compressed(tmp_path / "a.dcm", stream, "4.50", SMOOTH, PhotometricInterpretation=told)

    loaded = load(reader, path)

    assert loaded.color_space == "RGB"
    assert np.abs(loaded.stored.astype(int) - SMOOTH).max() <= 3
    assert ("Photometric Interpretation" in said(loaded)) == contradicts


# Rule 6.
@pytest.mark.parametrize(
    ("mct", "told", "space", "contradicts"),
    [
        (True, "YBR_RCT", "RGB", False),
        (True, "RGB", "RGB", False),
        (True, "YBR_FULL", "RGB", True),
        (False, "RGB", "RGB", False),
        (False, "YBR_FULL", "YBR_FULL", False),
    ],
)
def test_jpeg_2000_color_transform(reader, tmp_path, mct, told, space, contradicts):
    stream = imagecodecs.jpeg2k_encode(COLOR, codecformat="j2k", level=0, mct=mct)
    path = compressed(tmp_path / "a.dcm", stream, "4.90", COLOR, PhotometricInterpretation=told)

    loaded = load(reader, path)

    assert loaded.color_space == space
    assert np.array_equal(loaded.stored, COLOR)
    assert ("Photometric Interpretation" in said(loaded)) == contradicts


@pytest.mark.parametrize("syntax", [EXPLICIT, ROOT, BIG, f"{ROOT}.1.99"])
@pytest.mark.parametrize("dtype", ["u1", "u2", "i2", "u4"])
def test_native_integers_are_exact(reader, tmp_path, syntax, dtype):
    pixels = (GRAY12.astype(np.int64) - 1000).astype(dtype)
    order = ">" if syntax == BIG else "<"
    raw = pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
    vr = "OB" if dtype == "u1" and syntax != ROOT else "OW"
    bits = pixels.dtype.itemsize * 8
    path = native(
        tmp_path / "a.dcm", raw, syntax, vr, bits=bits, PixelRepresentation=int(dtype[0] == "i")
    )

    assert np.array_equal(load(reader, path).stored, pixels)


def test_big_endian_words_of_8_bit_samples(reader, tmp_path):
    raw = GRAY8.reshape(-1, 2)[:, ::-1].tobytes()

    path = native(tmp_path / "a.dcm", raw, BIG, "OW", bits=8)

    assert np.array_equal(load(reader, path).stored, GRAY8)


def test_single_bits_of_many_frames(reader, tmp_path):
    masks = np.random.default_rng(1).integers(0, 2, (5, 7, 9), np.uint8)
    raw = np.packbits(masks, bitorder="little").tobytes()
    target = image(7, 9, 1, NumberOfFrames=5)
    target.PixelData = raw + b"\0" * (len(raw) % 2)
    path = write_dataset(tmp_path / "a.dcm", target)

    frames = [load(reader, path, number).stored for number in range(5)]

    assert np.array_equal(frames, masks)


@pytest.mark.parametrize(
    ("keyword", "dtype"), [("FloatPixelData", "f4"), ("DoubleFloatPixelData", "f8")]
)
def test_float_pixel_data(reader, tmp_path, keyword, dtype):
    values = (GRAY16 / 7 - 300).astype(dtype)
    target = image(ROWS, COLUMNS, values.itemsize * 8)
    del target.BitsStored, target.HighBit, target.PixelRepresentation
    setattr(target, keyword, values.tobytes())

    loaded = load(reader, write_dataset(tmp_path / "a.dcm", target))

    assert np.array_equal(loaded.stored, values)
    assert loaded.stored.dtype == dtype


@pytest.mark.parametrize("kind", ["deflated", "encapsulated"])
def test_raw_bytes_in_fragments(reader, tmp_path, kind):
    raw = GRAY16.tobytes()
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    stream = squeezer.compress(raw) + squeezer.flush() if kind == "deflated" else raw
    syntax = "8.1" if kind == "deflated" else "1.98"

    loaded = load(reader, compressed(tmp_path / "a.dcm", stream, syntax, GRAY16))

    assert np.array_equal(loaded.stored, GRAY16)


# Rule 4: the length tells what the label does not.
@pytest.mark.parametrize(
    ("told", "raw", "space"),
    [
        pytest.param("YBR_FULL_422", COLOR.tobytes(), "YBR_FULL", id="not-subsampled"),
        pytest.param(
            "YBR_FULL_422", np.where(COLOR < 128, 0, COLOR).tobytes(), "RGB", id="black-of-rgb"
        ),
        pytest.param("YBR_FULL", COLOR[:, :, :2].tobytes(), "YBR_FULL", id="subsampled"),
    ],
)
def test_wrong_subsampling_labels_are_seen(reader, tmp_path, told, raw, space):
    color = {"SamplesPerPixel": 3, "PhotometricInterpretation": told, "PlanarConfiguration": 0}
    if space == "RGB":
        raw = np.where((GRAY8 < 100)[..., None], 0, COLOR).astype(np.uint8).tobytes()

    loaded = load(reader, native(tmp_path / "a.dcm", raw, bits=8, **color))

    assert loaded.color_space == space
    assert loaded.stored.shape == (ROWS, COLUMNS, 3)
    assert told in said(loaded)


# T26.
@pytest.mark.parametrize("kind", ["native", "compressed"])
def test_a_cut_clip_shows_its_whole_frames(reader, tmp_path, kind):
    frames = [np.full((ROWS, COLUMNS), number % 250, np.uint8) for number in range(300)]
    if kind == "native":
        path = native(tmp_path / "a.dcm", np.stack(frames).tobytes(), bits=8, NumberOfFrames=300)
    else:
        streams = [bytes(imagecodecs.jpegls_encode(frame)) for frame in frames]
        path = write_compressed(
            tmp_path / "a.dcm", streams, f"{ROOT}.4.80", rows=ROWS, columns=COLUMNS, bits=8
        )
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.7)])

    first = load(reader, path, 0)
    last = load(reader, path, first.whole_frames - 1)

    assert 190 < first.whole_frames < 212
    assert f"{first.whole_frames} of 300 frames" in said(first)
    assert (last.stored == (first.whole_frames - 1) % 250).all()
    with pytest.raises(MalformedError, match="missing"):
        load(reader, path, 299)


@pytest.mark.parametrize(
    ("syntax", "encode"),
    [
        ("4.50", lambda pixels: imagecodecs.jpeg8_encode(pixels, level=95)),
        ("4.80", imagecodecs.jpegls_encode),
        ("4.70", lambda pixels: imagecodecs.jpeg8_encode(pixels, lossless=True)),
    ],
    ids=["jpeg", "jpeg-ls", "jpeg-lossless"],
)
def test_a_cut_codestream_shows_its_upper_part(reader, tmp_path, syntax, encode):
    big = np.tile(GRAY8, (8, 5))
    stream = bytes(encode(big))

    loaded = load(reader, compressed(tmp_path / "a.dcm", stream[: len(stream) // 2], syntax, big))

    top = np.abs(loaded.stored[:40].astype(int) - big[:40])
    assert top.max() <= (8 if syntax == "4.50" else 0)
    assert "ends early" in said(loaded)


def test_an_edge_tile_smaller_than_the_frame_is_shown(reader, tmp_path):
    stream = imagecodecs.jpegls_encode(GRAY8[:10, :20].copy())

    loaded = load(reader, compressed(tmp_path / "a.dcm", stream, "4.80", GRAY8))

    assert np.array_equal(loaded.stored[:10, :20], GRAY8[:10, :20])
    assert not loaded.stored[10:].any()
    assert "only 20 x 10" in said(loaded)


def test_the_stream_decides_what_kind_it_is(reader, tmp_path):
    stream = imagecodecs.jpeg2k_encode(GRAY16, codecformat="j2k", level=0)

    loaded = load(reader, compressed(tmp_path / "a.dcm", stream, "4.70", GRAY16))

    assert np.array_equal(loaded.stored, GRAY16)
    assert "JPEG Lossless" in said(loaded)


def test_one_frame_of_a_clip_needs_one_frames_bytes(reader, tmp_path, monkeypatch):
    noise = np.random.default_rng(2).integers(0, 65536, (64, 64), np.uint16)
    streams = [bytes(imagecodecs.jpegls_encode(noise + number)) for number in range(200)]
    path = write_compressed(
        tmp_path / "a.dcm", streams, f"{ROOT}.4.80", rows=64, columns=64, bits=16
    )
    read = []
    real = os.pread
    monkeypatch.setattr(os, "pread", lambda fd, n, at: (read.append(n), real(fd, n, at))[1])

    loaded = load(reader, path, 150)

    assert np.array_equal(loaded.stored, noise + 150)
    assert sum(read) < 200_000 < path.stat().st_size / 5


def test_a_changed_file_is_read_again(reader, tmp_path):
    path = native(tmp_path / "a.dcm", GRAY8.tobytes(), bits=8)
    before = load(reader, path).stored
    native(path, (255 - GRAY8).tobytes() + b"\0\0", bits=8)

    after = load(reader, path).stored

    assert np.array_equal(after, 255 - before)


def test_a_vanished_file_is_told(reader, tmp_path):
    path = native(tmp_path / "a.dcm", GRAY8.tobytes(), bits=8)
    load(reader, path)
    path.unlink()

    with pytest.raises(UnreadableFileError):
        load(reader, path)


# T30: what is left of a truncated file, and no signal from a memory map.
def test_a_file_truncated_while_open_is_told(reader, tmp_path):
    path = native(tmp_path / "a.dcm", GRAY8.tobytes(), bits=8)
    load(reader, path)
    os.truncate(path, path.stat().st_size - ROWS * COLUMNS)

    with pytest.raises(ViewerError):
        load(reader, path)


def test_a_failure_is_remembered_not_repeated(tmp_path):
    stream = bytes(imagecodecs.jpeg2k_encode(GRAY16, codecformat="j2k", level=0))
    broken = compressed(tmp_path / "a.dcm", stream[:60], "4.90", GRAY16)
    reader = FrameReader()
    with pytest.raises(MalformedError) as first:
        load(reader, broken)
    with pytest.raises(MalformedError) as second:
        load(reader, broken)
    reader.close()

    assert second.value is first.value


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
def test_a_frame_whose_decoder_was_stopped_can_be_tried_again(tmp_path):
    stream = bytes(imagecodecs.jpeg2k_encode(GRAY16, codecformat="j2k", level=0))
    path = compressed(tmp_path / "a.dcm", stream, "4.90", GRAY16)
    pool = DecoderPool(workers=1, seconds=0.5)
    reader = FrameReader(pool)
    load(reader, path)
    os.kill(pool.pids[0], signal.SIGSTOP)
    with pytest.raises(MalformedError, match="longer"):
        load(reader, path)

    reader.retry(FrameRef(FileRef(os.fsencode(path))))

    assert np.array_equal(load(reader, path).stored, GRAY16)
    reader.close()
    pool.close()


@pytest.mark.parametrize(
    ("syntax", "sentence"),
    [("4.94", "on a server"), ("4.95", "on a server"), ("4.204", "on a server")],
)
def test_referenced_pixels_are_not_fetched(reader, tmp_path, syntax, sentence):
    target = image(ROWS, COLUMNS, PixelDataProviderURL="http://127.0.0.1:9/x")

    path = write_any(tmp_path / "a.dcm", target, f"{ROOT}.{syntax}")

    with pytest.raises(UnsupportedError, match=sentence):
        load(reader, path)


def test_plain_bytes_under_an_unknown_transfer_syntax_are_not_guessed_at(reader, tmp_path):
    path = write_any(tmp_path / "a.dcm", image(ROWS, COLUMNS, PixelData=bytes(960)), EXPLICIT)
    path.write_bytes(path.read_bytes().replace(EXPLICIT.encode(), b"1.2.840.999999.1.21"))

    with pytest.raises(UnsupportedError, match="is unknown"):
        load(reader, path)


def test_an_object_without_pixels_says_so(reader, tmp_path):
    with pytest.raises(UnsupportedError, match="no pixel data"):
        load(reader, write_dataset(tmp_path / "a.dcm", image()))


# The six files whose reference picture is not to be trusted, judged by the standard and by what
# the scanner meant: outside the circle these CT images hold -2048 or -2000.
@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "corner", "noted"),
    [
        ("single/J2K_pixelrep_mismatch.dcm", -2000, "marked unsigned"),
        ("single/TOSHIBA_J2K_SIZ0_PixRep1.dcm", -2048, "marked unsigned"),
        ("single/TOSHIBA_J2K_SIZ1_PixRep0.dcm", -2048, "is signed"),
    ],
)
def test_contradictory_signs(reader, shared_data, name, corner, noted):
    loaded = load(reader, shared_data / name)

    assert loaded.stored[0, 0] == corner
    assert noted in said(loaded)


@pytest.mark.shared_data
def test_a_deflated_segmentation_equals_its_twin(reader, shared_data):
    plain = shared_data / "nonimage/seg/liver.dcm"
    deflated = shared_data / "syntaxes/deflated-frame/liver_deflate.dcm"

    for frame in range(3):
        assert np.array_equal(
            load(reader, plain, frame).stored, load(reader, deflated, frame).stored
        )


# PS3.3-2004 C.9.2: overlays in bits above High Bit; the image itself must not show them.
def test_words_keep_the_bits_that_values_lose(reader, tmp_path):
    flags = (GRAY12 % 3 == 0).astype(np.uint16) << 12
    path = native(
        tmp_path / "a.dcm", (GRAY12 | flags).tobytes(), bits=16, BitsStored=12, HighBit=11
    )

    loaded = load(reader, path)
    words = embedded_words(open_file(loaded.ref.file), loaded.description.pixel_format, 0)

    assert np.array_equal(loaded.stored, GRAY12)
    assert np.array_equal(words, GRAY12 | flags)


def test_several_fragments_without_a_table(reader, tmp_path):
    streams = [bytes(imagecodecs.jpegls_encode(GRAY16 + number)) for number in range(3)]
    target = image(ROWS, COLUMNS, 16, NumberOfFrames=3)
    target.PixelData = encapsulate([[s[:100], s[100:160], s[160:]] for s in streams])
    target["PixelData"].is_undefined_length = True
    path = write_dataset(tmp_path / "a.dcm", target, f"{ROOT}.4.80")

    frames = [load(reader, path, number).stored for number in range(3)]

    assert np.array_equal(frames, [GRAY16, GRAY16 + 1, GRAY16 + 2])


@pytest.mark.parametrize(
    "start",
    [
        pytest.param(lambda whole: whole[:-40] + bytes(40), id="wrong-to-the-end"),
        pytest.param(lambda whole: whole[:600], id="cut-before-the-pixels"),
    ],
)
def test_a_file_that_failed_is_read_again_once_it_is_whole(reader, tmp_path, start):
    stream = imagecodecs.jpeg2k_encode(GRAY8, **J2K)
    path = compressed(tmp_path / "a.dcm", stream, "4.90", GRAY8)
    whole = path.read_bytes()
    damaged = start(whole.replace(b"\xff\x4f\xff\x51", bytes(4)))
    path.write_bytes(damaged)
    with pytest.raises(ViewerError):
        load(reader, path)

    path.write_bytes(whole)
    os.utime(path, ns=(1, 1))

    assert np.array_equal(load(reader, path).stored, GRAY8)
