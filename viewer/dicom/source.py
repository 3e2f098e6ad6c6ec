"""Where the bytes are: a file, or a member of a ZIP archive."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileRef:
    """Names one DICOM file without opening it.

    Attributes:
        path: the file's path as the operating system gave it (`os.fsencode`); bytes, because
            names on old discs are in any encoding.
        member: name inside the ZIP archive at `path`, or empty for a plain file.
    """

    path: bytes
    member: str = ""

    @property
    def text(self) -> str:
        """The path for the screen only: undecodable bytes become marks, never an exception."""
        path = os.fsdecode(self.path).encode("utf-8", "replace").decode("utf-8")
        return f"{path}!{self.member}" if self.member else path


@dataclass(frozen=True, slots=True)
class FrameRef:
    """One frame of one file; `frame` counts from 0 (DICOM's frame numbers count from 1)."""

    file: FileRef
    frame: int = 0
