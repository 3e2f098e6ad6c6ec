"""A file on its way out: what a receiver must be told of it, and its data set byte for byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from viewer.dicom.datasets.uid_names import name_of
from viewer.dicom.files.source import FileRef, Stamp, open_source
from viewer.dicom.headers.header import parse_header
from viewer.dicom.headers.header_start import find_start
from viewer.dicom.headers.header_walk import Window
from viewer.dicom.incoming import is_uid
from viewer.dicom.pixels.transfer_syntaxes import TRANSFER_SYNTAXES
from viewer.errors import UnreadableFileError, ViewerError

CHUNK = 1 << 20
_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An object that can be sent.

    Attributes:
        ref: the file.
        sop_class_uid, sop_instance_uid: what it is, from the data set itself.
        transfer_syntax: how the data set is encoded.
        offset: where the data set begins in the file.
        nbytes: length of the data set.
        stamp: size and time of last change when it was looked at.
    """

    ref: FileRef
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str
    offset: int
    nbytes: int
    stamp: Stamp

    def chunks(self) -> Iterator[bytes]:
        """The encoded data set as it is in the file, a megabyte at a time.

        Raises:
            UnreadableFileError: the file is gone, was replaced, or ends early.
        """
        with open_source(self.ref) as source:
            if source.stamp != self.stamp:
                raise UnreadableFileError("It was changed while it was being sent.", "Send again.")
            position, end = self.offset, self.offset + self.nbytes
            while position < end:
                chunk = source.read_at(position, min(CHUNK, end - position))
                if not chunk:
                    raise UnreadableFileError("It ends early.", "Copy it again from its source.")
                position += len(chunk)
                yield chunk


def read_outgoing(ref: FileRef) -> Outgoing:
    """Look at a file's beginning.

    Raises:
        ViewerError: it cannot be read, is not DICOM, or does not say what object it is.
    """
    with open_source(ref) as source:
        header = parse_header(ref, source)
        start = find_start(Window(source.read_at, source.size)).position
        size, stamp = source.size, source.stamp
    sop_class, instance = header.text("SOPClassUID"), header.text("SOPInstanceUID")
    if _DIRECTORY in (sop_class, header.media_sop_class):
        raise ViewerError("It is the directory of a disc.", "Its images are sent one by one.")
    if not (is_uid(sop_class) and is_uid(instance)):
        raise ViewerError("It does not say what object it is.", "It has no valid SOP UIDs.")
    if not is_uid(header.transfer_syntax):
        raise ViewerError("It does not say how it is encoded.", "It has no transfer syntax.")
    return Outgoing(ref, sop_class, instance, header.transfer_syntax, start, size - start, stamp)


def class_name(uid: str) -> str:
    """The standard's name of a SOP class, or the UID."""
    return name_of(uid)


def syntax_name(uid: str) -> str:
    """Our name of a transfer syntax, or the UID."""
    known = TRANSFER_SYNTAXES.get(uid)
    return known.name if known else uid
