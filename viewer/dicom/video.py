"""Frames of MPEG-2, H.264 and HEVC video (PS3.5 8.2.5 and following)."""

from __future__ import annotations

from typing import Any

from viewer.core.image import PixelFormat
from viewer.dicom.dataset import DicomFile
from viewer.errors import UnsupportedError


def load_video_frame(file: DicomFile, frames: int, frame: int, fmt: PixelFormat) -> Any:
    """One frame as RGB.

    Raises:
        UnsupportedError: this version plays no video.
    """
    raise UnsupportedError(
        f"This is a video of {frames} frames; this version does not play video.",
        "Ask the sender for the images in another transfer syntax.",
    )
