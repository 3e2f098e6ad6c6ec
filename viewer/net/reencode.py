"""What is sent instead of an object that is not accepted as it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from viewer.dicom.files.source import FileRef
from viewer.dicom.pixels.frames import FrameReader
from viewer.dicom.pixels.native_copy import native_copy
from viewer.net.outgoing import Outgoing


@dataclass(frozen=True, slots=True)
class Reencoded:
    """An uncompressed copy that is made while it is sent (see `Outgoing`)."""

    ref: FileRef
    sop_class_uid: str
    sop_instance_uid: str
    transfer_syntax: str
    pieces: Iterator[bytes]

    def chunks(self) -> Iterator[bytes]:
        """The encoded data set; once only."""
        return self.pieces


def reencoded(item: Outgoing, syntax: str, reader: FrameReader) -> Reencoded:
    """An uncompressed copy of `item`.

    Raises:
        ViewerError: no faithful copy can be made.
    """
    pieces = native_copy(item.ref, syntax, reader)
    return Reencoded(item.ref, item.sop_class_uid, item.sop_instance_uid, syntax, pieces)
