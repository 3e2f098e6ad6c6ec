"""The trace of a loaded frame: everything from the bytes of the file to light."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pydicom  # noqa: F401 - the package first: see viewer/dicom/__init__.py
from pydicom.uid import UID

from viewer.core.light import DisplayChoice, choose_voi
from viewer.core.trace import Decoding, Step, StepKind, Trace, explain
from viewer.dicom.description.icc import icc_problem

if TYPE_CHECKING:
    from viewer.dicom.pixels.frames import LoadedFrame


def provenance(loaded: LoadedFrame, choice: DisplayChoice | None = None) -> Trace:
    """Why the frame looks as it does when shown with `choice`."""
    choice = choice or DisplayChoice()
    description = loaded.description
    voi = choice.voi or choose_voi(loaded.stored, description)
    syntax = description.transfer_syntax
    decoding = Decoding(
        syntax_name=f"{UID(syntax).name} ({syntax})" if syntax else "",
        decoder=loaded.decoder,
        color_space=loaded.color_space,
    )
    told = {problem.what for problem in description.problems}
    notes = [
        Step("Note", problem.what, kind=StepKind.ASSUMED)
        for problem in loaded.problems
        if problem.what not in told
    ]
    trace = explain(description, choice, voi, decoding, icc_problem(description.icc_profile))
    return (*trace, *notes)
