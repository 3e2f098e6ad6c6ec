"""The process that receives: its orders come as a line of JSON, its events leave the same way."""

from __future__ import annotations

import json
import logging
import os
import queue
import socket
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from viewer.dicom.incoming import Saved
from viewer.errors import ViewerError
from viewer.library.store import Store
from viewer.net.config import ListenerConfig
from viewer.net.listener import Listener

Event = dict[str, Any]
MOST_WAITING = 50_000  # events, while nobody reads them


def serve(socket_number: int) -> int:
    """Serve on an inherited socket until standard input closes."""
    os.umask(0o077)
    silence()
    orders = json.loads(sys.stdin.readline())
    say = EventWriter(sys.stdout)
    try:
        listener = listener_of(orders, socket.socket(fileno=socket_number), say)
    except ViewerError as error:
        say({"event": "failed", "what": str(error), "advice": error.advice})
        say.close()
        return 1
    listener.start()
    say({"event": "serving"})
    while sys.stdin.readline():
        pass
    listener.close()
    say.close()
    return 0


def listener_of(orders: Event, listening: socket.socket, say: Callable[[Event], None]) -> Listener:
    """What the orders describe.

    Raises:
        ViewerError: the store's folder or a certificate cannot be used.
    """
    store = Store(Path(orders["store"]), floor_bytes=orders["floor_bytes"])
    return Listener(ListenerConfig.from_json(orders["config"]), listening, store, say)


def silence() -> None:
    """pydicom warns with the values of what it reads: none of that may reach a log."""
    warnings.simplefilter("ignore")
    logger = logging.getLogger("pydicom")
    logger.handlers = [logging.NullHandler()]
    logger.propagate = False


class EventWriter:
    """Writes events as lines of JSON; never keeps a caller waiting.

    A thread of its own writes. When nobody reads for long, events are dropped and counted, not
    objects: those are in the store.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._waiting: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._dropped = 0
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def __call__(self, event: Event) -> None:
        if self._waiting.qsize() < MOST_WAITING:
            self._waiting.put(event)
        else:
            self._dropped += 1

    def close(self) -> None:
        """Write what is waiting; not for ever."""
        self._waiting.put(None)
        self._thread.join(5)

    def _write(self) -> None:
        while (event := self._waiting.get()) is not None:
            try:
                self._stream.write(line_of(event))
                if self._waiting.empty():
                    if self._dropped:
                        what = f"{self._dropped} events were not told: nobody read them."
                        self._dropped = 0
                        self._stream.write(line_of({"event": "problem", "what": what}))
                    self._stream.flush()
            except (OSError, ValueError):
                return  # nobody is there any more; standard input says so too


def line_of(event: Event) -> str:
    """One event as one line."""
    saved = event.get("saved")
    if isinstance(saved, Saved):
        event = {
            **event,
            "saved": {
                "path": os.fsdecode(saved.path),
                "outcome": saved.outcome,
                "study": saved.study_uid,
                "series": saved.series_uid,
                "sop": saved.sop_uid,
                "bytes": saved.nbytes,
            },
        }
    return json.dumps(event) + "\n"
