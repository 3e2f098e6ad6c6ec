"""Encapsulated pixel data and files around it, built byte by byte."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.uid import UID, AllTransferSyntaxes

from tests.data import dataset, write_dataset

ITEM = b"\xfe\xff\x00\xe0"
SEQUENCE_END = b"\xfe\xff\xdd\xe0\0\0\0\0"


def item(value: bytes, length: int | None = None) -> bytes:
    """One item; `length` may lie."""
    return ITEM + struct.pack("<I", len(value) if length is None else length) + value


def even(value: bytes) -> bytes:
    return value + b"\0" * (len(value) % 2)


def encapsulate(
    frames: list[list[bytes]], table: bytes | None = b"", end: bytes = SEQUENCE_END
) -> bytes:
    """Frames of one or more fragments; `table` None makes a right Basic Offset Table."""
    bodies = [b"".join(item(even(fragment)) for fragment in frame) for frame in frames]
    if table is None:
        offsets = np.cumsum([0, *(len(body) for body in bodies)])[:-1]
        table = offsets.astype("<u4").tobytes()
    return item(table) + b"".join(bodies) + end


def image(rows: int = 16, columns: int = 16, bits: int = 8, **more: Any) -> Dataset:
    """The Image Pixel module, without pixel data."""
    attributes: dict[str, Any] = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7",
        "SOPInstanceUID": "1.2.3.4",
        "SamplesPerPixel": 1,
        "PhotometricInterpretation": "MONOCHROME2",
        "Rows": rows,
        "Columns": columns,
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": 0,
    }
    return dataset(**{**attributes, **more})


def write_compressed(
    path: Path, frames: list[bytes], syntax: str, table: bytes | None = None, **attributes: Any
) -> Path:
    """A file of whole frames, one fragment each, with a right offset table unless told."""
    target = image(**{"NumberOfFrames": len(frames), **attributes})
    target.PixelData = encapsulate([[frame] for frame in frames], table)
    target["PixelData"].is_undefined_length = True
    target["PixelData"].VR = "OB"
    return write_any(path, target, syntax)


def write_any(path: Path, target: Dataset, syntax: str) -> Path:
    """Write a file in a transfer syntax that pydicom need not know; explicit little endian."""
    if UID(syntax) in AllTransferSyntaxes:
        return write_dataset(path, target, syntax)
    known = ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.201")[len(syntax) > 22]
    write_dataset(path, target, known)
    old, new = known.encode(), syntax.encode()
    padded = new.ljust(len(old), b"\0")
    path.write_bytes(path.read_bytes().replace(old, padded, 1))
    return path


def patched_frame_header(
    stream: bytes,
    rows: int | None = None,
    columns: int | None = None,
    precision: int | None = None,
    components: int | None = None,
) -> bytes:
    """A JPEG or JPEG-LS stream with other values in its frame header."""
    at = next(at for m in (0xC0, 0xC1, 0xC3, 0xF7) if (at := stream.find(bytes((255, m)))) >= 0)
    fields = list(struct.unpack_from(">BHHB", stream, at + 4))
    for place, value in enumerate((precision, rows, columns, components)):
        if value is not None:
            fields[place] = value
    return stream[: at + 4] + struct.pack(">BHHB", *fields) + stream[at + 10 :]


def patched_size(stream: bytes, **changes: int) -> bytes:
    """A JPEG 2000 codestream with other values in its SIZ segment."""
    names = ("width", "height", "left", "top", "tile_width", "tile_height", "tile_x", "tile_y")
    if "tile" in changes:
        changes["tile_width"] = changes["tile_height"] = changes.pop("tile")
    values = dict(zip(names, struct.unpack_from(">8I", stream, 8), strict=True))
    (count,) = struct.unpack_from(">H", stream, 40)
    depth, step = stream[42], stream[43]
    values.update({key: value for key, value in changes.items() if key in names})
    component = bytes((changes.get("depth", depth), *(2 * (changes.get("step", step),))))
    return (
        stream[:8]
        + struct.pack(">8I", *values.values())
        + struct.pack(">H", changes.get("components", count))
        + component
        + stream[45:]
    )
