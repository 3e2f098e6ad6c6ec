"""Which data set speaks for a frame: per-frame group, shared group, or the root (rule 60).

A macro is taken whole: an item in the Per-Frame Functional Groups replaces the shared one of
the same sequence, their attributes are never mixed (PS3.3 C.7.6.16).
"""

from __future__ import annotations

from collections.abc import Iterator

from viewer.dicom.datasets.attributes import Attributes, Notes

PER_FRAME = "PerFrameFunctionalGroupsSequence"
SHARED = "SharedFunctionalGroupsSequence"


class FunctionalGroups:
    """The groups that hold for one frame of a data set."""

    def __init__(self, root: Attributes, frame: int, notes: Notes) -> None:
        self.root = root
        self.per_frame = root.item_at(PER_FRAME, frame) if PER_FRAME in root else None
        self.shared = root.item_at(SHARED, 0) if SHARED in root else None
        if PER_FRAME not in root:
            return
        items, frames = root.count(PER_FRAME), root.integer("NumberOfFrames") or 1
        if items < frames or self.per_frame is None:
            notes.add(
                f"PerFrameFunctionalGroupsSequence has {items} items for {frames} frames.",
                "Frames without one use shared and top-level values: their place may be missing.",
            )

    @property
    def levels(self) -> Iterator[Attributes]:
        """Groups for this frame, the most specific first; not the root."""
        return (level for level in (self.per_frame, self.shared) if level is not None)

    def macro(self, keyword: str) -> Attributes | None:
        """The item of a macro's sequence that holds for this frame, or None."""
        return next(iter(self.macro_items(keyword)), None)

    def macro_items(self, keyword: str) -> tuple[Attributes, ...]:
        """All items of a macro's sequence that holds for this frame."""
        for level in self.levels:
            items = level.items(keyword)
            if items:
                return items
        return ()

    def source(self, keyword: str) -> Attributes:
        """The macro's item, else the root, where older objects keep the same attributes."""
        return self.macro(keyword) or self.root
