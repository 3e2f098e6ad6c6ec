from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.access import let_others_pass
from tests.data import DEFLATED, EXPLICIT_BIG, IMPLICIT_LITTLE, ct_series, write_ct
from viewer.dicom.files.scan import Found, SkipKind, Skipped, scan
from viewer.dicom.headers.header import read_header

ROOT = Path(__file__).resolve().parents[3]
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX file system")


def found(*paths: bytes | str | Path) -> list[str]:
    return [item.header.ref.name for item in scan(paths) if isinstance(item, Found)]


def skipped(*paths: bytes | str | Path) -> dict[str, SkipKind]:
    return {item.ref.name: item.kind for item in scan(paths) if isinstance(item, Skipped)}


def test_files_and_folders_come_in_the_order_given(tmp_path: Path) -> None:
    for name in ("c", "a", "folder/x", "b"):
        write_ct(tmp_path / name)

    names = found(tmp_path / "c", str(tmp_path / "folder"), os.fsencode(tmp_path / "a"))

    assert names == ["c", "x", "a"]


def test_every_file_of_a_tree_is_found_once(tmp_path: Path) -> None:
    for folder in ("", "one", "one/two", "three"):
        ct_series(tmp_path / folder, 3)

    assert len(found(tmp_path, tmp_path / "one", tmp_path / "one" / "IM0001.dcm")) == 12


def test_every_plain_encoding_and_name_is_found(tmp_path: Path) -> None:
    for number, syntax in enumerate((IMPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED)):
        write_ct(tmp_path / f"{number}", syntax=syntax)
    bare = write_ct(tmp_path / "bare", syntax=IMPLICIT_LITTLE)
    data = bare.read_bytes()
    bare.write_bytes(data[data.index(b"\x08\0\x05\0\x0a") :])

    assert sorted(found(tmp_path)) == ["0", "1", "2", "bare"]


@POSIX
@pytest.mark.parametrize(
    "name",
    [b"latin1_\xe9\xff.dcm", b"new\nline", b"-rf", b"%s%n", "\u202emcd.exe".encode(), b"a" * 255],
)
def test_names_in_any_encoding_are_found(tmp_path: Path, name: bytes) -> None:
    path = os.path.join(os.fsencode(tmp_path), name)
    write_ct(path)

    items = list(scan([tmp_path]))

    assert [item.header.ref.path for item in items if isinstance(item, Found)] == [path]


def test_an_empty_folder_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()

    (told,) = scan([tmp_path, tmp_path, tmp_path / "inside"])

    assert isinstance(told, Skipped)
    assert (told.ref.path, told.kind) == (os.fsencode(tmp_path), SkipKind.MISSING)
    assert told.reason == "There are no files in this folder."
    assert list(scan([])) == []


def test_an_empty_folder_beside_files_is_no_problem(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    write_ct(tmp_path / "a.dcm")

    (found,) = scan([tmp_path, tmp_path])

    assert isinstance(found, Found)


def test_paths_that_do_not_exist_are_told(tmp_path: Path) -> None:
    write_ct(tmp_path / "a")

    items = list(scan([tmp_path / "gone", tmp_path / "a"]))

    assert isinstance(items[0], Skipped)
    assert items[0].kind == SkipKind.MISSING
    assert isinstance(items[1], Found)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(b"", SkipKind.NOT_DICOM, id="empty"),
        pytest.param(b"hello\n" * 100, SkipKind.NOT_DICOM, id="text"),
        pytest.param(b"\xff\xd8\xff\xe0" + bytes(500), SkipKind.NOT_DICOM, id="picture"),
        pytest.param(bytes(128) + b"DICM", SkipKind.MALFORMED, id="nothing behind DICM"),
    ],
)
def test_what_is_no_image_is_told_and_ends_nothing(
    tmp_path: Path, data: bytes, kind: SkipKind
) -> None:
    write_ct(tmp_path / "good")
    (tmp_path / "bad.dcm").write_bytes(data)

    assert found(tmp_path) == ["good"]
    assert skipped(tmp_path) == {"bad.dcm": kind}


