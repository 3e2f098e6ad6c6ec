"""What is found out about files after a scan passed them on: geometry, and true copies.

Both mean reading more of a file than its header, so the scan's results go first and the
catalogue is corrected later; run it where the scan runs, never on the GUI thread.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.dicom.frame_geometry import FrameGeometry, needs_geometry, read_frame_geometry
from viewer.dicom.header_start import DEFLATED_UIDS
from viewer.dicom.scan import Skipped
from viewer.dicom.source import FileRef, Source, open_source
from viewer.errors import ViewerError

if TYPE_CHECKING:
    from viewer.dicom.header import Header
    from viewer.dicom.scan import Found

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Compared:
    """Whether a file holds the same pixels as the first one with its SOP Instance UID."""

    ref: FileRef
    same: bool


def with_details(
    items: Iterable[Found | Skipped],
    known: Callable[[str], Header | None] = lambda uid: None,
) -> Generator[Found | Skipped | FrameGeometry | Compared, None, None]:
    """Pass a scan's items on at once, then yield what takes longer to find out.

    `Catalog.add` takes all of it. A file that cannot be read is left as it is: whoever shows it
    says so. `known` answers a SOP Instance UID with the header an earlier scan found
    (`Catalog.first_with`), so that copies in another folder are compared as well.
    """
    multiframe: list[FileRef] = []
    first: dict[str, Header] = {}
    copies: list[tuple[Header, Header]] = []
    for item in items:
        yield item
        if isinstance(item, Skipped):
            continue
        header = item.header
        if needs_geometry(header):
            multiframe.append(header.ref)
        uid = header.text("SOPInstanceUID")
        if not uid:
            continue
        original = first.setdefault(uid, known(uid) or header)
        if original.ref != header.ref:
            copies.append((header, original))
    for ref in multiframe:
        try:
            yield read_frame_geometry(ref)
        except ViewerError:
            continue
    for copy, original in copies:
        yield Compared(copy.ref, same_content(copy, original))


def same_content(one: Header, other: Header) -> bool:
    """Whether two objects have the same pixels, or where there are none the same bytes.

    Programs that pass files on rewrite headers; what makes a copy is that the picture is the
    same. Pixels in different transfer syntaxes are not compared and count as different, and so
    does a file that cannot be read.
    """
    starts = (one.pixel_offset, other.pixel_offset)
    if one.transfer_syntax != other.transfer_syntax:
        return False
    if None in starts or one.transfer_syntax in DEFLATED_UIDS:
        starts = (0, 0)
    try:
        with open_source(one.ref) as a, open_source(other.ref) as b:
            return _same_bytes(a, b, starts[0] or 0, starts[1] or 0)
    except ViewerError:
        return False


def _same_bytes(a: Source, b: Source, a_start: int, b_start: int) -> bool:
    if a.size - a_start != b.size - b_start:
        return False
    return all(
        a.read_at(a_start + at, _CHUNK) == b.read_at(b_start + at, _CHUNK)
        for at in range(0, a.size - a_start, _CHUNK)
    )
