"""Archives of other makers, started on loopback with storage of their own and killed at the end."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.net.caller import until
from viewer.dicom.files.source import FileRef
from viewer.net.peer import Peer, RetrieveMethod, Timeouts
from viewer.net.send import SendState, send

US = "LIGHTBOX"
SBIN = os.pathsep + "/usr/sbin"  # where Debian has Orthanc
PATIENT_WAITS = Timeouts(connect_s=5, associate_s=10, answer_s=20)


@dataclass(frozen=True)
class Archive:
    """A running archive.

    Attributes:
        peer: how to call it.
        folder: where it keeps its things.
        mover_port: where it sends what LIGHTBOX asks it to move.
    """

    peer: Peer
    folder: Path
    mover_port: int

    def store(self, paths: Sequence[Path]) -> None:
        """Put files into it; all of them must be taken."""
        refs = [FileRef(os.fsencode(path)) for path in paths]
        states = [step.state for step in send(self.peer, refs, US) if step.done]
        assert states.count(SendState.SENT) >= len(refs)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def running(command: Sequence[str | Path], port: int, folder: Path) -> Iterator[None]:
    """A program that listens on a port; killed at the end."""
    tool = shutil.which(str(command[0]), path=os.environ["PATH"] + SBIN)
    if tool is None:
        pytest.skip(f"{command[0]} is not installed")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [tool, *(os.fspath(each) for each in command[1:])],
            stdout=log,
            stderr=log,
            cwd=folder,
            start_new_session=True,  # DCMTK's server forks: all of them end with it
            env={**os.environ, "TCP_NODELAY": "1"},
        )
    try:
        until(lambda: listens(port) or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait(10)


@contextmanager
def run_orthanc(folder: Path) -> Iterator[Archive]:
    """Orthanc with nothing in it; it knows LIGHTBOX."""
    port, mover = free_port(), free_port()
    settings = {
        "Name": "test",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "index"),
        "Plugins": [],
        "HttpServerEnabled": False,
        "DicomAet": "ORTHANC",
        "DicomCheckCalledAet": True,
        "DicomPort": port,
        "DicomAlwaysAllowMove": True,
        "DicomAlwaysAllowGet": True,
        "DicomModalities": {"lightbox": [US, "127.0.0.1", mover]},
        "UnknownSopClassAccepted": True,
        "DefaultEncoding": "Utf8",  # in which it answers, whatever the question is in
        "SynchronousCMove": True,
        "StorageCompression": False,
    }
    config = folder / "orthanc.json"
    config.write_text(json.dumps(settings))
    with running(["Orthanc", config], port, folder):
        peer = Peer("Orthanc", "ORTHANC", "127.0.0.1", port, timeouts=PATIENT_WAITS)
        yield Archive(peer, folder, mover)


@contextmanager
def run_dcmqrscp(folder: Path, *options: str) -> Iterator[Archive]:
    """DCMTK's archive with nothing in it; it knows LIGHTBOX."""
    port, mover = free_port(), free_port()
    (folder / "area").mkdir()
    (folder / "dcmqrscp.cfg").write_text(
        f"""NetworkTCPPort  = {port}
MaxPDUSize      = 131072
MaxAssociations = 16
HostTable BEGIN
lightbox = ({US}, 127.0.0.1, {mover})
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
DCMQRSCP  {folder / "area"}  RW (500, 1024mb)  ANY
AETable END
"""
    )
    command: list[str | Path] = [
        "dcmqrscp",
        "-c",
        folder / "dcmqrscp.cfg",
        *(options or ("+B", "+xs")),
        str(port),
    ]
    with running(command, port, folder):
        method = RetrieveMethod.GET
        peer = Peer("DCMTK", "DCMQRSCP", "127.0.0.1", port, None, PATIENT_WAITS, method)
        yield Archive(peer, folder, mover)


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with run_orthanc(tmp_path_factory.mktemp("orthanc")) as archive:
        yield archive


@pytest.fixture(scope="session")
def dcmqrscp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with run_dcmqrscp(tmp_path_factory.mktemp("dcmqrscp")) as archive:
        yield archive


@pytest.fixture(params=["orthanc", "dcmqrscp"])
def archive(request: pytest.FixtureRequest) -> Archive:
    """Each of them in turn."""
    found: Archive = request.getfixturevalue(request.param)
    return found
