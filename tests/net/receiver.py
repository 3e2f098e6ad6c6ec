"""The receiver under test: the real listener on a real port, with a real store."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.net.caller import Caller, until
from viewer import program
from viewer.library.store import Store
from viewer.net.config import ListenerConfig
from viewer.net.listener import Listener, bind

Event = dict[str, Any]


class Receiver:
    """A listener in this process, its store, and what it announced."""

    def __init__(self, folder: Path, store: Store | None = None, **config: Any) -> None:
        self.events: list[Event] = []
        self.store = store or Store(folder, floor_bytes=0)
        self.config = ListenerConfig(**{"port": 0, **config})
        self.listener = Listener(self.config, bind(self.config), self.store, self.events.append)
        self.port = self.listener.address[1]
        self.listener.start()

    def close(self) -> None:
        self.listener.close()

    def call(self, source: str = "127.0.0.1") -> Caller:
        return Caller(self.port, source)

    def told(self, kind: str) -> list[Event]:
        return [event for event in list(self.events) if event["event"] == kind]

    def wait_for(self, kind: str, count: int = 1) -> list[Event]:
        until(lambda: len(self.told(kind)) >= count)
        return self.told(kind)

    def files(self) -> list[Path]:
        return list(self.store.files())

    def parts(self) -> list[Path]:
        return list(self.store.studies.glob(".incoming-*"))


class ReceiverProcess:
    """`lightbox receive --announce` as a user's script would start it."""

    def __init__(self, folder: Path, *arguments: str, preexec: Any = None) -> None:
        self.folder = folder
        self.events: list[Event] = []
        self._process = subprocess.Popen(
            [
                *program.command("receive", "--announce", "--store", os.fspath(folder)),
                *("--port", "0", "--floor-mb", "0", *arguments),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=program.environment(),
            text=True,
            preexec_fn=preexec,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        until(lambda: self.told("listening") or self._process.poll() is not None)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        return int(self.told("listening")[0]["port"])

    def told(self, kind: str) -> list[Event]:
        return [event for event in list(self.events) if event["event"] == kind]

    def wait_for(self, kind: str, count: int = 1) -> list[Event]:
        until(lambda: len(self.told(kind)) >= count)
        return self.told(kind)

    def worker(self) -> int:
        """The process that receives."""
        return child_of(self.pid)

    def files(self) -> list[Path]:
        return sorted((self.folder / "studies").glob("[0-9a-f]*/*/*.dcm"))

    def parts(self) -> list[Path]:
        return list((self.folder / "studies").glob(".incoming-*"))

    def signal(self, number: int) -> int:
        """Send a signal, return the exit code."""
        self._process.send_signal(number)
        return self._ended()

    def close_input(self) -> int:
        """End its standard input, return the exit code."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._ended()

    def close(self) -> str:
        """End it if it still runs; what it wrote to standard error."""
        assert self._process.stderr is not None
        if self._process.stderr.closed:
            return ""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._ended()
        text = self._process.stderr.read()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        return text

    def _ended(self) -> int:
        code = self._process.wait(30)
        self._reader.join(10)
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))


def child_of(pid: int) -> int:
    """The only child of a process; 0 while there is none."""
    found = [
        int(entry)
        for entry in os.listdir("/proc")
        if entry.isdigit() and _parent(int(entry)) == pid
    ]
    return found[0] if found else 0


def _parent(pid: int) -> int:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0
    state, parent = stat.rpartition(")")[2].split()[:2]
    return int(parent) if state != "Z" else 0


def dcmtk(
    tool: str, *arguments: str | Path, check: bool = True
) -> subprocess.CompletedProcess[str]:
    """Run a client of DCMTK; skip where it is not installed."""
    if shutil.which(tool) is None:
        pytest.skip(f"DCMTK's {tool} is not installed")
    command: Sequence[str] = [tool, *(os.fspath(each) for each in arguments)]
    # Without it DCMTK waits for delayed acknowledgements, 40 ms an object.
    environment = {**os.environ, "TCP_NODELAY": "1"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=100, env=environment, errors="replace"
    )
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done
