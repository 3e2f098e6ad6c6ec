"""Sending and fetching 500 CT objects of half a megabyte, beside DCMTK's own clients."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.table import Row
from tests.data import STUDY_UID, ct_series
from tests.net.archives import US, Archive, free_port, run_dcmqrscp, running
from viewer.dicom.files.source import FileRef
from viewer.library.store import Store
from viewer.net.peer import Peer
from viewer.net.retrieve import Wanted, get
from viewer.net.send import SendState, send

COUNT = 500
ROUNDS = 3
PROMPT = {**os.environ, "TCP_NODELAY": "1"}  # DCMTK waits for delayed acknowledgements without


def run() -> list[Row]:
    """Megabytes a second; larger is better."""
    if shutil.which("storescp") is None:
        return []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pixels = np.random.default_rng(1).integers(0, 4000, (512, 512)).astype(np.int16)
        files = ct_series(folder / "in", COUNT, pixels=pixels)
        megabytes = sum(path.stat().st_size for path in files) / 1e6
        return [_sending(folder, files, megabytes), _fetching(folder, files, megabytes)]


def _sending(folder: Path, files: list[Path], megabytes: float) -> Row:
    port = free_port()
    peer = Peer("DCMTK", "ANY", "127.0.0.1", port)
    command = ["storescu", "-pdu", "131072", "127.0.0.1", str(port), "+sd", str(folder / "in")]

    def ours() -> None:
        refs = [FileRef(os.fsencode(path)) for path in files]
        sent = [step for step in send(peer, refs, US) if step.state is SendState.SENT]
        assert len(sent) == COUNT

    with running(["storescp", "--ignore", "-pdu", "131072", str(port)], port, folder):
        ours_s, theirs_s = _in_turns(ours, lambda: subprocess.run(command, check=True, env=PROMPT))
    return _row("send to storescp", "storescu", megabytes, ours_s, theirs_s, 0.8)


def _fetching(folder: Path, files: list[Path], megabytes: float) -> Row:
    (folder / "archive").mkdir()
    with run_dcmqrscp(folder / "archive") as archive:
        archive.store(files)
        ours_s, theirs_s = _in_turns(
            lambda: _get(archive, folder / "ours"), lambda: _getscu(archive, folder / "theirs")
        )
    return _row("C-GET, flushed to disk", "getscu, not flushed", megabytes, ours_s, theirs_s, None)


def _get(archive: Archive, folder: Path) -> None:
    *_, last = get(archive.peer, Wanted(STUDY_UID), US, Store(folder, floor_bytes=0))
    assert last.completed == COUNT
    shutil.rmtree(folder)


def _getscu(archive: Archive, folder: Path) -> None:
    folder.mkdir()
    address = ("127.0.0.1", str(archive.peer.port))
    study = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={STUDY_UID}")
    titles = ("-aet", US, "-aec", archive.peer.ae_title)
    command = ["getscu", "-S", *titles, *study, "-od", str(folder), *address]
    subprocess.run(command, check=True, env=PROMPT)
    assert len(list(folder.iterdir())) == COUNT
    shutil.rmtree(folder)


def _in_turns(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """The best time of each, seconds, in turns so that a noisy moment hits both."""
    best = [float("inf"), float("inf")]
    for _ in range(ROUNDS):
        for which, action in enumerate((ours, theirs)):
            begun = time.perf_counter()
            action()
            best[which] = min(best[which], time.perf_counter() - begun)
    return best[0], best[1]


def _row(
    name: str, peer: str, megabytes: float, ours_s: float, theirs_s: float, goal: float | None
) -> Row:
    return Row(
        f"{COUNT} CT objects, {name}",
        megabytes / ours_s,
        peer,
        megabytes / theirs_s,
        goal=goal,
        unit="MB/s",
        at_least=True,
    )
