"""Indexing 5,000 small CT files, warm cache: our scan beside the bare reading and its peers.

`python -m tests.benchmarks.bench_index`. The files are copies of a real CT header (pydicom's
CT_small: some 270 elements, a hundred of them private, 128x128 pixels) with their own UIDs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import pydicom
from pydicom.data import get_testdata_file

from tests.benchmarks.table import Row, interleaved_ms
from viewer.dicom.scan import Found, scan
from viewer.library.catalog import Catalog

COUNT = 5000
PEER_COUNT = 500
"""pydicom reads this many in each round, scaled up: it needs four seconds for all."""


def write_files(folder: Path, count: int = COUNT) -> None:
    """Copies of one CT in ten series of `count` / 10 slices."""
    source = get_testdata_file("CT_small.dcm")
    assert source is not None
    raw = Path(source).read_bytes()
    ds = pydicom.dcmread(source)
    series, instance = str(ds.SeriesInstanceUID), str(ds.SOPInstanceUID)
    for index in range(count):
        copy = raw.replace(instance.encode(), _same_length(instance, index))
        copy = copy.replace(series.encode(), _same_length(series, index * 10 // count))
        (folder / f"IM{index:05d}").write_bytes(copy)


def _same_length(uid: str, number: int) -> bytes:
    digits = str(100_000 + number)
    return (uid[: -len(digits)] + digits).encode()


def write_uneven_files(folder: Path, count: int = COUNT) -> None:
    """The same, each file of a size of its own: nothing learnt from one helps with the next."""
    write_files(folder, count)
    for index, path in enumerate(sorted(folder.iterdir())):
        with path.open("ab") as file:
            file.write(bytes(2 * index))


def bare(folder: bytes) -> int:
    """What the operating system must do anyway: list, open, read 8 KiB, close."""
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            fd = os.open(entry.path, os.O_RDONLY)
            total += len(os.pread(fd, 8192, 0))
            os.close(fd)
    return total


def headers(folder: bytes) -> int:
    """Scan and ask each header what a catalogue asks."""
    count = 0
    for item in scan([folder]):
        assert isinstance(item, Found)
        header = item.header
        for keyword in (
            "SOPInstanceUID",
            "SOPClassUID",
            "StudyInstanceUID",
            "SeriesInstanceUID",
            "PatientID",
            "PatientName",
            "Modality",
            "FrameOfReferenceUID",
        ):
            header.text(keyword)
        for keyword in ("Rows", "Columns", "InstanceNumber", "SamplesPerPixel"):
            header.integer(keyword)
        for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"):
            header.numbers(keyword)
        count += 1
    return count


def catalogue(folder: bytes) -> Catalog:
    """Scan into a catalogue, in the batches a window would use."""
    catalog = Catalog()
    items = list(scan([folder]))
    for start in range(0, len(items), 200):
        catalog.add(items[start : start + 200])
    return catalog


def with_pydicom(folder: bytes) -> int:
    """The usual way, over a tenth of the files."""
    names = sorted(os.listdir(folder))[:PEER_COUNT]
    for name in names:
        ds = pydicom.dcmread(
            os.path.join(os.fsdecode(folder), name.decode()), stop_before_pixels=True
        )
        assert ds.StudyInstanceUID
    return len(names)


def with_dcmdump(folder: bytes) -> None:
    """DCMTK's fastest way to one value of each file."""
    command = ["dcmdump", "-q", "+P", "StudyInstanceUID", "+r", "+sd", os.fsdecode(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def run() -> list[Row]:
    """Measure everything in turns and set our scan against each of the others."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryDirectory() as other:
        folder, uneven = os.fsencode(name), os.fsencode(other)
        write_files(Path(name))
        write_uneven_files(Path(other))
        contenders: dict[str, Callable[[], object]] = {
            "bare": lambda: bare(folder),
            "scan": lambda: sum(1 for _ in scan([folder])),
            "ours": lambda: headers(folder),
            "uneven": lambda: headers(uneven),
            "catalogue": lambda: catalogue(folder),
            "pydicom": lambda: with_pydicom(folder),
        }
        if shutil.which("dcmdump"):
            contenders["dcmdump"] = lambda: with_dcmdump(folder)
        ms = interleaved_ms(contenders)
    ours, pydicom_ms = ms["ours"], ms["pydicom"] * COUNT / PEER_COUNT
    rows = [
        Row("index 5,000 CT files, values asked for", ours, "bare reading", ms["bare"], 8),
        Row("  scan alone", ms["scan"], "bare reading", ms["bare"]),
        Row("  scan into a catalogue", ms["catalogue"], "bare reading", ms["bare"], 8),
        Row("  every file of another size", ms["uneven"], "bare reading", ms["bare"]),
        Row("  pydicom stop_before_pixels", pydicom_ms, "ours", ours, 20, at_least=True),
    ]
    if "dcmdump" in ms:
        rows.append(Row("  dcmdump +P", ms["dcmdump"], "ours", ours, 3, at_least=True))
    return rows


if __name__ == "__main__":
    from tests.benchmarks.__main__ import line

    for row in run():
        print(line(row))
