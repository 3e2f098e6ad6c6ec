"""Keeps a few receiver processes alive on one listening socket."""

from __future__ import annotations

import json
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from viewer.program import environment

Event = dict[str, Any]
RESTARTS_A_MINUTE = 20


class Supervisor:
    """Starts receiver processes, passes on their events, replaces those that die.

    Args:
        command: starts one receiver process; the number of the inherited socket is appended.
        orders: what each process reads from its standard input, one line of JSON; the input
            stays open, and closing it ends the process.
        listening: the socket they share.
        announce: called with each event, from several threads, one at a time.
    """

    def __init__(
        self,
        command: Sequence[str],
        orders: Event,
        listening: socket.socket,
        announce: Callable[[Event], None],
        processes: int = 2,
    ) -> None:
        self._command = [*command, str(listening.fileno())]
        self._orders = json.dumps(orders) + "\n"
        self._listening = listening
        self._announce = announce
        self._wanted = processes
        self._lock = threading.Lock()
        self._running: list[subprocess.Popen[str]] = []
        self._restarts: deque[float] = deque(maxlen=RESTARTS_A_MINUTE)
        self._closing = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start all processes; returns when each of them serves, or has said why not."""
        for _ in range(self._wanted):
            ready = threading.Event()
            thread = threading.Thread(target=self._keep_one, args=(ready,), daemon=True)
            self._threads.append(thread)
            thread.start()
            ready.wait(20)

    @property
    def pids(self) -> list[int]:
        """Process numbers of the receivers that run now."""
        with self._lock:
            return [process.pid for process in self._running]

    def close(self) -> None:
        """End all processes: what is not acknowledged yet is dropped."""
        self._closing.set()
        self._listening.close()
        with self._lock:
            running = list(self._running)
        for process in running:
            if process.stdin is not None:
                process.stdin.close()
        for process in running:
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        for thread in self._threads:
            thread.join(5)

    def _keep_one(self, ready: threading.Event) -> None:
        while not self._closing.is_set():
            self._run_one(ready)
            ready.set()
            if self._closing.is_set():
                return
            self._tell({"event": "problem", "what": "A receiver process ended; it is restarted."})
            self._restarts.append(time.monotonic())
            full = len(self._restarts) == RESTARTS_A_MINUTE
            if full and self._restarts[-1] - self._restarts[0] < 60:
                self._tell({"event": "failed", "what": "Receiver processes end again and again."})
                return

    def _run_one(self, ready: threading.Event) -> None:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
            pass_fds=[self._listening.fileno()],
        )
        assert process.stdin is not None
        assert process.stdout is not None
        with self._lock:
            self._running.append(process)
        try:
            process.stdin.write(self._orders)
            process.stdin.flush()
            for line in process.stdout:
                event = json.loads(line)
                if event.get("event") in ("serving", "failed"):
                    ready.set()
                if event.get("event") != "serving":
                    self._tell(event)
                if event.get("event") == "failed":
                    self._closing.set()
        except (OSError, ValueError):
            pass  # it died in the middle of a line
        finally:
            with self._lock:
                self._running.remove(process)
            process.stdout.close()
            if not process.stdin.closed:
                _close_quietly(process)
            process.wait()

    def _tell(self, event: Event) -> None:
        with self._lock:
            self._announce(event)


def _close_quietly(process: subprocess.Popen[str]) -> None:
    try:
        if process.stdin is not None:
            process.stdin.close()
    except OSError:
        pass  # what was not flushed has no reader any more
