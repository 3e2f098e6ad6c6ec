"""One caller from its association request to its end: the acceptor's side of PS3.8 section 9.2.

A caller has a thread of its own, so the state of the protocol is simply the place in this code:
waiting for a request, serving, and one of five ends.
"""

from __future__ import annotations

import contextlib
import struct
import time
from collections.abc import Callable
from typing import Any, Protocol

from viewer.dicom.datasets.uid_names import name_of
from viewer.dicom.incoming import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME, Storage
from viewer.net import pdu
from viewer.net.config import ListenerConfig
from viewer.net.connection import Connection, ConnectionEnd, CutError
from viewer.net.contexts import VERIFICATION, answer_contexts, names
from viewer.net.pdu import AbortReason, AnsweredContext, ContextResult, Pdu, ProtocolError
from viewer.net.reception import Caller, StorageProvider
from viewer.net.refusals import Refusal

Event = dict[str, Any]
_VALUE_HEADER = struct.Struct(">IBB")  # length, presentation context, control header

WHY_NOT = {
    ContextResult.USER_REJECTION: "the caller wants to receive, not to send",
    ContextResult.CLASS_NOT_SUPPORTED: "not a kind of object that is stored",
    ContextResult.SYNTAXES_NOT_SUPPORTED: "in no encoding that can be kept",
}


class Gate(Protocol):
    """Decides who is let in; counts those who are."""

    def enter(self, conversation: Conversation, request: pdu.AssociateRequest) -> Refusal | None:
        """None when the caller may come in; it counts until its conversation ends."""


class PeerAbortedError(ConnectionEnd):
    """The caller sent an A-ABORT."""


