"""ICC profiles of colour images (PS3.3 C.11.15, rule 28)."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageCms

from viewer.dicom.icc import apply_icc, icc_problem

RGB = np.random.default_rng(3).integers(0, 256, (20, 30, 3)).astype(np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()


def swapped_primaries() -> bytes:
    """sRGB with red and blue exchanged: a profile whose effect nobody overlooks."""
    profile = bytearray(SRGB)
    red, blue = profile.index(b"rXYZ", 128), profile.index(b"bXYZ", 128)
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


def test_an_srgb_profile_changes_nothing_visible():
    assert np.abs(apply_icc(RGB, SRGB).astype(int) - RGB).max() <= 1


def test_a_profile_is_really_applied():
    shown = apply_icc(RGB, swapped_primaries())

    assert np.abs(shown[..., ::-1].astype(int) - RGB).max() <= 2


@pytest.mark.parametrize(
    ("profile", "word"),
    [
        pytest.param(b"", "damaged", id="empty"),
        pytest.param(b"nonsense" * 40, "damaged", id="noise"),
        pytest.param(SRGB[:200], "damaged", id="cut"),
        pytest.param(LAB, "not for RGB", id="lab"),
    ],
)
def test_an_unusable_profile_is_left_out_and_said(profile, word):
    assert word in icc_problem(profile)
    assert apply_icc(RGB, profile) is RGB


def test_gray_images_and_those_without_a_profile_stay():
    gray = RGB[..., 0]

    assert apply_icc(gray, SRGB) is gray
    assert apply_icc(RGB, None) is RGB
    assert icc_problem(None) == ""


def test_it_takes_views_that_are_not_contiguous():
    assert np.array_equal(apply_icc(RGB[:, ::2], SRGB), apply_icc(RGB[:, ::2].copy(), SRGB))
