"""C-STORE: objects go out as they are, each confirmed by the other side before it counts."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from viewer.dicom.files.source import FileRef
from viewer.dicom.pixels.frames import FrameReader
from viewer.errors import ViewerError
from viewer.net.association import associate
from viewer.net.command import Field, Kind, number
from viewer.net.echo import NATIVE
from viewer.net.failures import (
    AssociationRefusedError,
    ConnectionLostError,
    PeerError,
    PeerTimeoutError,
    PeerUnreachableError,
)
from viewer.net.handshake import MOST_CONTEXTS, Context, Proposal
from viewer.net.link import TICK_S, Link
from viewer.net.outgoing import Outgoing, class_name, read_outgoing, syntax_name
from viewer.net.peer import Peer
from viewer.net.reencode import Reencoded, reencoded
from viewer.net.status import STORED_WITH_CHANGES, SUCCESS, store_words

ATTEMPTS = 3
_FIRST_PAUSE_S = 0.5


class SendState(StrEnum):
    """What is happening to an object."""

    READING = "reading"
    SENDING = "sending"
    WAITING = "waiting"  # for another attempt after a lost association
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"  # never announced: not readable, or not accepted by the other side


@dataclass(frozen=True, slots=True)
class SendProgress:
    """Where sending stands; SENT, FAILED and SKIPPED come exactly once for each file.

    Attributes:
        ref: the file concerned.
        state: what is happening to it.
        done, total: files that are through, of how many.
        nbytes: bytes of data sets sent so far, of all files.
        what, advice: why it failed or was skipped, or what a warning says; without patient data.
        status: the DIMSE status of the answer, None where there was none.
    """

    ref: FileRef
    state: SendState
    done: int
    total: int
    nbytes: int
    what: str = ""
    advice: str = ""
    status: int | None = None


Steps = Generator[SendProgress, None, None]


def send(
    peer: Peer, files: Sequence[FileRef], ae_title: str, *, may_reencode: bool = False
) -> Steps:
    """Send files; a bad file, or one that is refused, never ends the rest.

    Closing the generator aborts the association at once.

    Args:
        peer: where to.
        files: what; each is sent in the encoding it has.
        ae_title: ours.
        may_reencode: send an uncompressed copy, without loss, of what is not accepted as it is.

    Raises:
        PeerError: the other side cannot be reached, refuses, or was lost too often.
    """
    return _Sending(peer, ae_title, may_reencode, len(files)).run(files)


class _Sending:
    """One call of `send`."""

    def __init__(self, peer: Peer, ae_title: str, may_reencode: bool, total: int) -> None:
        self._peer = peer
        self._ae_title = ae_title
        self._may_reencode = may_reencode
        self._total = total
        self._done = 0
        self._nbytes = 0
        self._reader = FrameReader()  # starts nothing before a frame has to be decoded
        self._in_flight = False  # whether an object was on the way when the association was lost

    def run(self, files: Sequence[FileRef]) -> Steps:
        objects: list[Outgoing] = []
        told = time.monotonic()
        for ref in files:
            try:
                objects.append(read_outgoing(ref))
            except ViewerError as error:
                yield self._end(ref, SendState.SKIPPED, str(error), error.advice)
            if time.monotonic() - told > TICK_S:
                yield self._step(ref, SendState.READING)
                told = time.monotonic()
        try:
            for proposals, group in _associations(objects, self._may_reencode):
                yield from self._send_group(proposals, deque(group))
        finally:
            self._reader.close()

    def _send_group(self, proposals: list[Proposal], waiting: deque[Outgoing]) -> Steps:
        """All objects that need one set of contexts, over as many associations as it takes."""
        failures = 0
        while waiting:
            before = len(waiting)
            self._in_flight = False
            try:
                with associate(self._peer, self._ae_title, proposals) as link:
                    while waiting:
                        yield from self._send_next(link, waiting)
            except PeerError as error:
                failures = 1 if len(waiting) < before else failures + 1
                if not waiting:
                    return
                if not self._worth_another(error, failures):
                    if not self._in_flight or isinstance(error, PeerTimeoutError):
                        raise
                    # This one object ends the association each time; the others may not.
                    item = waiting.popleft()
                    yield self._end(item.ref, SendState.FAILED, str(error), error.advice)
                    failures = 0
                else:
                    yield from self._pause(waiting[0].ref, failures)

    def _worth_another(self, error: PeerError, failures: int) -> bool:
        if failures >= ATTEMPTS:
            return False
        if isinstance(error, PeerTimeoutError):
            return self._in_flight
        if isinstance(error, ConnectionLostError):
            return True
        busy = isinstance(error, AssociationRefusedError) and error.is_transient
        return busy or (failures > 1 and isinstance(error, PeerUnreachableError))

    def _send_next(self, link: Link, waiting: deque[Outgoing]) -> Steps:
        """The first of the waiting objects; it stays there until its fate is known."""
        item = waiting[0]
        try:
            context, copy = self._prepared(link, item)
            chunks = copy.chunks()
            first = next(chunks, b"")  # a file that is gone is noticed before it is announced
        except ViewerError as error:
            waiting.popleft()
            yield self._end(item.ref, SendState.SKIPPED, str(error), error.advice)
            return
        request = link.request(
            Kind.STORE,
            affected_class=item.sop_class_uid,
            affected_instance=item.sop_instance_uid,
        )
        self._in_flight = True
        link.send(context, request)
        yield from self._data(link, context, chain((first,), chunks), waiting)
        for _ in link.ticks():
            yield self._step(item.ref, SendState.SENDING)
        answer = link.answer(Kind.STORE, number(request, Field.MESSAGE))
        self._in_flight = False
        waiting.popleft()
        yield self._judged(item, number(answer, Field.STATUS))

    def _data(
        self, link: Link, context: Context, chunks: Iterable[bytes], waiting: deque[Outgoing]
    ) -> Steps:
        """The data set of the first waiting object; yields often enough to be cancelled."""
        item, before, told = waiting[0], self._nbytes, time.monotonic()
        try:
            for sent in link.stream(context, chunks):
                self._nbytes = before + sent
                if time.monotonic() - told > TICK_S:
                    yield self._step(item.ref, SendState.SENDING)
                    told = time.monotonic()
        except PeerError:
            self._nbytes = before
            raise
        except ViewerError as error:  # the file failed; half an object cannot be taken back
            waiting.popleft()
            self._in_flight = False
            yield self._end(item.ref, SendState.FAILED, str(error), error.advice)
            raise ConnectionLostError(str(error), error.advice) from error

    def _prepared(self, link: Link, item: Outgoing) -> tuple[Context, Outgoing | Reencoded]:
        """The context to send it on, and what to send: the object itself wherever possible."""
        context = link.context(item.sop_class_uid, item.transfer_syntax)
        if context is not None:
            return context, item
        plain = link.context(item.sop_class_uid, *NATIVE)
        if plain is not None and self._may_reencode:
            return plain, reencoded(item, plain.transfer_syntax, self._reader)
        what = class_name(item.sop_class_uid)
        advice = f"{self._peer.name} must be set to accept it."
        if not self._may_reencode and item.transfer_syntax not in NATIVE:
            advice = "Allow uncompressed copies, or have it accepted at the other side."
        syntax = syntax_name(item.transfer_syntax)
        raise PeerError(f"{self._peer.name} does not accept {what} as {syntax}.", advice)

    def _judged(self, item: Outgoing, status: int) -> SendProgress:
        if status == SUCCESS:
            return self._end(item.ref, SendState.SENT, status=status)
        words = store_words(status)
        if status in STORED_WITH_CHANGES:
            what = f"{self._peer.name} took it with changes ({status:04X})."
            return self._end(item.ref, SendState.SENT, what, status=status)
        what = f"{self._peer.name} did not take it: {words.what}."
        return self._end(item.ref, SendState.FAILED, what, words.advice, status)

    def _pause(self, ref: FileRef, failures: int) -> Steps:
        """Let a server that was restarted come back."""
        until = time.monotonic() + _FIRST_PAUSE_S * 2 ** (failures - 1)
        while time.monotonic() < until:
            yield self._step(ref, SendState.WAITING)
            time.sleep(TICK_S)

    def _step(self, ref: FileRef, state: SendState) -> SendProgress:
        return SendProgress(ref, state, self._done, self._total, self._nbytes)

    def _end(
        self,
        ref: FileRef,
        state: SendState,
        what: str = "",
        advice: str = "",
        status: int | None = None,
    ) -> SendProgress:
        self._done += 1
        step = self._step(ref, state)
        return replace(step, what=what, advice=advice, status=status)


def _associations(
    objects: Sequence[Outgoing], may_reencode: bool
) -> list[tuple[list[Proposal], list[Outgoing]]]:
    """Objects grouped so that the contexts of each group fit into one association.

    Every pair of class and encoding gets a context of its own: where a context offers several
    encodings the other side picks one, and the rest would have to be converted.
    """
    kinds: dict[tuple[str, str], list[Outgoing]] = {}
    for item in objects:
        kinds.setdefault((item.sop_class_uid, item.transfer_syntax), []).append(item)
    groups: list[tuple[list[Proposal], list[Outgoing]]] = []
    for (sop_class, syntax), members in sorted(kinds.items()):
        wanted = [Proposal(sop_class, (syntax,))]
        if may_reencode:
            wanted.append(Proposal(sop_class, NATIVE))
        if groups:
            proposals, collected = groups[-1]
            missing = [each for each in wanted if each not in proposals]
            if len(proposals) + len(missing) <= MOST_CONTEXTS:
                proposals += missing
                collected += members
                continue
        groups.append((wanted, list(members)))
    return groups
