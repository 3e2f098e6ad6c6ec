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
from viewer.errors import Problem, ViewerError
from viewer.library.index import Index
from viewer.library.received import open_store
from viewer.library.reconcile import reconcile
from viewer.library.store import Store
from viewer.library.trouble import LibraryError
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
        receiver = receiver_of(orders, socket.socket(fileno=socket_number), say)
    except ViewerError as error:
        say({"event": "failed", "what": str(error), "advice": error.advice})
        say.close()
        return 1
    receiver.start()
    say({"event": "serving"})
    while sys.stdin.readline():
        pass
    receiver.close()
    say.close()
    return 0


class Receiver:
    """A listener, the store it fills and the index that the store tells of every object.

    Args:
        listener: not yet started.
        store: where objects go.
        index: closed after the last object; None where there can be no index.
        say: told what was odd about the index.
    """

    def __init__(
        self, listener: Listener, store: Store, index: Index | None, say: Callable[[Event], None]
    ) -> None:
        self._listener, self._store, self._index, self._say = listener, store, index, say
        self._closing = threading.Event()
        self._search = threading.Thread(target=self._put_right, daemon=True)

    def start(self) -> None:
        """Serve in the background."""
        self._listener.start()
        self._search.start()

    def close(self) -> None:
        """Stop; what was acknowledged is in the list."""
        self._closing.set()
        self._listener.close()
        if self._search.ident is not None:
            self._search.join()
        if self._index is not None:
            self._index.close()

    def _put_right(self) -> None:
        """Find what a crash left between store and index, while callers are served already."""
        if self._index is None:
            return
        for problem in self._index.problems:
            self._say(told(problem))
        try:
            for step in reconcile(self._index, self._store):
                for problem in step.problems:
                    self._say(told(problem))
                if self._closing.is_set():
                    return
        except ViewerError as error:
            self._say(told(Problem("Library", str(error), error.advice)))


def told(problem: Problem) -> Event:
    """A problem as an event."""
    return {"event": "problem", "what": problem.what, "advice": problem.advice}


def receiver_of(orders: Event, listening: socket.socket, say: Callable[[Event], None]) -> Receiver:
    """What the orders describe.

    Raises:
        ViewerError: the store's folder or a certificate cannot be used.
    """
    config = ListenerConfig.from_json(orders["config"])
    store, index = open_listed(Path(orders["store"]), orders["floor_bytes"], say)
    try:
        return Receiver(Listener(config, listening, store, say), store, index, say)
    except BaseException:
        if index is not None:
            index.close()
        raise


def open_listed(
    folder: Path, floor_bytes: int, say: Callable[[Event], None]
) -> tuple[Store, Index | None]:
    """The store with the list of studies; the store alone where there can be no list.

    The files are the truth: the list is made from them when it can be used again.
    """
    try:
        return open_store(folder, floor_bytes=floor_bytes)
    except LibraryError as error:
        what = f"Objects are stored, but not listed. {error}"
        say({"event": "problem", "what": what, "advice": error.advice})
        return Store(folder, floor_bytes=floor_bytes), None


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
