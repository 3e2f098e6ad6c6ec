"""The DICOM files inside one ZIP archive, read in place."""

from __future__ import annotations

import zipfile
from collections.abc import Generator

from viewer.dicom.files.scan_items import Found, Item, SkipKind, Skipped, skipped
from viewer.dicom.files.source import FileRef
from viewer.dicom.files.zip_archive import MemberSource, ZipArchive, is_zip, open_archive, refusal
from viewer.dicom.headers.header import parse_header
from viewer.dicom.headers.header_checks import MEDIA_STORAGE_DIRECTORY
from viewer.dicom.headers.header_layout import Layouts
from viewer.errors import NotDicomError, ViewerError

# Office documents and programs are ZIP archives too; nobody keeps images in them.
_OTHER_CONTAINERS = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
_UNPACK = "Unpack the archive with another program and open the folder."


def scan_archive(path: bytes) -> Generator[Item, None, None]:
    """Yield one result for each file in the archive at `path`."""
    try:
        archive = open_archive(path)
    except ViewerError as error:
        yield skipped(FileRef(path), error, SkipKind.ARCHIVE)
        return
    if any(name in archive.members for name in _OTHER_CONTAINERS):
        reason = "It is a document or a program, not a DICOM file."
        advice = "Open it with another program."
        yield Skipped(FileRef(path), reason, advice, SkipKind.NOT_DICOM)
        return
    if not archive.members:
        yield Skipped(FileRef(path), "The ZIP archive is empty.", "", SkipKind.ARCHIVE)
    layouts = Layouts()
    for entry in archive.members.values():
        if not entry.is_dir():
            yield from _member(path, archive, entry, layouts)


def _member(
    path: bytes, archive: ZipArchive, entry: zipfile.ZipInfo, layouts: Layouts
) -> Generator[Item, None, None]:
    ref = FileRef(path, entry.filename)
    if reason := refusal(entry):
        yield Skipped(ref, reason, _UNPACK, SkipKind.ARCHIVE)
        return
    try:
        with MemberSource(path, entry, archive.stamp) as source:
            try:
                header = parse_header(ref, source, layouts)
            except NotDicomError:
                if not is_zip(source.read_at(0, 4)):
                    raise
                reason = "It is an archive inside an archive."
                yield Skipped(ref, reason, _UNPACK, SkipKind.ARCHIVE)
                return
    except ViewerError as error:
        yield skipped(ref, error)
        return
    if header.media_sop_class != MEDIA_STORAGE_DIRECTORY:
        yield Found(header)
