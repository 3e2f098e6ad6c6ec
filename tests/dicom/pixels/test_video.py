"""Video by frame number: exact, in any order, and a plain sentence where PyAV is missing."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.dicom.encapsulated import encapsulate, image, write_any
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.pixels.frames import FrameReader
from viewer.errors import MalformedError, UnsupportedError

has_video = find_spec("av") is not None
needs_video = pytest.mark.skipif(not has_video, reason="the extra `video` (PyAV) is not installed")


@pytest.fixture
def reader() -> Iterator[FrameReader]:
    reader = FrameReader()
    yield reader
    reader.close()


def picture(reader: FrameReader, path: Path, frame: int) -> np.ndarray:
    return reader.load(FrameRef(FileRef(os.fsencode(path)), frame)).stored


def write_video(path: Path, stream: bytes, frames: int, rows: int = 48, columns: int = 64) -> Path:
    color = {"SamplesPerPixel": 3, "PhotometricInterpretation": "YBR_PARTIAL_420"}
    target = image(rows, columns, 8, NumberOfFrames=frames, PlanarConfiguration=0, **color)
    target.PixelData = encapsulate([[stream]])
    target["PixelData"].is_undefined_length = True
    return write_any(path, target, "1.2.840.10008.1.2.4.100")


@needs_video
@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "frames"), [("h264-high-4.1", (0, 30)), ("mpeg2-main-level", (0, 25))]
)
def test_frames_equal_ffmpegs(reader, shared_data, name, frames):
    for frame in frames:
        ours = picture(reader, shared_data / "video-synthetic" / f"{name}.dcm", frame)
        reference = shared_data / "reference" / "video-synthetic" / f"{name}.f{frame}.png"

        theirs = np.asarray(Image.open(reference).convert("RGB")).astype(int)
        assert np.abs(ours - theirs).max() <= 1


@needs_video
@pytest.mark.shared_data
@pytest.mark.parametrize("name", ["h264-high-4.1", "mpeg2-main-level"])
def test_jumping_shows_what_playing_shows(reader, shared_data, name):
    path = shared_data / "video-synthetic" / f"{name}.dcm"
    played = [picture(reader, path, frame) for frame in range(50)]
    order = random.Random(4).choices(range(50), k=20)

    assert all(np.array_equal(picture(reader, path, n), played[n]) for n in order)
    assert len({frame.tobytes() for frame in played}) == 50


@needs_video
def test_garbage_is_refused(reader, tmp_path):
    path = write_video(tmp_path / "a.dcm", random.Random(12).randbytes(4000), 10)

    with pytest.raises(MalformedError, match="video"):
        picture(reader, path, 0)


@pytest.mark.skipif(has_video, reason="PyAV is installed")
def test_what_to_install_is_said(reader, tmp_path):
    path = write_video(tmp_path / "a.dcm", b"\0\0\1\xb3" + bytes(400), 10)

    with pytest.raises(UnsupportedError, match=r'pip install "dicom-lightbox\[video\]"'):
        picture(reader, path, 0)
