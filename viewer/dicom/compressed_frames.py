"""Frames of encapsulated pixel data: located, read, decoded by the pool, made stored values."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from viewer.core.image import PixelFormat
from viewer.dicom.codec_headers import sniff
from viewer.dicom.decode_job import DecodeJob, Expected, StreamFacts
from viewer.dicom.decoder_pool import DecoderPool
from viewer.dicom.encapsulation import FrameIndex, Span
from viewer.dicom.stored import (
    Array,
    arrange,
    frame_bits,
    from_codestream,
    native_words,
    to_stored,
)
from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES, Family
from viewer.errors import MalformedError, UnsupportedError

ReadAt = Callable[[int, int], bytes]

_MOST_ENCODED_BYTES = 1 << 29
_MOST_DECODED_BYTES = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class CompressedFrame:
    """Stored values, their colour space, who decoded them, and what was contradictory."""

    stored: Array
    color_space: str
    decoder: str
    facts: StreamFacts | None = None
    notes: tuple[str, ...] = ()


def read_spans(read_at: ReadAt, spans: tuple[Span, ...]) -> tuple[bytes, bool]:
    """(all fragments joined, whether the file ends inside them).

    Raises:
        UnsupportedError: more bytes than a frame may have.
    """
    if sum(span.length for span in spans) > _MOST_ENCODED_BYTES:
        # A damaged length claims gigabytes: what the file really holds decides.
        spans = (*spans[:-1], Span(spans[-1].offset, _MOST_ENCODED_BYTES))
        if sum(span.length for span in spans) > 2 * _MOST_ENCODED_BYTES:
            raise UnsupportedError("A frame of this size is too large to be decoded.")
    parts = [read_at(span.offset, span.length) for span in spans]
    cut = any(len(part) < span.length for part, span in zip(parts, spans, strict=True))
    return b"".join(parts), cut


def locate(index: FrameIndex, read_at: ReadAt, frame: int) -> tuple[bytes, tuple[str, ...]]:
    """The compressed bytes of a frame and notes on how they were found.

    Raises:
        MalformedError: the file does not have that frame.
    """
    encoded, cut = read_spans(read_at, index.spans(read_at, frame))
    if not encoded.strip(b"\0"):
        raise MalformedError(
            f"Frame {frame + 1} is empty: its compressed data is missing.",
            "The file is damaged; ask its sender for a new copy.",
        )
    notes = (index.note,) if index.note else ()
    if cut:
        notes = (*notes, "The file ends inside this frame: what is missing is shown empty.")
    return encoded, notes


def decode_frame(
    pool: DecoderPool, encoded: bytes, fmt: PixelFormat, transfer_syntax: str
) -> CompressedFrame:
    """Stored values of one frame's compressed bytes.

    Raises:
        MalformedError: damaged.
        UnsupportedError: no decoder, with what to install.
    """
    syntax = TRANSFER_SYNTAXES.get(transfer_syntax)
    family = sniff(encoded)
    if not family and syntax and syntax.family is Family.DEFLATED_FRAME:
        return _inflated(encoded, fmt)
    if not family and (syntax is None or syntax.family is Family.NATIVE):
        return _uncompressed(encoded, fmt, transfer_syntax)
    expected = Expected(
        transfer_syntax,
        fmt.rows,
        fmt.columns,
        fmt.samples_per_pixel,
        fmt.bits_allocated,
        fmt.bits_stored,
        fmt.photometric_interpretation,
    )
    decoded = pool.decode(DecodeJob(expected, encoded))
    lossless = syntax is not None and syntax.lossless is True
    stored = from_codestream(decoded.samples, decoded.facts, fmt, lossless)
    notes = decoded.notes + _sign_notes(decoded.facts, fmt)
    return CompressedFrame(stored, decoded.color_space, decoded.decoder, decoded.facts, notes)


def _sign_notes(facts: StreamFacts, fmt: PixelFormat) -> tuple[str, ...]:
    if facts.signed is None or facts.signed == fmt.signed or fmt.samples_per_pixel == 3:
        return ()
    if facts.signed:
        return (
            "Pixel Representation says unsigned, but the compressed data is signed: shown signed.",
        )
    return (
        "Pixel Representation says signed, but the compressed data is marked unsigned: its bits "
        "are read as signed numbers.",
    )


def _inflated(encoded: bytes, fmt: PixelFormat) -> CompressedFrame:
    """Deflated Image Frame Compression (PS3.5 A.4.15): a raw deflate stream of native bytes."""
    wanted = (frame_bits(fmt) + 7) // 8
    if wanted > _MOST_DECODED_BYTES:
        raise UnsupportedError("A frame of this size is too large to be decoded.")
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        raw = stream.decompress(encoded, wanted)
    except zlib.error as error:
        raise MalformedError(
            "The deflated frame is damaged.", "Ask the sender for a new copy."
        ) from error
    facts = StreamFacts("deflate", lossless=True, process="deflate")
    return _native(raw, fmt, "zlib", facts)


def _uncompressed(encoded: bytes, fmt: PixelFormat, transfer_syntax: str) -> CompressedFrame:
    """Encapsulated Uncompressed (PS3.5 A.4.11), or fragments that are no codestream at all."""
    if transfer_syntax != "1.2.840.10008.1.2.1.98" and len(encoded) * 8 < frame_bits(fmt):
        raise UnsupportedError(
            "The pixel data is compressed in a way that is not part of DICOM.",
            "Ask the sender for the images in a standard transfer syntax.",
        )
    return _native(encoded, fmt, "numpy", None)


def _native(
    raw: bytes, fmt: PixelFormat, decoder: str, facts: StreamFacts | None
) -> CompressedFrame:
    arranged = arrange(native_words(raw, fmt), fmt)
    stored = arranged if fmt.value_type != "integer" else to_stored(arranged, fmt)
    space = fmt.photometric_interpretation.removesuffix("_422")
    return CompressedFrame(stored, space, decoder, facts)
