"""What one representative frame says about its stack: letters, spacing, window, timing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from viewer.core.cine import CineRate, frame_rate
from viewer.core.image import Spacing, VoiChoice
from viewer.core.light import choose_voi, is_color
from viewer.core.orientation import EdgeLetters, edge_letters
from viewer.core.view import View
from viewer.dicom.source import FrameRef
from viewer.errors import Problem, Severity, ViewerError

if TYPE_CHECKING:
    from viewer.core.image import FrameDescription
    from viewer.dicom.dataset import DicomFile
    from viewer.dicom.frames import FrameReader
    from viewer.library.nodes import Stack


@dataclass(frozen=True, slots=True, eq=False)
class StackFacts:
    """Facts of the middle frame of a stack of images, under the view it opens with.

    Attributes:
        frame: which frame they are of.
        letters: at the four edges, None when the file gives none.
        spacing: of its pixels, None when unknown.
        voi: the window the viewer would choose, None for colour or when pixels cannot be read.
        cine: rate of a film, None for anything else.
        problems: of this frame.
    """

    frame: FrameRef
    letters: EdgeLetters | None = None
    spacing: Spacing | None = None
    voi: VoiChoice | None = None
    cine: CineRate | None = None
    problems: tuple[Problem, ...] = ()


def stack_facts(stack: Stack, reader: FrameReader) -> StackFacts:
    """Read the middle frame of a stack; its pixels only when its file has no window.

    The middle one stands for all because the ends of a volume often are air. Nothing in a file
    makes this fail: what cannot be read is a problem.
    """
    from viewer.dicom.dataset import open_file
    from viewer.dicom.describe import describe_frame

    ref = stack.frames[len(stack.frames) // 2]
    if not stack.is_image:
        return StackFacts(ref)
    try:
        file = open_file(ref.file)
    except ViewerError as error:
        return StackFacts(ref, problems=(_told(ref, error),))
    description = describe_frame(file, ref.frame)
    voi, failure = _window(description, ref, reader)
    return StackFacts(
        frame=ref,
        letters=edge_letters(
            description.plane, description.patient_orientation, description.quadruped, View()
        ),
        spacing=description.spacing,
        voi=voi,
        cine=_cine(stack, file, ref),
        problems=description.problems + failure,
    )


def _window(
    description: FrameDescription, ref: FrameRef, reader: FrameReader
) -> tuple[VoiChoice | None, tuple[Problem, ...]]:
    if is_color(description):
        return None, ()
    if description.voi_choices:
        return description.voi_choices[0], ()  # choose_voi's first choice, without pixels
    try:
        loaded = reader.load(ref)
    except ViewerError as error:
        return None, (_told(ref, error),)
    return choose_voi(loaded.stored, loaded.description), loaded.problems


def _cine(stack: Stack, file: DicomFile, ref: FrameRef) -> CineRate | None:
    from viewer.dicom.cine_facts import facts_of_dataset

    one_object = len(stack.frames) > 1 and all(f.file == ref.file for f in stack.frames)
    if not one_object or stack.slice_spacing_mm is not None:
        return None
    return frame_rate(facts_of_dataset(file.dataset, len(stack.frames)))


def _told(ref: FrameRef, error: ViewerError) -> Problem:
    return Problem(ref.file.text, str(error), error.advice, Severity.ERROR)
