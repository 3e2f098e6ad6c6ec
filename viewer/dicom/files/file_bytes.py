"""The bytes of one file that was opened before: by position, and only if it is still the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from viewer.dicom.datasets.elements import ByteReader, MemoryReader
from viewer.dicom.files.source import FileRef, Source, open_source
from viewer.errors import UnreadableFileError

_KEPT_MEMBER_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileBytes:
    """Reads a file without keeping it open, so that media can be taken out at any time.

    Attributes:
        ref: the file.
        size: its length, bytes.
        stamp: what it was when it was opened.
        held: all bytes, where reading again would mean unpacking an archive again.
    """

    ref: FileRef
    size: int
    stamp: tuple[int, int]
    held: bytes | None = None

    @classmethod
    def of(cls, ref: FileRef, source: Source) -> FileBytes:
        keep = ref.member and source.size <= _KEPT_MEMBER_BYTES
        held = source.read_at(0, source.size) if keep else None
        return cls(ref, source.size, source.stamp, held)

    def read_at(self, offset: int, count: int) -> bytes:
        """At most `count` bytes; fewer only at the end.

        Raises:
            UnreadableFileError: the file is gone, or is not the one that was opened.
        """
        with self.opened() as reader:
            return reader.read_at(offset, count)

    @contextmanager
    def opened(self) -> Iterator[ByteReader]:
        """One handle for many reads in a row.

        Raises:
            UnreadableFileError: as `read_at`.
        """
        if self.held is not None:
            yield MemoryReader(self.held)
            return
        with open_source(self.ref) as source:
            if source.stamp != self.stamp:
                raise UnreadableFileError("This file changed while it was open.", "Open it again.")
            yield source
