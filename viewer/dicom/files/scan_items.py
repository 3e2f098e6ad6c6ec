"""What a scan brings: the files it found and what it left out, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from viewer.dicom.files.source import FileRef
from viewer.dicom.headers.header import Header
from viewer.errors import MalformedError, NotDicomError, ViewerError


class SkipKind(StrEnum):
    """Why something was left out; the word itself is shown in the import receipt."""

    NOT_DICOM = "not dicom"
    UNREADABLE = "unreadable"
    MALFORMED = "malformed"
    MISSING = "missing"
    NOT_A_FILE = "not a file"
    LINK = "link"
    ARCHIVE = "archive"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Found:
    """A DICOM file and what its header says."""

    header: Header


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something that was met and left out.

    Attributes:
        ref: what it was; its text is for the screen, never for a log.
        reason: a sentence without patient data.
        advice: the next thing to try, or empty.
        kind: the class of reason.
    """

    ref: FileRef
    reason: str
    advice: str
    kind: SkipKind


Item = Found | Skipped


def skipped(ref: FileRef, error: ViewerError, kind: SkipKind | None = None) -> Skipped:
    """The error that ended the reading of one file, as data."""
    if kind is None:
        kind = SkipKind.UNREADABLE
        if isinstance(error, NotDicomError):
            kind = SkipKind.NOT_DICOM
        elif isinstance(error, MalformedError):
            kind = SkipKind.MALFORMED
    return Skipped(ref, str(error), error.advice, kind)


def not_a_file(path: bytes) -> Skipped:
    """A pipe, device or socket, which is never opened."""
    reason = "It is a pipe, a device or a socket, not a regular file."
    return Skipped(FileRef(path), reason, "", SkipKind.NOT_A_FILE)
