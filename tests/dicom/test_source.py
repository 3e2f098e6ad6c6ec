from __future__ import annotations

import io
import os
import socket
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest

from tests.data import write_ct
from viewer.dicom.header import read_header
from viewer.dicom.source import FileRef, FrameRef, open_source
from viewer.dicom.zip_archive import MAX_MEMBER, MAX_MEMBERS
from viewer.errors import UnreadableFileError

ROOT = Path(__file__).resolve().parents[2]
POSIX = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX file system")


def zip_of(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return os.fsencode(path)


def test_names_on_the_screen_never_fail() -> None:
    ref = FileRef(b"/disc/\xe9\xff.dcm")

    assert ref.text.startswith("/disc/")
    assert ref.name.endswith(".dcm")
    ref.text.encode("utf-8")


def test_a_member_is_named_with_its_archive() -> None:
    assert FileRef(b"/a.zip", "b/c.dcm").text == "/a.zip!b/c.dcm"
    assert FileRef(b"/a.zip", "b/c.dcm").name == "c.dcm"
    assert FrameRef(FileRef(b"/a.zip", "b")).frame == 0


def test_a_file_is_read_at_any_place(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(range(100)))

    with open_source(FileRef(bytes(path))) as source:
        assert source.size == 100
        assert source.stamp == (100, path.stat().st_mtime_ns)
        assert source.read_at(10, 3) == b"\x0a\x0b\x0c"
        assert source.read_at(98, 10) == b"\x62\x63"
        assert source.read_at(1000, 10) == b""


def test_a_file_that_shrinks_gives_fewer_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(bytes(100))

    with open_source(FileRef(bytes(path))) as source:
        os.truncate(path, 10)

        assert source.read_at(0, 100) == bytes(10)
        assert source.read_at(50, 10) == b""


def test_a_removed_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="removed"):
        open_source(FileRef(bytes(tmp_path / "a")))


@POSIX
def test_pipes_devices_and_folders_are_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.chdir(tmp_path)  # a socket's path may have 108 bytes only
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket")

    for name in ("fifo", "socket", "/dev/zero", "."):
        with pytest.raises(UnreadableFileError):
            open_source(FileRef(os.fsencode(tmp_path / name)))


@POSIX
def test_files_without_permission_say_so(tmp_path: Path) -> None:
    path = write_ct(tmp_path / "a")
    path.chmod(0)
    code = (
        "import os, sys\n"
        "from viewer.dicom.source import FileRef, open_source\n"
        "os.setuid(65534) if os.getuid() == 0 else None\n"
        "try: open_source(FileRef(os.fsencode(sys.argv[1])))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.getuid() and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o755)

    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.strip() == "UnreadableFileError You have no permission to read it."


def test_names_that_cannot_exist_are_unreadable() -> None:
    for path in (b"/a\0b", b"/" + b"a" * 5000):
        with pytest.raises(UnreadableFileError):
            open_source(FileRef(path))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_members_are_read_in_place(tmp_path: Path, method: int) -> None:
    data = write_ct(tmp_path / "a").read_bytes()
    path = zip_of(tmp_path / "a.zip", {"x/a.dcm": data, "b": b"other"}, method)

    with open_source(FileRef(path, "x/a.dcm")) as source:
        assert source.size == len(data)
        assert source.read_at(128, 4) == b"DICM"
        assert source.read_at(len(data) - 2, 10) == data[-2:]
        assert source.read_at(0, len(data)) == data
    assert read_header(FileRef(path, "x/a.dcm")).text("PatientID") == "P1"


def test_an_archive_that_changed_is_read_again(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a": b"first"})
    with open_source(FileRef(path, "a")) as source:
        assert source.read_at(0, 9) == b"first"

    zip_of(tmp_path / "a.zip", {"a": b"the second"})

    with open_source(FileRef(path, "a")) as source:
        assert source.read_at(0, 20) == b"the second"


def test_a_member_that_is_gone_is_unreadable(tmp_path: Path) -> None:
    path = zip_of(tmp_path / "a.zip", {"a": b"first"})

    with pytest.raises(UnreadableFileError, match="no longer"):
        open_source(FileRef(path, "b"))


def test_an_encrypted_member_says_so(tmp_path: Path) -> None:
    path = Path(os.fsdecode(zip_of(tmp_path / "a.zip", {"a": b"secret"})))
    data = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        data[data.index(magic) + offset] |= 1
    path.write_bytes(data)

    with pytest.raises(UnreadableFileError, match="encrypted"):
        open_source(FileRef(bytes(path), "a"))


def lying_zip(path: Path, data: bytes, size: int, method: int = 8) -> bytes:
    """An archive whose one member `a` announces `size` bytes."""
    stream = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = stream.compress(data) + stream.flush()
    fields = (20, 0, method, 0, 33, zlib.crc32(data), len(packed), size, 1, 0)
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", *fields) + b"a"
    central = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, *fields[:8], 1, 0, 0, 0, 0, 0, 0) + b"a"
    end = struct.pack(
        "<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local) + len(packed), 0
    )
    path.write_bytes(local + packed + central + end)
    return os.fsencode(path)


def test_a_member_larger_than_it_says_is_damaged(tmp_path: Path) -> None:
    path = lying_zip(tmp_path / "a.zip", bytes(10 << 20), 100_000)

    with (
        open_source(FileRef(path, "a")) as source,
        pytest.raises(UnreadableFileError, match="damaged"),
    ):
        source.read_at(0, source.size)


def test_a_member_that_cannot_be_so_large_is_refused(tmp_path: Path) -> None:
    path = lying_zip(tmp_path / "a.zip", b"abc", 100 << 20)

    with pytest.raises(UnreadableFileError, match="contradicts"):
        open_source(FileRef(path, "a"))


def test_a_member_above_the_limit_is_refused(tmp_path: Path) -> None:
    path = lying_zip(tmp_path / "a.zip", bytes(1 << 22), MAX_MEMBER + 1)

    with pytest.raises(UnreadableFileError, match="larger than 1 GiB"):
        open_source(FileRef(path, "a"))


def test_a_member_with_a_wrong_checksum_is_damaged(tmp_path: Path) -> None:
    path = Path(os.fsdecode(lying_zip(tmp_path / "a.zip", b"abcdefgh" * 100, 800)))
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 16] ^= 1
    path.write_bytes(data)

    with (
        open_source(FileRef(bytes(path), "a")) as source,
        pytest.raises(UnreadableFileError, match="damaged"),
    ):
        source.read_at(0, source.size)


def test_an_archive_with_too_many_members_is_refused(tmp_path: Path) -> None:
    path = Path(os.fsdecode(zip_of(tmp_path / "a.zip", {"a": b"first"})))
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x05\x06")
    record = struct.pack(
        "<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, *([MAX_MEMBERS + 1] * 2), 9, 0
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, at, 1)
    data[at + 8 : at + 12] = b"\xff\xff\xff\xff"
    path.write_bytes(bytes(data[:at]) + record + locator + bytes(data[at:]))

    with pytest.raises(UnreadableFileError, match="more members"):
        open_source(FileRef(bytes(path), "a"))


@pytest.mark.parametrize("keep", [0, 4, 30, 60])
def test_a_cut_archive_is_damaged(tmp_path: Path, keep: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"first" * 100)
    (tmp_path / "a.zip").write_bytes(buffer.getvalue()[:keep])

    with pytest.raises(UnreadableFileError, match="damaged"):
        open_source(FileRef(bytes(tmp_path / "a.zip"), "a"))
