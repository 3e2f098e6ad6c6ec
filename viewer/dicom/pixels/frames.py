"""The one door to pixels: a frame's name in, its stored values and description out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from viewer.core.image import FrameDescription
from viewer.core.value_notes import value_notes
from viewer.dicom.files.source import FileRef, FrameRef, open_source
from viewer.dicom.pixels.decode_job import StreamFacts
from viewer.dicom.pixels.opened_file import OpenedFile, open_for_frames
from viewer.dicom.pixels.stored import check_format
from viewer.dicom.pixels.transfer_syntaxes import Family
from viewer.errors import (
    MalformedError,
    NoPictureError,
    Problem,
    UnreadableFileError,
    ViewerError,
)

if TYPE_CHECKING:
    from viewer.dicom.pixels.decoder_pool import DecoderPool

_OPEN_FILES = 64
_REMEMBERED_FAILURES = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class LoadedFrame:
    """One frame, ready to become light.

    Attributes:
        ref: which one.
        description: what the file says of it.
        stored: stored values (rows, columns), or (rows, columns, 3) in `color_space`.
        color_space: "RGB", a "YBR_..." term, or the gray term of Photometric Interpretation.
        decoder: what turned the bytes into values.
        problems: contradictions and damage met on the way, for this frame.
        facts: what its codestream says of itself, None for native data.
        whole_frames: complete frames in the file; fewer than Number of Frames if it is cut.
        stamp: (size, mtime_ns) of the file these values are from; (0, 0) for none.
    """

    ref: FrameRef
    description: FrameDescription
    stored: np.ndarray[Any, np.dtype[Any]]
    color_space: str
    decoder: str
    problems: tuple[Problem, ...] = ()
    facts: StreamFacts | None = None
    whole_frames: int = 1
    stamp: tuple[int, int] = (0, 0)

    @property
    def nbytes(self) -> int:
        return int(self.stored.nbytes)


@dataclass(frozen=True, slots=True, eq=False)
class _Pixels:
    """What either kind of pixel data gives."""

    stored: np.ndarray[Any, np.dtype[Any]]
    color_space: str
    decoder: str
    notes: tuple[str, ...]
    facts: StreamFacts | None = None


class FrameReader:
    """Loads frames singly; thread-safe. A file is read again when it changed on disk.

    Frames that cannot be decoded are remembered, so that scrolling past one a hundred times
    does not kill a hundred workers.
    """

    def __init__(self, pool: DecoderPool | None = None) -> None:
        self._own_pool = pool is None
        self._pool = pool
        self._lock = threading.Lock()
        self._open: OrderedDict[FileRef, OpenedFile] = OrderedDict()
        self._failures: OrderedDict[tuple[FrameRef, tuple[int, int]], ViewerError] = OrderedDict()

    @property
    def pool(self) -> DecoderPool:
        """The decoders, started when the first compressed frame comes."""
        with self._lock:
            if self._pool is None:
                from viewer.dicom.pixels.decoder_pool import DecoderPool

                self._pool = DecoderPool()
            return self._pool

    def load(self, ref: FrameRef) -> LoadedFrame:
        """One frame with its description.

        Raises:
            ViewerError: a subclass that says what is wrong and what to try.
        """
        opened = self._opened(ref.file)
        try:
            return self._load(opened, ref)
        except ViewerError as error:
            if not isinstance(error, UnreadableFileError) and not _is_replaced(opened):
                raise
            self._forget(ref.file)  # it was still being written, or copied anew: once more
            return self._load(self._opened(ref.file), ref)

    def retry(self, ref: FrameRef) -> None:
        """Forget that a frame could not be decoded: the decoder may have been stopped or killed."""
        with self._lock:
            for known in [known for known in self._failures if known[0] == ref]:
                del self._failures[known]

    def close(self) -> None:
        """End the decoders, if they are this reader's own, and forget all files."""
        with self._lock:
            pool, self._pool = self._pool, None
            self._open.clear()
        if pool is not None and self._own_pool:
            pool.close()

    def _load(self, opened: OpenedFile, ref: FrameRef) -> LoadedFrame:
        from viewer.dicom.description.describe import describe_frame

        file = opened.file
        known = self._failures.get((ref, file.stamp))
        if known is not None:
            raise known.with_traceback(None)  # else it grows with each raise
        if not 0 <= ref.frame < opened.frames:
            raise MalformedError(f"The file has no frame {ref.frame + 1}.")
        description = describe_frame(file, ref.frame)
        try:
            pixels = self._pixels(opened, ref, description)
        except MalformedError as error:
            self._remember(ref, file.stamp, error)
            raise
        problems = tuple(
            Problem(ref.file.text, note)
            for note in (
                *pixels.notes,
                *value_notes(pixels.stored, description),
                opened.cut_note(),
            )
            if note
        )
        problems += tuple(p for p in file.problems if p not in description.problems)
        return LoadedFrame(
            ref,
            description,
            pixels.stored,
            pixels.color_space,
            pixels.decoder,
            problems,
            pixels.facts,
            opened.frames if opened.whole is None else opened.whole,
            file.stamp,
        )

    def _pixels(self, opened: OpenedFile, ref: FrameRef, description: FrameDescription) -> _Pixels:
        element = opened.file.pixels
        if element is None:
            return _overlays_only(description)
        check_format(description.pixel_format)
        if opened.family is Family.VIDEO:
            return self._video(opened, ref, description)
        if element.encapsulated or opened.is_bare_codestream():
            return self._compressed(opened, ref, description)
        return _native(opened, ref, description)

    def _compressed(
        self, opened: OpenedFile, ref: FrameRef, description: FrameDescription
    ) -> _Pixels:
        from viewer.dicom.pixels.compressed_frames import decode_frame, locate

        element = opened.file.pixels
        assert element is not None
        notes: tuple[str, ...] = ()
        with opened.file.opened() as reader, opened.lock:
            if element.encapsulated:
                index = opened.frame_index(reader)
                encoded, notes = locate(index, reader.read_at, ref.frame)
            else:
                encoded = reader.read_at(element.offset, min(element.length or 0, reader.size))
        frame = decode_frame(
            self.pool, encoded, description.pixel_format, opened.file.transfer_syntax
        )
        notes += frame.notes
        return _Pixels(frame.stored, frame.color_space, frame.decoder, notes, frame.facts)

    def _video(self, opened: OpenedFile, ref: FrameRef, description: FrameDescription) -> _Pixels:
        from viewer.dicom.pixels.compressed_frames import decode_picture

        with self._lock:
            for other in self._open.values():
                if other is not opened:
                    other.video = None  # streams are large: only the one shown last is kept
        with opened.lock:
            video = opened.whole_video()
        frame = decode_picture(self.pool, video, description.pixel_format, ref.frame)
        note = "The file is cut off: the end of the video is missing." if video.cut else ""
        return _Pixels(frame.stored, frame.color_space, frame.decoder, (note,), frame.facts)

    def _opened(self, ref: FileRef) -> OpenedFile:
        with self._lock:
            known = self._open.get(ref)
            if known is not None:
                self._open.move_to_end(ref)
                return known
        opened = open_for_frames(ref)
        with self._lock:
            opened = self._open.setdefault(ref, opened)
            while len(self._open) > _OPEN_FILES:
                self._open.popitem(last=False)
        return opened

    def _forget(self, ref: FileRef) -> None:
        with self._lock:
            self._open.pop(ref, None)

    def _remember(self, ref: FrameRef, stamp: tuple[int, int], error: ViewerError) -> None:
        with self._lock:
            self._failures[ref, stamp] = error
            while len(self._failures) > _REMEMBERED_FAILURES:
                self._failures.popitem(last=False)


