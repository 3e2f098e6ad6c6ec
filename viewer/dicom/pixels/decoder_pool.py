"""Worker processes that decode compressed frames, so that a codec's death is not ours."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
import time
from pathlib import Path

from viewer.dicom.pixels.decode_job import Decoded, DecodeJob, Request
from viewer.dicom.pixels.decode_reply import DecodeFailedError, unpack_reply
from viewer.dicom.pixels.decoder_worker import FRAME_SECONDS
from viewer.dicom.pixels.shared_area import SharedArea, aligned
from viewer.errors import MalformedError, UnsupportedError

_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_LONGEST_REPLY = 1 << 16
_MOST_BYTES = 1 << 30  # of a frame, encoded and decoded together


class WorkerDiedError(Exception):
    """The worker ended while it decoded; `late` when it was ended for taking too long."""

    def __init__(self, late: bool) -> None:
        super().__init__("late" if late else "died")
        self.late = late


def worker_command(area_name: str) -> list[str]:
    """What starts a worker; an installed bundle has no interpreter but itself."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--decoder-worker", area_name]
    # -P: the folder the user happens to be in (a stranger's disc) must not provide modules.
    return [sys.executable, "-P", "-m", "viewer.dicom.pixels.decoder_worker", area_name]


def _worker_environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, (str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


class Worker:
    """One process and the memory shared with it; used by one thread at a time."""

    def __init__(self) -> None:
        self._area = SharedArea.create()
        self._late = False
        self._stream = ""  # the video this process holds
        self._process = subprocess.Popen(
            worker_command(self._area.name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=self._area.descriptors,
            cwd=os.path.abspath(os.sep),  # never hold the user's medium busy
            env=_worker_environment(),
        )
        # Notices the end of a process that nobody is waiting for, so that it is no zombie.
        self._reaper = threading.Thread(target=self._process.wait, name="decoder-end", daemon=True)
        self._reaper.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def run(self, job: DecodeJob) -> Decoded:
        """Decode one frame.

        Raises:
            WorkerDiedError: the process ended or had to be ended; it is of no more use.
            DecodeFailedError: the worker lives and says why it cannot.
        """
        encoded = b"" if job.stream and job.stream == self._stream else job.encoded
        self._area.reserve(aligned(len(encoded)) + job.expected.capacity + 64)
        if encoded:
            self._area.write(0, encoded)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            size = self._area.size
            request = Request(job.expected, len(encoded), size, job.frame, job.stream)
            self._process.stdin.write(request.pack())
            self._process.stdin.flush()
            line = self._process.stdout.readline(_LONGEST_REPLY)
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            raise WorkerDiedError(self._late)
        decoded = unpack_reply(line, job.expected, self._area)
        self._stream = job.stream or self._stream
        self._area.trim()
        return decoded

    def end_late(self) -> None:
        """Another thread found that the frame takes too long."""
        self._late = True
        self._process.kill()

    def kill(self) -> None:
        """End the process; its thread will notice."""
        self._process.kill()  # not terminate: it may be stopped or inside a codec

    def end(self) -> None:
        """End the process, whatever it does, and leave nothing of it behind."""
        self._process.kill()
        self._reaper.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # a request that never left
                    continue
        self._area.close()


class Deadlines:
    """One clock thread for all workers: ends those that exceed their time."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._running: dict[Worker, float] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread: threading.Thread | None = None

    def begin(self, worker: Worker) -> None:
        with self._changed:
            idle = not self._running
            self._running[worker] = time.monotonic() + self._seconds
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="decoder-clock")
                self._thread.daemon = True
                self._thread.start()
            elif idle:  # later deadlines need no call: the clock wakes for the earliest
                self._changed.notify()

    def finish(self, worker: Worker) -> None:
        with self._changed:
            self._running.pop(worker, None)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _watch(self) -> None:
        with self._changed:
            while not self._closed:
                earliest = min(self._running.values(), default=None)
                wait = None if earliest is None else max(0.0, earliest - time.monotonic())
                self._changed.wait(wait)
                now = time.monotonic()
                for worker in [w for w, end in self._running.items() if end <= now]:
                    worker.end_late()
                    del self._running[worker]


class DecoderPool:
    """Decodes frames in a few processes, started when first needed; thread-safe.

    A worker that dies or takes more than `seconds` for a frame is replaced. A frame whose
    worker died gets one more try in a fresh process, one that was too slow does not.
    """

    def __init__(self, workers: int = 0, seconds: float = FRAME_SECONDS) -> None:
        self.size = workers or max(1, min(2, os.cpu_count() or 1))
        self._seats: queue.LifoQueue[Worker | None] = queue.LifoQueue()
        for _ in range(self.size):
            self._seats.put(None)  # a seat without a process yet
        self._clock = Deadlines(seconds)
        self._lock = threading.Lock()
        self._workers: set[Worker] = set()
        self._closed = False
        self.deaths = 0

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the workers that are alive now."""
        with self._lock:
            return tuple(worker.pid for worker in self._workers)

    def prestart(self) -> None:
        """Start the processes in the background, so that the first frame need not wait."""
        threading.Thread(target=self._start_all, name="decoder-start", daemon=True).start()

    def decode(self, job: DecodeJob) -> Decoded:
        """Decode one frame; blocks until it is done or refused.

        Raises:
            MalformedError: the stream is damaged, or kills or hangs the decoder.
            UnsupportedError: what to install, or too large.
        """
        if len(job.encoded) + job.expected.capacity > _MOST_BYTES:
            raise UnsupportedError(
                "A frame of this size is too large to be decoded.",
                "Ask the sender for a smaller or tiled version.",
            )
        try:
            return self._attempt(job)
        except WorkerDiedError as death:
            if death.late:
                raise self._gave_up(late=True) from death
        try:
            return self._attempt(job)
        except WorkerDiedError as death:
            raise self._gave_up(death.late) from death

    def close(self) -> None:
        """End all workers; frames being decoded fail. May be called twice."""
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()
        # Threads in decode() find their worker dead, tidy up and give their seat back.
        for seat in [self._seats.get() for _ in range(self.size)]:
            if seat is not None:
                self._workers.discard(seat)
                seat.end()
            self._seats.put(None)
        self._clock.close()

    def _attempt(self, job: DecodeJob) -> Decoded:
        seat = self._seats.get()
        try:
            if seat is None:
                seat = self._start()
            return self._run(seat, job)
        except DecodeFailedError as failure:
            raise failure.as_viewer_error() from failure
        except WorkerDiedError:
            seat = None
            raise
        finally:
            self._seats.put(seat)

    def _run(self, worker: Worker, job: DecodeJob) -> Decoded:
        self._clock.begin(worker)
        try:
            return worker.run(job)
        except WorkerDiedError:
            self._discard(worker)
            raise
        finally:
            self._clock.finish(worker)

    def _start(self) -> Worker:
        try:
            worker = Worker()
        except OSError as error:
            raise UnsupportedError(
                "The decoder process cannot be started.", "Close other programs and try again."
            ) from error
        with self._lock:
            if not self._closed:
                self._workers.add(worker)
                return worker
        worker.end()
        raise UnsupportedError("The viewer is closing.")

    def _start_all(self) -> None:
        seats: list[Worker | None] = []
        try:
            while True:
                seats.append(self._seats.get_nowait())
                seats[-1] = seats[-1] or self._start()
        except (queue.Empty, UnsupportedError):
            pass  # all are taken; or it is told when a frame asks for it
        finally:
            for seat in seats:
                self._seats.put(seat)

    def _discard(self, worker: Worker) -> None:
        with self._lock:
            self.deaths += 1
            self._workers.discard(worker)
        worker.end()

    @staticmethod
    def _gave_up(late: bool) -> MalformedError:
        what = "takes longer than ten seconds" if late else "makes the decoder crash"
        return MalformedError(
            f"This frame cannot be decoded: its compressed data {what}.",
            "The file is probably damaged; ask for a new copy.",
        )