@POSIX
def test_links_pipes_and_devices_are_survived(tmp_path: Path) -> None:
    good = write_ct(tmp_path / "good")
    os.mkfifo(tmp_path / "fifo.dcm")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "up").symlink_to("..")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "dangling").symlink_to("/nonexistent/x")
    (tmp_path / "zero.dcm").symlink_to("/dev/zero")
    (tmp_path / "again").symlink_to(good)
    os.link(good, tmp_path / "hard")

    assert len(found(tmp_path)) == 1
    assert skipped(tmp_path) == {
        "fifo.dcm": SkipKind.NOT_A_FILE,
        "loop": SkipKind.LINK,
        "up": SkipKind.LINK,
        "self": SkipKind.LINK,
        "dangling": SkipKind.LINK,
        "zero.dcm": SkipKind.NOT_A_FILE,
    }


@POSIX
def test_a_link_the_user_names_is_followed(tmp_path: Path) -> None:
    ct_series(tmp_path / "real", 2)
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert len(found(tmp_path / "link")) == 2


@POSIX
def test_devices_given_are_told() -> None:
    assert skipped("/dev/zero") == {"zero": SkipKind.NOT_A_FILE}


@POSIX
def test_a_tree_deeper_than_paths_may_be_is_told(tmp_path: Path) -> None:
    write_ct(tmp_path / "good")
    folder = os.open(tmp_path, os.O_RDONLY)
    for _ in range(80):
        os.mkdir("d" * 60, dir_fd=folder)
        inner = os.open("d" * 60, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)

    assert found(tmp_path) == ["good"]
    assert list(skipped(tmp_path).values()) == [SkipKind.UNREADABLE]
    subprocess.run(["rm", "-rf", tmp_path / ("d" * 60)], check=True)


@POSIX
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    write_ct(tmp_path / "good").chmod(0o644)
    write_ct(tmp_path / "secret").chmod(0)
    write_ct(tmp_path / "locked" / "x")
    (tmp_path / "locked").chmod(0)
    let_others_pass(tmp_path)
    code = (
        "import os, sys\n"
        "from viewer.dicom.files.scan import Found, scan\n"
        "os.setuid(65534) if os.getuid() == 0 else None\n"
        "for item in scan([sys.argv[1]]):\n"
        "    ref = item.header.ref if isinstance(item, Found) else item.ref\n"
        "    print(ref.name, getattr(item, 'kind', 'found'))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path],
        capture_output=True, text=True, check=True, cwd=ROOT, timeout=30,
    )  # fmt: skip
    (tmp_path / "locked").chmod(0o755)

    assert sorted(done.stdout.splitlines()) == [
        "good found",
        "locked unreadable",
        "secret unreadable",
    ]


def test_the_first_file_comes_before_the_tree_is_listed(tmp_path: Path) -> None:
    ct_series(tmp_path / "a", 2)

    items = scan([tmp_path / "a", tmp_path / "later"])
    first = next(items)
    write_ct(tmp_path / "later" / "new")

    assert isinstance(first, Found)
    assert len([item for item in items if isinstance(item, Found)]) == 2


def test_closing_ends_the_scan_at_once(tmp_path: Path) -> None:
    ct_series(tmp_path, 50)
    items = scan([tmp_path])
    next(items)
    start = time.perf_counter()

    items.close()

    assert time.perf_counter() - start < 0.2
    assert list(items) == []


@POSIX
def test_no_file_stays_open_between_results(tmp_path: Path) -> None:
    ct_series(tmp_path, 5)
    items = scan([tmp_path])

    for _ in itertools.islice(items, 3):
        names = [os.readlink(f"/proc/self/fd/{fd}") for fd in _open_descriptors()]
        assert [name for name in names if name.endswith(".dcm")] == []


