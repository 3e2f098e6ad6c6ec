"""Reads the directory of a disc, a DICOMDIR, for the files it lists (PS3.10 section 8, PS3.3 F).

Only the order of the records and their file names are taken from it: what a file holds, the file
says itself. Discs in the field have records that lead in circles, nowhere, or out of the disc;
here every record is looked at once, whatever leads to it, and a name is only ever followed
downwards from the folder of the DICOMDIR.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from viewer.dicom.files.source import Source
from viewer.dicom.headers.header_start import find_start, settle_dialect
from viewer.dicom.headers.header_walk import (
    UNDEFINED,
    CutOffError,
    Dialect,
    HeaderTooLongError,
    LostError,
    Window,
    skip_undefined,
)
from viewer.errors import MalformedError

MAX_DICOMDIR: Final = 64 << 20
"""Largest DICOMDIR read, bytes; 200,000 images need about that."""
MAX_RECORDS: Final = 300_000

_ROOT, _RECORDS = 0x00041200, 0x00041220
_NEXT, _IN_USE, _LOWER, _FILE_ID = 0x00041400, 0x00041410, 0x00041420, 0x00041500
_INACTIVE = 0x0000


@dataclass(slots=True)
class Record:
    """One directory record.

    Attributes:
        following, lower: offsets of the next record and of the first one below, 0 for none.
        file_id: raw Referenced File ID, empty where the record has no file.
        in_use: Record In-use Flag; inactive ones stand for deleted files.
    """

    following: int = 0
    lower: int = 0
    file_id: bytes = b""
    in_use: bool = True


@dataclass(slots=True)
class Directory:
    """What a DICOMDIR lists.

    Attributes:
        file_ids: raw Referenced File IDs, each once, in the order of the directory's tree.
        remarks: sentences about what is wrong with it.
    """

    file_ids: list[bytes] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def read_dicomdir(source: Source) -> Directory:
    """Read the records of an open DICOMDIR.

    Raises:
        ViewerError: it is no DICOMDIR, or damaged beyond use.
    """
    if source.size > MAX_DICOMDIR:
        raise MalformedError("The DICOMDIR is too large to be read.")
    data = source.read_at(0, source.size)
    window = Window(lambda offset, count: data[offset : offset + count], len(data))
    start = find_start(window)
    settle_dialect(start, window, start.position)
    directory = Directory()
    records: dict[int, Record] = {}
    root = 0
    reader = _Reader(data, start.dialect)
    try:
        for tag, at, length in reader.elements(start.position, len(data)):
            if tag == _ROOT:
                root = reader.number(at, length)
            elif tag == _RECORDS:
                reader.read_records(at, length, records)
                break
    except (CutOffError, LostError, HeaderTooLongError):
        directory.remarks.append("The DICOMDIR is cut off or damaged.")
    if not records:
        directory.remarks.append("The DICOMDIR lists no files.")
    ordered = _in_tree_order(records, root, directory.remarks)
    files = (record.file_id for record in ordered if record.file_id and record.in_use)
    directory.file_ids = list(dict.fromkeys(files))
    return directory


def _in_tree_order(records: dict[int, Record], root: int, remarks: list[str]) -> list[Record]:
    """Every record once: as the offsets lead, then those that nothing leads to."""
    ordered: dict[int, Record] = {}
    pending = [root]
    circle = lost = False
    while pending:
        offset = pending.pop()
        record = records.get(offset)
        if record is None:
            lost = lost or offset != 0 or (offset == root and bool(records))
        elif offset in ordered:
            circle = True
        else:
            ordered[offset] = record
            pending += (record.following, record.lower)
    if circle:
        remarks.append("The records of the DICOMDIR lead in a circle.")
    if lost:
        remarks.append("The records of the DICOMDIR lead nowhere.")
    return list((ordered | records).values())


class _Reader:
    """Element access over the whole DICOMDIR in memory."""

    def __init__(self, data: bytes, dialect: Dialect) -> None:
        self._data = data
        self._dialect = dialect

    def number(self, at: int, length: int) -> int:
        raw = self._data[at : at + min(length, 4)]
        return int.from_bytes(raw, "little" if self._dialect.little else "big")

    def elements(self, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Tag, offset of the value and length of each element up to `end` or an item's end.

        Raises:
            CutOffError: an element leaves the file.
        """
        data, dialect = self._data, self._dialect
        while at + 8 <= end:
            key = dialect.word.unpack_from(data, at)[0]
            if key in (dialect.item_end, dialect.sequence_end):
                return
            length = dialect.word.unpack_from(data, at + 4)[0]
            value = at + 8
            if dialect.explicit and data[at + 4 : at + 6].isalpha():
                _, vr, length = dialect.head.unpack_from(data, at)
                if vr in dialect.long:
                    if at + 12 > end:
                        raise CutOffError
                    length, value = dialect.word.unpack_from(data, at + 8)[0], at + 12
            element = key >> 16 if dialect.little else key & 0xFFFF
            yield dialect.group(key) << 16 | element, value, length
            at = self._after(value, length)

    def read_records(self, at: int, length: int, records: dict[int, Record]) -> None:
        """Fill `records`, by offset of their items, from the Directory Record Sequence."""
        data, dialect = self._data, self._dialect
        end = len(data) if length == UNDEFINED else min(len(data), at + length)
        while at + 8 <= end and len(records) < MAX_RECORDS:
            key, length = (dialect.word.unpack_from(data, at + more)[0] for more in (0, 4))
            if key != dialect.item:
                return
            item = at + 8
            if length == UNDEFINED:
                records[at], at = self._open_record(item, end)
            else:
                records[at] = self._record(item, min(end, item + length))
                at = item + length

    def _record(self, at: int, end: int) -> Record:
        record = Record()
        for tag, value, length in self.elements(at, end):
            self._note(record, tag, value, length)
        return record

    def _open_record(self, at: int, end: int) -> tuple[Record, int]:
        """A record of undefined length, and where the next item begins."""
        record = Record()
        after = at
        for tag, value, length in self.elements(at, end):
            self._note(record, tag, value, length)
            after = self._after(value, length)
        return record, after + 8  # the item's delimiter

    def _note(self, record: Record, tag: int, value: int, length: int) -> None:
        if tag == _NEXT:
            record.following = self.number(value, length)
        elif tag == _LOWER:
            record.lower = self.number(value, length)
        elif tag == _IN_USE:
            record.in_use = self.number(value, min(length, 2)) != _INACTIVE
        elif tag == _FILE_ID:
            record.file_id = self._data[value : value + min(length, 4096)]

    def _after(self, value: int, length: int) -> int:
        if length != UNDEFINED:
            return value + length
        window = Window(lambda offset, count: self._data[offset : offset + count], len(self._data))
        return skip_undefined(window, self._dialect, value)


