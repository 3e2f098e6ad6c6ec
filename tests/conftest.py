"""Fixtures for every layer; nothing here may need Qt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("LIGHTBOX_SHARED", ROOT.parent / "shared"))

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files that is kept beside the checkout, never inside it."""
    data = SHARED / "data"
    if not data.is_dir():
        pytest.skip("the real DICOM files are not beside this checkout")
    return data
