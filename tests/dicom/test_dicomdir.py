from __future__ import annotations

import contextlib
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data import write_ct
from tests.dicom.raw import BIG, EXPLICIT, IMPLICIT, Encoding, part10
from tests.dicom.test_header import Bytes
from viewer.dicom.dicomdir import DiscNames, components, read_dicomdir
from viewer.dicom.scan import Found, SkipKind, Skipped, scan
from viewer.errors import ViewerError

RECORDS = 0x00041220


def dicomdir(
    file_ids: Sequence[str],
    encoding: Encoding = EXPLICIT,
    links: dict[int, tuple[int, int]] | None = None,
    root: int = 0,
    closed: bool = True,
) -> bytes:
    """A DICOMDIR with one record for each file id.

    Args:
        links: record number -> (next, lower) as record numbers, -1 for none; each to the
            following one when left out.
        root: number of the first record, -1 for none, or a number beyond the last.
    """
    order = encoding.order

    def record(file_id: str, following: int, lower: int) -> bytes:
        return b"".join(
            [
                encoding.element(0x00041400, "UL", struct.pack(order + "I", following)),
                encoding.element(0x00041410, "US", struct.pack(order + "H", 0xFFFF)),
                encoding.element(0x00041420, "UL", struct.pack(order + "I", lower)),
                encoding.element(0x00041430, "CS", b"IMAGE "),
                encoding.element(0x00041500, "CS", file_id.encode() + b" " * (len(file_id) % 2)),
            ]
        )

    def written(offset_of: list[int]) -> tuple[bytes, list[int]]:
        def at(number: int) -> int:
            return offset_of[number] if 0 <= number < len(offset_of) else 0x7FFFFFF0

        first = 0 if root == -1 else at(root)
        head = encoding.element(0x00041200, "UL", struct.pack(order + "I", first))
        start = len(part10(head, encoding.syntax)) + (12 if encoding.explicit else 8)
        items, offsets = [], []
        for number, file_id in enumerate(file_ids):
            default = (number + 1 if number + 1 < len(file_ids) else -1, -1)
            following, lower = (
                0 if link == -1 else at(link) for link in (links or {}).get(number, default)
            )
            offsets.append(start)
            items.append(encoding.item(record(file_id, following, lower), closed))
            start += len(items[-1])
        body = head + encoding.sequence(RECORDS, *items, closed=closed)
        return part10(body, encoding.syntax), offsets

    return written(written([0] * len(file_ids))[1])[0]


def listed(data: bytes) -> tuple[list[bytes], list[str]]:
    directory = read_dicomdir(Bytes(data))  # type: ignore[arg-type]
    return [file_id.strip() for file_id in directory.file_ids], directory.remarks


@pytest.mark.parametrize("encoding", [IMPLICIT, EXPLICIT, BIG])
@pytest.mark.parametrize("closed", [True, False])
def test_files_are_listed_in_every_encoding(encoding: Encoding, closed: bool) -> None:
    data = dicomdir(["A", "D\\B", "C"], encoding, closed=closed)

    assert listed(data) == ([b"A", b"D\\B", b"C"], [])


def test_the_order_is_the_trees() -> None:
    links = {0: (3, 1), 1: (2, -1), 2: (-1, -1), 3: (-1, -1)}

    assert listed(dicomdir(["A", "A1", "A2", "B"], links=links)) == ([b"A", b"A1", b"A2", b"B"], [])


def test_records_that_nothing_leads_to_are_listed_last() -> None:
    links = {0: (2, -1), 1: (-1, -1), 2: (-1, -1)}

    assert listed(dicomdir(["A", "LOST", "B"], links=links))[0] == [b"A", b"B", b"LOST"]


@pytest.mark.parametrize(
    ("links", "root", "remark"),
    [
        pytest.param({1: (1, -1)}, 0, "circle", id="next is itself"),
        pytest.param({1: (-1, 0)}, 0, "circle", id="lower is the first"),
        pytest.param({}, 99, "nowhere", id="root beyond the end"),
        pytest.param({1: (77, -1)}, 0, "nowhere", id="next beyond the end"),
        pytest.param({}, -1, "nowhere", id="no root"),
    ],
)
def test_wrong_offsets_are_told_and_cost_no_file(
    links: dict[int, tuple[int, int]], root: int, remark: str
) -> None:
    files, remarks = listed(dicomdir(["A", "B"], links=links, root=root))

    assert sorted(files) == [b"A", b"B"]
    assert remark in " ".join(remarks)


def test_a_file_listed_twice_is_listed_once() -> None:
    assert listed(dicomdir(["A"] * 2000))[0] == [b"A"]


def test_a_cut_directory_gives_what_is_whole() -> None:
    data = dicomdir(["A", "B", "C"])

    assert listed(data[:-20])[0][:2] == [b"A", b"B"]


