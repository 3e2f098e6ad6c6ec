"""What a scan left out as rows to read: many files of a folder with one reason make one row."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from viewer.errors import Problem, Severity

if TYPE_CHECKING:
    from viewer.dicom.files.scan_items import Skipped

FOLDED = 4  # files with one reason in one folder that share a row


class SkipLog:
    """Grows with a scan. A disc may hold a whole viewer beside its images: nobody reads a row

    for each of its files, but each of them must be found when it is looked for.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[bytes, str, str, str], list[Skipped]] = {}

    def add(self, items: Iterable[Skipped]) -> None:
        for item in items:
            # What is inside of an archive belongs to the archive, as to a folder.
            folder = item.ref.path if item.ref.member else os.path.dirname(item.ref.path)
            key = (folder, item.kind.value, item.reason, item.advice)
            self._groups.setdefault(key, []).append(item)

    def clear(self) -> None:
        self._groups.clear()

    @property
    def problems(self) -> list[Problem]:
        """A row for each file, or for each group of them with their names as details."""
        rows: list[Problem] = []
        for (folder, _, reason, advice), items in self._groups.items():
            if len(items) < FOLDED:
                rows += [Problem(i.ref.text, reason, advice, Severity.ERROR) for i in items]
                continue
            where = os.fsdecode(folder).encode("utf-8", "replace").decode("utf-8")
            what = f"{len(items):,} files were left out: {reason}"
            names = tuple(sorted(item.ref.name for item in items))
            rows.append(Problem(where, what, advice, Severity.ERROR, names))
        return rows
