"""`lightbox receive`: a C-STORE SCP without a window, and the process behind the window's inbox.

This process binds the port and watches over a few receiver processes that share it (`--worker`):
one that dies is replaced and the others never notice.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from viewer import program
from viewer.errors import ViewerError
from viewer.net.config import DEFAULT_AE_TITLE, DEFAULT_PORT, Caller, ListenerConfig, TlsConfig

MEGABYTE = 1 << 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The receiver's options."""
    add = parser.add_argument
    add("--port", type=int, default=DEFAULT_PORT, help="0 lets the system choose")
    add("--ae-title", default=DEFAULT_AE_TITLE, help="our AE title")
    add("--store", type=Path, metavar="DIR", help="where received studies go")
    add("--bind", default="127.0.0.1", metavar="ADDRESS", help="0.0.0.0 for all networks")
    add("--allow", default="", metavar="AE,...", help="who may call: AE or AE@ADDRESS")
    add("--any-called-title", action="store_true", help="answer whatever we are called")
    add("--private-classes", action="store_true", help="accept SOP classes nobody knows")
    add("--tls", nargs=2, metavar=("CERT", "KEY"), help="serve TLS only (PEM files)")
    add("--tls-clients", default="", metavar="CA", help="callers need a certificate of this CA")
    add("--max-associations", type=int, default=20, help="at the same time")
    add("--floor-mb", type=int, default=1024, help="disk space that is kept free (MiB)")
    add("--processes", type=int, default=default_processes(), help="receiver processes")
    add("--announce", action="store_true", help="one JSON object a line; end of input stops")
    add("--worker", type=int, default=None, help=argparse.SUPPRESS)


def default_processes() -> int:
    """Receiver processes that pay on this machine."""
    return max(1, min(4, os.cpu_count() or 1)) if os.name == "posix" else 1


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; when announcing, until standard input closes."""
    if args.worker is not None:
        from viewer.verbs.receive_worker import serve

        return serve(args.worker)
    from viewer.net.supervisor import Supervisor

    config = config_of(args)
    orders = {
        "config": config.to_json(),
        "store": os.fspath((args.store or default_store()).absolute()),
        "floor_bytes": args.floor_mb * MEGABYTE,
    }
    listening = listen(config)
    tell = tell_json if args.announce else tell_people
    supervisor = Supervisor(
        program.command("receive", "--worker"), orders, listening, tell, args.processes
    )
    supervisor.start()
    address, port = listening.getsockname()[:2]
    tell({"event": "listening", "ae_title": config.ae_title, "address": address, "port": port})
    wait_for_the_end(args.announce)
    supervisor.close()
    return 0


def config_of(args: argparse.Namespace) -> ListenerConfig:
    """The listener's configuration from the command line.

    Raises:
        ViewerError: a title or port that cannot be.
    """
    if not 1 <= len(args.ae_title.strip()) <= 16 or "\\" in args.ae_title:
        raise ViewerError("An AE title has 1 to 16 characters and no backslash (PS3.5 6.2).")
    if not 0 <= args.port <= 65535:
        raise ViewerError("A port is a number from 0 to 65535.")
    callers = (entry.partition("@") for entry in args.allow.split(",") if entry.strip())
    return ListenerConfig(
        ae_title=args.ae_title.strip(),
        port=args.port,
        bind=args.bind,
        allow=tuple(Caller(title.strip(), address.strip()) for title, _, address in callers),
        require_called=not args.any_called_title,
        private_classes=args.private_classes,
        max_associations=args.max_associations,
        tls=TlsConfig(args.tls[0], args.tls[1], args.tls_clients) if args.tls else None,
    )


def listen(config: ListenerConfig) -> socket.socket:
    """The bound socket, or a sentence with the remedy."""
    from viewer.net.server import bind

    try:
        return bind(config)
    except PermissionError as error:
        raise ViewerError(
            f"Port {config.port} needs administrator rights.", "Choose a port above 1023."
        ) from error
    except OSError as error:
        raise ViewerError(
            f"Port {config.port} on {config.bind} cannot be used: {error.strerror}.",
            "Another program may hold it: choose another port, here and at the scanner.",
        ) from error


def default_store() -> Path:
    """The data folder of the user."""
    import platformdirs

    return platformdirs.user_data_path("lightbox", appauthor=False)


def wait_for_the_end(announcing: bool) -> None:
    """Return on SIGINT or SIGTERM; when announcing, also when standard input closes."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    if announcing:
        threading.Thread(target=_until_input_ends, args=(ended,), daemon=True).start()
    while not ended.wait(0.5):
        pass


def _until_input_ends(ended: threading.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            pass
    ended.set()


def tell_json(event: dict[str, Any]) -> None:
    """For a program that reads our standard output."""
    print(json.dumps(event), flush=True)


def tell_people(event: dict[str, Any]) -> None:
    """For a person at a terminal, without patient data."""
    kind = event["event"]
    who = f"{event.get('calling', '')} at {event.get('address', '')}".strip()
    if kind == "listening":
        text = f"{event['ae_title']} listens on {event['address']} port {event['port']}"
    elif kind == "association":
        text = f"{who} connected"
    elif kind in ("released", "aborted"):
        text = f"{who} {kind}, {event['stored']} objects stored"
    elif kind in ("refused", "refused object", "problem", "failed"):
        text = f"{who}: {event['what']} {event.get('advice', '')}".strip(": ")
    else:
        return
    print(text, file=sys.stderr if kind in ("problem", "failed") else sys.stdout, flush=True)
