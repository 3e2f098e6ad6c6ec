"""Where the data set of a file begins and how it is encoded (PS3.10 section 7.1).

Real files leave out the preamble, the file meta group or the transfer syntax, or name a transfer
syntax that they do not use. The bytes of the first element decide; what disagrees becomes a
Problem's sentence.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from viewer.dicom.header_walk import (
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_BIG,
    IMPLICIT_LITTLE,
    UNDEFINED,
    VALUE_REPRESENTATIONS,
    Dialect,
    Window,
)
from viewer.errors import MalformedError, NotDicomError

IMPLICIT_LITTLE_UID: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_UID: Final = "1.2.840.10008.1.2.1"
EXPLICIT_BIG_UID: Final = "1.2.840.10008.1.2.2"
# Deflated explicit; JPIP referenced deflate; HTJ2K JPIP referenced deflate (PS3.5 A.5, A.7, A.11)
DEFLATED_UIDS: Final = frozenset(
    {"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"}
)
_GE_PRIVATE_UID: Final = "1.2.840.113619.5.2"  # implicit little endian, pixels big endian
_DIALECTS: Final = {
    IMPLICIT_LITTLE_UID: IMPLICIT_LITTLE,
    _GE_PRIVATE_UID: IMPLICIT_LITTLE,
    EXPLICIT_LITTLE_UID: EXPLICIT_LITTLE,
    EXPLICIT_BIG_UID: EXPLICIT_BIG,
}
_UID_OF_DIALECT: Final = {
    id(IMPLICIT_LITTLE): IMPLICIT_LITTLE_UID,
    id(EXPLICIT_LITTLE): EXPLICIT_LITTLE_UID,
    id(EXPLICIT_BIG): EXPLICIT_BIG_UID,
    id(IMPLICIT_BIG): "",
}
_LONG_VRS: Final = EXPLICIT_LITTLE.long
_SHORT_VRS: Final = EXPLICIT_LITTLE.short
_LONGEST_UID: Final = 512  # the standard says 64; more is kept to be shown, not to be believed
_META_HEAD: Final = struct.Struct("<HHHH")

# What people put beside their images; only for the sentence, the test is that DICOM fails.
_OTHER_FILES: Final = (
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"BM", "a bitmap picture"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"MZ", "a Windows program"),
    (b"\x7fELF", "a program"),
    (b"<!DOCTYPE", "a web page"),
    (b"<html", "a web page"),
    (b"<?xml", "an XML document"),
    (b"{", "a text file"),
)
_PROGRAM_MAGICS: Final = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
)


@dataclass(slots=True)
class Start:
    """Where and how a data set begins.

    Attributes:
        position: offset of the data set's first element in the file.
        syntax: the transfer syntax as the file names it, or as its bytes show.
        dialect: how the elements are encoded.
        media_sop_class, media_sop_instance: raw (0002,0002) and (0002,0003), or empty.
        remarks: sentences about what is wrong with the beginning.
    """

    position: int
    syntax: str
    dialect: Dialect
    media_sop_class: bytes = b""
    media_sop_instance: bytes = b""
    remarks: list[str] = field(default_factory=list)


def find_start(window: Window) -> Start:
    """Find the data set behind preamble and file meta group.

    Raises:
        NotDicomError: the first bytes are something else.
        MalformedError: nothing follows the file meta group.
    """
    data = window.data
    if data[128:132] == b"DICM":
        start = _read_meta(window, 132)
        if data[0] and data.startswith(_PROGRAM_MAGICS):
            start.remarks.append("Its first bytes make it a program as well as a DICOM file.")
    elif data[:2] == b"\x02\x00" and data[4:6] in VALUE_REPRESENTATIONS:
        start = _read_meta(window, 0)
        start.remarks.append("It has no preamble before its file meta information.")
    elif data[:4] == b"DICM":
        start = _read_meta(window, 4)
        start.remarks.append("It has no preamble before its file meta information.")
    else:
        dialect = _bare_dialect(data, window)
        if dialect is None:
            raise NotDicomError(*_what_it_is(data[: window.limit]))
        start = Start(0, _UID_OF_DIALECT[id(dialect)], dialect)
        start.remarks.append("It has neither a preamble nor file meta information.")
    return start


def _read_meta(window: Window, position: int) -> Start:
    """Walk the file meta group; its group length is not believed (PS3.10 table 7.1-1)."""
    kept = {0x0010: b"", 0x0002: b"", 0x0003: b""}
    while window.reach(position):
        data, base, last = window.data, window.base, window.last
        at = position - base
        while at <= last:
            group, element, vr, length = _META_HEAD.unpack_from(data, at)
            if group != 2:
                break
            head = at
            at += 8
            if vr in _LONG_VRS:
                length = int.from_bytes(data[at : at + 4], "little")
                at += 4
            elif vr not in _SHORT_VRS:  # implicit, against the rule
                length = int.from_bytes(data[head + 4 : at], "little")
            if element in kept and length <= _LONGEST_UID:
                if at + length > window.limit:
                    at = head
                    break
                kept[element] = data[at : at + length]
            at += length
        stuck = base + at == position
        if stuck and (group != 2 or not window.reach(position, _LONGEST_UID + 12)):
            break
        position = base + at
    if position + 8 > window.size:
        raise MalformedError(
            "It ends before its data set begins.", "Copy it again from where it came from."
        )
    name = kept[0x0010].decode("latin-1").strip(" \0")
    known = _DIALECTS.get(name, EXPLICIT_LITTLE)
    start = Start(position, name, known, kept[0x0002], kept[0x0003])
    if not name:
        start.remarks.append("It does not name its transfer syntax.")
    return start


def settle_dialect(start: Start, window: Window, position: int) -> None:
    """Let the first element's bytes overrule the transfer syntax where they disagree."""
    if not window.reach(position):
        return
    data, at = window.data, position - window.base
    shown = shown_dialect(data, at)
    if shown is None or (shown is start.dialect and start.syntax):
        return
    if start.syntax:
        start.remarks.append("It is encoded in another way than its transfer syntax says.")
    start.dialect = shown
    if not start.syntax or start.syntax in _DIALECTS:
        start.syntax = _UID_OF_DIALECT[id(shown)]