def components(file_id: bytes) -> list[bytes] | None:
    """The path downwards that a Referenced File ID names, or None where it leads elsewhere.

    The standard's separator is the backslash; slashes are met too (PS3.3 F.3.2.2).
    """
    parts = [part.strip(b" ") for part in file_id.rstrip(b"\0 ").replace(b"/", b"\\").split(b"\\")]
    for part in parts:
        if part in (b"", b".", b"..") or b"\0" in part or b":" in part:
            return None
    return parts


class DiscNames:
    """Finds the files of a disc whatever case its names came out in.

    A disc written as `IM0001` is mounted as `im0001`, `IM0001.` or `IM0001.;1` by some systems.
    """

    def __init__(self, folder: bytes) -> None:
        self._folder = folder
        self._listed: dict[bytes, dict[bytes, tuple[bytes, bool]]] = {}

    def find(self, parts: list[bytes]) -> bytes | None:
        """The path of the file, or None where it is not there as a plain file."""
        path = self._folder
        for number, part in enumerate(parts, 1):
            name, is_folder = self._names(path).get(_folded(part), (b"", False))
            if not name or is_folder != (number < len(parts)):
                return None
            path = os.path.join(path, name)
        return path

    def _names(self, folder: bytes) -> dict[bytes, tuple[bytes, bool]]:
        """Folded name -> (name, is a folder), of what is no link and no device."""
        known = self._listed.get(folder)
        if known is None:
            known = self._listed[folder] = {}
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        is_folder = entry.is_dir(follow_symlinks=False)
                        if is_folder or entry.is_file(follow_symlinks=False):
                            known.setdefault(_folded(entry.name), (entry.name, is_folder))
            except OSError:
                pass  # what cannot be listed is missing; the plain scan tells the reason
        return known


def _folded(name: bytes) -> bytes:
    return name.split(b";", 1)[0].rstrip(b".").upper()
