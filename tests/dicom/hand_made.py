"""Data sets written byte by byte, for what no honest writer makes (PS3.5 section 7.1)."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from viewer.dicom.files.source import FileRef

UNDEFINED = 0xFFFFFFFF
ITEM_END = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
SEQUENCE_END = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}


def element(
    tag: int, vr: str, value: bytes = b"", length: int | None = None, implicit: bool = False
) -> bytes:
    """One little endian element; `length` overrides what is written, not what follows."""
    count = len(value) if length is None else length
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if implicit:
        return head + struct.pack("<I", count) + value
    if vr in LONG:
        return head + vr.encode() + b"\0\0" + struct.pack("<I", count) + value
    return head + vr.encode() + struct.pack("<H", count) + value


def item(value: bytes = b"", length: int | None = None) -> bytes:
    count = len(value) if length is None else length
    return struct.pack("<HHI", 0xFFFE, 0xE000, count) + value


def undefined_sequence(tag: int, *items: bytes, vr: str = "SQ") -> bytes:
    inside = b"".join(item(value, UNDEFINED) + ITEM_END for value in items)
    return element(tag, vr, inside + SEQUENCE_END, UNDEFINED)


def part10(body: bytes, syntax: str = "1.2.840.10008.1.2.1") -> bytes:
    """A file with a meta group that holds the transfer syntax alone."""
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    meta = element(0x00020010, "UI", uid)
    length = element(0x00020000, "UL", struct.pack("<I", len(meta)))
    return b"\0" * 128 + b"DICM" + length + meta + body


def written(folder: Path, data: bytes, name: str = "a.dcm") -> FileRef:
    path = folder / name
    path.write_bytes(data)
    return FileRef(os.fsencode(path))
