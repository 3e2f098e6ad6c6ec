"""What goes to a decoder and what comes back, as plain values that cross a process border."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

import numpy as np


class StreamError(Exception):
    """The compressed bytes contradict themselves or the data set; the text is for the user."""


class MissingDecoderError(Exception):
    """Nothing installed here decodes this syntax; the text says what to install."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the data set says of a frame, against which its codestream is checked.

    Attributes:
        transfer_syntax: UID.
        rows, columns, samples: shape of the frame, in pixels and components.
        bits_allocated, bits_stored: of one sample.
        photometric: Photometric Interpretation, the tag's opinion on colour.
    """

    transfer_syntax: str
    rows: int
    columns: int
    samples: int = 1
    bits_allocated: int = 16
    bits_stored: int = 16
    photometric: str = "MONOCHROME2"

    @property
    def pixels(self) -> int:
        return self.rows * self.columns

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the decoded array: samples are interleaved."""
        return (self.rows, self.columns, self.samples)[: 3 if self.samples > 1 else 2]

    @property
    def capacity(self) -> int:
        """Most bytes a decoded frame may take; a codestream may be wider than the tag says."""
        return self.pixels * self.samples * (4 if self.bits_allocated > 16 else 2)


@dataclass(frozen=True, slots=True)
class DecodeJob:
    """One compressed frame; `encoded` is all its fragments joined.

    Of a video `encoded` is the whole stream, `frame` the picture wanted, and `stream` names the
    stream, so that a worker which holds it already is not given its bytes again.
    """

    expected: Expected
    encoded: bytes = field(repr=False)
    frame: int = 0
    stream: str = ""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """What a codestream says of itself; it is trusted over the data set (PS3.5 8.2).

    Attributes:
        family: which kind of stream ("jpeg", "jpegls", "j2k", "htj2k", "jpegxl", "rle").
        rows, columns, components: 0 where the stream has no such fields (RLE).
        precision: bits of a sample, 0 if the stream does not say.
        signed: samples are signed in the stream; None where streams of that kind cannot say.
        lossless: None where the header does not tell.
        color: what the stream says of its components: "RGB", "YCBCR" or "" (says nothing).
        transformed: the decoder itself turns the components into RGB (JPEG 2000 MCT, XYB).
        process: the coding process in words, for the user.
    """

    family: str
    rows: int = 0
    columns: int = 0
    components: int = 0
    precision: int = 0
    signed: bool | None = None
    lossless: bool | None = None
    color: str = ""
    transformed: bool = False
    process: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A decoded frame: the codestream's own sample values, not yet those of the data set.

    Attributes:
        samples: (rows, columns) or (rows, columns, components), little endian.
        color_space: "RGB" when it is; else the data set's photometric interpretation.
        decoder: name of the library that did it.
        facts: of the codestream.
        notes: sentences about contradictions that were resolved.
    """

    samples: np.ndarray
    color_space: str
    decoder: str
    facts: StreamFacts
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """What a worker is told; the encoded bytes lie at the start of the shared area."""

    expected: Expected
    encoded_bytes: int
    area_bytes: int
    frame: int = 0
    stream: str = ""

    def pack(self) -> bytes:
        """As one line."""
        return json.dumps(asdict(self), separators=(",", ":")).encode() + b"\n"

    @classmethod
    def unpack(cls, line: bytes) -> Request:
        """The reverse of `pack`."""
        fields = json.loads(line)
        return cls(**{**fields, "expected": Expected(**fields["expected"])})


def pack_reply(decoded: Decoded, offset: int) -> bytes:
    """One line for the viewer: the samples lie at `offset` of the shared area."""
    reply = {
        "offset": offset,
        "shape": decoded.samples.shape,
        "dtype": decoded.samples.dtype.str,
        "color_space": decoded.color_space,
        "decoder": decoded.decoder,
        "facts": asdict(decoded.facts),
        "notes": decoded.notes,
    }
    return json.dumps(reply, separators=(",", ":")).encode() + b"\n"


def pack_failure(kind: str, sentence: str) -> bytes:
    """One line for the viewer: the frame cannot be decoded, and why."""
    return json.dumps({"failed": kind, "why": sentence[:1000]}).encode() + b"\n"
