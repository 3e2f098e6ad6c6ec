"""`lightbox receive` as a user starts it: its words, its exit codes, its promise under kill -9."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pydicom
import pytest

from tests.data import STUDY_UID, ct_dataset, ct_series, write_ct
from tests.net.caller import Caller, encoded, until
from tests.net.receiver import ReceiverProcess, dcmtk
from tests.net.test_attacks import assert_healthy
from viewer import program
from viewer.cli import run
from viewer.dicom.files.source import FileRef
from viewer.dicom.headers.header import read_header
from viewer.library.index import NAME as INDEX_NAME
from viewer.library.index import Index

posix = pytest.mark.skipif(os.name != "posix", reason="signals are those of POSIX")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., ReceiverProcess]]:
    """Start `lightbox receive` with more arguments."""
    running: list[ReceiverProcess] = []

    def begin(*arguments: str, folder: Path = tmp_path / "store") -> ReceiverProcess:
        running.append(ReceiverProcess(folder, *arguments))
        return running[-1]

    yield begin
    for process in running:
        process.close()


def send(process: ReceiverProcess, *paths: Path) -> None:
    dcmtk("storescu", "-aec", "LIGHTBOX", "127.0.0.1", str(process.port), *paths)


def refusal(*arguments: str, **environment: str) -> tuple[int, str, list[dict[str, str]]]:
    """Exit code, standard error and events of a receiver that cannot serve."""
    done = subprocess.run(
        program.command("receive", "--announce", *arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env={**program.environment(), **environment},
    )
    return done.returncode, done.stderr, [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("processes", [[], ["--one-process"]], ids=["two", "one"])
def test_objects_are_received_and_announced(
    start: Callable[..., ReceiverProcess], tmp_path: Path, processes: list[str]
) -> None:
    process = start(*processes)
    send(process, *ct_series(tmp_path / "out", 3))

    stored = process.wait_for("stored", 3)
    assert {event["saved"]["outcome"] for event in stored} == {"new"}
    assert {Path(event["saved"]["path"]) for event in stored} == set(process.files())
    [ended] = process.wait_for("released")
    assert (ended["stored"], ended["refused"], ended["calling"]) == (3, 0, "STORESCU")
    assert process.close_input() == 0
    assert process.close() == ""


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(start: Callable[..., ReceiverProcess], number: int) -> None:
    process = start()
    worker = worker_of(process)

    assert process.signal(number) == 0
    assert not Path(f"/proc/{worker}").exists()
    assert process.close() == ""


@posix
def test_a_user_reads_plain_words(tmp_path: Path) -> None:
    process = subprocess.Popen(
        program.command("receive", "--port", "0", "--store", str(tmp_path), "--floor-mb", "0"),
        stdout=subprocess.PIPE,
        env=program.environment(),
        text=True,
    )
    assert process.stdout is not None
    words = process.stdout.readline()
    port = words.split()[-1]
    dcmtk("storescu", "-aec", "LIGHTBOX", "127.0.0.1", port, write_ct(tmp_path / "a.dcm"))
    dcmtk("echoscu", "-aec", "NOPE", "127.0.0.1", port, check=False)
    process.terminate()
    rest, _ = process.communicate(timeout=30)

    assert words.startswith("LIGHTBOX listens on 127.0.0.1 port ")
    assert "STORESCU at 127.0.0.1 released, 1 objects stored." in rest
    assert "ECHOSCU at 127.0.0.1: The scanner calls us NOPE, we are LIGHTBOX." in rest


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--ae-title", ""], "1 to 16 characters"),
        (["--ae-title", "SEVENTEENLETTERSX"], "1 to 16 characters"),
        (["--ae-title", "A\\B"], "no backslash"),
        (["--port", "70000"], "0 to 65535"),
        (["--allow", "CT@somewhere"], "no address"),
        (["--tls-clients", "ca.pem"], "needs --tls"),
        (["--max-associations", "0"], "At least one"),
    ],
)
def test_bad_usage_is_explained(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert run(["receive", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_port_in_use_is_explained(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        code, words, events = refusal("--port", port, "--store", str(tmp_path))

    assert code == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in words
    assert "choose another port" in words
    assert events[-1]["event"] == "failed"


@posix
def test_a_port_that_needs_rights_is_explained(tmp_path: Path) -> None:
    limit = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if not limit.exists() or int(limit.read_text()) <= 104 or shutil.which("setpriv") is None:
        pytest.skip("every user may listen on every port here")
    if os.geteuid() != 0:
        code, words, _ = refusal("--port", "104", "--store", str(tmp_path))
    else:
        command = program.command("receive", "--port", "104", "--store", str(tmp_path))
        rights = ["setpriv", "--bounding-set=-net_bind_service", "--inh-caps=-net_bind_service"]
        done = subprocess.run(
            [*rights, *command], capture_output=True, text=True, env=program.environment()
        )
        code, words = done.returncode, done.stderr

    assert code == 1
    assert "Port 104 needs administrator rights. Choose a port above 1023." in words


@pytest.mark.parametrize("address", ["no.such.host.invalid", "203.0.113.5"])
def test_an_address_that_is_not_ours_is_explained(tmp_path: Path, address: str) -> None:
    code, words, _ = refusal("--port", "0", "--bind", address, "--store",
                             str(tmp_path))  # fmt: skip

    assert code == 1
    assert "is no address of this computer" in words


def test_a_missing_certificate_is_explained(tmp_path: Path) -> None:
    code, words, events = refusal(
        "--port", "0", "--store", str(tmp_path / "store"), "--tls", "none.pem", "none.key"
    )

    assert code == 1
    assert "is not where the settings say" in words
    assert events[-1]["event"] == "failed"
    assert not (tmp_path / "store").exists()


def test_a_store_that_cannot_be_written_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    code, words, _ = refusal("--port", "0", "--store", str(tmp_path / "file"))

    assert code == 1
    assert "folder for received studies cannot be made" in words


@posix
def test_a_second_receiver_on_the_same_store_is_refused(
    start: Callable[..., ReceiverProcess],
) -> None:
    process = start()

    code, words, _ = refusal("--port", "0", "--store", str(process.folder))

    assert code == 1
    assert f"Another Lightbox (receiver, process {process.pid}) uses this library." in words
    assert_healthy(process)


def test_a_store_that_goes_away_while_running_is_told_and_comes_back(
    start: Callable[..., ReceiverProcess], tmp_path: Path
) -> None:
    process = start()
    process.folder.rename(tmp_path / "away")
    with Caller(process.port) as caller:
        caller.associate()
        assert caller.store(ct_dataset()) == 0xA700
        assert "gone" in process.wait_for("refused object")[0]["what"]
        (tmp_path / "away").rename(process.folder)
        assert caller.store(ct_dataset()) == 0


def test_without_a_list_objects_are_stored_all_the_same(
    start: Callable[..., ReceiverProcess], tmp_path: Path
) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / "index.sqlite").mkdir()  # nothing can be read, renamed over or written there

    process = start()

    with Caller(process.port) as caller:
        caller.associate()
        assert caller.store(ct_dataset()) == 0
    assert len(process.files()) == 1


def test_what_is_received_is_in_the_list(
    start: Callable[..., ReceiverProcess], tmp_path: Path
) -> None:
    process = start()
    send(process, *ct_series(tmp_path / "out", 3))
    process.wait_for("released")
    process.close_input()

    with contextlib.closing(Index(process.folder / INDEX_NAME)) as index:
        [study] = index.studies()
    assert study.uid == STUDY_UID


def test_the_log_can_be_printed(
    start: Callable[..., ReceiverProcess], capsys: pytest.CaptureFixture[str]
) -> None:
    process = start()
    dcmtk("echoscu", "-aec", "CTVIEW", "127.0.0.1", str(process.port), check=False)
    process.wait_for("refused")
    process.close_input()

    assert run(["receive", "--log", "--store", str(process.folder)]) == 0
    assert "The scanner calls us CTVIEW, we are LIGHTBOX." in capsys.readouterr().out


@posix
def test_nobody_else_may_read_under_a_careless_umask(tmp_path: Path) -> None:
    process = ReceiverProcess(tmp_path / "store", preexec=lambda: os.umask(0))
    with contextlib.closing(process):
        send(process, write_ct(tmp_path / "a.dcm"))
        dcmtk("echoscu", "-aec", "NOPE", "127.0.0.1", str(process.port), check=False)
        process.wait_for("refused")

    for path in [process.folder, *process.folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path.name


# -- the promise ---------------------------------------------------------------------------


class Senders:
    """Callers that send objects of their own for ever and write down what was acknowledged."""

    def __init__(self, port: int, count: int = 3) -> None:
        self.acknowledged: dict[str, bytes] = {}
        self._port = port
        self._numbers = iter(range(1, 1_000_000))
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._send) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError, AssertionError), Caller(self._port) as caller:
                caller.associate()
                while not self._stop.is_set():
                    image = ct_dataset(instance_number=next(self._numbers), rows=64, columns=512)
                    if caller.store(image) == 0:
                        self.acknowledged[image.SOPInstanceUID] = encoded(image)


def whole_objects(process: ReceiverProcess) -> dict[str, bytes]:
    """UID to data set of every visible file; each must be whole."""
    found = {}
    for path in process.files():
        raw = path.read_bytes()
        uid = read_header(FileRef(os.fsencode(path))).text("SOPInstanceUID")
        found[uid] = raw[144 + int.from_bytes(raw[140:144], "little") :]
        assert len(pydicom.dcmread(path).PixelData) == 64 * 512 * 2, "torn"
    return found


@posix
def test_fifty_kills_lose_and_tear_nothing(start: Callable[..., ReceiverProcess]) -> None:
    rng = random.Random(20261121)
    process = start()
    senders = Senders(process.port)
    try:
        for _ in range(50):
            before = len(senders.acknowledged)
            until(lambda before=before: len(senders.acknowledged) > before + rng.randrange(12))
            os.kill(worker_of(process), signal.SIGKILL)
    finally:
        senders.close()

    assert process.told("failed") == []
    until(lambda: process.worker() and process.parts() == [])
    found = whole_objects(process)
    lost = [uid for uid, data in senders.acknowledged.items() if found.get(uid) != data]
    assert lost == []
    assert len(senders.acknowledged) > 200
    assert_healthy(process)


def worker_of(process: ReceiverProcess) -> int:
    """The receiving process, once there is one; never 0, which would mean all of us."""
    found: list[int] = []
    until(lambda: found.append(process.worker()) or found[-1])
    return found[-1]


@posix
def test_killing_the_process_above_ends_the_one_below(
    start: Callable[..., ReceiverProcess],
) -> None:
    process = start()
    senders = Senders(process.port)
    until(lambda: len(senders.acknowledged) > 20)
    worker = worker_of(process)
    process.signal(signal.SIGKILL)
    until(lambda: not Path(f"/proc/{worker}").exists())
    senders.close()

    again = start()  # on the same store: the lock is free, leftovers are swept
    assert again.parts() == []
    found = whole_objects(again)
    assert [u for u, data in senders.acknowledged.items() if found.get(u) != data] == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", os.fspath(disk)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("this user may not mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", os.fspath(disk)], check=True)


@posix
def test_a_full_disk_is_a700_and_leaves_nothing_partial(
    start: Callable[..., ReceiverProcess], small_disk: Path
) -> None:
    process = start(folder=small_disk / "store")
    statuses = []
    with Caller(process.port) as caller:
        caller.associate()
        for number in range(1, 21):
            image = ct_dataset(instance_number=number, rows=512, columns=512)
            statuses.append(caller.store(image))

    assert set(statuses) == {0, 0xA700}
    assert statuses[:5] == [0] * 5
    assert process.parts() == []
    sizes = {path.stat().st_size for path in process.files()}
    assert len(process.files()) == statuses.count(0)
    assert max(sizes) - min(sizes) < 100
    assert "full" in process.wait_for("refused object")[0]["what"]
    process.files()[0].unlink()
    with Caller(process.port) as caller:  # room again: it goes on
        caller.associate()
        assert caller.store(ct_dataset(instance_number=99, rows=256, columns=256)) == 0


@posix
def test_the_system_calls_come_in_the_promised_order(
    start: Callable[..., ReceiverProcess], tmp_path: Path
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    process = start()
    trace = tmp_path / "trace"
    calls = "trace=fsync,link,linkat,openat,sendto,unlink,unlinkat,rename"
    command = ["strace", "-f", "-y", "-e", calls, "-o", str(trace), "-p", str(worker_of(process))]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    if "attached" not in tracer.stderr.readline():
        tracer.wait(10)
        tracer.stderr.close()
        pytest.skip("this user may not trace")
    image = ct_dataset()
    with Caller(process.port) as caller:
        caller.associate()
        assert caller.store(image) == 0
        caller.release()
    process.wait_for("released")
    tracer.terminate()
    tracer.wait(10)
    tracer.stderr.close()
    lines = trace.read_text().splitlines()

    # Of one object: its content, its name, the names above it; only then the answer.
    def first(*words: str, after: int = -1) -> int:
        found = (at for at, line in enumerate(lines) if all(word in line for word in words))
        return next(at for at in found if at > after)

    content = first("fsync(", ".part")
    name = first("link(", ".dcm", after=content)
    folder = first("fsync(", "/studies/", after=name)
    answer = first("sendto(", "\\4\\0", after=folder)
    assert content < name < folder < answer
    assert not [line for line in lines[:name] if "sendto(" in line and "\\4\\0\\0\\0" in line]
    written = [line for line in lines if "O_CREAT" in line]
    assert written
    assert all(str(process.folder) in line for line in written)


def test_the_receiver_runs_without_a_window_toolkit(tmp_path: Path) -> None:
    script = (
        "import sys; from viewer.verbs import receive, receive_worker;"
        "assert not [m for m in sys.modules if m.split('.')[0] in ('PySide6', 'pyqtgraph')]"
    )
    subprocess.run([sys.executable, "-c", script], check=True, env=program.environment())
