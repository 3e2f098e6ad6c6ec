"""Every transfer syntax of PS3.5 annex A and PS3.6 table A-1 that can carry pixel data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """How the bytes of a frame are coded; the decoders are chosen by it."""

    NATIVE = "native"
    DEFLATED_FRAME = "deflated frame"
    RLE = "rle"
    JPEG = "jpeg"
    JPEG_LS = "jpegls"
    JPEG_2000 = "j2k"
    HTJ2K = "htj2k"
    JPEG_XL = "jpegxl"
    VIDEO = "video"
    REFERENCED = "referenced"  # JPIP: the pixels are on a server


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """One row: what the user reads, and how frames are coded.

    Attributes:
        name: short and without abbreviations that only programmers know.
        family: coding of a frame.
        lossless: the syntax promises that no information was lost; None where it may be either.
        big_endian: of native pixel data.
    """

    name: str
    family: Family
    lossless: bool | None = True
    big_endian: bool = False


_ROOT = "1.2.840.10008.1.2"
TRANSFER_SYNTAXES: dict[str, TransferSyntax] = {
    _ROOT: TransferSyntax("Implicit VR Little Endian", Family.NATIVE),
    f"{_ROOT}.1": TransferSyntax("Explicit VR Little Endian", Family.NATIVE),
    f"{_ROOT}.1.98": TransferSyntax("Encapsulated Uncompressed", Family.NATIVE),
    f"{_ROOT}.1.99": TransferSyntax("Deflated Explicit VR Little Endian", Family.NATIVE),
    f"{_ROOT}.2": TransferSyntax("Explicit VR Big Endian", Family.NATIVE, big_endian=True),
    "1.2.840.113619.5.2": TransferSyntax("GE Private Big Endian", Family.NATIVE, big_endian=True),
    f"{_ROOT}.8.1": TransferSyntax("Deflated Image Frame", Family.DEFLATED_FRAME),
    f"{_ROOT}.5": TransferSyntax("RLE Lossless", Family.RLE),
    f"{_ROOT}.4.50": TransferSyntax("JPEG Baseline", Family.JPEG, False),
    f"{_ROOT}.4.51": TransferSyntax("JPEG Extended", Family.JPEG, False),
    f"{_ROOT}.4.53": TransferSyntax("JPEG Spectral Selection", Family.JPEG, False),
    f"{_ROOT}.4.55": TransferSyntax("JPEG Progressive", Family.JPEG, False),
    f"{_ROOT}.4.57": TransferSyntax("JPEG Lossless", Family.JPEG),
    f"{_ROOT}.4.70": TransferSyntax("JPEG Lossless, first-order prediction", Family.JPEG),
    f"{_ROOT}.4.80": TransferSyntax("JPEG-LS Lossless", Family.JPEG_LS),
    f"{_ROOT}.4.81": TransferSyntax("JPEG-LS Near-lossless", Family.JPEG_LS, None),
    f"{_ROOT}.4.90": TransferSyntax("JPEG 2000 Lossless", Family.JPEG_2000),
    f"{_ROOT}.4.91": TransferSyntax("JPEG 2000", Family.JPEG_2000, None),
    f"{_ROOT}.4.92": TransferSyntax("JPEG 2000 Multi-component Lossless", Family.JPEG_2000),
    f"{_ROOT}.4.93": TransferSyntax("JPEG 2000 Multi-component", Family.JPEG_2000, None),
    f"{_ROOT}.4.94": TransferSyntax("JPIP Referenced", Family.REFERENCED, None),
    f"{_ROOT}.4.95": TransferSyntax("JPIP Referenced Deflate", Family.REFERENCED, None),
    f"{_ROOT}.4.204": TransferSyntax("JPIP HTJ2K Referenced", Family.REFERENCED, None),
    f"{_ROOT}.4.205": TransferSyntax("JPIP HTJ2K Referenced Deflate", Family.REFERENCED, None),
    f"{_ROOT}.4.110": TransferSyntax("JPEG XL Lossless", Family.JPEG_XL),
    f"{_ROOT}.4.111": TransferSyntax("JPEG XL JPEG Recompression", Family.JPEG_XL, False),
    f"{_ROOT}.4.112": TransferSyntax("JPEG XL", Family.JPEG_XL, None),
    f"{_ROOT}.4.201": TransferSyntax("HTJ2K Lossless", Family.HTJ2K),
    f"{_ROOT}.4.202": TransferSyntax("HTJ2K Lossless RPCL", Family.HTJ2K),
    f"{_ROOT}.4.203": TransferSyntax("HTJ2K", Family.HTJ2K, None),
}
_VIDEO = {
    "100": "MPEG-2 Main Level",
    "101": "MPEG-2 High Level",
    "102": "H.264 High Profile 4.1",
    "103": "H.264 BD-compatible High Profile 4.1",
    "104": "H.264 High Profile 4.2 for 2D Video",
    "105": "H.264 High Profile 4.2 for 3D Video",
    "106": "H.264 Stereo High Profile 4.2",
    "107": "HEVC Main Profile 5.1",
    "108": "HEVC Main 10 Profile 5.1",
}
for _number, _name in _VIDEO.items():
    _video = TransferSyntax(_name, Family.VIDEO, False)
    TRANSFER_SYNTAXES[f"{_ROOT}.4.{_number}"] = _video
    if _number not in ("107", "108"):  # the fragmentable forms (PS3.5 A.4.5-6, since 2021)
        TRANSFER_SYNTAXES[f"{_ROOT}.4.{_number}.1"] = _video
