"""What a worker answered, believed only after a check: a codec may have scribbled on it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from viewer.dicom.pixels.decode_job import Decoded, Expected, StreamFacts
from viewer.dicom.pixels.shared_area import SharedArea
from viewer.errors import MalformedError, UnsupportedError, ViewerError

_SAMPLE_TYPES = frozenset({"|u1", "|i1", "<u2", "<i2", "<u4", "<i4"})


class DecodeFailedError(Exception):
    """The worker refused the frame; `kind` says whose fault it is."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind

    def as_viewer_error(self) -> ViewerError:
        if self.kind == "missing":
            return UnsupportedError(str(self), "Install it and open the file again.")
        if self.kind == "memory":
            return UnsupportedError(str(self), "Ask the sender for a smaller or tiled version.")
        return MalformedError(str(self), "The file is probably damaged; ask for a new copy.")


def unpack_reply(line: bytes, expected: Expected, area: SharedArea) -> Decoded:
    """The decoded frame, copied out of the shared area.

    Raises:
        DecodeFailedError: the worker said so, or what it said makes no sense.
    """
    try:
        reply = json.loads(line)
        if "failed" in reply:
            raise DecodeFailedError(str(reply["failed"]), str(reply["why"]))
        return _decoded(reply, expected, area)
    except (ValueError, KeyError, TypeError) as error:
        raise DecodeFailedError("defect", "The decoder answered nonsense.") from error


def _decoded(reply: dict[str, Any], expected: Expected, area: SharedArea) -> Decoded:
    shape, offset = tuple(reply["shape"]), reply["offset"]
    if shape != expected.shape or reply["dtype"] not in _SAMPLE_TYPES:
        raise ValueError("shape or type")
    dtype = np.dtype(reply["dtype"])
    if offset < 0 or offset + expected.pixels * expected.samples * dtype.itemsize > area.size:
        raise ValueError("place")
    return Decoded(
        samples=area.view(offset, shape, dtype).copy(),
        color_space=str(reply["color_space"]),
        decoder=str(reply["decoder"]),
        facts=StreamFacts(**reply["facts"]),
        notes=tuple(str(note) for note in reply["notes"]),
    )
