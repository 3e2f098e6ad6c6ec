"""Which stacks are films, and how fast they play, from what the scan already read."""

from __future__ import annotations

from dataclasses import replace

from viewer.core.cine import CineRate, frame_rate
from viewer.dicom.cine_facts import facts_of_header
from viewer.library.nodes import Stack


def clip_rate(stack: Stack) -> CineRate | None:
    """The rate a stack's file gives, or None for slices and other things that are no film.

    Reads no file: cheap enough to ask for each row of a list.
    """
    first = stack.headers[0]
    one_object = stack.is_clip or all(header is first for header in stack.headers)
    if not stack.is_image or not one_object or stack.slice_spacing_mm is not None:
        return None
    return frame_rate(replace(facts_of_header(first), frames=len(stack.frames)))
