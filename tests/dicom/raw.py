"""Writes single elements as bytes, right or wrong, in every encoding of PS3.5 annex A."""

from __future__ import annotations

import struct
from dataclasses import dataclass

LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class Encoding:
    """How elements are written."""

    syntax: str
    explicit: bool = True
    order: str = "<"

    def element(self, tag: int, vr: str, value: bytes = b"", length: int | None = None) -> bytes:
        """One element; `length` lies about the value's."""
        size = len(value) if length is None else length
        head = struct.pack(self.order + "HH", tag >> 16, tag & 0xFFFF)
        if not self.explicit:
            return head + struct.pack(self.order + "I", size) + value
        if vr in LONG:
            return head + vr.encode() + b"\0\0" + struct.pack(self.order + "I", size) + value
        return head + vr.encode() + struct.pack(self.order + "H", size) + value

    def mark(self, element: int, length: int = 0) -> bytes:
        """An item (E000), or the end of an item (E00D) or a sequence (E0DD)."""
        return struct.pack(self.order + "HHI", 0xFFFE, element, length)

    def item(self, content: bytes, closed: bool = True) -> bytes:
        """One item, of defined or of undefined length."""
        if closed:
            return self.mark(0xE000, len(content)) + content
        return self.mark(0xE000, UNDEFINED) + content + self.mark(0xE00D)

    def sequence(self, tag: int, *items: bytes, closed: bool = True) -> bytes:
        """A sequence of items given as bytes, of defined or of undefined length."""
        if closed:
            return self.element(tag, "SQ", b"".join(items))
        content = b"".join(items) + self.mark(0xE0DD)
        return self.element(tag, "SQ", content, UNDEFINED)

    def file(self, *elements: bytes) -> bytes:
        """A PS3.10 file of these elements."""
        return part10(b"".join(elements), self.syntax)


IMPLICIT = Encoding("1.2.840.10008.1.2", explicit=False)
EXPLICIT = Encoding("1.2.840.10008.1.2.1")
BIG = Encoding("1.2.840.10008.1.2.2", order=">")


def part10(data_set: bytes, syntax: str, preamble: bytes = bytes(128)) -> bytes:
    """Preamble, DICM and a file meta group around the bytes of a data set."""
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    meta = EXPLICIT.element(0x00020010, "UI", uid)
    length = EXPLICIT.element(0x00020000, "UL", struct.pack("<I", len(meta)))
    return preamble + b"DICM" + length + meta + data_set


def identity(encoding: Encoding = EXPLICIT) -> bytes:
    """SOP Class and SOP Instance UID: enough to be listed."""
    return encoding.element(0x00080016, "UI", b"1.2.840.10008.5.1.4.1.1.2\0") + encoding.element(
        0x00080018, "UI", b"1.2.3.4\0"
    )


def picture(encoding: Encoding = EXPLICIT, pixels: bytes = bytes(8)) -> bytes:
    """Two by two pixels of 16 bits, at the end of a data set."""
    order = encoding.order
    return b"".join(
        [
            encoding.element(0x00280010, "US", struct.pack(order + "H", 2)),
            encoding.element(0x00280011, "US", struct.pack(order + "H", 2)),
            encoding.element(0x00280100, "US", struct.pack(order + "H", 16)),
            encoding.element(0x7FE00010, "OW", pixels),
        ]
    )
