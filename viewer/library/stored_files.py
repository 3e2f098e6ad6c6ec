"""The files of the store as the index sees them: paths inside the data folder, items of files."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from viewer.dicom.files.source import FileRef, Source, open_source
from viewer.dicom.headers.header import Header, parse_header
from viewer.library.rows import Item, item_of

FOLDER = b"studies/"
_GROUP_2_START = 132 + 12  # preamble, "DICM", the group's length
_SOURCE_AE = b"\x02\x00\x16\x00AE"  # (0002,0016) Source Application Entity Title
_MOST_META = 4096  # bytes; ours has about 300


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folder that holds the index and, below `studies`, the store."""

    path: bytes

    @staticmethod
    def of(folder: Path) -> DataFolder:
        """From any spelling of its path."""
        return DataFolder(os.path.abspath(os.fsencode(folder)))

    def inside(self, path: bytes) -> bytes | None:
        """The path of a stored file relative to the folder; None for files elsewhere."""
        path = os.path.abspath(path)
        start = self.path.rstrip(b"/\\") + os.fsencode(os.sep)
        if not path.startswith(start):
            return None
        relative = path[len(start) :].replace(os.fsencode(os.sep), b"/")
        return relative if relative.startswith(FOLDER) else None

    def outside(self, relative: bytes) -> bytes:
        """The absolute path of a stored file."""
        return os.path.join(self.path, *relative.split(b"/"))


def study_part(relative: bytes) -> bytes:
    """The beginning that the paths of all files in one folder of a study share."""
    return b"/".join(relative.split(b"/")[:2]) + b"/"


def stored_item(folder: DataFolder, relative: bytes) -> Item:
    """What the index keeps of a stored file, from the file alone.

    Raises:
        ViewerError: the file is gone or is not DICOM.
    """
    ref = FileRef(folder.outside(relative))
    with open_source(ref) as source:
        header = parse_header(ref, source)
        return stored(header, relative, source.stamp[1], source_ae(source))


def stored(header: Header, relative: bytes, written_ns: int, calling_ae: str) -> Item:
    """The same where header and sender are known already."""
    return item_of(header, relative, written_ns, stored=True, source=calling_ae)


def source_ae(source: Source) -> str:
    """Who sent the file, from the file meta information that the store writes (PS3.10 7.1)."""
    meta = source.read_at(_GROUP_2_START, _MOST_META)
    position = 0
    while meta[position : position + 2] == b"\x02\x00":
        short = meta[position + 4 : position + 6] not in (b"OB", b"UN", b"SQ", b"OW")
        start = position + (8 if short else 12)
        length = int.from_bytes(meta[start - (2 if short else 4) : start], "little")
        if meta[position : position + 6] == _SOURCE_AE:
            return meta[start : start + length].decode("ascii", "replace").strip(" \0")
        position = start + length
    return ""
