"""Stored bytes of one value -> plain Python values, by value representation (PS3.5 6.2).

Nothing here raises for what a file may hold: a value that cannot be what its VR says is None.
No pydicom: the header reader, the tag list and the data set share this.
"""

from __future__ import annotations

from collections.abc import Sequence
from struct import unpack

from viewer.dicom.datasets.charset import decode_text

MAX_VALUES = 1_000_000  # more in one element is damage or an attack, not an image

# Text whose backslashes are text (PS3.5 table 6.2-1); all other text VRs are split by them.
_WHOLE_TEXT = frozenset({"LT", "ST", "UR", "UT"})
_TEXT = "AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT"
TEXT_VRS = frozenset(_TEXT.split())
NUMBER_FORMATS = {
    "FD": ("d", 8),
    "FL": ("f", 4),
    "SL": ("i", 4),
    "SS": ("h", 2),
    "SV": ("q", 8),
    "UL": ("I", 4),
    "US": ("H", 2),
    "UV": ("Q", 8),
}
BYTES_VRS = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})


def texts_of(raw: bytes, vr: str, charsets: Sequence[str]) -> list[str] | None:
    """The values of a text VR, padding removed; None where there are absurdly many."""
    if raw.count(b"\\") >= MAX_VALUES:
        return None
    text = decode_text(raw, charsets, vr)
    if vr in _WHOLE_TEXT:
        return [text]
    if vr == "AE":
        return [part.strip("\0 ") for part in text.split("\\")]
    return [part.rstrip("\0 ") for part in text.split("\\")]


def numbers_of(raw: bytes, vr: str, big_endian: bool) -> list[int] | list[float] | None:
    """The values of a binary number VR; None where the length does not fit them."""
    code, size = NUMBER_FORMATS[vr]
    count, rest = divmod(len(raw), size)
    if rest or count > MAX_VALUES:
        return None
    return list(unpack(f"{'>' if big_endian else '<'}{count}{code}", raw))


def tags_of(raw: bytes, big_endian: bool) -> list[int] | None:
    """The tags of an AT value as group << 16 | element; a torn last one is left out."""
    count = len(raw) // 4
    if count > MAX_VALUES or (raw and not count):
        return None
    halves = unpack(f"{'>' if big_endian else '<'}{count * 2}H", raw[: count * 4])
    return [group << 16 | element for group, element in zip(halves[::2], halves[1::2], strict=True)]
