"""C-STORE and C-ECHO on one association (PS3.4 annex B, PS3.7 9.1.1 and 9.1.5).

Data sets go from the socket's buffer straight into the store's own folder; the status is sent
when the store says that the object is safe. Nothing is held in memory but the command.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from viewer.dicom.incoming import (
    Offer,
    Reception,
    RefusedObjectError,
    Saved,
    Storage,
    StoreFullError,
    is_uid,
)
from viewer.net.command import Kind
from viewer.net.contexts import VERIFICATION
from viewer.net.pdu import COMMAND, LARGEST_COMMAND, LAST, AnsweredContext, ProtocolError
from viewer.net.request import Request, response
from viewer.net.status import (
    CLASS_NOT_SUPPORTED,
    MISMATCH,
    NOT_UNDERSTOOD,
    OUT_OF_RESOURCES,
    SUCCESS,
    UNRECOGNIZED_OPERATION,
)

OUR_DEFECT = 0xC001
LARGEST_IDENTIFIER = 1 << 20  # of a request that we do not serve: it is read past

Event = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is at the other end.

    Attributes:
        contexts: what was accepted, by the number of the presentation context.
        max_length: the longest P-DATA they take, 0 for any.
    """

    calling_ae: str
    called_ae: str
    address: str
    contexts: Mapping[int, AnsweredContext]
    max_length: int


class Arrival:
    """The data set that is arriving, and what will be answered."""

    def __init__(self, request: Request, largest: int) -> None:
        self.request = request
        self.largest = largest
        self.started = time.monotonic()
        self.nbytes = 0
        self.reception: Reception | None = None
        self.saved: Saved | None = None
        self.status = SUCCESS
        self.reason = ""

    def refuse(self, status: int, reason: str) -> None:
        """Answer with `status` once the data set has passed; nothing of it is kept."""
        if self.status == SUCCESS:
            self.status, self.reason = status, reason
        self.discard()

    def discard(self) -> None:
        """Keep nothing of it."""
        if self.reception is not None:
            self.reception.discard()
            self.reception = None


class StorageProvider:
    """Takes the fragments of messages, stores objects, sends the answers.

    Args:
        caller: the other end.
        storage: where objects go.
        send: sends a command on a presentation context.
        tell: reports an event.
        largest_bytes: a data set longer than this ends the association; what the store does
            not want for its size is below it and is answered.

    Attributes:
        arrival: the object that is arriving, or None between messages.
        stored, refused, nbytes: counts of objects and of the bytes of their data sets.
    """

    def __init__(
        self,
        caller: Caller,
        storage: Storage,
        send: Callable[[int, bytes], None],
        tell: Callable[[Event], None],
        largest_bytes: int,
    ) -> None:
        self.arrival: Arrival | None = None
        self.stored = self.refused = self.nbytes = 0
        self._caller = caller
        self._storage = storage
        self._send = send
        self._tell = tell
        self._largest_bytes = largest_bytes
        self._command = bytearray()
        self._command_context = 0

    def take(self, context: int, control: int, fragment: memoryview) -> None:
        """Handle one presentation data value (PS3.8 annex E).

        Raises:
            ProtocolError: it cannot be answered; the association ends.
        """
        if context not in self._caller.contexts:
            raise ProtocolError("data for a presentation context that was not accepted")
        if control & COMMAND:
            self._take_command(context, control, fragment)
        elif self.arrival is None:
            raise ProtocolError("a data set without a command before it")
        elif context != self.arrival.request.context:
            raise ProtocolError("a data set on another presentation context than its command")
        else:
            self._take_data(self.arrival, control, fragment)

    def drop(self) -> None:
        """Forget an object whose rest will not come."""
        if self.arrival is not None:
            self.arrival.discard()
            self.arrival = None

    def _take_command(self, context: int, control: int, fragment: memoryview) -> None:
        if self.arrival is not None:
            raise ProtocolError("a command where a data set was due")
        if self._command and context != self._command_context:
            raise ProtocolError("two commands at the same time")
        self._command_context = context
        self._command += fragment
        if len(self._command) > LARGEST_COMMAND:
            raise ProtocolError("a command that is too long")
        if control & LAST:
            request = Request(self._command, context)
            self._command = bytearray()
            self._begin(request)

    def _begin(self, request: Request) -> None:
        if request.answers:
            raise ProtocolError("an answer to a question that was not asked")
        if request.kind == Kind.CANCEL:
            return  # nothing of ours can be cancelled
        stores = request.kind == Kind.STORE
        arrival = Arrival(request, self._largest_bytes if stores else LARGEST_IDENTIFIER)
        if stores:
            self._begin_object(arrival)
        else:
            self._begin_other(arrival)
        if request.has_data_set:
            self.arrival = arrival
        else:
            self._finish(arrival)

    def _begin_object(self, arrival: Arrival) -> None:
        request = arrival.request
        context = self._caller.contexts[request.context]
        if not is_uid(request.sop_instance):
            arrival.refuse(MISMATCH, "The object has no valid SOP Instance UID.")
        elif request.sop_class != context.abstract_syntax or request.sop_class == VERIFICATION:
            arrival.refuse(CLASS_NOT_SUPPORTED, "The class is not that of the context.")
        elif not request.has_data_set:
            arrival.refuse(NOT_UNDERSTOOD, "There is no data set.")
        else:
            offer = Offer(
                sop_class_uid=request.sop_class,
                sop_instance_uid=request.sop_instance,
                transfer_syntax=context.transfer_syntax,
                calling_ae=self._caller.calling_ae,
                called_ae=self._caller.called_ae,
                address=self._caller.address,
            )
            with self._answering(arrival):
                arrival.reception = self._storage.begin(offer)

    def _begin_other(self, arrival: Arrival) -> None:
        """C-ECHO, and whatever we do not serve."""
        request = arrival.request
        if request.kind != Kind.ECHO:
            arrival.refuse(UNRECOGNIZED_OPERATION, "This receiver only stores.")
        elif self._caller.contexts[request.context].abstract_syntax != VERIFICATION:
            arrival.refuse(CLASS_NOT_SUPPORTED, "Verification has a context of its own.")

    def _take_data(self, arrival: Arrival, control: int, fragment: memoryview) -> None:
        arrival.nbytes += len(fragment)
        if arrival.nbytes > arrival.largest:
            raise ProtocolError("a data set without an end")
        if arrival.reception is not None:
            with self._answering(arrival):
                arrival.reception.write(fragment)
        if control & LAST:
            if arrival.reception is not None:
                with self._answering(arrival):
                    arrival.saved = arrival.reception.commit()
            self.arrival = None
            self._finish(arrival)

    def _finish(self, arrival: Arrival) -> None:
        """Answer, and report."""
        request = arrival.request
        self.nbytes += arrival.nbytes
        if request.kind == Kind.STORE:
            self._count(arrival)
        try:
            self._send(request.context, response(request, arrival.status, arrival.reason))
        finally:  # what is safe is told even if the caller did not wait for the answer
            if event := _event(arrival):
                self._tell(event)

    def _count(self, arrival: Arrival) -> None:
        if arrival.status == SUCCESS:
            self.stored += 1
        else:
            self.refused += 1

    def _answering(self, arrival: Arrival) -> _Answering:
        return _Answering(arrival, self._tell)


class _Answering:
    """Turns what goes wrong while storing into the status of the answer."""

    def __init__(self, arrival: Arrival, tell: Callable[[Event], None]) -> None:
        self._arrival, self._tell = arrival, tell

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        if error is None:
            return False
        if isinstance(error, StoreFullError):
            self._arrival.refuse(OUT_OF_RESOURCES, str(error))
        elif isinstance(error, RefusedObjectError):
            status = MISMATCH if error.mismatch else NOT_UNDERSTOOD
            self._arrival.refuse(status, str(error))
        elif isinstance(error, Exception):  # a defect of ours must not look like success
            # Its kind only: the text may quote the object.
            self._tell(
                {
                    "event": "problem",
                    "what": f"Storing failed ({type(error).__name__}).",
                    "advice": "",
                }
            )
            self._arrival.refuse(OUR_DEFECT, "The object could not be stored.")
        else:
            return False
        return True


def _event(arrival: Arrival) -> Event | None:
    """What is reported of a message that was answered."""
    if arrival.saved is not None:
        return {"event": "stored", "saved": arrival.saved}
    if arrival.request.kind == Kind.STORE:
        return {
            "event": "refused object",
            "status": f"{arrival.status:04X}",
            "what": arrival.reason,
        }
    if arrival.status == SUCCESS:
        return {"event": "echo"}
    return None
