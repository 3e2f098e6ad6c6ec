"""Every hostile data set by C-STORE: one answer each, and the receiver lives on."""

from __future__ import annotations

import contextlib
import stat
from pathlib import Path

import pytest

from tests.data import CT_IMAGE_STORAGE, EXPLICIT_LITTLE
from tests.net.caller import ABORT, DATA, Caller, context, pdu, store_command, value
from tests.net.receiver import ReceiverProcess
from tests.net.test_attacks import assert_healthy, resident_mb
from viewer.dicom.files.source import FileRef
from viewer.dicom.headers.header import read_header
from viewer.dicom.incoming import is_uid
from viewer.errors import ViewerError

LARGEST = 64 << 20
ELSEWHERE = ("/tmp/x", "/tmp/x.dcm", "/tmp/evil", "/tmp/evil.dcm")


@pytest.fixture(scope="module")
def objects(corpus: Path) -> list[Path]:
    """The files of the corpus that a sender could send."""
    found = []
    for folder in sorted(corpus.glob("[A-I]*")):
        for path in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            status = path.lstat()
            if stat.S_ISREG(status.st_mode) and status.st_size < LARGEST:
                found.append(path)
    return found


def offered(path: Path) -> tuple[str, str, str, bytes]:
    """SOP class, instance, transfer syntax and data set, as a sender would take them."""
    raw = path.read_bytes()
    start = 144 + int.from_bytes(raw[140:144], "little") if raw[128:132] == b"DICM" else 0
    data = raw[start:] if start < len(raw) else raw
    try:
        header = read_header(FileRef(bytes(path)))
    except ViewerError:
        return CT_IMAGE_STORAGE, "1.2.3", EXPLICIT_LITTLE, data
    uid, syntax = header.text("SOPInstanceUID"), header.transfer_syntax
    kind = header.text("SOPClassUID")
    return (kind if is_uid(kind) else CT_IMAGE_STORAGE), uid, syntax, data


def test_one_answer_each(objects: list[Path], tmp_path: Path) -> None:
    before = {path for path in map(Path, ELSEWHERE) if path.exists()}
    stored = 0
    process = ReceiverProcess(tmp_path / "store", "--private-classes")
    with contextlib.closing(process):
        worker, memory = process.worker(), resident_mb(process.worker())
        for path in objects:
            sop_class, uid, syntax, data = offered(path)
            with Caller(process.port) as caller:
                contexts = (context(1, sop_class, syntax, EXPLICIT_LITTLE),)
                caller.associate(contexts=contexts)
                caller.say(pdu(DATA, value(1, 3, store_command(uid, sop_class))))
                with contextlib.suppress(OSError):
                    caller.send_data(1, data, 100_000)
                kind, body = caller.hear()
                assert kind in (DATA, ABORT), path.name
                stored += kind == DATA and body[6:].find(b"\0\0\0\x09\2\0\0\0\0\0") >= 0
        assert_healthy(process)

        assert process.worker() == worker
        assert resident_mb(worker) < memory + 64
        assert stored > 100
        assert {path for path in map(Path, ELSEWHERE) if path.exists()} == before
        visible = {path.name for path in process.folder.rglob("*") if path.is_file()}
        assert not [name for name in visible if "evil" in name or name.startswith("x")]
