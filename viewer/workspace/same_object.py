"""Notices that a file was exchanged between being listed and being shown.

A frame of another image, of another patient even, must never appear under this one's name.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from viewer.errors import UnreadableFileError

if TYPE_CHECKING:
    from viewer.dicom.header import Header


def check_same_object(header: Header) -> None:
    """Compare a file with what it was when `header` was read; costs one `stat` if unchanged.

    Raises:
        UnreadableFileError: it holds another object now.
        ViewerError: it cannot be read as DICOM any more.
    """
    try:
        info = os.stat(header.ref.path)
    except OSError:
        return  # whoever reads it says what is wrong, in better words
    if (info.st_size, info.st_mtime_ns) == tuple(header.stamp):
        return
    from viewer.dicom.header import read_header

    now = read_header(header.ref)
    if now.text("SOPInstanceUID") != header.text("SOPInstanceUID"):
        raise UnreadableFileError(
            "This file holds another image than when it was listed.",
            "Close the study and open its folder again.",
        )
