"""Which decoders read which transfer syntax, and how one frame is decoded with them.

Order in each list is order of preference: measured speed first, then a second library that
gets its turn when the first refuses a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np

from viewer.dicom.pixels import codec_libraries as libraries
from viewer.dicom.pixels.codec_headers import JP2_SIGNATURE, check, read_header, sniff
from viewer.dicom.pixels.codec_libraries import Allocate, Array, Call, LeftToNextError, has_end
from viewer.dicom.pixels.decode_job import (
    Decoded,
    Expected,
    MissingDecoderError,
    StreamError,
    StreamFacts,
)
from viewer.dicom.pixels.transfer_syntaxes import TRANSFER_SYNTAXES, Family


@dataclass(frozen=True, slots=True)
class Decoder:
    """One way to decode a family of codestreams.

    Attributes:
        name: as the provenance panel shows it.
        package: import name; the decoder is skipped when it is not installed.
        install: what to install when it is missing.
    """

    name: str
    package: str
    install: str
    decode: Callable[[bytes, Call], Array]


_IMAGECODECS = ("imagecodecs", "imagecodecs")
_OPENJPEG = Decoder(
    "pylibjpeg-openjpeg", "openjpeg", "pylibjpeg-openjpeg", libraries.jpeg_2000_openjpeg
)
_JPEG_2000 = Decoder("imagecodecs jpeg2k (OpenJPEG)", *_IMAGECODECS, libraries.jpeg_2000)
DECODERS: dict[Family, tuple[Decoder, ...]] = {
    Family.JPEG: (
        Decoder("imagecodecs jpeg8 (libjpeg-turbo)", *_IMAGECODECS, libraries.jpeg),
        Decoder("pylibjpeg-libjpeg", "libjpeg", "pylibjpeg-libjpeg", libraries.jpeg_libjpeg),
    ),
    Family.JPEG_LS: (
        Decoder("imagecodecs jpegls (CharLS)", *_IMAGECODECS, libraries.jpeg_ls),
        Decoder("pyjpegls (CharLS)", "jpeg_ls", "pyjpegls", libraries.jpeg_ls_charls),
    ),
    Family.JPEG_2000: (_JPEG_2000, _OPENJPEG),
    Family.HTJ2K: (
        Decoder("imagecodecs htj2k (OpenJPH)", *_IMAGECODECS, libraries.htj2k),
        _JPEG_2000,
        _OPENJPEG,
        Decoder("imagecodecs htj2k (resilient)", *_IMAGECODECS, libraries.htj2k_resilient),
    ),
    Family.JPEG_XL: (Decoder("imagecodecs jpegxl (libjxl)", *_IMAGECODECS, libraries.jpeg_xl),),
    Family.RLE: (
        Decoder("imagecodecs dicomrle", *_IMAGECODECS, libraries.rle),
        Decoder("pylibjpeg-rle", "rle", "pylibjpeg-rle", libraries.rle_pylibjpeg),
    ),
}
JPEG_XL_RECOMPRESSION = "1.2.840.10008.1.2.4.111"
_RELATED = {"htj2k": {"htj2k", "j2k"}, "j2k": {"htj2k", "j2k"}}


def decoders_for(transfer_syntax: str) -> tuple[Decoder, ...]:
    """The decoders that are asked for a transfer syntax, in order; empty if none."""
    syntax = TRANSFER_SYNTAXES.get(transfer_syntax)
    return DECODERS.get(syntax.family, ()) if syntax else ()


def decode(encoded: bytes, expected: Expected, allocate: Allocate = np.empty) -> Decoded:
    """Decode one frame, trusting the codestream over the data set where they disagree.

    Raises:
        StreamError: the stream is damaged or does not fit the data set.
        MissingDecoderError: nothing installed reads it.
    """
    declared = TRANSFER_SYNTAXES.get(expected.transfer_syntax)
    family = sniff(encoded) or (declared.family.value if declared else "")
    if family not in set(DECODERS):
        raise StreamError("The compressed data is of no known kind.")
    facts = read_header(encoded, family)
    check(facts, expected)
    notes = _disagreements(encoded, facts, expected)
    samples, decoder, rescued = _decode_with_first(encoded, Call(facts, expected, allocate))
    notes += rescued or _early_end(encoded, facts)
    if facts.rows and samples.shape[:2] == (facts.rows, facts.columns):
        samples, smaller = _fitted(samples, facts, expected)
        notes += smaller
    if samples.shape != expected.shape:
        raise StreamError(f"The decoder returned an image of shape {samples.shape}.")
    if not facts.precision:
        facts = replace(facts, precision=samples.dtype.itemsize * 8)
    return Decoded(samples, _color_space(facts, expected), decoder, facts, notes)


def _decode_with_first(encoded: bytes, call: Call) -> tuple[Array, str, tuple[str, ...]]:
    """(samples, decoder, note) of the first decoder that accepts the frame.

    If none does the first refusal is what the user is told; if a later one does, that is told.
    """
    refusal = ""
    process, candidates = call.facts.process, DECODERS[Family(call.facts.family)]
    for decoder in candidates:
        if find_spec(decoder.package) is None:
            continue
        try:
            samples = decoder.decode(encoded, call)
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except LeftToNextError:
            continue
        except BaseException as error:  # pylibjpeg-rle panics with a BaseException
            refusal = refusal or str(error) or type(error).__name__
        else:
            note = f"The {process} data is damaged; what {decoder.name} made of it is shown."
            return samples, decoder.name, (note,) if refusal else ()
    if refusal:
        raise StreamError(f"The {process} data is damaged ({refusal[:200]}).")
    packages = " or ".join(decoder.install for decoder in candidates)
    raise MissingDecoderError(f"{process} needs the Python package {packages}.")


def _fitted(
    samples: Array, facts: StreamFacts, expected: Expected
) -> tuple[Array, tuple[str, ...]]:
    """A stream smaller than the frame, in its upper left corner; else unchanged."""
    if samples.shape == expected.shape or samples.ndim != len(expected.shape):
        return samples, ()
    frame = np.zeros(expected.shape, samples.dtype)
    frame[: facts.rows, : facts.columns] = samples
    return frame, (
        f"The compressed image is only {facts.columns} x {facts.rows} pixels; the rest of the "
        f"frame of {expected.columns} x {expected.rows} is empty.",
    )


def _early_end(encoded: bytes, facts: StreamFacts) -> tuple[str, ...]:
    if facts.family in ("rle", "jpegxl") or has_end(encoded):
        return ()
    return ("The compressed data ends early: part of this image may be missing.",)


def _disagreements(encoded: bytes, facts: StreamFacts, expected: Expected) -> tuple[str, ...]:
    """Sentences on where stream and data set disagree (PS3.5 8.2: the stream is right)."""
    notes = []
    declared = TRANSFER_SYNTAXES.get(expected.transfer_syntax)
    if declared is None or declared.family.value not in _RELATED.get(facts.family, {facts.family}):
        name = declared.name if declared else "an unknown transfer syntax"
        notes.append(f"The file says {name}, but the data is {facts.process}.")
    if encoded.startswith(JP2_SIGNATURE):
        notes.append("The JPEG 2000 data is wrapped in a file format that DICOM does not allow.")
    if facts.precision > expected.bits_allocated:
        notes.append(
            f"The compressed data has {facts.precision} bits per sample, Bits Allocated says "
            f"{expected.bits_allocated}: all bits are shown."
        )
    color = _contradicting_color(facts, expected)
    if color:
        notes.append(
            f"Photometric Interpretation says {expected.photometric}, but the compressed data is "
            f"{color}: shown as the data says."
        )
    return tuple(notes)


def _contradicting_color(facts: StreamFacts, expected: Expected) -> str:
    """What the stream says of its colour where the tag says otherwise, else empty."""
    told = expected.photometric
    if expected.samples != 3:
        return ""
    if facts.family == "jpeg":
        told_color = "YCBCR" if told.startswith("YBR") else "RGB"
        return facts.color.replace("YCBCR", "YBR_FULL") if facts.color != told_color else ""
    if facts.transformed:  # PS3.5 8.2.4: the transform goes with YBR_ICT, YBR_RCT or XYB
        return "" if told in ("RGB", "YBR_ICT", "YBR_RCT", "XYB") else "RGB"
    return "without colour transform" if told in ("YBR_ICT", "YBR_RCT") else ""


def _color_space(facts: StreamFacts, expected: Expected) -> str:
    """What the decoded samples are, by the stream first and the tag second (rules 5 and 6)."""
    if expected.samples != 3:
        return expected.photometric
    if facts.family == "jpeg" and facts.lossless is not True:
        return "RGB"  # libjpeg converted, or there was nothing to convert
    if facts.transformed or expected.photometric in ("YBR_ICT", "YBR_RCT"):
        return "RGB"
    if facts.family == "jpegxl" and (
        facts.color == "RGB" or expected.transfer_syntax == JPEG_XL_RECOMPRESSION
    ):
        return "RGB"  # the chroma of the JPEG inside is undone by libjxl
    return "YBR_FULL" if expected.photometric.startswith("YBR") else "RGB"
