"""The one door to pixels: a frame's name in, its stored values and description out."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from viewer.core.image import FrameDescription
from viewer.dicom.dataset import DicomFile, open_file
from viewer.dicom.decode_job import StreamFacts
from viewer.dicom.source import FileRef, FrameRef
from viewer.dicom.stored import check_format
from viewer.dicom.transfer_syntaxes import TRANSFER_SYNTAXES, Family
from viewer.errors import (
    MalformedError,
    Problem,
    UnreadableFileError,
    UnsupportedError,
    ViewerError,
)

if TYPE_CHECKING:
    from viewer.dicom.decoder_pool import DecoderPool
    from viewer.dicom.elements import ByteReader
    from viewer.dicom.encapsulation import FrameIndex

_OPEN_FILES = 64
_REMEMBERED_FAILURES = 10_000
_MOST_FRAMES = 4_000_000


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
    """

    ref: FrameRef
    description: FrameDescription
    stored: np.ndarray[Any, np.dtype[Any]]
    color_space: str
    decoder: str
    problems: tuple[Problem, ...] = ()
    facts: StreamFacts | None = None
    whole_frames: int = 1

    @property
    def nbytes(self) -> int:
        return int(self.stored.nbytes)


@dataclass(slots=True, eq=False)
class _Open:
    """A file that was opened, with what was found out about its pixel data."""

    file: DicomFile
    frames: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    index: FrameIndex | None = None
    whole: int | None = None


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
        self._open: OrderedDict[FileRef, _Open] = OrderedDict()
        self._failures: OrderedDict[tuple[FrameRef, tuple[int, int]], ViewerError] = OrderedDict()

    @property
    def pool(self) -> DecoderPool:
        """The decoders, started when the first compressed frame comes."""
        with self._lock:
            if self._pool is None:
                from viewer.dicom.decoder_pool import DecoderPool

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
        except UnreadableFileError:
            self._forget(ref.file)
            opened = self._opened(ref.file)  # replaced on disk: once more, from the start
            return self._load(opened, ref)

    def close(self) -> None:
        """End the decoders, if they are this reader's own, and forget all files."""
        with self._lock:
            pool, self._pool = self._pool, None
            self._open.clear()
        if pool is not None and self._own_pool:
            pool.close()

    def _load(self, opened: _Open, ref: FrameRef) -> LoadedFrame:
        from viewer.dicom.describe import describe_frame

        file = opened.file
        known = self._failures.get((ref, file.stamp))
        if known is not None:
            raise known
        if not 0 <= ref.frame < opened.frames:
            raise MalformedError(f"The file has no frame {ref.frame + 1}.")
        description = describe_frame(file, ref.frame)
        try:
            pixels = self._pixels(opened, ref, description)
        except (MalformedError, UnsupportedError) as error:
            self._remember(ref, file.stamp, error)
            raise
        problems = tuple(
            Problem(ref.file.name, note) for note in (*pixels.notes, *_cut_note(opened)) if note
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
        )

    def _pixels(self, opened: _Open, ref: FrameRef, description: FrameDescription) -> _Pixels:
        element = opened.file.pixels
        if element is None:
            return _overlays_only(description)
        _check_samples(opened.file)
        check_format(description.pixel_format)
        syntax = TRANSFER_SYNTAXES.get(opened.file.transfer_syntax)
        family = syntax.family if syntax else Family.NATIVE
        if family is Family.VIDEO:
            return self._video(opened, ref, description)
        if element.encapsulated or self._is_bare_codestream(opened, family):
            return self._compressed(opened, ref, description)
        return self._native(opened, ref, description)

    def _native(self, opened: _Open, ref: FrameRef, description: FrameDescription) -> _Pixels:
        from viewer.dicom.native_frames import load_native, whole_frames

        element = opened.file.pixels
        assert element is not None
        fmt = description.pixel_format
        with opened.file.opened() as reader:
            if opened.whole is None:
                opened.whole = whole_frames(reader.read_at, element, fmt, opened.frames)
            frame = load_native(reader.read_at, element, fmt, ref.frame, opened.frames)
        return _Pixels(frame.stored, frame.color_space, "numpy", frame.notes)

    def _compressed(self, opened: _Open, ref: FrameRef, description: FrameDescription) -> _Pixels:
        from viewer.dicom.compressed_frames import decode_frame, locate

        element = opened.file.pixels
        assert element is not None
        notes: tuple[str, ...] = ()
        with opened.file.opened() as reader, opened.lock:
            if element.encapsulated:
                index = _frame_index(opened, reader)
                encoded, notes = locate(index, reader.read_at, ref.frame)
            else:
                encoded = reader.read_at(element.offset, min(element.length or 0, reader.size))
        frame = decode_frame(
            self.pool, encoded, description.pixel_format, opened.file.transfer_syntax
        )
        return _Pixels(
            frame.stored, frame.color_space, frame.decoder, notes + frame.notes, frame.facts
        )

    def _video(self, opened: _Open, ref: FrameRef, description: FrameDescription) -> _Pixels:
        from viewer.dicom.video import load_video_frame

        stored = load_video_frame(opened.file, opened.frames, ref.frame, description.pixel_format)
        return _Pixels(stored, "RGB", "PyAV (FFmpeg)", ())

    def _is_bare_codestream(self, opened: _Open, family: Family) -> bool:
        """A codestream as plain value, without fragments: wrong, but it can be shown."""
        from viewer.dicom.codec_headers import sniff

        if family is Family.NATIVE or opened.file.pixels is None:
            return False
        return bool(sniff(opened.file.read_at(opened.file.pixels.offset, 64)))

    def _opened(self, ref: FileRef) -> _Open:
        with self._lock:
            opened = self._open.get(ref)
            if opened is not None:
                self._open.move_to_end(ref)
                return opened
        file = open_file(ref)
        syntax = TRANSFER_SYNTAXES.get(file.transfer_syntax)
        if syntax and syntax.family is Family.REFERENCED:
            raise UnsupportedError(
                "The pixels of this image are not in the file but on a server (JPIP).",
                "Nothing is fetched; ask the sender for the images themselves.",
            )
        opened = _Open(file, _number_of_frames(file))
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


