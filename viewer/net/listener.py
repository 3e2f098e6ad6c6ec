"""The C-STORE and C-ECHO SCP: accepts callers, gives each a thread, watches over their time."""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Any

from viewer.dicom.incoming import Storage
from viewer.net.config import ListenerConfig
from viewer.net.connection import Connection
from viewer.net.conversation import Conversation
from viewer.net.pdu import AssociateRequest
from viewer.net.refusals import Refusal, refusal
from viewer.net.tls import handshake_failure, tls_context

Event = dict[str, Any]
LOOK_S = 0.25  # between two looks at what takes too long
BACKLOG = 256
CLOSING_S = 5.0


class Listener:
    """Serves callers on a listening socket until `close`.

    Events are dictionaries with "event" and, where they concern an association, "association"
    (a text that is unique), "calling" and "address". The words are those of
    `viewer.verbs.receive`.

    Args:
        config: how to listen, whom to let in, limits.
        listening: bound and listening; this object closes it.
        storage: where objects go; called from many threads.
        announce: called with each event, from many threads.

    Raises:
        ViewerError: the TLS certificate cannot be used.
    """

    def __init__(
        self,
        config: ListenerConfig,
        listening: socket.socket,
        storage: Storage,
        announce: Callable[[Event], None],
    ) -> None:
        self._config = config
        self._storage = storage
        self._announce = announce
        self._tls = tls_context(config.tls) if config.tls else None
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._threads: dict[Connection, threading.Thread] = {}
        self._established: set[Connection] = set()
        self._closing = threading.Event()
        self._listening = listening
        listening.settimeout(LOOK_S)
        self._thread = threading.Thread(target=self._serve, name="listener", daemon=True)

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: address and port."""
        host, port = self._listening.getsockname()[:2]
        return str(host), int(port)

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening and abort what is open; objects not acknowledged are dropped."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._listening.close()
        deadline = time.monotonic() + CLOSING_S
        while (running := self._running()) and time.monotonic() < deadline:
            for connection in running:
                connection.cut("The receiver was stopped.")
            for thread in running.values():
                thread.join(0.5)

    # -- accepting -------------------------------------------------------------------------

    def _serve(self) -> None:
        looked = 0.0
        while not self._closing.is_set():
            with contextlib.suppress(TimeoutError):
                self._accept_one()
            if (now := time.monotonic()) - looked > LOOK_S:
                looked = now
                self._cut_overdue(now)

    def _accept_one(self) -> None:
        try:
            channel, address = self._listening.accept()
        except TimeoutError:
            raise
        except OSError:  # it went away again, or too many files are open: the next look helps
            self._closing.wait(LOOK_S / 10)
            return
        connection = Connection(channel, plain_address(str(address[0])), self._config.pdu_s)
        connection.hard_deadline = connection.opened + self._config.handshake_s
        if not self._make_place(connection):
            connection.close()
            return
        thread = threading.Thread(target=self._talk, args=(connection,), daemon=True)
        with self._lock:
            self._threads[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # no more threads
            self._forget(connection)

    def _make_place(self, newcomer: Connection) -> bool:
        """Whether there is a place; the longest silent caller makes way for a newer one.

        So nobody can keep others out by connecting and saying nothing.
        """
        config = self._config
        with self._lock:
            same = [each for each in self._threads if each.address == newcomer.address]
            if len(same) >= config.max_connections_per_address:
                crowd = same
            elif len(self._threads) >= config.max_connections:
                crowd = list(self._threads)
            else:
                return True
            silent = [each for each in crowd if each not in self._established]
            oldest = next((each for each in silent if not each.cut_reason), None)
        if oldest is not None:
            oldest.cut("A newer caller needed the place.")
        return oldest is not None

    def _cut_overdue(self, now: float) -> None:
        for connection in self._running():
            if connection.overdue(now):
                connection.cut("The caller was silent, or took longer than is allowed.")

    def _running(self) -> dict[Connection, threading.Thread]:
        with self._lock:
            return dict(self._threads)

    # -- one caller ------------------------------------------------------------------------

    def _talk(self, connection: Connection) -> None:
        """The thread of one caller."""
        try:
            if self._tls is None or self._secured(connection, self._tls):
                number = f"{os.getpid()}-{next(self._numbers)}"
                Conversation(
                    number, connection, self._config, self, self._storage, self._announce
                ).run()
        except Exception as error:  # a defect costs one caller, not the receiver
            self._announce(
                {
                    "event": "problem",
                    "address": connection.address,
                    "what": f"A defect ended an association ({type(error).__name__}).",
                    "advice": "Please report this to the makers of Lightbox.",
                }
            )
        finally:
            self._forget(connection)

    def _secured(self, connection: Connection, tls: ssl.SSLContext) -> bool:
        try:
            connection.secure(tls)
        except (OSError, ValueError) as error:
            what, advice = handshake_failure(error)
            event = {"event": "problem", "address": connection.address}
            self._announce({**event, "what": what, "advice": advice})
            return False
        return True

    def enter(self, conversation: Conversation, request: AssociateRequest) -> Refusal | None:
        """Whether the caller may come in (viewer.net.conversation.Gate)."""
        connection = conversation.connection
        with self._lock:
            refused = refusal(
                self._config,
                request,
                connection.address,
                len(self._established),
                sum(1 for each in self._established if each.address == connection.address),
            )
            if refused is None:
                self._established.add(connection)
        return refused

    def _forget(self, connection: Connection) -> None:
        """Close it; it has its place among the others until it is closed."""
        with self._lock:
            self._established.discard(connection)
        connection.close()
        with self._lock:
            self._threads.pop(connection, None)


def plain_address(address: str) -> str:
    """The address without scope, an IPv4 one as such even when it came by an IPv6 socket."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    return str(mapped or parsed)


def bind(config: ListenerConfig) -> socket.socket:
    """A bound, listening socket; "::" listens on IPv4 as well.

    Raises:
        OSError: the port is in use, or needs more rights, or there is no such address.
    """
    found = socket.getaddrinfo(
        config.bind or None, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, kind, protocol, _, address = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere this would let another program steal the port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listening.bind(address)
        listening.listen(BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening
