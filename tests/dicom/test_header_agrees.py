"""Our header reader and pydicom give the same values on every file there is."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from viewer.dicom.header import Header, read_header
from viewer.dicom.header_keywords import HEADER_KEYWORDS
from viewer.dicom.source import FileRef
from viewer.errors import MalformedError, NotDicomError

NUMBERS = {"DS", "IS", "US", "SS", "UL", "SL", "FL", "FD"}


def values_of(value: object) -> list[object]:
    if value is None or value == "":
        return []
    return list(value) if isinstance(value, MultiValue | list | tuple) else [value]


def differences(header: Header, ds: Dataset) -> Iterator[str]:
    """One line for each keyword in which the two disagree."""
    for keyword, (tag, _) in HEADER_KEYWORDS.items():
        try:
            element = ds.get(tag)
            theirs = values_of(element.value) if element is not None else []
            vr = element.VR if element is not None else ""
        except Exception:  # a value pydicom cannot convert says nothing about ours
            continue
        if vr == "SQ":
            continue
        if vr in NUMBERS and all(isinstance(value, int | float) for value in theirs):
            ours: object = header.numbers(keyword)
            expected: object = tuple(float(value) for value in theirs)  # type: ignore[arg-type]
        elif vr == "AT":
            ours, expected = header.numbers(keyword), tuple(float(int(v)) for v in theirs)  # type: ignore[call-overload]
        else:
            # pydicom drops empty values and empty name groups at the end.
            ours = "\\".join(header.texts(keyword)).strip("\\=")
            expected = "\\".join(str(value).strip(" \0") for value in theirs).strip("\\=")
        if ours != expected:
            yield f"{keyword}: {ours!r} is not pydicom's {expected!r}"


def compared(path: Path) -> list[str]:
    try:
        header = read_header(FileRef(os.fsencode(path)))
    except NotDicomError:
        with pytest.raises(pydicom.errors.InvalidDicomError):
            pydicom.dcmread(path, stop_before_pixels=True)
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ds = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        return [f"{path.name}: {text}" for text in differences(header, ds)]


@pytest.mark.shared_data
def test_every_real_file_reads_as_pydicom_reads_it(shared_data: Path) -> None:
    files = [
        path
        for path in sorted(shared_data.rglob("*"))
        if path.is_file() and "reference" not in path.parts
    ]

    disagreements = [text for path in files for text in compared(path)]

    assert len(files) > 700
    assert disagreements == []


def test_every_file_in_pydicoms_wheel_reads_as_pydicom_reads_it() -> None:
    root = Path(pydicom.__file__).parent / "data"
    files = [path for path in sorted(root.rglob("*")) if path.suffix in ("", ".dcm")]
    files = [path for path in files if path.is_file()]

    disagreements = []
    for path in files:
        try:
            disagreements += compared(path)
        except MalformedError as error:
            disagreements.append(f"{path.name}: {error}")

    assert len(files) > 60
    assert disagreements == []
