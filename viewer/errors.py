"""What goes wrong, as exceptions (a call that failed) and as data (something to tell the user).

ViewerError                 the user can act on it
+-- NotDicomError           the bytes are not a DICOM file
+-- UnreadableFileError     the file cannot be read at all (permissions, vanished, medium gone)
+-- MalformedError          DICOM, but damaged beyond what can be shown
+-- UnsupportedError        well formed, but no installed decoder shows it
    +-- NoPictureError      the object holds no pixels, and may never have been meant to
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ViewerError(Exception):
    """A failure the user can act on; anything else is a defect and keeps its traceback.

    `str(error)` is the sentence shown and `advice` the next thing to try. Both are
    logged, so neither may hold patient data or a full path.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class NotDicomError(ViewerError):
    """The bytes are not a DICOM file (PS3.10 section 7.1)."""


class UnreadableFileError(ViewerError):
    """The file cannot be read: permissions, vanished, not a regular file."""


class MalformedError(ViewerError):
    """A DICOM file whose content contradicts itself or is cut off."""


class UnsupportedError(ViewerError):
    """A valid object that nothing installed here can show."""


class NoPictureError(UnsupportedError):
    """An object without pixel data: a report, or an image that lost it."""


class Severity(StrEnum):
    """How loudly a problem is told; the word itself is shown beside the mark."""

    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that disappointed, told as data and shown in the Problems panel.

    Attributes:
        where: what it concerns: a file by its path as it was found, else "Series 4"; never logged.
        what: one sentence without patient data.
        advice: the next thing to try, or empty.
        severity: how loudly it is told.
        details: names of files that one row stands for.
    """

    where: str
    what: str
    advice: str = ""
    severity: Severity = Severity.WARNING
    details: tuple[str, ...] = ()
