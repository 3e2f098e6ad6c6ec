"""Keeps the process alive that receives, on a listening socket that outlives it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import Any

from viewer.errors import ViewerError
from viewer.program import environment

Event = dict[str, Any]
FALSE_STARTS = 5
STARTING_S = 30.0
STOPPING_S = 10.0


class Supervisor:
    """Starts the receiving process, passes on its events, replaces it when it dies.

    Callers that connect while it is replaced wait in the socket's queue.

    Args:
        command: starts the receiving process.
        orders: what it reads from its standard input, one line of JSON; the input stays open,
            and closing it ends the process.
        inherited: files it inherits: the listening socket, the store's lock.
        announce: called with each event, one at a time.
        clean_up: called when the process has died, before it is replaced.

    Attributes:
        gave_up: set when the process ends again and again before it serves.
    """

    def __init__(
        self,
        command: Sequence[str],
        orders: Event,
        inherited: Sequence[int],
        announce: Callable[[Event], None],
        clean_up: Callable[[], object] = lambda: None,
    ) -> None:
        self.gave_up = threading.Event()
        self._command = command
        self._orders = json.dumps(orders) + "\n"
        self._inherited = inherited
        self._announce = announce
        self._clean_up = clean_up
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._closing = threading.Event()
        self._answered = threading.Event()
        self._failure: ViewerError | None = None
        self._serving = False
        self._thread = threading.Thread(target=self._keep_running, daemon=True)

    @property
    def pid(self) -> int | None:
        """The receiving process, or None while there is none."""
        with self._lock:
            return self._process.pid if self._process else None

    def start(self) -> None:
        """Start the process; returns when it serves.

        Raises:
            ViewerError: it cannot, with the reason.
        """
        self._thread.start()
        self._answered.wait(STARTING_S)
        if self._failure is not None:
            self.close()
            raise self._failure

    def close(self) -> None:
        """End the process: what is not acknowledged yet is dropped."""
        self._closing.set()
        with self._lock:
            process = self._process
        if process is not None:
            _close_quietly(process)
            try:
                process.wait(STOPPING_S)
            except subprocess.TimeoutExpired:
                process.kill()
        self._thread.join(STOPPING_S)

    def _keep_running(self) -> None:
        false_starts = 0
        while not self._closing.is_set():
            self._serving = False
            self._run_once()
            if self._closing.is_set() or self._failure is not None:
                return
            self._clean_up()
            self._announce(
                {
                    "event": "problem",
                    "what": "The receiving process ended unexpectedly; it is started again.",
                    "advice": "Nothing acknowledged is lost; the scanner sends the rest again.",
                }
            )
            false_starts = 0 if self._serving else false_starts + 1
            if false_starts >= FALSE_STARTS:
                what = "The receiving process ends again and again."
                advice = "Install Lightbox again, or report this to its makers."
                self._failure = ViewerError(what, advice)
                if self._answered.is_set():  # otherwise `start` raises it
                    self._announce({"event": "failed", "what": what, "advice": advice})
                self.gave_up.set()
                self._answered.set()
                return

    def _run_once(self) -> None:
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a traceback may quote an object
            text=True,
            encoding="utf-8",
            env=environment(),
            pass_fds=self._inherited,
            start_new_session=True,  # Ctrl-C is for us; we end it in order
        )
        with self._lock:
            self._process = process
        try:
            if self._closing.is_set():  # close() came before there was a process to end
                return
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(self._orders)
            process.stdin.flush()
            for line in process.stdout:
                self._pass_on(json.loads(line))
        except (OSError, ValueError):
            pass  # it died in the middle of a line
        finally:
            _close_quietly(process)
            if process.stdout is not None:
                process.stdout.close()
            process.wait()
            with self._lock:
                self._process = None

    def _pass_on(self, event: Event) -> None:
        if event["event"] == "serving":
            self._serving = True
            self._answered.set()
        elif event["event"] == "failed":
            self._failure = ViewerError(event["what"], event.get("advice", ""))
            self._answered.set()
        else:
            self._announce(event)


def _close_quietly(process: subprocess.Popen[str]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(OSError, ValueError):  # what was not flushed has no reader
            process.stdin.close()