def shown_dialect(data: bytes, at: int) -> Dialect | None:
    """The encoding that one element's bytes show; None where they show none."""
    little = int.from_bytes(data[at : at + 2], "little")
    big = int.from_bytes(data[at : at + 2], "big")
    if little == big:
        return None
    explicit = data[at + 4 : at + 6] in VALUE_REPRESENTATIONS
    if little < big:
        return EXPLICIT_LITTLE if explicit else IMPLICIT_LITTLE
    return EXPLICIT_BIG if explicit else IMPLICIT_BIG


def uid_of_dialect(dialect: Dialect) -> str:
    """The transfer syntax that is plainly encoded like this, or ""."""
    return _UID_OF_DIALECT[id(dialect)]


def _bare_dialect(data: bytes, window: Window) -> Dialect | None:
    """The encoding of a file that begins with its data set, or None: it is not DICOM.

    Old files (ACR-NEMA) begin like this. So that nothing else passes, the first elements must be
    of the groups that begin a data set, ascend, and have lengths that fit in the file.
    """
    dialect = shown_dialect(data, 0)
    if dialect is None:
        return None
    at, before, seen = 0, -1, 0
    while seen < 6 and at + 8 <= window.limit:
        key = dialect.word.unpack_from(data, at)[0]
        group = dialect.group(key)
        tag = group << 16 | (key >> 16 if dialect.little else key & 0xFFFF)
        if tag <= before or group > 0x7FE0 or (seen == 0 and group not in (0x0008, 0x0010)):
            return None
        head, length = 8, dialect.word.unpack_from(data, at + 4)[0]
        if dialect.explicit:
            if data[at + 4 : at + 6] not in VALUE_REPRESENTATIONS:
                return None
            _, vr, length = dialect.head.unpack_from(data, at)
            if vr in dialect.long:
                head, length = 12, int(dialect.word.unpack_from(data, at + 8)[0])
        seen, before = seen + 1, tag
        if length == UNDEFINED:
            break
        if at + head + length > window.size:
            return None
        at += head + length
    return dialect if seen > 1 else None


def _what_it_is(data: bytes) -> tuple[str, str]:
    """The sentence and the advice for a file that is not DICOM."""
    if not data:
        return "It is empty.", "Copy it again from where it came from."
    for magic, name in _OTHER_FILES:
        if data.startswith(magic):
            return f"It is {name}, not a DICOM file.", "Open it with another program."
    if not any(data):
        return "It holds nothing but zeros.", "Copy it again from where it came from."
    if all(byte >= 32 or byte in b"\t\r\n\f\x1b" for byte in data[:256]) and data[:256].isascii():
        return "It is a text file, not a DICOM file.", "Open it with another program."
    return "It is not a DICOM file.", "Open it with another program."
