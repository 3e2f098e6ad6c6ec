"""ZIP archives, read in place: nothing is ever unpacked to disk (APPNOTE 6.3.10).

The list of members comes from Python's zipfile; their bytes are decompressed here, only as far
as somebody reads, and never past the size the archive itself announces.
"""

from __future__ import annotations

import bz2
import os
import struct
import threading
import zipfile
import zlib
from collections import OrderedDict
from typing import Final, Protocol

from viewer.dicom.files.closing import Closing
from viewer.dicom.files.source import FileRef, FileSource, Stamp
from viewer.errors import UnreadableFileError

MAX_MEMBER: Final = 1 << 30
"""Largest member opened, bytes: it is held in memory."""
MAX_MEMBERS: Final = 200_000
MAX_DIRECTORY: Final = 64 << 20
_MOST_DEFLATED: Final = 1032  # zlib's own documentation: no stream expands further
_LOCAL = struct.Struct("<4s22xHH")
_CHUNK = 1 << 16
_SMALLEST_STEP = 4096
_KEPT_DIRECTORIES = 4


class ZipArchive:
    """The table of contents of one archive; holds no open file."""

    def __init__(self, path: bytes) -> None:
        with FileSource(path) as source:
            self.stamp = source.stamp
            _check_directory(source)
        try:
            with zipfile.ZipFile(os.fsdecode(path)) as archive:
                entries = archive.infolist()
        except (
            zipfile.BadZipFile,
            OSError,
            ValueError,
            NotImplementedError,
            struct.error,
        ) as error:
            raise _damaged() from error
        # Of two members with one name the last is the valid one.
        self.members: dict[str, zipfile.ZipInfo] = {e.filename: e for e in entries}


def is_zip(head: bytes) -> bool:
    """Whether a file that begins like this is a ZIP archive."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06")


def refusal(entry: zipfile.ZipInfo) -> str:
    """Why a member is not opened, as a sentence; empty when it may be."""
    parts = entry.filename.replace("\\", "/").split("/")
    if ".." in parts or parts[0] == "" or ":" in parts[0]:
        return "Its name in the archive leads outside of the archive."
    if entry.flag_bits & 0x1:
        return "It is encrypted."
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2):
        return "It is compressed in a way this program does not know."
    if entry.file_size > MAX_MEMBER:
        return "It is larger than 1 GiB when unpacked."
    if entry.compress_type == zipfile.ZIP_STORED and entry.file_size != entry.compress_size:
        return "The archive contradicts itself about its size."
    if (
        entry.compress_type == zipfile.ZIP_DEFLATED
        and entry.file_size > entry.compress_size * _MOST_DEFLATED + _CHUNK
    ):
        return "The archive contradicts itself about its size."
    return ""


class MemberSource(Closing):
    """One member, decompressed into memory as far as it was read."""

    def __init__(self, path: bytes, entry: zipfile.ZipInfo, stamp: Stamp) -> None:
        if reason := refusal(entry):
            raise UnreadableFileError(reason, "Unpack the archive with another program.")
        self._file = FileSource(path)
        self.size = entry.file_size
        self.stamp: Stamp = stamp
        self._entry = entry
        self._buffer = bytearray()
        self._left = entry.compress_size
        self._position = _data_offset(self._file, entry.header_offset)
        self._inflate = _decompressor(entry.compress_type)

    def read_at(self, offset: int, count: int) -> bytes:
        end = min(offset + count, self.size)
        if self._inflate is None:
            return self._file.read_at(self._position + offset, max(0, end - offset))
        while (missing := end - len(self._buffer)) > 0 and self._fill(missing):
            pass
        return bytes(self._buffer[offset:end])

    def _fill(self, missing: int) -> bool:
        """Decompress one more piece; False at the end of the compressed bytes."""
        assert self._inflate is not None
        step = min(max(missing, _SMALLEST_STEP), _CHUNK)
        raw = self._file.read_at(self._position, min(step, self._left))
        self._position += len(raw)
        self._left -= len(raw)
        try:
            # One byte more than announced is enough to see that the archive lies.
            most = self.size - len(self._buffer) + 1
            self._buffer += self._inflate.decompress(raw, most)
        except (zlib.error, OSError, EOFError, ValueError) as error:
            raise _damaged() from error
        if len(self._buffer) > self.size:
            raise _damaged()
        if len(self._buffer) == self.size and self._crc_is_wrong():
            raise _damaged()
        return bool(raw)

    def _crc_is_wrong(self) -> bool:
        return zlib.crc32(self._buffer) != self._entry.CRC

    def close(self) -> None:
        self._file.close()


_directories: OrderedDict[bytes, ZipArchive] = OrderedDict()
_directories_lock = threading.Lock()


def open_archive(path: bytes) -> ZipArchive:
    """The table of contents at `path`, read again only when the archive changed.

    Raises:
        UnreadableFileError: it cannot be read, or is no sound archive.
    """
    with FileSource(path) as source:
        stamp = source.stamp
    with _directories_lock:
        known = _directories.get(path)
        if known is not None and known.stamp == stamp:
            _directories.move_to_end(path)
            return known
    archive = ZipArchive(path)
    with _directories_lock:
        _directories[path] = archive
        while len(_directories) > _KEPT_DIRECTORIES:
            _directories.popitem(last=False)
    return archive


def open_member(ref: FileRef) -> MemberSource:
    """Open one member for reading.

    Raises:
        UnreadableFileError: no such member, encrypted, too large, damaged.
    """
    archive = open_archive(ref.path)
    entry = archive.members.get(ref.member)
    if entry is None:
        raise UnreadableFileError("It is no longer in its ZIP archive.", "Open the archive again.")
    return MemberSource(ref.path, entry, archive.stamp)


def _damaged() -> UnreadableFileError:
    return UnreadableFileError("Its ZIP archive is damaged.", "Copy or download it again.")


class _Decompressor(Protocol):
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _decompressor(method: int) -> _Decompressor | None:
    if method == zipfile.ZIP_STORED:
        return None
    return zlib.decompressobj(-15) if method == zipfile.ZIP_DEFLATED else bz2.BZ2Decompressor()


def _data_offset(file: FileSource, header: int) -> int:
    """Where the member's bytes begin; its local header's lengths may differ from the list's."""
    raw = file.read_at(header, _LOCAL.size)
    if len(raw) < _LOCAL.size:
        raise _damaged()
    magic, name_length, extra_length = _LOCAL.unpack(raw)
    if magic != b"PK\x03\x04":
        raise _damaged()
    return header + _LOCAL.size + int(name_length) + int(extra_length)


def _check_directory(source: FileSource) -> None:
    """Refuse an archive whose list of members would not fit in memory (APPNOTE 4.3.12-16)."""
    tail_at = max(0, source.size - 65535 - 22 - 20)
    tail = source.read_at(tail_at, source.size - tail_at)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise _damaged()
    count, size = struct.unpack_from("<HI", tail, at + 10)
    if count == 0xFFFF or size == 0xFFFFFFFF:
        locator = tail.rfind(b"PK\x06\x07", 0, at)
        if locator >= 0 and len(tail) >= locator + 16:
            record = source.read_at(struct.unpack_from("<Q", tail, locator + 8)[0], 56)
            if record[:4] == b"PK\x06\x06" and len(record) == 56:
                count, size = struct.unpack_from("<QQ", record, 32)
    if count > MAX_MEMBERS or size > MAX_DIRECTORY:
        raise UnreadableFileError(
            "The ZIP archive has more members than this program opens.",
            "Unpack it with another program and open the folder.",
        )
