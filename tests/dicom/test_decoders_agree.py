"""Stored values of every real image against another program's: the standard has one answer.

Second decoders: DCMTK's dcmdjpeg, dcmdjpls and dcmdrle where they are installed and can read
the syntax, else pydicom with a decoding plug-in that is not ours, named in each test's id.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom.pixels import get_decoder

from tests.conftest import SHARED
from viewer.dicom.frames import FrameReader, LoadedFrame
from viewer.dicom.source import FileRef, FrameRef
from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES, Family

# What data/README.md says no decoder's picture is to be trusted for, and what our standard-based
# answer is instead, is tested by name in test_frames.py.
JUDGED_BY_STANDARD = {
    "J2K_pixelrep_mismatch.dcm",
    "TOSHIBA_J2K_SIZ0_PixRep1.dcm",
    "TOSHIBA_J2K_SIZ1_PixRep0.dcm",
}
# pydicom refuses or misreads these; test_frames.py holds them to their own rules.
NO_SECOND_DECODER = {
    "GH340.dcm": "12 bits allocated: no library here unpacks them",
    "20-wrong-transfer-syntax.dcm": "native data under a compressed transfer syntax",
    "MR_truncated.dcm": "shorter than it says",
    "emri_small_jpeg_2k_lossless_too_short.dcm": "its codestreams are cut",
    "badVR.dcm": "Number of Frames is no number",
    "CR-MONO1-10-chest": "no file meta: pydicom does not know the transfer syntax",
    "CT_Implicit_Little_Headless_Retired.dcm": "no file meta",
    "OT-PAL-8-face": "no file meta",
    "2026-05-26-oob-monochrome-65535.dcm": "declares 8 GB and holds 256 bytes",
    "liver_deflate.dcm": "pydicom does not know this transfer syntax",
    "multiframe.dcm": "its last tiles are smaller than Rows and Columns say",
}
DCMTK = {Family.JPEG: "dcmdjpeg", Family.JPEG_LS: "dcmdjpls", Family.RLE: "dcmdrle"}
PLUGINS = {
    Family.JPEG: "pillow",
    Family.JPEG_LS: "pyjpegls",
    Family.JPEG_2000: "pylibjpeg",
    Family.HTJ2K: "pylibjpeg",
    Family.RLE: "pylibjpeg",
    Family.DEFLATED_FRAME: "pydicom",
}


def _images() -> Iterator[Any]:
    manifest = SHARED / "data" / "manifest.json"
    if not manifest.is_file():
        return
    for entry in json.loads(manifest.read_text()):
        facts = entry.get("facts") or {}
        syntax = TRANSFER_SYNTAXES.get(facts.get("ts_uid", ""))
        name = os.path.basename(entry["path"])
        if not facts.get("size_px", "").strip("x") or syntax is None:
            continue
        if syntax.family is Family.VIDEO or name in JUDGED_BY_STANDARD | set(NO_SECOND_DECODER):
            continue
        yield pytest.param(entry["path"], syntax, id=f"{entry['path']}-{_second(syntax.family)}")


def _second(family: Family) -> str:
    tool = DCMTK.get(family)
    return tool if tool and shutil.which(tool) else PLUGINS.get(family, "pydicom-numpy")


@pytest.fixture(scope="module")
def reader() -> Iterator[FrameReader]:
    reader = FrameReader()
    yield reader
    reader.close()


# pydicom's words on what is wrong in these files.
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.shared_data
@pytest.mark.parametrize(("path", "syntax"), list(_images()))
def test_stored_values_equal_another_decoders(reader, shared_data, tmp_path, path, syntax):
    file = shared_data / path
    dataset = pydicom.dcmread(file, force=True)
    if "Rows" not in dataset or not any(tag in dataset for tag in (0x7FE00010, 0x7FE00008)):
        pytest.skip("not an image")
    frames = int(dataset.get("NumberOfFrames", 1) or 1)
    uncompressed = _by_dcmtk(file, syntax.family, tmp_path)

    for frame in sorted({0, frames // 2, frames - 1}):
        ours = reader.load(FrameRef(FileRef(os.fsencode(file)), frame))
        theirs = _theirs(uncompressed or dataset, frame, ours)

        assert ours.stored.shape == theirs.shape
        difference = np.abs(ours.stored.astype(np.float64) - theirs.astype(np.float64)).max()
        assert difference <= (0 if syntax.lossless else 1)


def _by_dcmtk(file: Path, family: Family, folder: Path) -> pydicom.Dataset | None:
    """The file decompressed by DCMTK, or None where it cannot."""
    tool = _second(family)
    if tool not in DCMTK.values():
        return None
    target = folder / "raw.dcm"
    run = subprocess.run([tool, str(file), str(target)], capture_output=True, check=False)
    return pydicom.dcmread(target, force=True) if run.returncode == 0 else None


def _theirs(dataset: pydicom.Dataset, frame: int, ours: LoadedFrame) -> np.ndarray:
    """The same frame by the second decoder, in the colour space of ours."""
    uid = dataset.file_meta.TransferSyntaxUID
    plugin = PLUGINS.get(TRANSFER_SYNTAXES[uid].family, "")
    converts = ours.color_space == "RGB" and bool(plugin)  # DCMTK has converted already
    values, _ = get_decoder(uid).as_array(
        dataset, index=frame, raw=not converts, decoding_plugin=plugin
    )
    if ours.facts is not None and ours.facts.lossless is not True and values.ndim == 2:
        # Lossy values may overshoot Bits Stored; ours are clipped, pydicom's are not.
        pixels = ours.description.pixel_format
        values = values.clip(max=(1 << (pixels.bits_stored - pixels.signed)) - 1)
    return values
