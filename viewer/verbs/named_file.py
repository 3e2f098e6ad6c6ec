"""Files as the command line names them: a path, or a member of a ZIP archive as `describe` says."""

from __future__ import annotations

import os

from viewer.dicom.files.source import FileRef

MARK = "!"


def path_of(ref: FileRef) -> str:
    """What names this file to a program: undecodable bytes are kept, so that it can be opened.

    In JSON such a byte is a lone surrogate escape (PEP 383), which `file_named` understands.
    """
    path = os.fsdecode(ref.path)
    return f"{path}{MARK}{ref.member}" if ref.member else path


def file_named(path: str) -> FileRef:
    """The file of this name; `archive.zip!folder/name` is a member where no such file exists."""
    if not os.path.lexists(path):
        end = path.find(MARK)
        while end != -1:
            if os.path.isfile(path[:end]) and end + 1 < len(path):
                return FileRef(os.fsencode(path[:end]), path[end + 1 :])
            end = path.find(MARK, end + 1)
    return FileRef(os.fsencode(path))
