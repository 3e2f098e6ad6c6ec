"""Decoding in other processes: exact, bounded, and whatever happens to them the caller lives."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import imagecodecs
import numpy as np
import pytest

from viewer.dicom.pixels.decode_job import DecodeJob, Expected
from viewer.dicom.pixels.decoder_pool import DecoderPool
from viewer.errors import MalformedError, UnsupportedError

SIZE = 256
PICTURE = (np.add.outer(np.arange(SIZE), np.arange(SIZE) * 7) % 4096).astype(np.uint16)
JPEG_LS = imagecodecs.jpegls_encode(PICTURE)
posix = pytest.mark.skipif(os.name != "posix", reason="signals and /proc are POSIX")


def job(encoded: bytes = JPEG_LS, rows: int = SIZE, columns: int = SIZE, samples: int = 1):
    syntax = "1.2.840.10008.1.2.4.80"
    color = "RGB" if samples == 3 else "MONOCHROME2"
    return DecodeJob(Expected(syntax, rows, columns, samples, 16, 16, color), encoded)


@pytest.fixture
def pool() -> Iterator[DecoderPool]:
    pool = DecoderPool(workers=2)
    yield pool
    pool.close()


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    """Poll without sleeping long; fails the test after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "never became true"
        threading.Event().wait(0.01)


def test_a_frame_comes_back_exactly(pool):
    decoded = pool.decode(job())

    assert np.array_equal(decoded.samples, PICTURE)
    assert "CharLS" in decoded.decoder


def test_no_process_runs_before_it_is_needed(pool):
    assert pool.pids == ()


def test_prestart_starts_them_all(pool):
    pool.prestart()

    wait_until(lambda: len(pool.pids) == 2)


def test_threads_share_the_workers(pool):
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: pool.decode(job()).samples, range(40)))

    assert all(np.array_equal(result, PICTURE) for result in results)
    assert len(pool.pids) <= 2


def test_damage_is_refused_and_the_worker_lives_on(pool):
    pool.decode(job())
    before = pool.pids

    with pytest.raises(MalformedError):
        pool.decode(job(b"\xff\xd8 not an image"))

    assert np.array_equal(pool.decode(job()).samples, PICTURE)
    assert pool.pids == before


def test_a_stream_larger_than_the_frame_is_refused(pool):
    with pytest.raises(MalformedError, match="256 x 256"):
        pool.decode(job(rows=16, columns=16))


def test_a_frame_too_large_to_decode_starts_no_process(pool):
    with pytest.raises(UnsupportedError, match="too large"):
        pool.decode(job(rows=65535, columns=65535))

    assert pool.pids == ()


@posix
@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGSEGV, signal.SIGABRT])
def test_an_idle_workers_death_costs_nothing(pool, kill):
    pool.decode(job())
    (victim,) = pool.pids
    os.kill(victim, kill)

    assert np.array_equal(pool.decode(job()).samples, PICTURE)
    assert pool.deaths == 1


@posix
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's")
def test_an_idle_worker_that_was_killed_is_no_zombie(pool):
    pool.decode(job())
    (victim,) = pool.pids

    os.kill(victim, signal.SIGKILL)

    wait_until(lambda: not Path(f"/proc/{victim}").exists())
    assert np.array_equal(pool.decode(job()).samples, PICTURE)


@posix
def test_a_stopped_worker_is_given_up_in_time():
    pool = DecoderPool(workers=1, seconds=0.5)
    pool.decode(job())
    os.kill(pool.pids[0], signal.SIGSTOP)
    start = time.monotonic()

    with pytest.raises(MalformedError, match="takes longer"):
        pool.decode(job())

    assert time.monotonic() - start < 5
    assert np.array_equal(pool.decode(job()).samples, PICTURE)
    pool.close()


# T23: 50 deaths at random moments of a busy pool.
@posix
def test_fifty_killings_while_decoding():
    pool = DecoderPool(workers=2, seconds=2)
    rng = random.Random(23)
    before = set(os.listdir("/dev/shm"))
    done = threading.Event()
    seen: set[int] = set()

    def kill_at_random() -> None:
        for number in range(50):
            wait_until(lambda: bool(pool.pids) or done.is_set())
            kinds = (signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGSTOP)
            for pid in rng.sample(pool.pids, min(1, len(pool.pids))):
                seen.add(pid)
                try:
                    os.kill(pid, kinds[number % (4 if number < 8 else 3)])
                except ProcessLookupError:
                    continue
            threading.Event().wait(rng.random() * 0.06)

    def decode(_: int) -> bool:
        try:
            return np.array_equal(pool.decode(job()).samples, PICTURE)
        except MalformedError:
            return True  # told, not wrong: the frame was killed twice

    with ThreadPoolExecutor(4) as threads:
        killer = threads.submit(kill_at_random)
        while not killer.done():
            assert all(threads.map(decode, range(6)))
        killer.result()
        done.set()
    assert np.array_equal(pool.decode(job()).samples, PICTURE)
    seen |= set(pool.pids)
    pool.close()

    assert pool.deaths > 20
    assert not any(_exists(pid) for pid in seen)
    assert set(os.listdir("/dev/shm")) <= before


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # a zombie still answers
    except ProcessLookupError:
        return False
    return True


@posix
def test_workers_end_when_the_window_is_killed(tmp_path):
    script = tmp_path / "window.py"
    script.write_text(
        "import os, sys\n"
        "from viewer.dicom.pixels.decoder_pool import DecoderPool\n"
        "from viewer.dicom.pixels.decode_job import DecodeJob, Expected\n"
        "data = sys.stdin.buffer.read()\n"
        f"pool = DecoderPool(2); pool.decode(DecodeJob(Expected('1.2.840.10008.1.2.4.80',"
        f" {SIZE}, {SIZE}), data))\n"
        "print(*pool.pids, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).resolve().parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    run = subprocess.run(
        [sys.executable, str(script)],
        input=JPEG_LS,
        capture_output=True,
        env=environment,
        check=False,
    )

    pids = [int(word) for word in run.stdout.split()]

    assert pids
    wait_until(lambda: not any(_runs(pid) for pid in pids))


def _runs(pid: int) -> bool:
    """Alive and no zombie (an orphan's zombie waits for whoever adopted it)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@posix
def test_nothing_of_the_file_is_in_the_command_line(pool):
    pool.decode(job())

    command = Path(f"/proc/{pool.pids[0]}/cmdline").read_bytes().split(b"\0")

    assert command[1:4] == [b"-P", b"-m", b"viewer.dicom.pixels.decoder_worker"]
    assert command[4].isdigit()
    assert Path(f"/proc/{pool.pids[0]}/cwd").resolve() == Path("/")


@posix
def test_workers_are_bounded(pool):
    pool.decode(job())

    limits = Path(f"/proc/{pool.pids[0]}/limits").read_text()

    rows = {line[:25].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert rows["Max address space"] == str(2 << 30)
    assert rows["Max core file size"] == "0"


def test_a_closed_pool_says_so(pool):
    pool.decode(job())
    pool.close()

    with pytest.raises(UnsupportedError, match="closing"):
        pool.decode(job())
    assert pool.pids == ()


def test_closing_a_busy_pool_ends_every_call(pool):
    slow = job(imagecodecs.jpegls_encode(np.tile(PICTURE, (8, 8))), SIZE * 8, SIZE * 8)
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(pool.decode, slow) for _ in range(8)]
        wait_until(lambda: bool(pool.pids))
        pool.close()

    for call in calls:
        assert call.exception() is None or isinstance(call.exception(), UnsupportedError)
