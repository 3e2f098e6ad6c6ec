"""Outlined text: readable on black and on white, painted once, never interpreted."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from viewer.ui.viewport.outlined_text import (
    WHITE,
    TextStyle,
    elided_to,
    line_pixmap,
    size_for,
    width_of,
)

STYLE = TextStyle(12)


def pixels(pixmap) -> np.ndarray:
    image = pixmap.toImage().convertToFormat(QImage.Format.Format_ARGB32)
    raw = np.frombuffer(image.constBits(), np.uint8)
    return raw.reshape(image.height(), image.bytesPerLine() // 4, 4)[:, : image.width()].copy()


def luminance(color: str) -> float:
    channels = np.array(QColor(color).getRgbF()[:3])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


@pytest.mark.usefixtures("qapp")
def test_light_letters_with_a_dark_ring():
    drawn = pixels(line_pixmap("W 350", STYLE))
    opaque = drawn[drawn[..., 3] > 200][:, 0]

    assert opaque.max() > 220
    assert (opaque < 40).mean() > 0.4


@pytest.mark.parametrize(
    ("color", "least"),
    [(WHITE, 7), ("#FFB000", 7), ("#D5DAE0", 7), ("#FFE14D", 7), ("#4DA3FF", 7), ("#FF5A5A", 6.8)],
)
def test_contrast_on_black(color, least):
    assert (luminance(color) + 0.05) / 0.05 >= least


@pytest.mark.usefixtures("qapp")
def test_digits_have_one_width():
    assert len({width_of(digit, STYLE) for digit in "0123456789"}) == 1


@pytest.mark.usefixtures("qapp")
def test_a_line_is_painted_once():
    assert line_pixmap("again", STYLE) is line_pixmap("again", TextStyle(12))


@pytest.mark.usefixtures("qapp")
def test_device_ratio_gives_finer_letters_of_the_same_size():
    plain, fine = line_pixmap("abc", STYLE), line_pixmap("abc", TextStyle(12, ratio=2.0))

    assert fine.width() == pytest.approx(2 * plain.width(), abs=2)
    assert fine.deviceIndependentSize().width() == pytest.approx(plain.width(), abs=1)


@pytest.mark.usefixtures("qapp")
def test_long_lines_end_with_an_ellipsis():
    assert elided_to("a" * 200, STYLE, 100).endswith("…")
    assert elided_to("short", STYLE, 100) == "short"


@pytest.mark.parametrize(
    ("width", "height", "factor", "size"),
    [(704, 2000, 1, 11), (200, 200, 1, 9), (4000, 4000, 1, 14), (704, 704, 2, 22)],
)
def test_size_follows_the_short_side(width, height, factor, size):
    assert size_for(width, height, factor) == size
