"""Patient > Study > Series > Stack: the nodes of the catalogue (PS3.3 A.1.2).

Nodes keep their identity while they grow, so the tree and the viewports may hold on to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer.dicom.description.series_frames import SeriesFrames
from viewer.errors import Problem

if TYPE_CHECKING:
    from viewer.core.stacking import FrameGroup
    from viewer.dicom.description.series_frames import Columns
    from viewer.dicom.files.source import FrameRef
    from viewer.dicom.headers.header import Header

SMALL = 200  # frames


@dataclass(frozen=True, slots=True)
class StackKey:
    """Names a stack for as long as its series grows, and again when it is opened another time.

    A stack is known by its founder, the frame of it that was found first: frames that arrive
    later never take a founder away from its stack.
    """

    series: tuple[str, ...]
    founder: str
    frame: int


@dataclass(eq=False, slots=True)
class Stack:
    """What a viewport shows: frames of one series that belong together, in display order.

    Attributes:
        key: stable and hashable.
        series: the series it is a part of.
        frames: one per image; for objects that are not images one per object.
        headers: header of the file of each frame.
        label: why the series was split ("echo 2"), what kind of object it is ("SR"), or empty.
        rows, columns: in pixels, 0 for objects that are not images.
        modality: Modality (0008,0060).
        is_image: the frames have pixels to show.
        is_clip: the frames are a film of one object in its own order, not slices.
        positions_mm: place of each frame along the normal; empty where there is no geometry.
        slice_spacing_mm: usual distance between neighbouring places, or None.
        tilt_deg: angle between the steps and the normal, 0 for a straight stack.
        missing: number of slices missing in gaps.
        doubled: number of images at a place that an earlier one has.
        uneven: distances between slices differ.
        problems: gaps, duplicates, uneven spacing, tilt.
    """

    key: StackKey
    series: Series
    frames: tuple[FrameRef, ...] = ()
    headers: Sequence[Header] = ()
    label: str = ""
    rows: int = 0
    columns: int = 0
    modality: str = ""
    is_image: bool = True
    is_clip: bool = False
    positions_mm: tuple[float, ...] = ()
    slice_spacing_mm: float | None = None
    tilt_deg: float = 0.0
    missing: int = 0
    doubled: int = 0
    uneven: bool = False
    problems: tuple[Problem, ...] = ()


@dataclass(eq=False, slots=True)
class Series:
    """One series of a study; `headers` in the order found, without copies of the same object."""

    study: Study
    key: tuple[str, ...]
    uid: str
    number: int | None
    modality: str
    description: str
    body_part: str
    date: str
    time: str
    headers: list[Header] = field(default_factory=list)
    contents: SeriesFrames = field(default_factory=SeriesFrames)
    _stacks: list[Stack] = field(default_factory=list)
    _stacked: int = -1

    @property
    def name(self) -> str:
        """How the series is called in a message: "series 4"; no patient data."""
        return "a series without number" if self.number is None else f"series {self.number}"

    @property
    def version(self) -> int:
        """Changes with every file and every geometry that was added."""
        return self.contents.version

    @property
    def stacks(self) -> list[Stack]:
        """Its stacks by their lowest Instance Number; worked out when asked for."""
        if not self.is_split:
            from viewer.library.stacks import split

            columns = self.contents.columns()
            self.adopt(columns, split(columns))
        return self._stacks

    @property
    def stacks_now(self) -> list[Stack]:
        """Its stacks if working them out goes unnoticed, else as they were last worked out."""
        return self.stacks if self.is_small else self._stacks

    @property
    def is_small(self) -> bool:
        """Few enough frames to be split into stacks in a millisecond or two."""
        return self.contents.count <= SMALL

    @property
    def is_split(self) -> bool:
        """Whether the stacks known are those of all that was found."""
        return self._stacked == self.contents.version

    def adopt(self, columns: Columns, groups: list[FrameGroup]) -> None:
        """Take what `split` made of `columns`, perhaps on another thread meanwhile."""
        from viewer.library.stacks import build_stacks

        if columns.epoch != self.contents.epoch:
            return  # the rows have moved since: what the groups number is elsewhere
        self._stacks = build_stacks(self, groups, {stack.key: stack for stack in self._stacks})
        self._stacked = columns.version

    def drop(self, header: Header) -> None:
        """Take a file away that holds something else now."""
        self.headers.remove(header)
        self.contents.drop(header)

    def let_go(self) -> Iterator[None]:
        """Free what it holds, little by little: nobody looks at it any more."""
        self._stacks = []
        self.contents = SeriesFrames()
        self._stacked = self.contents.version
        while self.headers:
            self.headers.pop()
            yield


@dataclass(eq=False, slots=True)
class Study:
    """One study of a patient; series in the order found."""

    patient: Patient
    key: tuple[str, ...]
    uid: str
    date: str
    time: str
    description: str
    accession: str
    study_id: str
    institution: str = ""
    referring: str = ""
    is_new: bool = False
    series: list[Series] = field(default_factory=list)

    @property
    def modalities(self) -> tuple[str, ...]:
        """Modalities of its series, each once, in the order found."""
        return tuple(dict.fromkeys(series.modality for series in self.series if series.modality))


@dataclass(eq=False, slots=True)
class Patient:
    """One person: Patient ID, its issuer and the exact name agree (rule 68)."""

    key: tuple[str, ...]
    name: str
    id: str
    issuer: str
    birth_date: str
    sex: str
    studies: list[Study] = field(default_factory=list)
