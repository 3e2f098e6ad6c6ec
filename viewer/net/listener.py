"""The C-STORE and C-ECHO SCP: what happens on its associations, told as plain events."""

from __future__ import annotations

import itertools
import logging
import os
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from typing import Any

from pydicom.uid import UID
from pynetdicom import _config, evt

from viewer.dicom.incoming import Storage
from viewer.errors import ViewerError
from viewer.net.bounded_socket import open_files_limit
from viewer.net.config import ListenerConfig, TlsConfig
from viewer.net.reception import ReceivingAssociation
from viewer.net.refusals import refusal
from viewer.net.server import ReceiverServer, receiver_ae

Event = dict[str, Any]


class Listener:
    """Serves associations on a listening socket until `close`.

    Events are dictionaries with "event" and, where they concern an association, "association"
    (a text that is unique among all receiver processes), "calling" and "address":
    association, refused, stored, refused object, echo, released, aborted, problem.
    """

    def __init__(
        self,
        config: ListenerConfig,
        listening: socket.socket,
        storage: Storage,
        announce: Callable[[Event], None],
    ) -> None:
        silence_the_library()
        open_files_limit()
        _config.UNRESTRICTED_STORAGE_SERVICE = config.private_classes
        self._config = config
        self._announce = announce
        self._numbers = itertools.count(1)
        self._server = ReceiverServer(
            receiver_ae(config),
            listening,
            config,
            storage,
            self._tell,
            [
                (evt.EVT_REQUESTED, self._requested),
                (evt.EVT_ESTABLISHED, self._established),
                (evt.EVT_RELEASED, self._released),
                (evt.EVT_ABORTED, self._aborted),
                (evt.EVT_C_ECHO, self._echoed),
            ],
            tls_context(config.tls) if config.tls else None,
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.25}, daemon=True
        )

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens: address and port."""
        return self._server.server_address[:2]

    def start(self) -> None:
        """Serve in the background."""
        self._thread.start()

    def close(self) -> None:
        """Stop listening and abort what is open; objects not acknowledged are dropped."""
        associations = self._server.active_associations
        if self._thread.ident is not None:
            socketserver.BaseServer.shutdown(self._server)
        for association in associations:
            association.abort(block=False)
        for association in associations:
            association.join(timeout=2)
        self._server.server_close()

    def _tell(self, assoc: ReceivingAssociation | None, event: Event) -> None:
        if assoc is not None:
            event = {**event, **self._identity(assoc)}
        self._announce(event)

    def _identity(self, assoc: ReceivingAssociation) -> Event:
        if not hasattr(assoc, "number"):
            assoc.number = f"{os.getpid()}-{next(self._numbers)}"  # type: ignore[attr-defined]
        return {
            "association": assoc.number,  # type: ignore[attr-defined]
            "calling": str(assoc.requestor.ae_title).strip(),
            "address": assoc.requestor.address_info.address,
        }

    def _requested(self, event: evt.Event) -> None:
        assoc = event.assoc
        request = assoc.requestor.primitive
        assoc.requestor.ae_title = request.calling_ae_title
        others = [each for each in self._server.active_associations if each.is_established]
        refused = refusal(
            self._config,
            request.calling_ae_title.strip(),
            request.called_ae_title.strip(),
            assoc.requestor.address_info.address,
            len(others),
        )
        if refused is None:
            return
        assoc.acse.send_reject(refused.result, refused.source, refused.diagnostic)
        assoc.is_rejected = True
        assoc.kill()
        told = {"event": "refused", "what": refused.what, "advice": refused.advice}
        self._tell(assoc, {**told, "called": request.called_ae_title.strip()})

    def _established(self, event: evt.Event) -> None:
        assoc = event.assoc
        self._tell(
            assoc,
            {
                "event": "association",
                "called": str(assoc.acceptor.primitive.called_ae_title).strip()
                if assoc.acceptor.primitive
                else self._config.ae_title,
                "accepted": [
                    [_name(context.abstract_syntax), _name(context.transfer_syntax[0])]
                    for context in assoc.accepted_contexts
                ],
                "refused": [_name(context.abstract_syntax) for context in assoc.rejected_contexts],
            },
        )

    def _released(self, event: evt.Event) -> None:
        self._tell(event.assoc, {"event": "released", "stored": event.assoc.stored})

    def _aborted(self, event: evt.Event) -> None:
        self._tell(event.assoc, {"event": "aborted", "stored": event.assoc.stored})

    def _echoed(self, event: evt.Event) -> int:
        self._tell(event.assoc, {"event": "echo"})
        return 0x0000


def _name(uid: UID) -> str:
    """The standard's name of a UID, or the UID."""
    return str(UID(uid).name)


def tls_context(config: TlsConfig) -> ssl.SSLContext:
    """TLS 1.2 or later, as the BCP 195 profile asks (PS3.15 B.9).

    Raises:
        ViewerError: a certificate is missing, unreadable or does not fit its key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(config.certificate, config.key)
        if config.client_authority:
            context.load_verify_locations(config.client_authority)
            context.verify_mode = ssl.CERT_REQUIRED
    except FileNotFoundError as error:
        raise ViewerError(
            "The TLS certificate or its key is not where the settings say.",
            "Choose the files again in the receiver's settings.",
        ) from error
    except (ssl.SSLError, OSError) as error:
        raise ViewerError(
            "The TLS certificate cannot be used: it is damaged or does not fit its key.",
            "Choose a certificate and its own key in PEM form.",
        ) from error
    return context


def silence_the_library() -> None:
    """pynetdicom logs values of identifiers and of broken data sets: nothing of it is kept."""
    _config.LOG_HANDLER_LEVEL = "none"
    _config.LOG_REQUEST_IDENTIFIERS = False
    _config.LOG_RESPONSE_IDENTIFIERS = False
    for name in ("pynetdicom", "pydicom"):
        logger = logging.getLogger(name)
        logger.handlers = [logging.NullHandler()]
        logger.propagate = False
        logger.setLevel(logging.CRITICAL + 1)
