"""What a worker does with one request line: read, decode, write the samples, answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from viewer.dicom.pixels.codecs import decode
from viewer.dicom.pixels.decode_job import (
    Decoded,
    MissingDecoderError,
    Request,
    StreamError,
    pack_failure,
    pack_reply,
)
from viewer.dicom.pixels.shared_area import SharedArea, aligned

if TYPE_CHECKING:
    from viewer.dicom.pixels.video_stream import VideoStream


class Service:
    """Answers requests over one shared area."""

    def __init__(self, area_name: str) -> None:
        self._area = SharedArea.attach(area_name)
        self._video: VideoStream | None = None

    def answer(self, line: bytes) -> bytes:
        """One reply line, whatever happens short of the death of the process."""
        try:
            request = Request.unpack(line)
            self._area.follow(request.area_bytes)
            encoded = self._area.read(0, request.encoded_bytes)
            place = aligned(request.encoded_bytes)

            def allocate(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
                return self._area.view(place, shape, dtype)

            if request.stream:
                decoded = self._picture(request, encoded)
            else:
                decoded = decode(encoded, request.expected, allocate)
            return self._reply(decoded, place)
        except StreamError as error:
            return pack_failure("stream", str(error))
        except MissingDecoderError as error:
            return pack_failure("missing", str(error))
        except MemoryError:
            return pack_failure("memory", "Decoding needs more memory than a decoder may use.")
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            # The last edge: pyo3's PanicException is a BaseException. The text may quote
            # the data, so only the kind of failure leaves this process.
            return pack_failure("defect", f"The decoder failed ({type(error).__name__}).")

    def _picture(self, request: Request, encoded: bytes) -> Decoded:
        """One picture of a video; the stream stays open for the next."""
        from viewer.dicom.pixels.video_stream import VideoStream

        if self._video is None or self._video.key != request.stream:
            self._video = VideoStream(encoded, request.stream)
        samples, facts = self._video.frame(request.frame), self._video.facts()
        if samples.shape != request.expected.shape:
            raise StreamError(
                f"The video is {facts.columns} x {facts.rows} pixels, but Columns and Rows say "
                f"{request.expected.columns} x {request.expected.rows}."
            )
        return Decoded(samples, "RGB", "PyAV (FFmpeg)", facts)

    def _reply(self, decoded: Decoded, offset: int) -> bytes:
        samples = decoded.samples
        if samples.dtype.kind not in "iu" or samples.dtype.itemsize > 4:
            raise StreamError(f"The decoder returned samples of type {samples.dtype}.")
        if offset + samples.nbytes > self._area.size:
            raise StreamError("The decoded image is larger than the data set says.")
        if sys.byteorder == "big":
            samples = samples.astype(samples.dtype.newbyteorder("<"))
        if not np.shares_memory(samples, self._area.view(offset, samples.shape, samples.dtype)):
            self._area.write(offset, np.ascontiguousarray(samples))
        return pack_reply(decoded, offset)