def _number_of_frames(file: DicomFile) -> int:
    """Number of Frames (0028,0008); what no file of this size can hold is taken as 1.

    Raises:
        MalformedError: the same for compressed frames, each of which takes eight bytes at least.
    """
    if "NumberOfFrames" not in file.dataset:
        return 1
    try:
        frames = int(file.value("NumberOfFrames", 0))
    except (TypeError, ValueError):
        frames = 0
    size = file.stamp[0]
    if frames > size and file.pixels is not None and file.pixels.encapsulated:
        raise MalformedError(
            f"Number of Frames is {frames:,}, which this file cannot hold.",
            "The file is damaged; ask its sender for a new copy.",
        )
    if 1 <= frames <= min(_MOST_FRAMES, size * 1100):  # deflate packs 1,032 to one
        return frames
    file.note("Number of Frames is no usable number; one frame is assumed.")
    return 1


def _check_samples(file: DicomFile) -> None:
    """Refuse what today's standard has no meaning for: ARGB and CMYK are retired."""
    samples = file.value("SamplesPerPixel", 1)
    if isinstance(samples, int) and samples > 1 and samples != 3:
        raise UnsupportedError(
            f"Samples per Pixel is {samples}; images have 1 or 3.",
            "Ask the sender for the image as grayscale or RGB.",
        )


def _frame_index(opened: _Open, reader: ByteReader) -> FrameIndex:
    """Built once per file; its cost is three reads where a table is right."""
    from viewer.dicom.encapsulation import FrameIndex, PixelRegion, extended_table

    if opened.index is None:
        element = opened.file.pixels
        assert element is not None
        end = reader.size
        if element.length is not None:
            end = min(end, element.offset + element.length)
        region = PixelRegion(element.offset, end, opened.frames, extended_table(opened.file))
        opened.index = FrameIndex(reader.read_at, region)
        opened.whole = opened.index.whole(reader.read_at)
    return opened.index


def _cut_note(opened: _Open) -> tuple[str, ...]:
    if opened.whole is None or opened.whole >= opened.frames or opened.frames == 1:
        return ()  # of a single frame that is cut its own note says so
    return (f"The file is cut off: {opened.whole} of {opened.frames} frames are complete.",)


def _overlays_only(description: FrameDescription) -> _Pixels:
    """An image that consists of overlays alone still shows them (rule 30)."""
    if not description.overlays:
        raise UnsupportedError(
            "This object holds no pixel data.", "Its other contents are in the tag inspector."
        )
    fmt = description.pixel_format
    shape = (fmt.rows, fmt.columns)
    if min(shape) < 1:
        shape = description.overlays[0].mask.shape
    return _Pixels(np.zeros(shape, np.uint8), "MONOCHROME2", "overlays only", ())
