"""A ramp is used only where it is the table, and is found for the windows people use."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.grayscale import GrayChain, apply_chain, gray_ramp, gray_table
from viewer.core.image import LookupTable, PaddingRange, Window, WindowFunction
from viewer.core.ramp import find_ramp

CT = dict(
    slope=1.0, intercept=-1024.0, modality_lut=None, padding=None, window=Window(40, 400),
    voi_lut=None, presentation_lut=None, inverse=False,
)  # fmt: skip
BENT = LookupTable(np.arange(9, dtype=np.uint16) ** 2, 0, 8)
EVERY = {name: np.arange(65536).astype(np.uint16).view(name) for name in ("uint16", "int16")}


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize(
    ("center", "width"),
    [
        (40, 350),
        (-600, 1500),
        (300, 2000),
        (40, 80),
        (40, 40),
        (2048, 4096),
        (600, 1200),
        (40, 1.5),
    ],
)
def test_common_windows_are_ramps_and_equal_their_tables(center, width, inverse, dtype):
    chain = GrayChain(**{**CT, "window": Window(center, width), "inverse": inverse})

    ramp = gray_ramp(chain, dtype)
    levels = np.empty(65536, np.uint8)
    ramp.levels_into(EVERY[dtype], levels)

    assert np.array_equal(levels, gray_table(chain, dtype))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"window": Window(40, 400, WindowFunction.SIGMOID)}, id="sigmoid"),
        pytest.param({"window": Window(40, 1)}, id="threshold"),
        pytest.param({"modality_lut": BENT}, id="modality-lut"),
        pytest.param({"voi_lut": BENT, "window": None}, id="voi-lut"),
        pytest.param({"presentation_lut": BENT}, id="presentation-lut"),
        pytest.param(
            {"inverse": True, "padding": PaddingRange(0, 0), "hide_padding": True}, id="padding"
        ),
        pytest.param({"slope": 1e290}, id="beyond-single-precision"),
    ],
)
def test_what_bends_is_looked_up(changes):
    chain = GrayChain(**{**CT, **changes})

    assert gray_ramp(chain, "uint16") is None
    shown = apply_chain(EVERY["uint16"], chain)
    assert np.array_equal(shown, gray_table(chain, "uint16"))


def test_a_line_beside_the_table_is_no_ramp():
    values = np.arange(256, dtype=np.uint8)

    assert find_ramp(1.0, 0.5, values, values) is not None
    assert find_ramp(1.01, 0.5, values, values) is None
    assert find_ramp(1.0, 0.5, values, np.where(values == 7, 0, values).astype(np.uint8)) is None
