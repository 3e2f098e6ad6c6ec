"""One receiver process: its orders come as a line of JSON, its events leave the same way."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from viewer.dicom.incoming import Saved
from viewer.errors import ViewerError
from viewer.library.store import Store
from viewer.net.config import ListenerConfig
from viewer.net.listener import Listener


def serve(socket_number: int) -> int:
    """Serve on an inherited socket until standard input closes."""
    os.umask(0o077)
    orders = json.loads(sys.stdin.readline())
    say = Announcer()
    try:
        store = Store(Path(orders["store"]), floor_bytes=orders["floor_bytes"])
        config = ListenerConfig.from_json(orders["config"])
        listener = Listener(config, socket.socket(fileno=socket_number), store, say)
    except ViewerError as error:
        say({"event": "failed", "what": str(error), "advice": error.advice})
        return 1
    listener.start()
    say({"event": "serving", "pid": os.getpid()})
    while sys.stdin.readline():
        pass
    listener.close()
    return 0


class Announcer:
    """Writes events as lines; whole lines, whichever thread they come from."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, event: dict[str, Any]) -> None:
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
        with self._lock:
            print(json.dumps(event), flush=True)
