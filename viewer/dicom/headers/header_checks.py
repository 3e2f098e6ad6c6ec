"""What is wrong with a file as its header shows it, and how many frames it can really hold."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from viewer.dicom.headers.header_keywords import SLOT_OF
from viewer.dicom.headers.header_start import Start
from viewer.dicom.headers.header_walk import Walk
from viewer.errors import MalformedError, Problem

if TYPE_CHECKING:
    from viewer.dicom.headers.header import Header

MEDIA_STORAGE_DIRECTORY: Final = "1.2.840.10008.1.3.10"
_COPY_AGAIN: Final = "Copy it again from where it came from."
_SMALLEST_FRAGMENT: Final = 8  # an item without content; PS3.5 A.4
_UID: Final = re.compile(rb"[0-9.]{1,64}[\0 ]*")
_IDENTITY: Final = tuple(
    (SLOT_OF[keyword], name)
    for keyword, name in (
        ("SOPInstanceUID", "SOP Instance UID"),
        ("StudyInstanceUID", "Study Instance UID"),
        ("SeriesInstanceUID", "Series Instance UID"),
    )
)
_SOP_INSTANCE: Final = SLOT_OF["SOPInstanceUID"]
_FRAMES: Final = SLOT_OF["NumberOfFrames"]
_ROWS: Final = SLOT_OF["Rows"]
_BITS: Final = SLOT_OF["BitsAllocated"]


def check_header(header: Header, start: Start, found: Walk, size: int) -> None:
    """Fill in `has_pixels`, `frames` and `problems` of a header just read.

    Args:
        header: changed in place.
        start: how the file begins; its remarks become problems.
        found: what the walk brought.
        size: length of the file, bytes; for a deflated one the most it can inflate to.

    Raises:
        MalformedError: there is nothing in the file to show or to list.
    """
    values, remarks = found.values, start.remarks
    if found.pixel_offset is None:
        described = values[_ROWS] is not None and values[_BITS] is not None
        header.has_pixels = described and not found.ended
        if not header.media_sop_class and not any(values):
            raise MalformedError("It holds no data set that can be read.", _COPY_AGAIN)
    if header.media_sop_class != MEDIA_STORAGE_DIRECTORY:
        for slot, name in _IDENTITY:
            raw = values[slot]
            if raw is None or _UID.fullmatch(raw) is None:
                remarks.append(f"Its {name} is {'invalid' if raw else 'missing'}.")
    media = start.media_sop_instance
    if media and media != values[_SOP_INSTANCE]:
        instance = values[_SOP_INSTANCE] or b""
        if instance and media.rstrip(b"\0 ") != instance.rstrip(b"\0 "):
            remarks.append("Its file meta information names another object than its data set.")
    length = found.pixel_length
    if length is not None and found.pixel_offset is not None and found.pixel_offset + length > size:
        remarks.append("Its pixel data is cut off.")
    if values[_FRAMES] is not None:
        header.frames = _frames(header, found, size, remarks)
    if remarks:
        where = header.ref.text
        header.problems = tuple(Problem(where, text, _advice(text)) for text in remarks)


def _frames(header: Header, found: Walk, size: int, remarks: list[str]) -> int:
    """Number of Frames, as far as that many can be in the file (PS3.3 C.7.6.6)."""
    told = header.integer("NumberOfFrames")
    if told is None or told < 1:
        if header.text("NumberOfFrames"):
            remarks.append("Its number of frames is invalid; one frame is shown.")
        return 1
    if told == 1:
        return 1
    if not header.has_pixels:
        return 1
    room = size - (found.pixel_offset or 0)
    if found.pixel_length is None:
        most = room // _SMALLEST_FRAGMENT
    else:
        most = min(room, found.pixel_length) * 8 // (_bits_per_frame(header) or 8)
    if told <= most:
        return told
    most = max(1, most)
    remarks.append(f"It announces {told} frames but has room for {most}.")
    return most


def _bits_per_frame(header: Header) -> int:
    samples = header.integer("SamplesPerPixel") or 1
    bits = header.integer("BitsAllocated") or 1
    pixels = (header.integer("Rows") or 1) * (header.integer("Columns") or 1)
    if header.text("PhotometricInterpretation").endswith("_422"):
        return pixels * bits * 2  # PS3.3 C.7.6.3.1.2: two samples a pixel
    return pixels * bits * samples


def _advice(text: str) -> str:
    return _COPY_AGAIN if "cut off" in text or "room for" in text else ""
