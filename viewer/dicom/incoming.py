"""An object on its way in: what the sender says of it, and where its bytes go.

The network side and the store meet here without knowing each other.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from viewer import __version__
from viewer.errors import ViewerError

IMPLEMENTATION_CLASS_UID = "2.25.296334607831820207954597582932756017590"  # of a version 4 UUID
IMPLEMENTATION_VERSION_NAME = f"LIGHTBOX_{__version__}"[:16]
# PS3.5 9.1 also forbids leading zeros; devices that write them still want their objects stored.
UID_PATTERN = re.compile(r"[0-9]+(\.[0-9]+)+", re.ASCII)
NOT_OF_PATIENTS = (  # PS3.4 annex GG: hanging protocols, palettes, implants have no study
    "1.2.840.10008.5.1.4.38.1",
    "1.2.840.10008.5.1.4.39.1",
    "1.2.840.10008.5.1.4.43.1",
    "1.2.840.10008.5.1.4.44.1",
    "1.2.840.10008.5.1.4.45.1",
)


class StoreFullError(ViewerError):
    """No room for the object, or less than the floor that is kept free."""


class RefusedObjectError(ViewerError):
    """The object is not what it says it is, or cannot be understood.

    Attributes:
        mismatch: the data set is readable but contradicts the command (status A9xx), otherwise
            it was not understood (status Cxxx): PS3.4 table B.2-1.
    """

    def __init__(self, message: str, advice: str = "", *, mismatch: bool = False) -> None:
        super().__init__(message, advice)
        self.mismatch = mismatch


@dataclass(frozen=True, slots=True)
class Offer:
    """What is known of an object before its data set arrives.

    Attributes:
        sop_class_uid, sop_instance_uid, transfer_syntax: as the sender announced them.
        calling_ae, called_ae, address: who sends, as what, from where.
        study_uid: the study it must belong to, because that is what was asked for; or empty.
    """

    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str
    calling_ae: str = ""
    called_ae: str = ""
    address: str = ""
    study_uid: str = ""


class Outcome(StrEnum):
    """What became of an object."""

    NEW = "new"
    SAME = "same"  # it was there already, byte for byte the same data set
    CONFLICT = "conflict"  # the same UID with other content: both are kept


@dataclass(frozen=True, slots=True)
class Saved:
    """An object that is safe on disk.

    Attributes:
        path: its file, as bytes.
        outcome: new, same or conflict.
        study_uid, series_uid, sop_uid: its identity, from the data set.
        nbytes: size of the file.
    """

    path: bytes
    outcome: Outcome
    study_uid: str
    series_uid: str
    sop_uid: str
    nbytes: int


class Reception(Protocol):
    """One object being written."""

    def write(self, data: bytes | memoryview) -> None:
        """Append a piece of the encoded data set.

        Raises:
            StoreFullError: no room.
            RefusedObjectError: larger than the store accepts.
        """

    def commit(self) -> Saved:
        """Make it safe: complete, flushed and in its place before this returns.

        Raises:
            StoreFullError, RefusedObjectError: nothing of it is left.
        """

    def discard(self) -> None:
        """Forget it; harmless after commit."""


class Storage(Protocol):
    """Where received objects go."""

    def begin(self, offer: Offer) -> Reception:
        """Start receiving one object.

        Raises:
            StoreFullError, RefusedObjectError: before any of the data set was read.
        """


def is_uid(text: str) -> bool:
    """Whether a text can serve as a UID: numbers with dots between, at most 64 characters."""
    return len(text) <= 64 and UID_PATTERN.fullmatch(text) is not None


def file_head(offer: Offer) -> bytes:
    """Preamble, prefix and file meta information for a received data set (PS3.10 7.1).

    Written here rather than by a library because it is 300 bytes on the path of every object.
    The sender's AE title is kept; nothing private is added.
    """
    elements = [
        _element(0x0001, b"OB", b"\x00\x01"),
        _element(0x0002, b"UI", offer.sop_class_uid.encode("ascii")),
        _element(0x0003, b"UI", offer.sop_instance_uid.encode("ascii")),
        _element(0x0010, b"UI", offer.transfer_syntax.encode("ascii")),
        _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID.encode("ascii")),
        _element(0x0013, b"SH", IMPLEMENTATION_VERSION_NAME.encode("ascii")),
    ]
    calling = offer.calling_ae.strip().encode("ascii", "replace")[:16]
    if calling:
        elements.append(_element(0x0016, b"AE", calling))
    body = b"".join(elements)
    length = struct.pack("<HH2sHI", 0x0002, 0x0000, b"UL", 4, len(body))
    return b"\0" * 128 + b"DICM" + length + body


def _element(number: int, vr: bytes, value: bytes) -> bytes:
    """One element of group 0002, explicit VR little endian."""
    if len(value) % 2:
        value += b"\0" if vr in (b"UI", b"OB") else b" "
    if vr == b"OB":
        return struct.pack("<HH2sHI", 0x0002, number, vr, 0, len(value)) + value
    return struct.pack("<HH2sH", 0x0002, number, vr, len(value)) + value
