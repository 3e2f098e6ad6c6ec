"""The import receipt: what was found, what is shown, what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewer.dicom.files.scan import Skipped
    from viewer.library.nodes import Stack


@dataclass(frozen=True, slots=True)
class Receipt:
    """Numbers for the Problems panel; holds no patient data.

    Attributes:
        found: DICOM files read.
        shown: files that are in the tree.
        images: frames in stacks of images.
        skipped: how many files were left out, by reason.
        copies: files whose object was there already, byte for byte.
        conflicts: files with the UID of another object but other content; they are shown.
        gaps, uneven, doubled, tilted: number of stacks.
    """

    found: int
    shown: int
    images: int
    skipped: tuple[tuple[str, int], ...]
    copies: int
    conflicts: int
    gaps: int
    uneven: int
    doubled: int
    tilted: int

    @property
    def text(self) -> str:
        """The receipt as lines of plain text."""
        found, images = _counted(self.found, "DICOM file"), _counted(self.images, "image")
        lines = [
            f"{found} found, {self.shown} shown with {images}.",
            *(f"{count} skipped: {reason}" for reason, count in self.skipped),
        ]
        notes = (
            (self.copies, "exact cop", "left out", "y", "ies"),
            (self.conflicts, "file", "with the UID of another object, shown as well", "", "s"),
            (self.gaps, "stack", "with missing slices", "", "s"),
            (self.uneven, "stack", "with uneven distances", "", "s"),
            (self.doubled, "stack", "with several images at one place", "", "s"),
            (self.tilted, "stack", "with a tilt", "", "s"),
        )
        lines += [
            f"{_counted(count, noun, one, many)} {words}"
            for count, noun, words, one, many in notes
            if count
        ]
        return "\n".join(lines)


def _counted(count: int, noun: str, one: str = "", many: str = "s") -> str:
    return f"{count} {noun}{one if count == 1 else many}"


def make_receipt(
    found: int,
    shown: int,
    copies: int,
    conflicts: int,
    skipped: Iterable[Skipped],
    stacks: Iterable[Stack],
) -> Receipt:
    """Count; reasons come by falling number."""
    stacks = list(stacks)
    return Receipt(
        found=found,
        shown=shown,
        images=sum(len(stack.frames) for stack in stacks if stack.is_image),
        skipped=tuple(Counter(item.reason for item in skipped).most_common()),
        copies=copies,
        conflicts=conflicts,
        gaps=sum(bool(stack.missing) for stack in stacks),
        uneven=sum(stack.uneven for stack in stacks),
        doubled=sum(bool(stack.doubled) for stack in stacks),
        tilted=sum(stack.tilt_deg > 0 for stack in stacks),
    )