def _open_descriptors() -> list[str]:
    return [fd for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")]


def test_files_of_one_series_share_their_values(tmp_path: Path) -> None:
    ct_series(tmp_path, 2)

    one, two = (item.header for item in scan([tmp_path]) if isinstance(item, Found))

    shared = [a for a, b in zip(one._values, two._values, strict=True) if a and a is b]
    assert len(shared) > 10


# --- ZIP archives -----------------------------------------------------------------------------


def archive_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("name", ["study.zip", "study", "study.dcm"])
def test_archives_are_opened_where_they_are_met(tmp_path: Path, name: str) -> None:
    data = write_ct(tmp_path / "a").read_bytes()
    folder = tmp_path / "folder"
    folder.mkdir()
    archive = archive_of(folder / name, {"x/": b"", "x/1": data, "x/2": data, "readme": b"text"})

    for given in (folder, archive):
        items = list(scan([given]))

        refs = [item.header.ref for item in items if isinstance(item, Found)]
        assert [ref.member for ref in refs] == ["x/1", "x/2"]
        assert {read_header(ref).text("PatientID") for ref in refs} == {"P1"}
        assert [item.ref.member for item in items if isinstance(item, Skipped)] == ["readme"]


def test_an_archive_inside_an_archive_is_told(tmp_path: Path) -> None:
    inner = archive_of(tmp_path / "inner", {"a": b"x"}).read_bytes()

    assert skipped(archive_of(tmp_path / "a.zip", {"inner.zip": inner})) == {
        "inner.zip": SkipKind.ARCHIVE
    }


@pytest.mark.parametrize("name", ["../../evil.dcm", "/etc/evil.dcm", "C:/evil.dcm", "a/../../b"])
def test_members_with_names_leading_outside_are_refused(tmp_path: Path, name: str) -> None:
    data = write_ct(tmp_path / "a").read_bytes()

    assert list(skipped(archive_of(tmp_path / "a.zip", {name: data})).values()) == [
        SkipKind.ARCHIVE
    ]


def test_a_document_is_one_line_of_the_receipt(tmp_path: Path) -> None:
    members = {"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}

    assert skipped(archive_of(tmp_path / "a.docx", members)) == {"a.docx": SkipKind.NOT_DICOM}


def test_a_damaged_archive_is_told(tmp_path: Path) -> None:
    path = archive_of(tmp_path / "a.zip", {"a": b"x" * 1000})
    path.write_bytes(path.read_bytes()[:-30])

    assert skipped(tmp_path) == {"a.zip": SkipKind.ARCHIVE}


@POSIX
def test_a_relative_path_in_a_folder_that_is_gone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    assert skipped("some.dcm") == {"some.dcm": SkipKind.MISSING}


def test_a_name_with_a_nul_byte_is_told() -> None:
    assert list(skipped(b"/a\0b").values()) == [SkipKind.MISSING]


# T32: a hundred thousand entries; the list grows while it is scanned and stops at once
@POSIX
def test_a_huge_folder_gives_its_first_file_at_once_and_stops_at_once(tmp_path: Path) -> None:
    one = write_ct(tmp_path / "one", rows=2, columns=2).read_bytes()
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(5000):
        (folder / f"{number}").write_bytes(one)
    start = time.perf_counter()

    items = scan([folder])
    first = next(items)
    items.close()

    assert isinstance(first, Found)
    assert time.perf_counter() - start < 0.2


def test_a_list_of_studies_is_never_opened(tmp_path: Path) -> None:
    write_ct(tmp_path / "good")
    for name in ("index.sqlite", "index.sqlite-wal"):
        write_ct(tmp_path / name)  # it would be found if it were opened

    assert found(tmp_path) == ["good"]
    assert set(skipped(tmp_path)) == {"index.sqlite", "index.sqlite-wal"}
