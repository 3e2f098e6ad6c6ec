"""`lightbox receive`: a C-STORE SCP without a window, and the process behind the window's inbox.

This process binds the port, holds the store's lock and watches over one process that receives
(`--worker`): when that dies it is replaced, and callers wait meanwhile. Where sockets cannot be
inherited (Windows) one process does both.

With `--announce` standard output carries one JSON object a line, and the end of standard input
stops the receiver. "event" is one of

    listening        ae_title, address, port: callers are served from now on
    association      called, software, contexts [{class, proposed, accepted, why}]
    refused          called, proposed, what, advice: an association that was rejected
    stored           saved {path, outcome new|same|conflict, study, series, sop, bytes}: safe
    refused object   status (four hexadecimal digits), what
    echo             a C-ECHO was answered
    released         stored, refused, bytes, seconds, what: an association ended in order
    aborted          the same, advice: it ended otherwise, and why
    problem          what, advice, address where it concerns a caller
    note             what
    failed           what, advice: nothing is served (any more); the program ends with 1

Those that concern a caller also have association (unique text), calling, address. Nothing but
"stored" identifies an object, and nothing names a patient.

Exit codes: 0 stopped as asked, 1 cannot serve, 2 bad usage.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from viewer import program
from viewer.errors import ViewerError
from viewer.net.config import DEFAULT_AE_TITLE, DEFAULT_PORT, ListenerConfig, TlsConfig, callers_of

if TYPE_CHECKING:
    from viewer.library.folder_lock import FolderLock
    from viewer.library.store import Store

Event = dict[str, Any]
Tell = Callable[[Event], None]
MEGABYTE = 1 << 20
LOG_NAME = "associations.jsonl"
ENDING_S = 3.0  # a receiver whose parent was killed needs this long to notice


class Service(Protocol):
    """What serves callers, in this process or another."""

    def start(self) -> None: ...

    def close(self) -> None: ...


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The receiver's options."""
    add = parser.add_argument
    add("--port", type=int, default=DEFAULT_PORT, help="0 lets the system choose")
    add("--ae-title", default=DEFAULT_AE_TITLE, help="our AE title")
    add("--store", type=Path, metavar="DIR", help="where received studies go")
    add("--bind", default="127.0.0.1", metavar="ADDRESS", help="0.0.0.0 or :: for all networks")
    add("--allow", default="", metavar="AE,...", help="who may call: AE, AE@ADDRESS, AE@NETWORK")
    add("--any-called-title", action="store_true", help="answer whatever we are called")
    add("--private-classes", action="store_true", help="accept SOP classes nobody knows")
    add("--tls", nargs=2, metavar=("CERT", "KEY"), help="serve TLS only (PEM files)")
    add("--tls-clients", default="", metavar="CA", help="callers need a certificate of this CA")
    add("--max-associations", type=int, default=20, help="at the same time")
    add("--floor-mb", type=int, default=1024, help="disk space that is kept free (MiB)")
    add("--announce", action="store_true", help="one JSON object a line; end of input stops")
    add("--log", action="store_true", help="print who called lately and what came of it, and end")
    add("--worker", type=int, default=None, help=argparse.SUPPRESS)
    add("--one-process", action="store_true", default=os.name != "posix", help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serve until interrupted; when announcing, until standard input closes."""
    if args.worker is not None:
        from viewer.verbs.receive_worker import serve

        return serve(args.worker)
    try:
        config = config_of(args)
    except ViewerError as error:
        print(f"lightbox receive: {error} {error.advice}".rstrip(), file=sys.stderr)
        return 2
    folder = (args.store or default_store()).absolute()
    if args.log:
        from viewer.net.association_log import AssociationLog

        print(AssociationLog(folder / LOG_NAME).text(), end="")
        return 0
    tell = tell_json if args.announce else tell_people
    try:
        return receive(config, folder, args, tell)
    except ViewerError as error:
        if args.announce:
            tell({"event": "failed", "what": str(error), "advice": error.advice})
        raise


def receive(config: ListenerConfig, folder: Path, args: argparse.Namespace, tell: Tell) -> int:
    """Serve until the end.

    Raises:
        ViewerError: that cannot be.
    """
    from viewer.library.store import Store
    from viewer.net.association_log import AssociationLog

    os.umask(0o077)
    ending = Ending(args.announce)
    check_certificate(config.tls, tell)  # before anything is touched
    store = Store(folder, floor_bytes=args.floor_mb * MEGABYTE)
    with lock_of(folder) as lock, contextlib.closing(listen(config)) as listening:
        if swept := store.sweep(lock):
            what = f"{swept} half received objects of an earlier run were removed."
            tell({"event": "note", "what": what})
        log = AssociationLog(folder / LOG_NAME)

        def announce(event: Event) -> None:
            log.take(event)
            try:
                tell(event)
            except OSError:  # whoever started us is gone
                ending.set()

        orders = orders_for(config, store)
        if args.one_process:
            service: Service = in_this_process(orders, listening, announce)
        else:
            service, ending.also = in_another_process(
                orders, listening, lock, announce, lambda: store.sweep(lock)
            )
        service.start()
        try:
            announce({"event": "listening", "ae_title": config.ae_title, **place_of(listening)})
            ending.wait()
        finally:
            service.close()
    return 1 if ending.also.is_set() else 0


def place_of(listening: socket.socket) -> Event:
    """Where callers find us."""
    address, port = listening.getsockname()[:2]
    return {"address": address, "port": port}


def check_certificate(tls: TlsConfig | None, tell: Tell) -> None:
    """Say whatever is wrong with it.

    Raises:
        ViewerError: it cannot be used.
    """
    from viewer.net.tls import certificate_warning, tls_context

    if tls is None:
        return
    tls_context(tls)
    if warning := certificate_warning(tls):
        tell({"event": "problem", "what": warning, "advice": "Renew the certificate."})


def orders_for(config: ListenerConfig, store: Store) -> Event:
    """What the process that receives is told."""
    return {
        "config": config.to_json(),
        "store": os.fspath(store.folder),
        "floor_bytes": store.floor_bytes,
    }


def lock_of(folder: Path) -> FolderLock:
    """The lock of the one receiver of a store; waits for one that is just ending.

    Raises:
        ViewerError: another receiver is at work, or the folder cannot be written.
    """
    from viewer.library.folder_lock import FolderInUseError, FolderLock

    deadline = time.monotonic() + ENDING_S
    while True:
        try:
            return FolderLock(folder, "receiver")
        except FolderInUseError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def in_another_process(
    orders: Event,
    listening: socket.socket,
    lock: FolderLock,
    announce: Tell,
    clean_up: Callable[[], object],
) -> tuple[Service, threading.Event]:
    """A receiver in a process of its own, replaced when it dies; set when that is hopeless."""
    from viewer.net.supervisor import Supervisor

    number = listening.fileno()
    command = program.command("receive", "--worker", str(number))
    supervisor = Supervisor(command, orders, [number, lock.fileno()], announce, clean_up)
    return supervisor, supervisor.gave_up


def in_this_process(orders: Event, listening: socket.socket, announce: Tell) -> Service:
    """A receiver of our own, which tells as the other process would."""
    from viewer.verbs.receive_worker import line_of, receiver_of, silence

    silence()
    lock = threading.Lock()

    def say(event: Event) -> None:
        with lock:
            announce(json.loads(line_of(event)))

    return receiver_of(orders, listening, say)


def config_of(args: argparse.Namespace) -> ListenerConfig:
    """The listener's configuration from the command line.

    Raises:
        ViewerError: a title, port, address or number that cannot be.
    """
    title = args.ae_title.strip()
    if not 1 <= len(title) <= 16 or "\\" in title or not (title.isascii() and title.isprintable()):
        raise ViewerError("An AE title has 1 to 16 characters and no backslash (PS3.5 6.2).")
    if not 0 <= args.port <= 65535:
        raise ViewerError("A port is a number from 0 to 65535.")
    if args.max_associations < 1 or args.floor_mb < 0:
        raise ViewerError("At least one association, and no negative space, please.")
    if args.tls_clients and not args.tls:
        raise ViewerError("--tls-clients needs --tls: without TLS nobody shows a certificate.")
    return ListenerConfig(
        ae_title=title,
        port=args.port,
        bind=args.bind,
        allow=callers_of(args.allow),
        require_called=not args.any_called_title,
        private_classes=args.private_classes,
        max_associations=args.max_associations,
        tls=TlsConfig(args.tls[0], args.tls[1], args.tls_clients) if args.tls else None,
    )


def listen(config: ListenerConfig) -> socket.socket:
    """The bound socket, or a sentence with the remedy."""
    from viewer.net.listener import bind

    try:
        return bind(config)
    except PermissionError as error:
        raise ViewerError(
            f"Port {config.port} needs administrator rights.", "Choose a port above 1023."
        ) from error
    except OSError as error:
        if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
            raise ViewerError(
                f"{config.bind} is no address of this computer.",
                "Use 127.0.0.1 for this computer only, 0.0.0.0 for all networks.",
            ) from error
        raise ViewerError(
            f"Port {config.port} on {config.bind} cannot be used: {error.strerror}.",
            "Another program may hold it: choose another port, here and at the scanner.",
        ) from error


def default_store() -> Path:
    """The data folder of the user."""
    import platformdirs

    return platformdirs.user_data_path("lightbox", appauthor=False)


class Ending:
    """Why we stop: SIGINT, SIGTERM; when announcing, the end of standard input as well."""

    def __init__(self, announcing: bool) -> None:
        self.also = threading.Event()
        self._asked = threading.Event()
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: self.set())
        if announcing:
            threading.Thread(target=self._until_input_ends, daemon=True).start()

    def set(self) -> None:
        """Stop."""
        self._asked.set()

    def wait(self) -> None:
        """Return when it is time to stop."""
        while not self._asked.wait(0.25) and not self.also.is_set():
            pass

    def _until_input_ends(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        self.set()


def tell_json(event: Event) -> None:
    """For a program that reads our standard output."""
    print(json.dumps(event), flush=True)


def tell_people(event: Event) -> None:
    """For a person at a terminal, without patient data."""
    kind = event["event"]
    who = f"{event.get('calling', '')} at {event['address']}".strip() if "address" in event else ""
    if kind == "listening":
        text = f"{event['ae_title']} listens on {event['address']} port {event['port']}"
    elif kind == "association":
        text = f"{who} connected"
    elif kind in ("released", "aborted"):
        text = f"{who} {kind}, {event['stored']} objects stored. {event.get('what', '')}".rstrip()
    elif kind == "stored" and event["saved"]["outcome"] == "conflict":
        text = f"{who}: an object with the UID of another came; both are kept."
    elif kind in ("refused", "refused object", "problem", "note", "failed"):
        words = f"{event['what']} {event.get('advice', '')}".rstrip()
        text = f"{who}: {words}" if who else words
    else:
        return
    print(text, file=sys.stderr if kind in ("problem", "failed") else sys.stdout, flush=True)
