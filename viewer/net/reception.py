"""pynetdicom's acceptor, hardened: one association cannot hurt another, nor fill the memory.

Objects stream from the socket into the store's own folder; the status goes back from the same
thread as soon as the store says that they are safe.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, cast

from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_messages import C_STORE_RQ, DIMSEMessage
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu_primitives import P_DATA

from viewer.dicom.incoming import (
    Offer,
    Reception,
    RefusedObjectError,
    Saved,
    Storage,
    StoreFullError,
    is_uid,
)
from viewer.net.bounded_socket import BoundedSocket

SUCCESS = 0x0000  # PS3.4 table B.2-1
OUT_OF_RESOURCES = 0xA700
MISMATCH = 0xA900
NOT_UNDERSTOOD = 0xC000

COMMAND, LAST = 1, 2  # bits of the message control header, PS3.8 E.2
LARGEST_COMMAND = 1 << 16
Announce = Callable[["ReceivingAssociation", dict[str, Any]], None]


class Checkpoint:
    """Stands in for the event that pynetdicom's reactor passes a thousand times a second.

    `wait` lets the reactor sleep until there is something for it to do, at most a moment.
    """

    def __init__(self) -> None:
        self._open = threading.Event()
        self._work = threading.Event()

    def set(self) -> None:
        self._open.set()
        self._work.set()

    def clear(self) -> None:
        self._open.clear()

    def is_set(self) -> bool:
        return self._open.is_set()

    def ring(self) -> None:
        self._work.set()

    def wait(self, timeout: float | None = None) -> bool:
        if not self._open.is_set():
            return self._open.wait(timeout)
        self._work.wait(0.05)
        self._work.clear()
        return True


class PromptDul(DULServiceProvider):
    """Wakes its own thread when there is something to send, and the reactor when it may act."""

    def send_pdu(self, primitive: Any) -> None:
        super().send_pdu(primitive)
        if isinstance(self.socket, BoundedSocket):
            self.socket.doorbell.ring()

    def kill_dul(self) -> None:
        super().kill_dul()
        if isinstance(self.socket, BoundedSocket):
            self.socket.doorbell.ring()

    def _read_pdu_data(self) -> None:
        super()._read_pdu_data()
        cast(ReceivingAssociation, self.assoc).checkpoint.ring()


class ObjectInTransit:
    """One C-STORE request whose data set is arriving."""

    def __init__(self, message: DIMSEMessage, context_id: int) -> None:
        self.request = cast(C_STORE, message.message_to_primitive())
        self.context_id = context_id
        self.started = time.monotonic()
        self.nbytes = 0
        self.reception: Reception | None = None
        self.refusal: tuple[int, str] | None = None  # status and reason; the rest is read past

    def refuse(self, status: int, reason: str) -> None:
        """Answer with `status` once the data set has passed; nothing of it is kept."""
        self.refusal = self.refusal or (status, reason)
        if self.reception is not None:
            self.reception.discard()
            self.reception = None


class ReceivingDimse(DIMSEServiceProvider):
    """Takes the data sets of C-STORE requests piece by piece; all else is pynetdicom's."""

    def __init__(self, assoc: ReceivingAssociation) -> None:
        super().__init__(assoc)
        self.transit: ObjectInTransit | None = None
        self._command_bytes = 0

    def receive_primitive(self, primitive: P_DATA) -> None:
        """Handle the fragments of one P-DATA indication (PS3.8 annex E); DUL thread."""
        for context_id, data in primitive.presentation_data_value_list:
            if not data or context_id not in self.assoc._accepted_cx:
                self._protocol_error("data for a presentation context that was not accepted")
                return
            if data[0] & COMMAND:
                self._take_command(context_id, data)
            elif self.transit is not None:
                self._take_data(data)
            elif self.message is None:
                self._protocol_error("a data set without a command before it")
                return
            else:
                self._delegate(context_id, data)

    def _take_command(self, context_id: int, data: bytes) -> None:
        self._command_bytes = self._command_bytes + len(data) if self.message else len(data)
        if self.transit is not None or self._command_bytes > LARGEST_COMMAND:
            self._protocol_error("a command where a data set was due")
            return
        self._delegate(context_id, data)
        message = self.message
        if isinstance(message, C_STORE_RQ) and data[0] & LAST:
            self._begin(message, context_id)

    def _delegate(self, context_id: int, data: bytes) -> None:
        """Let pynetdicom collect this fragment, and refuse what it cannot serve."""
        part = P_DATA()
        part.presentation_data_value_list = [[context_id, data]]
        try:
            super().receive_primitive(part)
        except Exception:  # the command set is whatever the peer sent
            self._protocol_error("a command that cannot be read")
            return
        if not self.msg_queue.empty():
            request = self.msg_queue.queue[-1][1]
            if request is not None and not request.is_valid_request:
                self._protocol_error("a message that is no valid request")
        elif self.message and self.message.data_set.tell() > LARGEST_COMMAND:
            self._protocol_error("an identifier that is too long")

    def _begin(self, message: C_STORE_RQ, context_id: int) -> None:
        assoc = cast(ReceivingAssociation, self.assoc)
        try:
            transit = self.transit = ObjectInTransit(message, context_id)
        except Exception:  # values of any kind: missing, wrong type, not a UID
            self._protocol_error("a C-STORE request that cannot be read")
            return
        uid = str(transit.request.AffectedSOPInstanceUID or "")
        if not is_uid(uid) or not transit.request.AffectedSOPClassUID:
            transit.refuse(MISMATCH, "The object has no valid SOP Instance UID.")
            return
        offer = Offer(
            sop_class_uid=str(transit.request.AffectedSOPClassUID),
            sop_instance_uid=uid,
            transfer_syntax=str(assoc._accepted_cx[context_id].transfer_syntax[0]),
            calling_ae=str(assoc.requestor.ae_title).strip(),
            called_ae=str(assoc.acceptor.ae_title).strip(),
            address=assoc.requestor.address_info.address,
        )
        self._attempt(lambda: setattr(transit, "reception", assoc.storage.begin(offer)))

    def _take_data(self, data: bytes) -> None:
        transit = self.transit
        assert transit is not None
        transit.nbytes += len(data) - 1
        if transit.reception is not None:
            reception = transit.reception
            self._attempt(lambda: reception.write(memoryview(data)[1:]))
        if data[0] & LAST:
            self._finish(transit)

    def _finish(self, transit: ObjectInTransit) -> None:
        saved: list[Saved] = []
        if transit.reception is not None:
            reception = transit.reception
            self._attempt(lambda: saved.append(reception.commit()))
        status, reason = transit.refusal or (SUCCESS, "")
        self.transit = self.message = None
        self.answer(transit, status)
        cast(ReceivingAssociation, self.assoc).tell_object(saved, status, reason)

    def _attempt(self, step: Callable[[], object]) -> None:
        """Do one step of storing; what goes wrong becomes the status of the answer."""
        assert self.transit is not None
        try:
            step()
        except StoreFullError as error:
            self.transit.refuse(OUT_OF_RESOURCES, str(error))
        except RefusedObjectError as error:
            self.transit.refuse(MISMATCH if error.mismatch else NOT_UNDERSTOOD, str(error))
        except Exception as error:  # a defect must not look like success
            cast(ReceivingAssociation, self.assoc).tell_defect(error)
            self.transit.refuse(NOT_UNDERSTOOD | 0x01, "The object could not be stored.")

    def answer(self, transit: ObjectInTransit, status: int) -> None:
        """Send the C-STORE response."""
        response = C_STORE()
        response.MessageID = transit.request.MessageID
        response.MessageIDBeingRespondedTo = transit.request.MessageID
        response.AffectedSOPClassUID = transit.request.AffectedSOPClassUID
        response.AffectedSOPInstanceUID = transit.request.AffectedSOPInstanceUID
        response.Status = status
        self.send_msg(response, transit.context_id)

    def _protocol_error(self, what: str) -> None:
        assoc = cast(ReceivingAssociation, self.assoc)
        self.drop()
        self.message = None
        assoc.tell({"event": "problem", "what": f"The caller sent {what}.", "aborted": True})
        assoc.abort(block=False)

    def drop(self) -> None:
        """Forget an object whose rest will not come."""
        if self.transit is not None and self.transit.reception is not None:
            self.transit.reception.discard()
        self.transit = None


