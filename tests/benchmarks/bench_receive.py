"""Receiving 500 CT images of 0.5 MB on loopback, one and four associations, beside others.

`python -m tests.benchmarks receive`. The client is DCMTK's storescu, for everybody. All run with
TCP_NODELAY=1: without it DCMTK waits for delayed acknowledgements, 40 ms an object. Ours answers
after fsync of file and folder and with the object in the list; DCMTK's storescp and Orthanc flush
nothing. Every round starts with an empty store. With TMPDIR=/dev/shm it shows what is left when
the disk costs nothing.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.benchmarks.table import Row
from tests.data import ct_series
from tests.net.caller import until
from tests.net.receiver import ReceiverProcess

COUNT = 500
ROUNDS = 3
ENVIRONMENT = {**os.environ, "TCP_NODELAY": "1"}
Target = tuple[str, int]  # AE title and port


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def send_seconds(target: Target, files: list[Path], associations: int) -> float:
    """How long storescu takes, as many processes as associations."""
    title, port = target
    start = time.perf_counter()
    clients = [
        subprocess.Popen(
            ["storescu", "-aec", title, "127.0.0.1", str(port), *files[part::associations]],
            env=ENVIRONMENT,
        )
        for part in range(associations)
    ]
    codes = [client.wait() for client in clients]
    assert codes == [0] * associations
    return time.perf_counter() - start


@contextlib.contextmanager
def running(command: list[str]) -> Iterator[None]:
    process = subprocess.Popen(
        command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def with_lightbox(folder: Path, files: list[Path], associations: int) -> float:
    with contextlib.closing(ReceiverProcess(folder)) as process:
        seconds = send_seconds(("LIGHTBOX", process.port), files, associations)
        assert len(process.files()) == len(files)
    return seconds


def with_storescp(folder: Path, files: list[Path], associations: int) -> float:
    port = free_port()
    folder.mkdir()
    with running(["storescp", "--fork", "-od", os.fspath(folder), str(port)]):
        until(lambda: answers(port))
        seconds = send_seconds(("STORESCP", port), files, associations)
        assert len(list(folder.iterdir())) == len(files)
    return seconds


def with_orthanc(folder: Path, files: list[Path], associations: int) -> float:
    port, web = free_port(), free_port()
    folder.mkdir()
    settings = {
        "StorageDirectory": os.fspath(folder / "files"),
        "IndexDirectory": os.fspath(folder / "index"),
        "HttpPort": web,
        "DicomPort": port,
        "RemoteAccessAllowed": False,
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    with running(["Orthanc", os.fspath(folder / "orthanc.json")]):
        until(lambda: answers(port) and answers(web))
        seconds = send_seconds(("ORTHANC", port), files, associations)
        with urllib.request.urlopen(f"http://127.0.0.1:{web}/statistics") as reply:
            assert json.load(reply)["CountInstances"] == len(files)
    return seconds


def bare_seconds(folder: Path, files: list[Path]) -> float:
    """What the disk must do anyway: write, fsync, link, fsync the folder."""
    folder.mkdir()
    data = files[0].read_bytes()
    start = time.perf_counter()
    for number in range(len(files)):
        part, name = folder / ".part", folder / str(number)
        fd = os.open(part, os.O_WRONLY | os.O_CREAT)
        os.write(fd, data)
        os.fsync(fd)
        os.close(fd)
        os.link(part, name)
        above = os.open(folder, os.O_RDONLY)
        os.fsync(above)
        os.close(above)
        part.unlink()
    return time.perf_counter() - start


def memory_growth_mb(folder: Path, files: list[Path]) -> float:
    """What the receiving process holds more after 400 objects than after 100."""
    with contextlib.closing(ReceiverProcess(folder)) as process:
        target = ("LIGHTBOX", process.port)
        send_seconds(target, files[:100], 1)
        before = resident_mb(process.worker())
        send_seconds(target, files[100:500], 4)
        return resident_mb(process.worker()) - before


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def rates(folder: Path, files: list[Path], associations: int) -> dict[str, float]:
    """MB/s of everybody, medians of rounds in turns."""
    contenders: dict[str, Callable[[Path, list[Path], int], float]] = {"ours": with_lightbox}
    if shutil.which("storescp"):
        contenders["storescp"] = with_storescp
    if shutil.which("Orthanc"):
        contenders["Orthanc"] = with_orthanc
    seconds: dict[str, list[float]] = {name: [] for name in (*contenders, "disk")}
    for round_ in range(ROUNDS):
        for name, receive in contenders.items():
            place = folder / f"{name}-{associations}-{round_}"
            seconds[name].append(receive(place, files, associations))
            shutil.rmtree(place)
        place = folder / f"disk-{associations}-{round_}"
        seconds["disk"].append(bare_seconds(place, files))
        shutil.rmtree(place)
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    return {name: megabytes / statistics.median(values) for name, values in seconds.items()}


def run() -> list[Row]:
    """Measure everybody in turns; without DCMTK's client there is nothing to measure."""
    if shutil.which("storescu") is None:
        return []
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = ct_series(folder / "out", COUNT, rows=512, columns=512)
        for associations in (1, 4):
            found = rates(folder, files, associations)
            what = f"receive 500 x 0.5 MB, storescu, {associations} association(s)"
            shared = {"unit": "MB/s", "at_least": True}
            rows.append(Row(what, found["ours"], goal=125, **shared))  # type: ignore[arg-type]
            for peer, goal in (("Orthanc", 0.6), ("storescp", None), ("disk", None)):
                if peer in found:
                    words = "writing and fsync alone" if peer == "disk" else peer
                    rows.append(
                        Row("  beside " + words, found["ours"], words, found[peer], goal, **shared)  # type: ignore[arg-type]
                    )
        growth = memory_growth_mb(folder / "memory", files)
        rows.append(Row("  memory gained over 400 objects", growth, goal=16, unit="MB"))
    return rows


if __name__ == "__main__":
    from tests.benchmarks.__main__ import line

    for row in run():
        print(line(row))
