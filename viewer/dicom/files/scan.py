"""Finds the DICOM files below any mix of files, folders, discs and ZIP archives.

One bad file, folder or name never ends a scan: it becomes a `Skipped` with its reason. Links to
folders are not followed, every file is read once however many names it has, and nothing but
regular files is opened. A folder with a DICOMDIR is read in the directory's order first; what
the directory forgot comes after it.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Generator, Iterable
from pathlib import Path

from viewer.dicom.files.scan_items import Found, Item, SkipKind, Skipped, not_a_file, skipped
from viewer.dicom.files.source import FileRef, FileSource, unreadable
from viewer.dicom.headers.header import Header, parse_header
from viewer.dicom.headers.header_checks import MEDIA_STORAGE_DIRECTORY
from viewer.dicom.headers.header_layout import Layouts
from viewer.errors import NotDicomError, ViewerError

__all__ = ["Found", "SkipKind", "Skipped", "scan"]


def scan(paths: Iterable[bytes | str | Path]) -> Generator[Item, None, None]:
    """Yield one result for each file at and below `paths`, in the order they are met.

    Closing the generator ends the scan; no file stays open between two results.
    """
    scanner = _Scanner()
    for path in paths:
        raw = os.fsencode(path)
        try:
            whole = os.path.abspath(raw)
        except OSError as error:  # a relative path, and the current folder is gone
            yield skipped(FileRef(raw), unreadable(error), SkipKind.MISSING)
        else:
            yield from scanner.given(whole)


class _Scanner:
    """What one scan remembers: which files and folders it has been to."""

    def __init__(self) -> None:
        self._seen: set[tuple[int, int] | bytes] = set()
        self._met = 0  # entries of folders that are no folders themselves
        self._before: Header | None = None
        self._layouts = Layouts()

    def given(self, path: bytes) -> Generator[Item, None, None]:
        """A path the user named; a link is followed here, for he asked for it."""
        try:
            mode = os.stat(path).st_mode
        except (OSError, ValueError) as error:
            yield skipped(FileRef(path), unreadable(error), SkipKind.MISSING)
            return
        if stat.S_ISDIR(mode):
            yield from self._given_folder(path)
        elif not stat.S_ISREG(mode):
            yield not_a_file(path)
        elif os.path.basename(path).upper() == b"DICOMDIR":
            yield from self._tree(os.path.dirname(path))
        else:
            yield from self._file(path, given=True)

    def _given_folder(self, path: bytes) -> Generator[Item, None, None]:
        """A folder the user named; when there is nothing in it, that is said."""
        known, met, silent = len(self._seen), self._met, True
        for item in self._tree(path):
            silent = False
            yield item
        if silent and self._met == met and len(self._seen) > known:
            yield Skipped(FileRef(path), _EMPTY, _OTHER_FOLDER, SkipKind.MISSING)

    def _tree(self, root: bytes) -> Generator[Item, None, None]:
        folders = [root]
        while folders:
            folder = folders.pop()
            inside: list[bytes] = []
            try:
                if self._is_new_folder(folder):
                    yield from self._disc(folder)
                    yield from self._folder(folder, inside)
            except (OSError, ValueError) as error:
                yield skipped(FileRef(folder), unreadable(error))
            folders.extend(reversed(inside))

    def _folder(self, folder: bytes, inside: list[bytes]) -> Generator[Item, None, None]:
        """The files of one folder; the folders in it are added to `inside`."""
        device = os.stat(folder).st_dev
        with os.scandir(folder) as entries:
            for entry in entries:
                try:
                    is_file = entry.is_file(follow_symlinks=False)
                    is_folder = not is_file and entry.is_dir(follow_symlinks=False)
                except OSError as error:
                    yield skipped(FileRef(entry.path), unreadable(error))
                    continue
                if is_folder:
                    inside.append(entry.path)
                    continue
                self._met += 1
                if not is_file:
                    yield from self._oddity(entry)
                elif (device, entry.inode()) not in self._seen:
                    yield from self._file(entry.path)

    def _oddity(self, entry: os.DirEntry[bytes]) -> Generator[Item, None, None]:
        """Neither a file nor a folder: a link is looked at, anything else is left alone."""
        try:
            mode = entry.stat().st_mode if entry.is_symlink() else 0
        except OSError as error:
            yield skipped(FileRef(entry.path), unreadable(error), SkipKind.LINK)
            return
        if stat.S_ISREG(mode):
            yield from self._file(entry.path)
        elif stat.S_ISDIR(mode):
            reason = "It is a link to a folder; links are not followed."
            advice = "Open the folder it stands for."
            yield Skipped(FileRef(entry.path), reason, advice, SkipKind.LINK)
        else:
            yield not_a_file(entry.path)

    def _file(self, path: bytes, given: bool = False) -> Generator[Item, None, None]:
        ref = FileRef(path)
        archive = False
        if os.path.basename(path).startswith(_OUR_INDEX):
            yield Skipped(ref, _NOT_OPENED, "", SkipKind.NOT_DICOM)
            return
        try:
            with FileSource(path) as source:
                # Some file systems number no files; there the name has to do.
                identity = source.identity if source.identity[1] else path
                if identity in self._seen:
                    return
                self._seen.add(identity)
                try:
                    header = parse_header(ref, source, self._layouts)
                except NotDicomError:
                    archive = source.read_at(0, 4) in (b"PK\x03\x04", b"PK\x05\x06")
                    if not archive:
                        raise
        except ViewerError as error:
            yield skipped(ref, error)
            return
        if archive:
            from viewer.dicom.files.scan_archive import scan_archive  # most scans meet none

            yield from scan_archive(path)
        elif header.media_sop_class != MEDIA_STORAGE_DIRECTORY:
            header.share_values(self._before)
            self._before = header
            yield Found(header)
        elif given:  # the directory of a disc stands for the disc
            folder = os.path.dirname(path)
            yield from self._listed(folder, path)
            yield from self._tree(folder)

    def _disc(self, folder: bytes) -> Generator[Item, None, None]:
        """The files that a DICOMDIR in `folder` lists, in its order."""
        for name in _DIRECTORY_NAMES:
            path = os.path.join(folder, name)
            try:
                info = os.lstat(path)
                if (info.st_dev, info.st_ino) in self._seen:
                    return  # it was given by name
                if stat.S_ISREG(info.st_mode):
                    yield from self._listed(folder, path)
                    return
            except OSError:
                continue

    def _listed(self, folder: bytes, path: bytes) -> Generator[Item, None, None]:
        # Most folders are no disc, and the window opens sooner without this.
        from viewer.dicom.files.dicomdir import DiscNames, components, read_dicomdir

        ref = FileRef(path)
        try:
            with FileSource(path) as source:
                if source.identity[1]:
                    self._seen.add(source.identity)
                directory = read_dicomdir(source)
        except ViewerError as error:
            reason = f"The DICOMDIR cannot be used: {error}"
            yield Skipped(ref, reason, _READ_WITHOUT, SkipKind.MALFORMED)
            return
        for remark in directory.remarks:
            yield Skipped(ref, remark, _READ_WITHOUT, SkipKind.MALFORMED)
        names = DiscNames(folder)
        for file_id in directory.file_ids:
            parts = components(file_id)
            if parts is None:
                reason = "The DICOMDIR names a file outside of its folder; it was not opened."
                yield Skipped(ref, reason, "", SkipKind.OUTSIDE)
            elif (found := names.find(parts)) == path:
                yield Skipped(ref, "The DICOMDIR lists itself.", "", SkipKind.MALFORMED)
            elif found:
                yield from self._file(found)
            else:
                missing = FileRef(os.path.join(folder, *parts))
                yield Skipped(missing, _MISSING, _OTHER_DISC, SkipKind.MISSING)

    def _is_new_folder(self, folder: bytes) -> bool:
        info = os.stat(folder)
        identity = (info.st_dev, info.st_ino) if info.st_ino else folder
        if identity in self._seen:
            return False
        self._seen.add(identity)
        return True


_DIRECTORY_NAMES = (b"DICOMDIR", b"dicomdir")  # the second on some mounts of ISO 9660
# The list of studies and its companions: SQLite forgets its locks on a file as soon as the same
# process opens and closes that file once more.
_OUR_INDEX = b"index.sqlite"
_NOT_OPENED = "It is a list of studies, not a DICOM file."
_READ_WITHOUT = "The files beside it were read without it."
_MISSING = "It is listed in the DICOMDIR but is not there."
_EMPTY = "There are no files in this folder."
_OTHER_FOLDER = "Choose the folder that holds the images."
_OTHER_DISC = "Look for it on another disc of the set."
