"""Overlay planes from a file (PS3.3 C.9.2, PS3.5 8.1.2; rules 2, 29 and 30)."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data import EXPLICIT_BIG
from tests.dicom.light_data import RAMP, described, image, put_overlay, told

MASK = np.random.default_rng(4).random((5, 7)) > 0.5  # 35 bits: rows and end are not padded


def test_bits_run_on_without_row_padding_least_significant_first(tmp_path):
    source = image()
    put_overlay(source, MASK, origin=(3, -4), group=0x601E)

    (overlay,) = described(tmp_path, source).overlays

    assert np.array_equal(overlay.mask, MASK)
    assert overlay.origin == (2, -5)
    assert overlay.group == 0x601E


def test_big_endian_words_give_the_same_bits(tmp_path):
    source = image(RAMP.byteswap())
    put_overlay(source, MASK)
    data = np.frombuffer(source[0x60003000].value, "<u2").byteswap().tobytes()
    source[0x60003000].value = data

    (overlay,) = described(tmp_path, source, syntax=EXPLICIT_BIG).overlays

    assert np.array_equal(overlay.mask, MASK)


@pytest.mark.parametrize(("frame", "plane"), [(0, None), (1, 0), (2, 1), (3, None)])
def test_planes_belong_to_frames_by_image_frame_origin(tmp_path, frame, plane):
    """C.9.4: Number of Frames in Overlay and Image Frame Origin; planes run on bit by bit."""
    masks = np.random.default_rng(6).random((2, 5, 7)) > 0.5
    source = image(np.zeros((4, 8, 8), np.uint16))
    put_overlay(source, masks)
    source.add_new(0x60000051, "US", 2)

    overlays = described(tmp_path, source, frame).overlays

    assert len(overlays) == (plane is not None)
    if plane is not None:
        assert np.array_equal(overlays[0].mask, masks[plane])


def test_a_plain_overlay_lies_on_every_frame(tmp_path):
    source = image(np.zeros((4, 8, 8), np.uint16))
    put_overlay(source, MASK)

    assert len(described(tmp_path, source, 3).overlays) == 1


@pytest.mark.parametrize("frame", [0, 1])
def test_a_retired_plane_hides_in_an_unused_bit(tmp_path, frame):
    mask = np.random.default_rng(8).random((2, 8, 8)) > 0.5
    source = image(np.where(mask, 0x8123, 0x0123).astype(np.uint16), bits_stored=12)
    put_overlay(source, mask[0])
    del source[0x60003000]
    source[0x60000100].value, source[0x60000102].value = 16, 15

    (overlay,) = described(tmp_path, source, frame).overlays

    assert np.array_equal(overlay.mask, mask[frame])


@pytest.mark.parametrize(
    ("tag", "value", "word"),
    [
        pytest.param(0x60000010, 0, "OverlayRows", id="no-rows"),
        pytest.param(0x60000010, 60000, "OverlayData is too short", id="rows-lie"),
        pytest.param(0x60003000, b"", "no OverlayData", id="no-data"),
        pytest.param(0x60003000, b"\xff\xff", "OverlayData is too short", id="short"),
    ],
)
def test_a_broken_plane_is_left_out_and_named(tmp_path, tag, value, word):
    source = image()
    put_overlay(source, MASK)
    source[tag].value = value
    if value == b"":
        del source[tag]

    description = described(tmp_path, source)

    assert description.overlays == ()
    assert word in told(description)


def test_a_missing_origin_is_the_corner_and_told(tmp_path):
    source = image()
    put_overlay(source, MASK)
    del source[0x60000050]

    description = described(tmp_path, source)

    assert description.overlays[0].origin == (0, 0)
    assert "OverlayOrigin" in told(description)


def test_an_image_of_overlays_alone_takes_their_size(tmp_path):
    source = image()
    put_overlay(source, MASK)
    for keyword in ("PixelData", "Rows", "Columns", "BitsAllocated", "BitsStored", "HighBit"):
        del source[keyword]

    pixels = described(tmp_path, source).pixel_format

    assert (pixels.rows, pixels.columns) == MASK.shape


def test_a_bitmap_shutter_is_no_overlay(tmp_path):
    """C.7.6.15: pixels whose bit is 1 are covered."""
    source = image(ShutterShape="BITMAP", ShutterPresentationValue=1000)
    source.add_new("ShutterOverlayGroup", "US", 0x6004)
    put_overlay(source, MASK, origin=(1, 1), group=0x6004)

    description = described(tmp_path, source)

    assert description.overlays == ()
    assert np.array_equal(description.shutter.visible[:5, :7], ~MASK)
    assert description.shutter.visible[5:].all()
