"""Data sets made in code, so that a test says itself what its file holds.

Everything here is pydicom and numpy only. `write_ct` makes one valid CT slice, `ct_series` a
folder of them, `write_dataset` writes any data set in a chosen transfer syntax.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

CT_IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1.2"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"

STUDY_UID = "1.2.826.0.1.3680043.10.999.1"
SERIES_UID = "1.2.826.0.1.3680043.10.999.1.1"
FRAME_OF_REFERENCE_UID = "1.2.826.0.1.3680043.10.999.1.9"
AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
CORONAL = (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)

AnyPath = str | bytes | Path


def file_meta(sop_class: str, sop_instance: str, syntax: str = EXPLICIT_LITTLE) -> FileMetaDataset:
    """A file meta group with what PS3.10 table 7.1-1 demands."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance)
    meta.TransferSyntaxUID = UID(syntax)
    meta.ImplementationClassUID = UID("1.2.826.0.1.3680043.10.999")
    return meta


def write_dataset(path: AnyPath, dataset: Dataset, syntax: str = EXPLICIT_LITTLE) -> Path:
    """Write `dataset` as a PS3.10 file in a transfer syntax (pixel data must fit it already)."""
    path = Path(os.fsdecode(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.file_meta = file_meta(
        str(dataset.get("SOPClassUID", CT_IMAGE_STORAGE)),
        str(dataset.get("SOPInstanceUID", "1.2.3")),
        syntax,
    )
    dcmwrite(path, dataset, enforce_file_format=True)
    return path


def dataset(**attributes: Any) -> Dataset:
    """A data set from keywords; a list of dictionaries makes a sequence."""
    result = Dataset()
    for keyword, value in attributes.items():
        is_sequence = isinstance(value, list) and value and isinstance(value[0], dict)
        setattr(result, keyword, [dataset(**item) for item in value] if is_sequence else value)
    return result


def set_pixels(target: Dataset, pixels: np.ndarray, bits_stored: int | None = None) -> Dataset:
    """Put `pixels` ((rows, columns), (frames, rows, columns) or (..., 3)) into a data set."""
    color = pixels.ndim > 2 and pixels.shape[-1] == 3
    rows, columns = pixels.shape[-3:-1] if color else pixels.shape[-2:]
    bits = pixels.dtype.itemsize * 8
    target.SamplesPerPixel = 3 if color else 1
    if color:
        target.PlanarConfiguration = 0
    if "PhotometricInterpretation" not in target:
        target.PhotometricInterpretation = "RGB" if color else "MONOCHROME2"
    target.Rows, target.Columns = rows, columns
    target.BitsAllocated = bits
    target.BitsStored = bits_stored or bits
    target.HighBit = target.BitsStored - 1
    target.PixelRepresentation = int(pixels.dtype.kind == "i")
    if pixels.ndim - color == 3:
        target.NumberOfFrames = pixels.shape[0]
    data = np.ascontiguousarray(pixels).tobytes()
    target.add_new("PixelData", "OW" if bits > 8 else "OB", data + b"\0" * (len(data) % 2))
    return target


def ct_dataset(
    *,
    rows: int = 16,
    columns: int = 16,
    position: Sequence[float] = (0.0, 0.0, 0.0),
    orientation: Sequence[float] = AXIAL,
    instance_number: int = 1,
    series_uid: str = SERIES_UID,
    study_uid: str = STUDY_UID,
    instance_uid: str | None = None,
    pixels: np.ndarray | None = None,
    **attributes: Any,
) -> Dataset:
    """One valid CT slice, little endian; `attributes` add to or replace (None removes) by keyword.

    Args:
        position: centre of the first pixel, mm, LPS.
        orientation: six direction cosines, rows first.
        pixels: stored values; a ramp of int16 when left out.
    """
    if pixels is None:
        pixels = np.arange(rows * columns, dtype=np.int16).reshape(rows, columns)
    result = dataset(
        SpecificCharacterSet="ISO_IR 100",
        ImageType=["ORIGINAL", "PRIMARY", "AXIAL"],
        SOPClassUID=CT_IMAGE_STORAGE,
        SOPInstanceUID=instance_uid or f"{series_uid}.{instance_number}",
        StudyDate="20260102",
        SeriesDate="20260102",
        StudyTime="101500",
        SeriesTime="101700",
        AccessionNumber="A1",
        Modality="CT",
        StudyDescription="Chest",
        SeriesDescription="Axial 5 mm",
        PatientName="Phantom^Test",
        PatientID="P1",
        PatientBirthDate="19700101",
        PatientSex="O",
        BodyPartExamined="CHEST",
        SliceThickness=5.0,
        StudyInstanceUID=study_uid,
        SeriesInstanceUID=series_uid,
        StudyID="1",
        SeriesNumber=1,
        InstanceNumber=instance_number,
        ImagePositionPatient=[float(value) for value in position],
        ImageOrientationPatient=[float(value) for value in orientation],
        FrameOfReferenceUID=FRAME_OF_REFERENCE_UID,
        PixelSpacing=[0.7, 0.7],
        WindowCenter=40,
        WindowWidth=400,
        RescaleIntercept=-1024,
        RescaleSlope=1,
        RescaleType="HU",
    )
    set_pixels(result, pixels)
    for keyword, value in attributes.items():
        if value is None:
            result.pop(keyword, None)
        else:
            setattr(result, keyword, value)
    return result


def write_ct(path: AnyPath, *, syntax: str = EXPLICIT_LITTLE, **arguments: Any) -> Path:
    """Write `ct_dataset(**arguments)`; the pixel values survive every uncompressed syntax."""
    result = ct_dataset(**arguments)
    if syntax == EXPLICIT_BIG and result.BitsAllocated == 16:
        result.PixelData = np.frombuffer(result.PixelData, "<u2").byteswap().tobytes()
    return write_dataset(path, result, syntax)


def ct_series(folder: AnyPath, count: int, *, step_mm: float = 5.0, **arguments: Any) -> list[Path]:
    """Write `count` slices along the normal, `step_mm` apart, named IM0001.dcm and on."""
    orientation = np.asarray(arguments.get("orientation", AXIAL), dtype=float)
    normal = np.cross(orientation[:3], orientation[3:])
    start = np.asarray(arguments.pop("position", (0.0, 0.0, 0.0)), dtype=float)
    root = Path(os.fsdecode(folder))
    return [
        write_ct(
            root / f"IM{number:04d}.dcm",
            position=tuple(start + normal * step_mm * (number - 1)),
            instance_number=number,
            **arguments,
        )
        for number in range(1, count + 1)
    ]


def preamble_only_meta(syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The 128 bytes, DICM and a file meta group with its transfer syntax alone."""
    uid = syntax.encode() + b"\0" * (len(syntax) % 2)
    element = b"\x02\x00\x10\x00UI" + len(uid).to_bytes(2, "little") + uid
    length = b"\x02\x00\x00\x00UL\x04\x00" + len(element).to_bytes(4, "little")
    return b"\0" * 128 + b"DICM" + length + element