class ReceivingAssociation(Association):
    """An acceptor association that stores what it is sent."""

    def __init__(self, ae: Any, storage: Storage, announce: Announce) -> None:
        super().__init__(ae, "acceptor")
        self.storage = storage
        self.opened = time.monotonic()
        self.stored = 0
        self._announce = announce
        self.dul = PromptDul(self)
        self.dimse: ReceivingDimse = ReceivingDimse(self)
        self.network_timeout = ae.network_timeout
        self.checkpoint = Checkpoint()
        self.checkpoint.set()
        self._reactor_checkpoint = cast(threading.Event, self.checkpoint)

    def run_reactor(self) -> None:
        """The life of the association; whatever ends it, nothing half-received stays."""
        try:
            super().run_reactor()
        finally:
            self.dimse.drop()
            self.dul.join(timeout=5)
            if isinstance(self.dul.socket, BoundedSocket):
                self.dul.socket.doorbell.close()

    def tell(self, event: dict[str, Any]) -> None:
        """Report something about this association."""
        self._announce(self, event)

    def tell_object(self, saved: list[Saved], status: int, reason: str) -> None:
        """Report one C-STORE and what became of it."""
        if saved:
            self.stored += 1
            self.tell({"event": "stored", "saved": saved[0]})
        else:
            self.tell({"event": "refused object", "status": f"{status:04X}", "what": reason})

    def tell_defect(self, error: Exception) -> None:
        """Report a defect of ours by its kind only: its text may quote the object."""
        self.tell({"event": "problem", "what": f"Storing failed ({type(error).__name__})."})
