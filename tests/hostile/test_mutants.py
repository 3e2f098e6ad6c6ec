"""T20: seeded mutants of good files through the scan, the tags, the decoders and the thumbnails."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from tests.conftest import SHARED
from tests.data import DEFLATED, EXPLICIT_BIG, IMPLICIT_LITTLE, write_ct
from tests.dicom.encapsulated import write_compressed
from tests.hostile.instruments import LONG, Pulse, most_late_s
from tests.hostile.looking import Seen, all_stacks, close_all, look_at, open_all

COUNT = int(os.environ.get("LIGHTBOX_MUTANTS", "6000" if LONG else "200"))
SEED = int(os.environ.get("LIGHTBOX_SEED", "1"))
BATCH = 200
MOST_FRAME_S = 12  # ten seconds for a decoder and the start of its successor
ROOT = "1.2.840.10008.1.2.4"


def write_seeds(folder: Path) -> None:
    """One small good file of each way to write pixels."""
    folder.mkdir()
    for name, syntax in (
        ("implicit", IMPLICIT_LITTLE),
        ("big", EXPLICIT_BIG),
        ("deflated", DEFLATED),
    ):
        write_ct(folder / f"{name}.dcm", syntax=syntax)
    write_ct(folder / "explicit.dcm")
    slope = np.add.outer(np.arange(48) * 30, np.arange(48) * 20).astype(np.uint16)
    gray = (slope // 16).astype(np.uint8)
    streams = {
        "50": (imagecodecs.jpeg8_encode(gray), 8),
        "70": (imagecodecs.jpeg8_encode(slope, lossless=True, bitspersample=16), 16),
        "80": (imagecodecs.jpegls_encode(slope), 16),
        "90": (imagecodecs.jpeg2k_encode(slope, codecformat="j2k", level=0), 16),
        "201": (imagecodecs.htj2k_encode(slope), 16),
    }
    for number, (stream, bits) in streams.items():
        path = folder / f"{number}.dcm"
        write_compressed(path, [bytes(stream)], f"{ROOT}.{number}", rows=48, columns=48, bits=bits)


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    maker = SHARED / "hostile" / "make_hostile.py"
    if not maker.is_file():
        pytest.skip("the generator of hostile files is not beside this checkout")
    folder = tmp_path_factory.mktemp("mutants")
    write_seeds(folder / "seeds")
    words = ["--mutate", folder / "seeds", "--count", str(COUNT), "--seed", str(SEED)]
    subprocess.run([sys.executable, maker, folder / "out", *words], check=True, timeout=600)
    return sorted(path for path in (folder / "out").rglob("*") if path.is_file())


@pytest.mark.timeout(7200 if LONG else 170)
def test_mutants_are_shown_or_said_and_the_window_lives(qtbot, window, mutants):
    window.docks["tags"].show()
    window.docks["studies"].show()
    pulse, slowest_s, seen = Pulse(), 0.0, Seen()
    told = 0

    for start in range(0, len(mutants), BATCH):
        open_all(qtbot, window, *mutants[start : start + BATCH])
        for stack in all_stacks(window):
            for place in range(min(len(stack.frames), 40)):
                began_s = time.perf_counter()
                look_at(qtbot, window, stack, seen, [place])
                slowest_s = max(slowest_s, time.perf_counter() - began_s)
        told += len(window.workspace.problems.rows)
        close_all(qtbot, window)
    pulse.stop()

    assert seen.drawn + len(seen.failures) > COUNT // 4
    assert told > COUNT // 20
    assert all(failure.what and failure.where for failure in seen.failures)
    assert slowest_s < MOST_FRAME_S
    assert pulse.worst_s < most_late_s()