class Conversation:
    """Talks with one caller; `run` is the body of its thread.

    Args:
        number: unique among all conversations, for the events.
        connection: the caller's, with TLS done.
        config: limits and titles.
        gate: who is let in.
        storage: where objects go.
        announce: called with each event.
    """

    def __init__(
        self,
        number: str,
        connection: Connection,
        config: ListenerConfig,
        gate: Gate,
        storage: Storage,
        announce: Callable[[Event], None],
    ) -> None:
        self.connection = connection
        self._number = number
        self._config = config
        self._gate = gate
        self._storage = storage
        self._announce = announce
        self._calling = ""
        self._until = 0.0
        self._provider: StorageProvider | None = None

    def run(self) -> None:
        """Everything, to the end; the connection is closed by whoever opened it."""
        try:
            self._converse()
        except PeerAbortedError:
            self._end("aborted", "The caller broke off.", "Look at the scanner for the reason.")
        except CutError as error:
            self._abort(AbortReason.NOT_SPECIFIED)
            self._end("aborted", str(error), "")
        except ConnectionEnd:
            self._end(
                "aborted",
                "The connection was lost.",
                "Is the scanner still on, and the network between? It will send again.",
            )
        except ProtocolError as error:
            self._abort(error.reason)
            self._end(
                "aborted",
                f"The caller sent {error}.",
                "If this is a scanner, tell its manufacturer; if not, somebody is trying doors.",
            )

    def _converse(self) -> None:
        connection = self.connection
        connection.hard_deadline = connection.opened + self._config.handshake_s
        kind, body = connection.next_pdu(self._config.handshake_s)
        if kind == Pdu.ABORT:
            raise PeerAbortedError
        if kind != Pdu.ASSOCIATE_RQ:
            raise ProtocolError("no association request", AbortReason.UNEXPECTED_PDU)
        request = pdu.read_request(body)
        self._calling = request.calling
        self._until = connection.hard_deadline = time.monotonic() + self._config.association_s
        refused = self._gate.enter(self, request)
        if refused is not None:
            self._tell(
                {
                    "event": "refused",
                    "called": request.called,
                    "what": refused.what,
                    "advice": refused.advice,
                    "proposed": sorted({name_of(c.abstract_syntax) for c in request.contexts}),
                }
            )
            connection.send(pdu.reject(refused.result, refused.source, refused.diagnostic))
            return
        self._accept(request)
        self._serve()

    def _accept(self, request: pdu.AssociateRequest) -> None:
        config = self._config
        answers, roles = answer_contexts(request, private=config.private_classes)
        caller = Caller(
            calling_ae=request.calling,
            called_ae=request.called,
            address=self.connection.address,
            contexts={a.number: a for a in answers if a.result is ContextResult.ACCEPTED},
            max_length=request.max_length,
        )
        self._provider = StorageProvider(
            caller,
            self._storage,
            lambda context, command: self.connection.send(
                pdu.p_data(context, command, caller.max_length)
            ),
            self._tell,
            config.endless_bytes,
        )
        self.connection.associated(config.max_pdu)
        self._tell(
            {
                "event": "association",
                "called": request.called,
                "software": request.implementation,
                "contexts": _contexts_in_words(request, answers),
            }
        )
        implementation = (IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME)
        self.connection.send(pdu.accept(request, answers, roles, config.max_pdu, implementation))

    def _serve(self) -> None:
        """Take messages until the caller releases."""
        connection, provider, idle_s = self.connection, self._provider, self._config.idle_s
        assert provider is not None
        while True:
            kind, body = connection.next_pdu(idle_s)
            if kind == Pdu.P_DATA:
                self._take(provider, body)
            elif kind == Pdu.RELEASE_RQ:
                self._release(provider)
                return
            elif kind == Pdu.ABORT:
                raise PeerAbortedError
            else:
                raise ProtocolError("a PDU out of turn", AbortReason.UNEXPECTED_PDU)

    def _take(self, provider: StorageProvider, body: memoryview) -> None:
        """Each presentation data value of a P-DATA-TF PDU (PS3.8 9.3.5)."""
        at, end = 0, len(body)
        while at < end or not end:
            if end - at < _VALUE_HEADER.size:
                raise ProtocolError("a P-DATA that is cut off")
            length, context, control = _VALUE_HEADER.unpack_from(body, at)
            begin, at = at + _VALUE_HEADER.size, at + 4 + length
            if length < 2 or at > end:
                raise ProtocolError("a P-DATA whose lengths disagree")
            provider.take(context, control, body[begin:at])
        arrival = provider.arrival
        limit = arrival.started + self._config.object_s if arrival else self._until
        self.connection.hard_deadline = min(self._until, limit)

    def _release(self, provider: StorageProvider) -> None:
        half = provider.arrival is not None
        what = "The caller left in the middle of an object." if half else ""
        provider.drop()
        with contextlib.suppress(ConnectionEnd):  # it did not wait, but has said all it had to say
            self.connection.send(pdu.release_reply())
        self._end("released", what, "")

    def _abort(self, reason: AbortReason) -> None:
        if self.connection.received:
            with contextlib.suppress(ConnectionEnd):  # nobody is there to hear it
                self.connection.send(pdu.abort(reason))

    def _end(self, how: str, what: str, advice: str) -> None:
        """Keep nothing half received, and report."""
        provider = self._provider
        event: Event = {"event": how, "what": what, "advice": advice}
        if provider is not None:
            provider.drop()
            event |= {
                "stored": provider.stored,
                "refused": provider.refused,
                "bytes": provider.nbytes,
                "seconds": round(time.monotonic() - self.connection.opened, 3),
            }
        elif not self.connection.received:
            return  # a port scan or a health probe: it said nothing, so there is nothing to say
        else:
            event["event"] = "problem"
        self._tell(event)

    def _tell(self, event: Event) -> None:
        self._announce(
            {
                **event,
                "association": self._number,
                "calling": self._calling,
                "address": self.connection.address,
            }
        )


def _contexts_in_words(
    request: pdu.AssociateRequest, answers: list[AnsweredContext]
) -> list[Event]:
    """What was proposed and what became of it, one entry for each SOP class."""
    entries: dict[str, Event] = {}
    for proposed, answer in zip(request.contexts, answers, strict=True):
        name = name_of(proposed.abstract_syntax)
        entry = entries.setdefault(name, {"class": name, "proposed": [], "accepted": [], "why": ""})
        entry["proposed"] = list(
            dict.fromkeys([*entry["proposed"], *names(proposed.transfer_syntaxes)])
        )
        if answer.result is ContextResult.ACCEPTED:
            entry["accepted"].append(name_of(answer.transfer_syntax))
        elif proposed.abstract_syntax != VERIFICATION or not entry["why"]:
            entry["why"] = WHY_NOT[answer.result]
    return list(entries.values())
