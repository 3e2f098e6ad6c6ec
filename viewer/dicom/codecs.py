"""Which decoder reads which transfer syntax; runs inside the worker processes.

Order in each list is order of preference: measured speed first, then a second library that
gets its turn when the first refuses a frame. python-gdcm is never in it: it ends the process
on damaged data. pylibjpeg-libjpeg is GPL: used only where the user installed it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from viewer.dicom.codec_headers import JP2_SIGNATURE, check, read_header, sniff
from viewer.dicom.decode_job import (
    Decoded,
    Expected,
    MissingDecoderError,
    StreamError,
    StreamFacts,
)
from viewer.dicom.jpeg2000_header import bare_codestream
from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES, Family

Decode = Callable[[bytes, StreamFacts, Expected], np.ndarray]


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
    decode: Decode


# CharLS never returns from most JPEG-LS streams that were cut before this marker.
_END = b"\xff\xd9"


class _LeftToNextError(Exception):
    """A decoder knows that the next one does better; nothing is wrong with the data."""


def _library(name: str) -> Any:
    """Imported when first used: a worker that decodes JPEG never loads JPEG 2000."""
    return import_module(name)


def _jpeg(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    """Baseline to lossless, 2 to 16 bits; YCbCr becomes RGB here, which libjpeg does fastest."""
    spaces: dict[str, str] = {}
    if facts.components == 3:
        ycbcr = facts.lossless is not True and _jpeg_color(facts, expected) == "YCBCR"
        spaces = {"colorspace": "YCBCR" if ycbcr else "RGB", "outcolorspace": "RGB"}
    return np.asarray(_library("imagecodecs").jpeg8_decode(encoded, **spaces))


def _jpeg_color(facts: StreamFacts, expected: Expected) -> str:
    """The codestream's word on colour; where it has none the tag's."""
    return facts.color or ("YCBCR" if expected.photometric.startswith("YBR") else "RGB")


def _jpeg_ls(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    decode_jpeg_ls = _library("imagecodecs").jpegls_decode
    if _has_end(encoded):
        return np.asarray(decode_jpeg_ls(encoded))
    samples = np.zeros(_stream_shape(facts), np.uint8 if facts.precision <= 8 else np.uint16)
    with contextlib.suppress(RuntimeError):  # the lines before the cut are there nevertheless
        decode_jpeg_ls(encoded + _END, out=samples)
    return samples


def _stream_shape(facts: StreamFacts) -> tuple[int, ...]:
    shape = (facts.rows, facts.columns, facts.components)
    return shape[: 3 if facts.components > 1 else 2]


def _jpeg_ls_charls(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    raw, header = _library("jpeg_ls").decode_buffer(encoded + _END)
    samples = np.frombuffer(raw, np.uint8 if facts.precision <= 8 else "<u2")
    if facts.components > 1 and header["interleave_mode"] == 0:
        planes = samples.reshape(facts.components, facts.rows, facts.columns)
        return np.moveaxis(planes, 0, -1)
    return samples.reshape(_stream_shape(facts))


def _jpeg_libjpeg(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    return np.asarray(_library("libjpeg").decode(encoded, colour_transform=0))


def _jpeg2000(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    return np.asarray(_library("imagecodecs").jpeg2k_decode(bare_codestream(encoded)))


def _jpeg2000_openjpeg(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    return np.asarray(_library("openjpeg").decode(bare_codestream(encoded), 0))


def _htj2k(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    if facts.lossless is False:
        # OpenJPH wraps overshooting samples of irreversible streams around instead of clipping.
        raise _LeftToNextError
    return np.asarray(_library("imagecodecs").htj2k_decode(bare_codestream(encoded)))


def _htj2k_damaged(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    stream = bare_codestream(encoded)
    return np.asarray(_library("imagecodecs").htj2k_decode(stream, resilient=True))


def _jpegxl(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    return np.asarray(_library("imagecodecs").jpegxl_decode(encoded, keeporientation=True))


def _rle(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    dtype = np.dtype(f"<u{max(1, expected.bits_allocated // 8)}")
    raw = _library("imagecodecs").dicomrle_decode(encoded, dtype)
    return _from_planes(raw, dtype, expected)


def _rle_pylibjpeg(encoded: bytes, facts: StreamFacts, expected: Expected) -> np.ndarray:
    width = max(1, expected.bits_allocated // 8)
    raw = _library("rle.utils").decode_frame(encoded, expected.pixels, width * 8, "<")
    return _from_planes(raw, np.dtype(f"<u{width}"), expected)


def _from_planes(raw: bytes, dtype: np.dtype[Any], expected: Expected) -> np.ndarray:
    """RLE stores colour by plane whatever Planar Configuration says (PS3.5 G.2)."""
    samples = np.frombuffer(raw, dtype)
    if expected.bits_allocated == 1:
        bits = np.unpackbits(samples, bitorder="little")
        samples = bits[: expected.pixels * expected.samples]
    count = expected.pixels * expected.samples
    if samples.size < count or samples.size > count + 1:  # one padding byte is legal
        raise StreamError(f"The RLE data decodes to {samples.size} samples instead of {count}.")
    samples = samples[:count]
    if expected.samples == 1:
        return samples.reshape(expected.shape)
    planes = samples.reshape(expected.samples, expected.rows, expected.columns)
    return np.moveaxis(planes, 0, -1)


_IMAGECODECS = ("imagecodecs", "imagecodecs")
DECODERS: dict[Family, tuple[Decoder, ...]] = {
    Family.JPEG: (
        Decoder("imagecodecs jpeg8 (libjpeg-turbo)", *_IMAGECODECS, _jpeg),
        Decoder("pylibjpeg-libjpeg", "libjpeg", "pylibjpeg-libjpeg", _jpeg_libjpeg),
    ),
    Family.JPEG_LS: (
        Decoder("imagecodecs jpegls (CharLS)", *_IMAGECODECS, _jpeg_ls),
        Decoder("pyjpegls (CharLS)", "jpeg_ls", "pyjpegls", _jpeg_ls_charls),
    ),
    Family.JPEG_2000: (
        Decoder("imagecodecs jpeg2k (OpenJPEG)", *_IMAGECODECS, _jpeg2000),
        Decoder("pylibjpeg-openjpeg", "openjpeg", "pylibjpeg-openjpeg", _jpeg2000_openjpeg),
    ),
    Family.HTJ2K: (
        Decoder("imagecodecs htj2k (OpenJPH)", *_IMAGECODECS, _htj2k),
        Decoder("imagecodecs jpeg2k (OpenJPEG)", *_IMAGECODECS, _jpeg2000),
        Decoder("pylibjpeg-openjpeg", "openjpeg", "pylibjpeg-openjpeg", _jpeg2000_openjpeg),
        Decoder("imagecodecs htj2k (OpenJPH, resilient)", *_IMAGECODECS, _htj2k_damaged),
    ),
    Family.JPEG_XL: (Decoder("imagecodecs jpegxl (libjxl)", *_IMAGECODECS, _jpegxl),),
    Family.RLE: (
        Decoder("imagecodecs dicomrle", *_IMAGECODECS, _rle),
        Decoder("pylibjpeg-rle", "rle", "pylibjpeg-rle", _rle_pylibjpeg),
    ),
}


def decoders_for(transfer_syntax: str) -> tuple[Decoder, ...]:
    """The decoders that would be asked for a transfer syntax, in order; empty if none."""
    syntax = TRANSFER_SYNTAXES.get(transfer_syntax)
    return DECODERS.get(syntax.family, ()) if syntax else ()


def decode(encoded: bytes, expected: Expected) -> Decoded:
    """Decode one frame, trusting the codestream over the data set where they disagree.

    Raises:
        StreamError: the stream is damaged or does not fit the data set.
        MissingDecoderError: nothing installed reads it.
    """
    declared = TRANSFER_SYNTAXES.get(expected.transfer_syntax)
    family = sniff(encoded) or (declared.family.value if declared else "")
    if family not in set(Family):
        raise StreamError("The compressed data is of no known kind.")
    facts = read_header(encoded, family)
    check(facts, expected)
    notes = _disagreements(encoded, facts, expected)
    samples, decoder, rescued = _decode_with_first(encoded, facts, expected)
    notes += rescued or _early_end(encoded, facts)
    if (facts.rows, facts.columns) != (0, 0):
        samples, smaller = _fitted(samples, facts, expected)
        notes += smaller
    if samples.shape != expected.shape:
        raise StreamError(f"The decoder returned an image of shape {samples.shape}.")
    if not facts.precision:
        facts = replace(facts, precision=samples.dtype.itemsize * 8)
    return Decoded(samples, _color_space(facts, expected), decoder, facts, notes)


def _fitted(
    samples: np.ndarray, facts: StreamFacts, expected: Expected
) -> tuple[np.ndarray, tuple[str, ...]]:
    """A stream smaller than the frame, in its upper left corner; else unchanged."""
    if samples.shape[:2] != (facts.rows, facts.columns) or samples.shape == expected.shape:
        return samples, ()
    if samples.ndim != len(expected.shape):
        return samples, ()
    frame = np.zeros(expected.shape, samples.dtype)
    frame[: facts.rows, : facts.columns] = samples
    return frame, (
        f"The compressed image is only {facts.columns} x {facts.rows} pixels; the rest of the "
        f"frame of {expected.columns} x {expected.rows} is empty.",
    )


def _decode_with_first(
    encoded: bytes, facts: StreamFacts, expected: Expected
) -> tuple[np.ndarray, str, tuple[str, ...]]:
    """(samples, decoder, note) of the first decoder that accepts the frame.

    If none does the first refusal is what the user is told; if a later one does, he is told too.
    """
    refusal = ""
    candidates = DECODERS[Family(facts.family)]
    for decoder in candidates:
        if find_spec(decoder.package) is None:
            continue
        try:
            samples = decoder.decode(encoded, facts, expected)
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except _LeftToNextError:
            continue
        except BaseException as error:  # pylibjpeg-rle panics with a BaseException
            refusal = refusal or str(error) or type(error).__name__
        else:
            note = f"The {facts.process} data is damaged; what {decoder.name} made of it is shown."
            return samples, decoder.name, (note,) if refusal else ()
    if refusal:
        raise StreamError(f"The {facts.process} data is damaged ({refusal[:200]}).")
    packages = " or ".join(decoder.install for decoder in candidates)
    raise MissingDecoderError(f"{facts.process} needs the Python package {packages}.")


def _has_end(encoded: bytes) -> bool:
    """EOI or EOC near the end; writers pad after it."""
    return _END in encoded[-256:] or encoded.rstrip(b"\0\xff").endswith(_END)


def _early_end(encoded: bytes, facts: StreamFacts) -> tuple[str, ...]:
    if facts.family in ("rle", "jpegxl") or _has_end(encoded):
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
    color = _color_of(facts, expected)
    if color:
        notes.append(
            f"Photometric Interpretation says {expected.photometric}, but the compressed data is "
            f"{color}: shown as the data says."
        )
    return tuple(notes)


_RELATED = {"htj2k": {"htj2k", "j2k"}, "j2k": {"htj2k", "j2k"}}


def _color_of(facts: StreamFacts, expected: Expected) -> str:
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
    if expected.photometric.startswith("YBR"):
        return "YBR_FULL"
    return "RGB"