@settings(max_examples=200, deadline=None)
@given(
    damage=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 900),
)
def test_damaged_directories_raise_nothing_else(damage: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(dicomdir(["A", "D\\B", "C"], closed=False))
    for at, value in damage:
        data[at % len(data)] = value

    with contextlib.suppress(ViewerError):
        listed(bytes(data[: len(data) - cut % len(data)]))


@pytest.mark.parametrize(
    "file_id",
    [
        b"..\\..\\etc\\passwd",
        b"/etc/passwd",
        b"\\etc\\passwd",
        b"C:\\Windows\\win.ini",
        b"\\\\192.0.2.1\\share\\x",
        b"IM00\0/../../x",
        b"A\\.\\B",
        b"A\\ .. \\B",
        b"A\\\\B",
        b"IM1:stream",
    ],
)
def test_names_leading_elsewhere_are_refused(file_id: bytes) -> None:
    assert components(file_id) is None


def test_plain_names_are_split() -> None:
    assert components(b"DICOM\\IM0001 ") == [b"DICOM", b"IM0001"]
    assert components(b"DICOM/IM0001\0") == [b"DICOM", b"IM0001"]


@pytest.mark.parametrize("name", ["im0001", "IM0001", "IM0001.", "IM0001.;1", "Im0001;1"])
def test_names_are_found_in_any_case(tmp_path: Path, name: str) -> None:
    (tmp_path / "dicom").mkdir()
    (tmp_path / "dicom" / name).touch()

    found = DiscNames(bytes(tmp_path)).find([b"DICOM", b"IM0001"])

    assert found == bytes(tmp_path / "dicom" / name)


def test_links_and_folders_are_no_files_of_the_disc(tmp_path: Path) -> None:
    (tmp_path / "FOLDER").mkdir()
    (tmp_path / "LINK").symlink_to("/etc")
    names = DiscNames(bytes(tmp_path))

    assert names.find([b"FOLDER"]) is None
    assert names.find([b"LINK", b"passwd"]) is None
    assert names.find([b"LINK"]) is None
    assert names.find([b"GONE"]) is None


# --- the scan of a disc ---------------------------------------------------------------------


def disc(folder: Path, listed_files: Sequence[str], files: Sequence[str]) -> Path:
    for number, name in enumerate(files, 1):
        write_ct(folder / name, instance_number=number)
    (folder / "DICOMDIR").write_bytes(dicomdir(listed_files))
    return folder


def results(path: Path) -> tuple[list[str], list[tuple[str, SkipKind]]]:
    found, skipped = [], []
    for item in scan([path]):
        if isinstance(item, Found):
            found.append(item.header.ref.name)
        else:
            skipped.append((item.ref.name, item.kind))
    return found, skipped


def test_a_disc_is_read_in_its_directorys_order(tmp_path: Path) -> None:
    names = ["Z1", "A1", "M1", "B1"]

    found, skipped = results(disc(tmp_path, names, names))

    assert (found, skipped) == (names, [])


def test_what_the_directory_forgot_is_added(tmp_path: Path) -> None:
    found, skipped = results(disc(tmp_path, ["B"], ["A", "B", "C"]))

    assert (found[0], sorted(found), skipped) == ("B", ["A", "B", "C"], [])


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    found, skipped = results(disc(tmp_path, ["A", "GONE"], ["A"]))

    assert (found, skipped) == (["A"], [("GONE", SkipKind.MISSING)])


def test_a_directory_never_leads_out_of_its_folder(tmp_path: Path) -> None:
    write_ct(tmp_path / "OUTSIDE")
    folder = disc(tmp_path / "disc", ["A", "..\\OUTSIDE"], ["A"])

    found, skipped = results(folder)

    assert (found, skipped) == (["A"], [("DICOMDIR", SkipKind.OUTSIDE)])


def test_the_directory_given_stands_for_its_disc(tmp_path: Path) -> None:
    folder = disc(tmp_path, ["B"], ["A", "B"])

    assert sorted(results(folder / "DICOMDIR")[0]) == ["A", "B"]


def test_a_directory_of_noise_costs_no_file(tmp_path: Path) -> None:
    write_ct(tmp_path / "A")
    (tmp_path / "DICOMDIR").write_bytes(b"\x93noise" * 500)

    assert results(tmp_path) == (["A"], [("DICOMDIR", SkipKind.MALFORMED)])


@pytest.mark.shared_data
def test_a_real_disc_is_read_whole(shared_data: Path) -> None:
    folder = shared_data / "media" / "cd-small"
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "DICOMDIR"]

    items = list(scan([folder]))

    assert [item for item in items if isinstance(item, Skipped)] == []
    assert {item.header.ref.path for item in items if isinstance(item, Found)} == {
        bytes(path) for path in files
    }


@pytest.mark.shared_data
@pytest.mark.parametrize("variant", ["bigEnd", "implicit", "nooffset", "nopatient", "reordered"])
def test_variants_of_a_real_directory_list_the_same_files(shared_data: Path, variant: str) -> None:
    whole = (shared_data / "media" / "cd-small" / "DICOMDIR").read_bytes()
    other = shared_data / "media" / "cd-small-variants" / f"DICOMDIR-{variant}"

    files, _ = listed(other.read_bytes())

    assert sorted(files) == sorted(listed(whole)[0])
