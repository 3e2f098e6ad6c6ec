"""Names and value representations of tags: PS3.6, and pydicom's list of private ones."""

from __future__ import annotations

from functools import lru_cache

import pydicom  # noqa: F401 - the package first: see viewer/dicom/__init__.py
from pydicom._dicom_dict import DicomDictionary
from pydicom._private_dict import private_dictionaries
from pydicom.datadict import (
    dictionary_description,
    dictionary_VR,
    keyword_for_tag,
    private_dictionary_description,
    private_dictionary_VR,
    tag_for_keyword,
)

# Look-up descriptors count and number their entries unsigned (PS3.3 C.11.1.1), whatever the
# pixels are; some writers mark them SS all the same.
LUT_DESCRIPTORS = frozenset({0x00281101, 0x00281102, 0x00281103, 0x00283002})


@lru_cache(maxsize=1)
def sequence_tags() -> frozenset[int]:
    """Tags that PS3.6 gives the VR SQ."""
    return frozenset(tag for tag, entry in DicomDictionary.items() if entry[0] == "SQ")


def is_private(tag: int) -> bool:
    return bool(tag >> 16 & 1)


def is_creator(tag: int) -> bool:
    """Whether this is a private creator element (PS3.5 7.8.1)."""
    return is_private(tag) and 0x10 <= tag & 0xFFFF <= 0xFF


def creator_tag(tag: int) -> int | None:
    """The private creator element that reserves the block of `tag`."""
    if is_private(tag) and tag & 0xFFFF >= 0x1000:
        return tag & 0xFFFF0000 | tag >> 8 & 0xFF
    return None


def vr_of(tag: int, written: str, length: int | None, creator: str) -> str:
    """The VR to read a value by: as written, else from the dictionaries (PS3.5 6.2.2)."""
    if written and written != "UN":
        return written
    if is_private(tag):
        if is_creator(tag):
            return "LO"
        try:
            if creator in private_dictionaries:  # asking for another one is slow
                return str(private_dictionary_VR(tag, creator))
        except KeyError:
            pass
        return "UN"
    if written == "UN" and (length or 0) >= 0xFFFF:  # too long for a short VR: meant so
        return written
    try:
        return str(dictionary_VR(tag))
    except KeyError:
        return "UL" if not tag & 0xFFFF and not written else "UN"


def definite_vr(tag: int, vr: str, signed: bool) -> str:
    """Decide among the dictionary's alternatives ("US or SS") by Pixel Representation."""
    if " or " not in vr:
        return vr
    if vr == "US or SS":
        return "SS" if signed and tag not in LUT_DESCRIPTORS else "US"
    return "OW"


def keyword_of(tag: int) -> str:
    """The keyword, "" for private and unknown tags."""
    return keyword_for_tag(tag)


def name_of(tag: int, creator: str) -> str:
    """The name as in PS3.6, or as the private dictionary of `creator` has it."""
    if is_creator(tag):
        return "Private Creator"
    if not tag & 0xFFFF:
        return "Group Length"
    try:
        if is_private(tag):
            known = creator in private_dictionaries
            return str(private_dictionary_description(tag, creator)) if known else ""
        return str(dictionary_description(tag))
    except KeyError:
        return ""


def tag_of(word: str) -> int | None:
    """The tag of a keyword, or of a tag as `tag_text` prints it."""
    found = tag_for_keyword(word)
    if found is not None:
        return int(found)
    digits = word.strip("()").replace(",", "")
    try:
        return int(digits, 16) if len(digits) == 8 else None
    except ValueError:
        return None


def tag_text(tag: int) -> str:
    """A tag as the standard prints it: (0010,0010)."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def described(tag: int) -> str:
    """How a tag is named in a sentence: its keyword, or its number."""
    return keyword_for_tag(tag) or tag_text(tag)
