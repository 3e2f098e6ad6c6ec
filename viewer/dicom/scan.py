"""Finds the DICOM files below any mix of files, folders, discs and ZIP archives.

One bad file, folder or name never ends a scan: it becomes a `Skipped` with its reason. Links to
folders are not followed, every file is read once however many names it has, and nothing but
regular files is opened.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from viewer.dicom.header import Header, parse_header
from viewer.dicom.header_checks import MEDIA_STORAGE_DIRECTORY
from viewer.dicom.source import FileRef, FileSource, unreadable
from viewer.errors import MalformedError, NotDicomError, ViewerError


class SkipKind(StrEnum):
    """Why something was left out; the word itself is shown in the import receipt."""

    NOT_DICOM = "not dicom"
    UNREADABLE = "unreadable"
    MALFORMED = "malformed"
    MISSING = "missing"
    NOT_A_FILE = "not a file"
    LINK = "link"
    ARCHIVE = "archive"
    OUTSIDE = "outside"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Found:
    """A DICOM file and what its header says."""

    header: Header


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was met and left out.

    Attributes:
        ref: what it was; its text is for the screen, never for a log.
        reason: a sentence without patient data.
        advice: the next thing to try, or empty.
        kind: the class of reason.
    """

    ref: FileRef
    reason: str
    advice: str
    kind: SkipKind


Item = Found | Skipped


def scan(paths: Iterable[bytes | str | Path]) -> Generator[Item, None, None]:
    """Yield one result for each file at and below `paths`, in the order they are met.

    Closing the generator ends the scan; no file stays open between two results.
    """
    scanner = _Scanner()
    for path in paths:
        yield from scanner.given(os.path.abspath(os.fsencode(path)))


class _Scanner:
    """What one scan remembers: which files and folders it has been to."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int]] = set()

    def given(self, path: bytes) -> Generator[Item, None, None]:
        """A path the user named: links are followed here, he asked for it."""
        try:
            info = os.stat(path)
        except (OSError, ValueError) as error:
            yield _unreadable(FileRef(path), unreadable(error), SkipKind.MISSING)
            return
        if stat.S_ISDIR(info.st_mode):
            yield from self._tree(path)
        elif stat.S_ISREG(info.st_mode):
            yield from self._file(path)
        else:
            yield _not_a_file(path)

    def _tree(self, root: bytes) -> Generator[Item, None, None]:
        folders = [root]
        while folders:
            folder = folders.pop()
            inside: list[bytes] = []
            yield from self._folder(folder, inside)
            folders.extend(reversed(inside))

    def _folder(self, folder: bytes, inside: list[bytes]) -> Generator[Item, None, None]:
        """The files of one folder; the folders in it are added to `inside`."""
        try:
            info = os.stat(folder)
            if self._is_known(info):
                return
            entries = os.scandir(folder)
        except OSError as error:
            yield _unreadable(FileRef(folder), unreadable(error))
            return
        with entries:
            while True:
                try:
                    entry = next(entries)
                except StopIteration:
                    return
                except OSError as error:
                    yield _unreadable(FileRef(folder), unreadable(error))
                    return
                yield from self._entry(entry, inside)

    def _entry(self, entry: os.DirEntry[bytes], inside: list[bytes]) -> Generator[Item, None, None]:
        try:
            if entry.is_file(follow_symlinks=False):
                yield from self._file(entry.path)
            elif entry.is_dir(follow_symlinks=False):
                inside.append(entry.path)
            elif entry.is_symlink():
                yield from self._link(entry)
            else:
                yield _not_a_file(entry.path)
        except OSError as error:
            yield _unreadable(FileRef(entry.path), unreadable(error))

    def _link(self, entry: os.DirEntry[bytes]) -> Generator[Item, None, None]:
        info = entry.stat()
        if stat.S_ISREG(info.st_mode):
            yield from self._file(entry.path)
        elif stat.S_ISDIR(info.st_mode):
            yield Skipped(
                FileRef(entry.path),
                "It is a link to a folder; links are not followed.",
                "Open the folder it stands for.",
                SkipKind.LINK,
            )
        else:
            yield _not_a_file(entry.path)

    def _file(self, path: bytes) -> Generator[Item, None, None]:
        ref = FileRef(path)
        try:
            with FileSource(path) as source:
                if source.identity in self._seen:
                    return
                self._seen.add(source.identity)
                header = parse_header(ref, source)
        except ViewerError as error:
            yield _skipped(ref, error)
            return
        if header.media_sop_class != MEDIA_STORAGE_DIRECTORY:
            yield Found(header)

    def _is_known(self, info: os.stat_result) -> bool:
        identity = (info.st_dev, info.st_ino)
        if identity in self._seen:
            return True
        self._seen.add(identity)
        return False


def _skipped(ref: FileRef, error: ViewerError) -> Skipped:
    kind = SkipKind.UNREADABLE
    if isinstance(error, NotDicomError):
        kind = SkipKind.NOT_DICOM
    elif isinstance(error, MalformedError):
        kind = SkipKind.MALFORMED
    return Skipped(ref, str(error), error.advice, kind)


def _unreadable(ref: FileRef, error: ViewerError, kind: SkipKind = SkipKind.UNREADABLE) -> Skipped:
    return Skipped(ref, str(error), error.advice, kind)


def _not_a_file(path: bytes) -> Skipped:
    return Skipped(
        FileRef(path),
        "It is a pipe, a device or a socket, not a regular file.",
        "",
        SkipKind.NOT_A_FILE,
    )
