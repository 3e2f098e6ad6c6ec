"""Contradictions that only the values show are told."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.image import FrameDescription, Palette, PixelFormat
from viewer.core.value_notes import value_notes

TWO = np.zeros(2, np.uint16)
INDEXED = FrameDescription(
    PixelFormat(1, 3, photometric_interpretation="PALETTE COLOR"),
    palette=Palette(TWO, TWO, TWO, first_mapped=5, bits=16),
)
GRAY = FrameDescription(PixelFormat(1, 3))


@pytest.mark.parametrize(
    ("stored", "description", "word"),
    [
        pytest.param([5, 6, 6], INDEXED, "", id="inside"),
        pytest.param([5, 6, 7], INDEXED, "indices 5 to 6", id="beyond"),
        pytest.param([4, 5, 6], INDEXED, "indices 5 to 6", id="below"),
        pytest.param([1.0, 2.0, 3.0], GRAY, "", id="numbers"),
        pytest.param([1.0, np.nan, np.inf], GRAY, "2 of 3 pixels", id="not-numbers"),
        pytest.param([0, 65535, 3], GRAY, "", id="gray"),
        pytest.param([], INDEXED, "", id="empty"),
    ],
)
def test_values_that_contradict_the_description(stored, description, word):
    notes = value_notes(np.array([stored]), description)

    assert bool(notes) is bool(word)
    assert word in " ".join(notes)
