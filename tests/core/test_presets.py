"""The table of presets is the product's own list, key by key."""

from __future__ import annotations

import pytest

from viewer.core.presets import PRESETS, find_preset, presets_for


@pytest.mark.parametrize(
    ("key", "label", "width", "center"),
    [
        ("1", "Abdomen", 350, 40),
        ("2", "Lung", 1500, -600),
        ("3", "Bone", 2000, 300),
        ("4", "Brain", 80, 40),
        ("5", "Liver", 150, 90),
        ("6", "Mediastinum", 350, 50),
        ("7", "Angio", 600, 300),
        ("8", "Stroke", 40, 40),
    ],
)
def test_keys_choose_the_windows_for_ct(key, label, width, center):
    (preset,) = [preset for preset in presets_for("CT") if preset.key == key]

    assert (preset.label, preset.window.width, preset.window.center) == (label, width, center)


@pytest.mark.parametrize("modality", ["MR", "US", "CR", "DX", "MG", "XA", ""])
def test_no_presets_are_invented_elsewhere(modality):
    assert presets_for(modality) == ()


def test_pet_presets_start_at_zero_and_are_inverted():
    for preset in presets_for("PT"):
        assert preset.window.center - preset.window.width / 2 == 0
        assert preset.inverted


def test_presets_are_found_by_id_and_label():
    assert find_preset(" LUNG ") is find_preset("lung")
    assert find_preset("SUV 0-7") is find_preset("suv7")
    assert find_preset("spleen") is None
    assert len({preset.id for preset in PRESETS}) == len(PRESETS)
