"""MPEG-2, H.264 and HEVC video (PS3.5 8.2.5 and on): any frame by number, exactly.

Runs inside a worker process. PyAV is optional: its wheel carries GPL encoders.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np

from viewer.dicom.pixels.decode_job import MissingDecoderError, StreamError, StreamFacts

_UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
_HIGH_DEFINITION_ROWS = 720


class VideoStream:
    """One video, opened; going forward decodes each frame once, jumps start at a key frame.

    Attributes:
        frames: how many pictures the stream holds.
        key: what its owner calls it.
    """

    def __init__(self, data: bytes, key: str) -> None:
        """Open and index a stream.

        Raises:
            MissingDecoderError: PyAV is not installed.
            StreamError: there is no video in it.
        """
        if find_spec("av") is None:
            raise MissingDecoderError(
                'A video needs one more package: pip install "dicom-lightbox[video]".'
            )
        self.key = key
        self._data = data
        self._open()
        packets = [p for p in self._container.demux(self._stream) if p.size]
        self.frames = len(packets)
        times = sorted(p.pts for p in packets if p.pts is not None)
        # Elementary streams have no time stamps: their frames are counted from the start.
        self._times = times if len(set(times)) == self.frames else []
        self._keys = sorted(p.pts for p in packets if p.is_keyframe and p.pts is not None)
        self._open()

    def frame(self, number: int) -> np.ndarray[Any, np.dtype[Any]]:
        """Picture `number`, counted from 0 in order of display: RGB (rows, columns, 3).

        Raises:
            StreamError: the video ends before, or is damaged there.
        """
        if not 0 <= number < self.frames:
            raise StreamError(f"The video holds only {self.frames} frames.")
        picture = self._counted(number) if not self._times else self._timed(number)
        if picture is None:
            raise StreamError(f"Frame {number + 1} of the video cannot be decoded.")
        return _as_rgb(picture)

    def facts(self) -> StreamFacts:
        """Size and codec."""
        context = self._stream.codec_context
        return StreamFacts(
            "video",
            context.height,
            context.width,
            3,
            8,
            lossless=False,
            process=f"video ({context.name})",
        )

    def _open(self) -> None:
        import av

        try:
            self._container = av.open(io.BytesIO(self._data))
            self._stream: Any = self._container.streams.video[0]
        except (av.FFmpegError, IndexError, ValueError) as error:
            raise StreamError("The video data is damaged or of an unknown kind.") from error
        self._stream.codec_context.thread_count = 1  # the pool has its processes for that
        self._pictures: Iterator[Any] = self._decoded()
        self._next = 0  # number of the next picture, where pictures are counted
        self._last_time: int | None = None

    def _decoded(self) -> Iterator[Any]:
        import av

        try:
            yield from self._container.decode(self._stream)
        except av.FFmpegError:
            return

    def _counted(self, number: int) -> Any:
        if number < self._next:
            self._open()
        for picture in self._pictures:
            self._next += 1
            if self._next > number:
                return picture
        return None

    def _timed(self, number: int) -> Any:
        """By time stamp: forward from where we are, or from a key frame before it."""
        time = self._times[number]
        keys = self._keys[: bisect_right(self._keys, time)]
        last = self._last_time
        if last is not None and last < time and not (keys and keys[-1] > last):
            return self._forward(time)
        # Pictures shown before the key frame they depend on need the one before it.
        for key in [*reversed(keys[-3:]), None]:
            if key is None:
                self._open()
            else:
                self._container.seek(key, stream=self._stream)
                self._pictures = self._decoded()
            picture = self._forward(time)
            if picture is not None:
                return picture
        return None

    def _forward(self, time: int) -> Any:
        for picture in self._pictures:
            self._last_time = picture.pts
            if picture.pts == time:
                return picture
            if picture.pts is not None and picture.pts > time:
                break
        self._last_time = None
        return None


def _as_rgb(picture: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """RGB by the stream's own matrix; streams that name none use the usual one of their size."""
    source = None
    if picture.colorspace == _UNSPECIFIED and picture.height >= _HIGH_DEFINITION_ROWS:
        source = "itu709"
    return np.asarray(picture.reformat(format="rgb24", src_colorspace=source).to_ndarray())
