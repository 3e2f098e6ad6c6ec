"""The listening socket: who may connect, how many, and for how long."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from copy import copy
from typing import Any

from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from viewer.dicom.incoming import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, Storage
from viewer.net.bounded_socket import BoundedSocket
from viewer.net.config import ListenerConfig
from viewer.net.contexts import supported_contexts
from viewer.net.reception import Announce, ReceivingAssociation


class ReceiverAE(ApplicationEntity):
    """Counts only established associations, so that silent connections use up no places."""

    @property
    def active_associations(self) -> list[Association]:
        me = threading.current_thread()
        return [
            each
            for each in super().active_associations
            if each is me or each.is_established or not each.is_acceptor
        ]


class ReceiverRequestHandler(RequestHandler):
    """Builds our kind of association for a connection."""

    server: ReceiverServer

    def _create_association(self) -> Association:
        server = self.server
        assoc = ReceivingAssociation(self.ae, server.storage, server.announce)
        assoc._server = server
        assoc.name = f"AcceptorThread@{self.client_address[0]}"
        config = server.config
        assoc.set_socket(BoundedSocket(assoc, self.request, config.max_pdu, config.pdu_s))
        assoc.acceptor.maximum_length = self.ae.maximum_pdu_size
        assoc.acceptor.ae_title = server.ae_title
        assoc.acceptor.address_info = self.local
        assoc.acceptor.implementation_class_uid = self.ae.implementation_class_uid
        assoc.acceptor.implementation_version_name = self.ae.implementation_version_name
        assoc.acceptor.supported_contexts = [copy(context) for context in server.contexts]
        assoc.requestor.address_info = self.remote
        for event, handlers in server._handlers.items():
            if event.is_intervention:
                if handlers:
                    assoc.bind(event, *handlers)
            else:
                for handler in handlers:
                    assoc.bind(event, handler[0], handler[1])
        server.watch(assoc)
        return assoc


class ReceiverServer(ThreadedAssociationServer):
    """Accepts connections on a socket that several receiver processes may share."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        ae: ReceiverAE,
        listening: socket.socket,
        config: ListenerConfig,
        storage: Storage,
        announce: Announce,
        handlers: list[Any],
        tls: ssl.SSLContext | None,
    ) -> None:
        self.config, self.storage, self.announce = config, storage, announce
        self._listening = listening
        self._watched: set[ReceivingAssociation] = set()
        self._connections: dict[socket.socket, str] = {}
        self._lock = threading.Lock()
        super().__init__(
            ae,
            listening.getsockname()[:2],
            config.ae_title,
            supported_contexts(),
            ssl_context=tls,
            evt_handlers=handlers,
            request_handler=ReceiverRequestHandler,
        )

    def server_bind(self) -> None:
        """Take over the socket that is bound already."""
        self.socket.close()
        self.socket = self._listening
        self.socket.setblocking(False)  # a sister process may have been faster
        self.server_address = self.socket.getsockname()

    def server_activate(self) -> None:
        self.socket.listen(self.request_queue_size)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept only; a TLS handshake happens in the connection's own thread."""
        busy = sum(1 for assoc in list(self._watched) if assoc.is_established)
        if busy:
            time.sleep(0.004 * min(busy, 5))  # let an idle sister process take it
        client, address = self.socket.accept()
        client.settimeout(self.config.handshake_s)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client, address

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Refuse connections beyond the limits, without a word: there is no association yet."""
        address = str(client_address[0])
        with self._lock:
            same = sum(1 for other in self._connections.values() if other == address)
            if (
                len(self._connections) >= self.config.max_connections
                or same >= self.config.max_per_address
            ):
                return False
            self._connections[request] = address
            return True

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """TLS if asked for, then the association; runs in a thread of its own."""
        plain = request
        try:
            if self.ssl_context is not None:
                request = self.ssl_context.wrap_socket(request, server_side=True)
        except (OSError, ValueError) as error:
            self.announce_connection(client_address, f"TLS handshake failed: {_reason(error)}")
            self._forget(plain)
            self.shutdown_request(plain)
            return
        with self._lock:
            self._connections[request] = self._connections.pop(plain, str(client_address[0]))
        super().process_request_thread(request, client_address)

    def announce_connection(self, client_address: Any, what: str) -> None:
        """Report a connection that never became an association."""
        event = {"event": "problem", "address": str(client_address[0]), "what": what}
        self.announce(None, event)  # type: ignore[arg-type]

    def watch(self, assoc: ReceivingAssociation) -> None:
        """Have the association looked after until it ends."""
        with self._lock:
            self._watched.add(assoc)

    def service_actions(self) -> None:
        """Called twice a second: forget what ended, end what takes too long."""
        now = time.monotonic()
        for assoc in list(self._watched):
            transit = assoc.dimse.transit
            if assoc.ident is not None and not assoc.is_alive():
                self._watched.discard(assoc)
            elif now - assoc.opened > self.config.association_s or (
                transit is not None and now - transit.started > self.config.object_s
            ):
                assoc.tell({"event": "problem", "what": "It took too long.", "aborted": True})
                self._cut(assoc)
        with self._lock:
            for connection in [each for each in self._connections if each.fileno() < 0]:
                del self._connections[connection]

    def _cut(self, assoc: ReceivingAssociation) -> None:
        connection = assoc.dul.socket.socket if assoc.dul.socket else None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _forget(self, request: socket.socket) -> None:
        with self._lock:
            self._connections.pop(request, None)


def _reason(error: Exception) -> str:
    """Why a handshake failed, in the TLS library's words but without addresses."""
    return getattr(error, "reason", None) or type(error).__name__


def receiver_ae(config: ListenerConfig) -> ReceiverAE:
    """The application entity that listens."""
    ae = ReceiverAE(ae_title=config.ae_title)
    ae.implementation_class_uid = IMPLEMENTATION_CLASS_UID
    ae.implementation_version_name = IMPLEMENTATION_VERSION_NAME
    ae.maximum_pdu_size = config.max_pdu
    ae.maximum_associations = config.max_associations
    ae.require_called_aet = config.require_called
    ae.acse_timeout = config.handshake_s
    ae.network_timeout = config.idle_s
    ae.dimse_timeout = config.idle_s
    return ae


def bind(config: ListenerConfig) -> socket.socket:
    """A bound, listening socket.

    Raises:
        OSError: the port is in use, or needs more rights.
    """
    family = socket.AF_INET6 if ":" in config.bind else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((config.bind, config.port))
        listening.listen(128)
    except BaseException:
        listening.close()
        raise
    return listening
