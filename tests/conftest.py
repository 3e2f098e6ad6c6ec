"""Fixtures for every layer; nothing here may need Qt."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
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


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of all made hostile cases, made once for each process of tests.

    Read only: tests that add to it or change it work on copies.
    """
    maker = SHARED / "hostile" / "make_hostile.py"
    if not maker.is_file():
        pytest.skip("the generator of hostile files is not beside this checkout")
    out = tmp_path_factory.mktemp("hostile")
    subprocess.run([sys.executable, maker, out], check=True, capture_output=True, timeout=300)
    yield out
    subprocess.run(["chmod", "-R", "u+rwX", out], check=False)
    subprocess.run(["rm", "-rf", out], check=False)  # rmtree fails at paths beyond PATH_MAX
