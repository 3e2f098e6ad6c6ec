"""A file whose frames are being loaded, with what was found out about its pixel data."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer.dicom.datasets.dataset import DicomFile, open_file
from viewer.dicom.files.source import FileRef
from viewer.dicom.pixels.transfer_syntaxes import TRANSFER_SYNTAXES, Family
from viewer.errors import MalformedError, UnsupportedError

if TYPE_CHECKING:
    from viewer.dicom.datasets.elements import ByteReader
    from viewer.dicom.pixels.compressed_frames import Video
    from viewer.dicom.pixels.encapsulation import FrameIndex

_MOST_FRAMES = 4_000_000
_DEFLATE_RATIO = 1100  # deflate packs at most 1,032 to one


@dataclass(slots=True, eq=False)
class OpenedFile:
    """One file; holds no handle.

    Attributes:
        frames: Number of Frames, at least 1.
        lock: to be held while `index` and `video` are made or used.
        index: where the frames of compressed pixel data lie, once known.
        whole: complete frames in the file, once known.
        video: the stream of a video, while it is kept.
    """

    file: DicomFile
    frames: int
    lock: threading.Lock = field(default_factory=threading.Lock)
    index: FrameIndex | None = None
    whole: int | None = None
    video: Video | None = None

    @property
    def family(self) -> Family:
        """How the transfer syntax says that frames are coded; unknown ones count as native."""
        syntax = TRANSFER_SYNTAXES.get(self.file.transfer_syntax)
        return syntax.family if syntax else Family.NATIVE

    def frame_index(self, reader: ByteReader) -> FrameIndex:
        """Built once; three reads where the file's table is right."""
        from viewer.dicom.pixels.encapsulation import FrameIndex, PixelRegion, extended_table

        if self.index is None:
            element = self.file.pixels
            assert element is not None
            end = reader.size
            if element.length is not None:
                end = min(end, element.offset + element.length)
            region = PixelRegion(element.offset, end, self.frames, extended_table(self.file))
            self.index = FrameIndex(reader.read_at, region)
            self.whole = self.index.whole(reader.read_at)
        return self.index

    def whole_video(self) -> Video:
        """The stream of a video, read once and kept until `video` is cleared."""
        from viewer.dicom.pixels.compressed_frames import read_video
        from viewer.dicom.pixels.encapsulation import PixelRegion

        if self.video is None:
            element = self.file.pixels
            assert element is not None
            with self.file.opened() as reader:
                region = PixelRegion(element.offset, reader.size, 1)
                key = f"{id(self)}-{self.file.stamp}"  # no name: it reaches another process
                syntax = self.file.transfer_syntax
                self.video = read_video(reader.read_at, region, syntax, key)
        return self.video

    def is_bare_codestream(self) -> bool:
        """A codestream as plain value, without fragments: wrong, but it can be shown."""
        from viewer.dicom.pixels.codec_headers import sniff

        if self.family is Family.NATIVE or self.file.pixels is None:
            return False
        return bool(sniff(self.file.read_at(self.file.pixels.offset, 64)))

    def cut_note(self) -> str:
        """ "210 of 300 frames"; of a single frame that is cut its own note says so."""
        if self.whole is None or self.whole >= self.frames or self.frames == 1:
            return ""
        return f"The file is cut off: {self.whole} of {self.frames} frames are complete."


def open_for_frames(ref: FileRef) -> OpenedFile:
    """Open a file that pixels are wanted from.

    Raises:
        ViewerError: it cannot be opened, or its pixels are not in it.
    """
    opened = OpenedFile(file := open_file(ref), _number_of_frames(file))
    if opened.family is Family.REFERENCED:
        raise UnsupportedError(
            "The pixels of this image are not in the file but on a server (JPIP).",
            "Nothing is fetched; ask the sender for the images themselves.",
        )
    _check_samples(file)
    _check_syntax(file)
    return opened


def _check_syntax(file: DicomFile) -> None:
    """Refuse plain bytes under a transfer syntax nobody knows: what they mean is a guess."""
    known = not file.transfer_syntax or file.transfer_syntax in TRANSFER_SYNTAXES
    if not known and file.pixels is not None and not file.pixels.encapsulated:
        raise UnsupportedError(
            "The transfer syntax of this file is unknown, and so is how its pixels are written.",
            "Ask the sender for the image in a standard transfer syntax.",
        )


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
    if 1 <= frames <= min(_MOST_FRAMES, size * _DEFLATE_RATIO):
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
