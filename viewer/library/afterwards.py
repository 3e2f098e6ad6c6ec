"""What is found out about files after a scan passed them on: geometry, and true copies.

Both mean reading more of a file than its header, so the scan's results go first and the
catalogue is corrected later; run it where the scan runs, never on the GUI thread.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.dicom.frame_geometry import FrameGeometry, needs_geometry, read_frame_geometry
from viewer.dicom.scan import Skipped
from viewer.dicom.source import FileRef, open_source
from viewer.errors import ViewerError

if TYPE_CHECKING:
    from viewer.dicom.scan import Found

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether a file holds the same bytes as the first one with its SOP Instance UID."""

    ref: FileRef
    same: bool


def with_details(
    items: Iterable[Found | Skipped],
) -> Generator[Found | Skipped | FrameGeometry | Compared, None, None]:
    """Pass a scan's items on at once, then yield what takes longer to find out.

    `Catalog.add` takes all of it. A file that cannot be read is left as it is: whoever shows it
    says so.
    """
    multiframe: list[FileRef] = []
    first: dict[str, FileRef] = {}
    copies: list[tuple[FileRef, FileRef]] = []
    for item in items:
        yield item
        if isinstance(item, Skipped):
            continue
        header = item.header
        if needs_geometry(header):
            multiframe.append(header.ref)
        uid = header.text("SOPInstanceUID")
        if uid and first.setdefault(uid, header.ref) != header.ref:
            copies.append((header.ref, first[uid]))
    for ref in multiframe:
        try:
            yield read_frame_geometry(ref)
        except ViewerError:
            continue
    for ref, original in copies:
        yield Compared(ref, same_bytes(ref, original))


def same_bytes(one: FileRef, other: FileRef) -> bool:
    """Whether two files hold the same bytes; an unreadable one is not the same as anything."""
    try:
        with open_source(one) as a, open_source(other) as b:
            if a.size != b.size:
                return False
            offsets = range(0, a.size, _CHUNK)
            return all(a.read_at(at, _CHUNK) == b.read_at(at, _CHUNK) for at in offsets)
    except ViewerError:
        return False
