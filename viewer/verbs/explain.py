"""`lightbox describe --why FILE`: each step from the bytes of a frame to its light."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from viewer.core.light import DisplayChoice, choose_voi
from viewer.core.trace import Decoding, explain, trace_text
from viewer.dicom.frames import FrameReader
from viewer.dicom.source import FileRef, FrameRef
from viewer.errors import ViewerError


def explain_files(paths: Iterable[bytes]) -> int:
    """Print the trace of the first frame of each file; 0 when one could be explained."""
    reader = FrameReader()
    code = 1
    try:
        for path in paths:
            ref = FileRef(path)
            try:
                print(f"{ref.text}\n{explain_frame(reader, FrameRef(ref))}\n")
                code = 0
            except ViewerError as error:
                print(f"lightbox describe: {ref.text}: {error} {error.advice}", file=sys.stderr)
    finally:
        reader.close()
    return code


def explain_frame(reader: FrameReader, ref: FrameRef) -> str:
    """The trace of one frame as the viewer would show it, as lines of text."""
    loaded = reader.load(ref)
    voi = choose_voi(loaded.stored, loaded.description)
    decoding = Decoding(decoder=loaded.decoder, color_space=loaded.color_space)
    return trace_text(explain(loaded.description, DisplayChoice(), voi, decoding))