def _is_replaced(opened: OpenedFile) -> bool:
    """Whether the file is another one than that which was opened; also True while it is gone."""
    try:
        with open_source(opened.file.ref) as source:
            return source.stamp != opened.file.stamp
    except UnreadableFileError:
        return True


def _native(opened: OpenedFile, ref: FrameRef, description: FrameDescription) -> _Pixels:
    from viewer.dicom.pixels.native_frames import load_native, whole_frames

    element = opened.file.pixels
    assert element is not None
    fmt = description.pixel_format
    with opened.file.opened() as reader:
        if opened.whole is None:
            opened.whole = whole_frames(reader.read_at, element, fmt, opened.frames)
        frame = load_native(reader.read_at, element, fmt, ref.frame, opened.frames)
    return _Pixels(frame.stored, frame.color_space, "numpy", frame.notes)


def _overlays_only(description: FrameDescription) -> _Pixels:
    """An image that consists of overlays alone still shows them (rule 30)."""
    if not description.overlays:
        raise NoPictureError(
            "This object holds no pixel data.", "Its other contents are in the tag inspector."
        )
    fmt = description.pixel_format
    shape = (fmt.rows, fmt.columns)
    if min(shape) < 1:
        shape = description.overlays[0].mask.shape
    return _Pixels(np.zeros(shape, np.uint8), "MONOCHROME2", "overlays only", ())
