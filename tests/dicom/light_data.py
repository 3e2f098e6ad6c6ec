"""Files made in code for the tests of light: honest ones, and ones whose values lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from tests.data import EXPLICIT_LITTLE, dataset, set_pixels, write_dataset
from viewer.core.image import FrameDescription
from viewer.dicom.dataset import open_file
from viewer.dicom.describe import describe_frame
from viewer.dicom.source import FileRef

RAMP = np.arange(4096, dtype=np.uint16).reshape(64, 64)


def image(pixels: np.ndarray = RAMP, bits_stored: int | None = None, **attributes: Any) -> Dataset:
    """A minimal image; attributes by keyword, `bytes` are written as they are."""
    plain = {k: v for k, v in attributes.items() if not isinstance(v, bytes) and v is not None}
    photometric = plain.pop("PhotometricInterpretation", None)
    base = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7", "SOPInstanceUID": "1.2.3", "Modality": "OT"}
    result = set_pixels(dataset(**base), pixels, bits_stored)
    if photometric:
        result.PhotometricInterpretation = photometric
    for keyword, value in dataset(**plain).items():
        result[keyword] = value
    for keyword, value in attributes.items():
        if value is None:
            result.pop(keyword, None)
        elif isinstance(value, bytes):
            put_raw(result, keyword, value)
    return result


def put_raw(target: Dataset, keyword: str, value: bytes, vr: str = "") -> None:
    """An element with exactly these bytes, whatever pydicom thinks of them."""
    tag = Tag(tag_for_keyword(keyword) or 0)
    vr = vr or str(dictionary_VR(tag)).split(" or ")[0]
    value += b"\0" * (len(value) % 2)
    target._dict[tag] = RawDataElement(tag, vr, len(value), value, 0, False, True)


def lut_item(descriptor: list[int], data: bytes, **more: Any) -> dict[str, Any]:
    """An item of a modality or VOI LUT sequence."""
    return {"LUTDescriptor": descriptor, "LUTData": data, **more}


def put_lut(target: Dataset, sequence: str, descriptor: list[int], data: bytes) -> Dataset:
    """One LUT, with its descriptor as US and its data as OW."""
    item = Dataset()
    item.add_new(0x00283002, "US", descriptor)
    item.add_new(0x00283006, "OW", data)
    setattr(target, sequence, [item])
    return target


def put_palette(
    target: Dataset, descriptor: list[int], data: bytes, segmented: bool = False
) -> None:
    """The same table for all three colours."""
    for number in (1, 2, 3):
        target.add_new(0x00281100 + number, "US", descriptor)
        target.add_new((0x00281220 if segmented else 0x00281200) + number, "OW", data)


def put_overlay(
    target: Dataset, mask: np.ndarray, origin: tuple[int, int] = (1, 1), group: int = 0x6000
) -> None:
    """A separate overlay plane, or several when `mask` has three dimensions."""
    target.add_new((group, 0x0010), "US", mask.shape[-2])
    target.add_new((group, 0x0011), "US", mask.shape[-1])
    target.add_new((group, 0x0040), "CS", "G")
    target.add_new((group, 0x0050), "SS", list(origin))
    target.add_new((group, 0x0100), "US", 1)
    target.add_new((group, 0x0102), "US", 0)
    if mask.ndim == 3:
        target.add_new((group, 0x0015), "IS", mask.shape[0])
    packed = np.packbits(mask.reshape(-1), bitorder="little").tobytes()
    target.add_new((group, 0x3000), "OW", packed + b"\0" * (len(packed) % 2))


def described(
    folder: Path, source: Dataset, frame: int = 0, syntax: str = EXPLICIT_LITTLE
) -> FrameDescription:
    """The description of a data set after its way through a real file."""
    path = write_dataset(folder / "image.dcm", source, syntax)
    return describe_frame(open_file(FileRef(bytes(path))), frame)


def told(description: FrameDescription) -> str:
    """All problems as one text."""
    return "\n".join(problem.what for problem in description.problems)
