"""Files made to break decoders: each is shown, warned about or refused, quickly and alive.

T20 and T21: the corpus of made cases (groups E and F) and seeded mutants of good compressed
files, through the pool, in this process, which must survive.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pytest

from tests.dicom.encapsulated import write_compressed
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.pixels.frames import FrameReader
from viewer.errors import ViewerError

# Told elsewhere than with the pixels: the frame itself is right.
NOT_THE_PIXELS = {
    "E15_no_pixels": "the tag inspector shows the header; there is no frame to load",
    "E17_palette_index_oob": "the palette is applied by viewer.core",
    "E17_palette_first_65535": "the palette is applied by viewer.core",
    "E30_wsi_total_matrix": "the tile itself is right",
    "E31_perframe_short": "the functional groups are read by the describer",
    "E33_sparse_frames": "100,000 frames of one pixel are there",
}


@pytest.fixture(scope="module")
def reader() -> Iterator[FrameReader]:
    reader = FrameReader()
    yield reader
    reader.close()


def outcome(reader: FrameReader, path: Path) -> tuple[str, str]:
    """(load, warn or error; the words for the user)."""
    try:
        loaded = reader.load(FrameRef(FileRef(os.fsencode(path))))
    except ViewerError as error:
        return "error", str(error)
    problems = (*loaded.problems, *loaded.description.problems)
    return ("warn" if problems else "load"), " ".join(p.what for p in problems)


@pytest.mark.shared_data
def test_every_made_case_ends_as_its_manifest_says(reader, corpus):
    cases = json.loads((corpus / "manifest.json").read_text())
    wrong = []
    for case in cases:
        if case["id"][0] not in "EF" or not (corpus / case["path"]).is_file():
            continue
        start = time.monotonic()
        got, words = outcome(reader, corpus / case["path"])
        slow = time.monotonic() - start > case["max_s"]
        if slow or (got not in case["expect"] and case["id"] not in NOT_THE_PIXELS):
            wrong.append((case["id"], case["expect"], got, words))

    assert not wrong
    assert reader.pool.deaths == 0  # the header check stops them all before a decoder


NOISE = np.random.default_rng(7).integers(0, 4096, (64, 64), np.uint16)
PICTURE = (NOISE // 64 + np.add.outer(np.arange(64) * 30, np.arange(64) * 20)).astype(np.uint16)
BYTES = (PICTURE // 16).astype(np.uint8)
COLOR = np.stack([BYTES, BYTES[::-1], BYTES.T], axis=-1)
SEEDS: list[Any] = [
    pytest.param(imagecodecs.jpeg8_encode(BYTES), "4.50", BYTES, id="jpeg"),
    pytest.param(imagecodecs.jpeg8_encode(COLOR), "4.50", COLOR, id="jpeg-color"),
    pytest.param(imagecodecs.jpeg8_encode(PICTURE, bitspersample=12), "4.51", PICTURE, id="12-bit"),
    pytest.param(
        imagecodecs.jpeg8_encode(PICTURE, lossless=True, bitspersample=16),
        "4.70",
        PICTURE,
        id=".70",
    ),
    pytest.param(imagecodecs.jpegls_encode(PICTURE), "4.80", PICTURE, id="jpeg-ls"),
    pytest.param(imagecodecs.jpegls_encode(COLOR), "4.80", COLOR, id="jpeg-ls-color"),
    pytest.param(
        imagecodecs.jpeg2k_encode(PICTURE, codecformat="j2k", level=0), "4.90", PICTURE, id="j2k"
    ),
    pytest.param(
        imagecodecs.jpeg2k_encode(COLOR, codecformat="jp2", level=0), "4.91", COLOR, id="jp2-color"
    ),
    pytest.param(imagecodecs.htj2k_encode(PICTURE), "4.201", PICTURE, id="htj2k"),
    pytest.param(imagecodecs.jpegxl_encode(PICTURE, lossless=True), "4.110", PICTURE, id="jpeg-xl"),
]


def mutant(stream: bytes, rng: random.Random) -> bytes:
    """One seeded damage: bits, bytes, runs, cuts, swaps, header fields."""
    data = bytearray(stream)
    kind = rng.choice(("bit", "byte", "run", "cut", "delete", "duplicate", "header", "length"))
    at, size = rng.randrange(len(data)), rng.randrange(1, 40)
    if kind == "bit":
        for _ in range(size):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == "byte":
        data[at] = rng.choice((0, 1, 127, 128, 254, 255))
    elif kind == "run":
        data[at : at + size] = bytes([rng.choice((0, 255))]) * size
    elif kind == "cut":
        del data[at:]
    elif kind == "delete":
        del data[at : at + size]
    elif kind == "duplicate":
        data[at:at] = data[at : at + size]
    else:
        place = rng.randrange(min(len(data), 160 if kind == "header" else 60))
        data[place : place + 2] = rng.randbytes(2)
    return bytes(data)


@pytest.mark.parametrize(("stream", "syntax", "pixels"), SEEDS)
def test_mutants_are_survived(reader, tmp_path, stream, syntax, pixels):
    rng = random.Random(f"{syntax}{pixels.ndim}")
    color = pixels.ndim == 3
    attributes = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB"} if color else {}
    slowest, results = 0.0, {"load": 0, "warn": 0, "error": 0}

    for number in range(60):
        path = write_compressed(
            tmp_path / f"{number}.dcm",
            [mutant(bytes(stream), rng) or b"\0\0"],
            f"1.2.840.10008.1.2.{syntax}",
            rows=64,
            columns=64,
            bits=pixels.dtype.itemsize * 8,
            **attributes,
        )
        start = time.monotonic()
        got, words = outcome(reader, path)
        slowest = max(slowest, time.monotonic() - start)
        results[got] += 1
        assert words or got == "load"

    assert slowest < 12  # ten seconds, and the start of a new worker
    assert results["error"] + results["warn"] > 5
