"""An open association as its requestor: ask, send, read the answer; every wait ends."""

from __future__ import annotations

import struct
import time
from collections import deque
from collections.abc import Generator, Iterable

from viewer.net.command import (
    MEDIUM,
    NO_DATA_SET,
    RESPONSE,
    Command,
    Field,
    Kind,
    decode_command,
    encode_command,
    number,
    split_command,
)
from viewer.net.failures import (
    ConnectionLostError,
    NotAcceptedError,
    PeerError,
    PeerTimeoutError,
    WrongAnswerError,
)
from viewer.net.handshake import LONGEST_HANDSHAKE, OUR_LONGEST_PDU, Agreement, Context
from viewer.net.pdu import COMMAND, LARGEST_COMMAND, LAST, PDU_HEADER, Pdu
from viewer.net.peer import Peer
from viewer.net.wire import Wire

TICK_S = 0.1  # how often a generator that waits gives its caller the chance to cancel
RELEASE_S = 5.0
_PDV_HEADER = 6  # item length, context, message control header


class Link:
    """An open association on which we ask and the other side answers.

    Attributes:
        peer: the other side.
        agreement: what was accepted.
    """

    def __init__(self, peer: Peer, wire: Wire, agreement: Agreement) -> None:
        self.peer = peer
        self.agreement = agreement
        self._wire = wire
        self._message = 0
        self._fragments: deque[tuple[int, int, memoryview]] = deque()
        longest = min(agreement.longest_pdu or OUR_LONGEST_PDU, OUR_LONGEST_PDU)
        self._fragment = (longest - _PDV_HEADER) & ~1  # PS3.8 9.3.5.1: even

    def context(self, abstract_syntax: str, *transfer_syntaxes: str) -> Context | None:
        """The accepted context for a SOP class, in one of the encodings where any are given."""
        for context in self.agreement.contexts.values():
            if context.abstract_syntax == abstract_syntax and (
                not transfer_syntaxes or context.transfer_syntax in transfer_syntaxes
            ):
                return context
        return None

    def need(self, abstract_syntax: str, service: str) -> Context:
        """The accepted context for a service.

        Raises:
            NotAcceptedError: there is none.
        """
        context = self.context(abstract_syntax)
        if context is None:
            raise NotAcceptedError(
                f"{self.peer.name} does not offer {service} to us.",
                "It may have to be allowed for our AE title at the other side.",
            )
        return context

    def request(self, kind: Kind, **fields: int | str) -> Command:
        """A command with a message number of its own; the other fields by their names."""
        self._message = self._message % 0xFFFF + 1
        named: Command = {Field[name.upper()]: value for name, value in fields.items()}
        standing: Command = {
            Field.KIND: kind,
            Field.MESSAGE: self._message,
            Field.DATA_SET: NO_DATA_SET,
        }
        if kind in (Kind.STORE, Kind.FIND, Kind.GET, Kind.MOVE):
            standing |= {Field.PRIORITY: MEDIUM, Field.DATA_SET: 0}
        return standing | named

    def send(self, context: Context, command: Command, data: bytes | None = None) -> None:
        """Send a command and, where it has one, its whole data set."""
        self._write(context, COMMAND, encode_command(command), last=True)
        if data is not None:
            for _ in self.stream(context, (data,)):
                pass

    def stream(self, context: Context, chunks: Iterable[bytes]) -> Generator[int, None, None]:
        """Send a data set piece by piece; yields how many bytes have gone after each PDU."""
        sent, rest = 0, b""
        for chunk in chunks:
            view = memoryview(rest + chunk if rest else chunk)
            start = 0
            while len(view) - start > self._fragment:  # the last one is told apart at the end
                self._write(context, 0, view[start : start + self._fragment], last=False)
                start += self._fragment
                sent += self._fragment
                yield sent
            rest = bytes(view[start:])
        self._write(context, 0, rest, last=True)
        yield sent + len(rest)

    def ticks(self) -> Generator[None, None, None]:
        """Yield now and then until an answer begins to arrive, so that the caller can cancel.

        Raises:
            PeerTimeoutError: none came in the time that this peer is given.
        """
        deadline = time.monotonic() + self.peer.timeouts.answer_s
        while not self.waiting(TICK_S):
            if time.monotonic() > deadline:
                raise PeerTimeoutError(
                    f"{self.peer.name} does not answer.",
                    "It may be busy: try again, or raise the waiting time of this server.",
                )
            yield

    def waiting(self, within_s: float) -> bool:
        """Whether an answer begins to arrive; waits at most so long."""
        return bool(self._fragments) or self._wire.readable(within_s)

    def receive(self) -> tuple[Context, Command]:
        """The next command; its data set, if it has one, comes from `data`."""
        collected = bytearray()
        while True:
            context, control, data = self._next_fragment()
            if not control & COMMAND:
                raise self._wrong()
            collected += data
            if len(collected) > LARGEST_COMMAND:
                raise self._wrong()
            if control & LAST:
                break
        try:
            command_set, data_set = split_command(bytes(collected))
            command = decode_command(command_set)
        except ValueError as error:
            raise self._wrong() from error
        if data_set and self.has_data(command):
            self._fragments.appendleft((context, LAST, memoryview(data_set)))
        return self.agreement.contexts[context], command

    def answer(self, kind: Kind, message: int) -> Command:
        """The next command, which must be the answer to a message of ours."""
        _, command = self.receive()
        self.check_answer(command, kind, message)
        return command

    def check_answer(self, command: Command, kind: Kind, message: int) -> None:
        """Raise WrongAnswerError when a command does not answer a message of ours."""
        if number(command, Field.KIND) != kind | RESPONSE or Field.STATUS not in command:
            raise self._wrong()
        if number(command, Field.ANSWERED, message) != message:
            raise self._wrong()

    def has_data(self, command: Command) -> bool:
        """Whether a data set follows a command; it must be taken."""
        return number(command, Field.DATA_SET, NO_DATA_SET) != NO_DATA_SET

    def data(self) -> Generator[memoryview, None, None]:
        """The pieces of the data set that follows the command just received."""
        while True:
            _, control, data = self._next_fragment()
            if control & COMMAND:
                raise self._wrong()
            yield data
            if control & LAST:
                return

    def data_bytes(self, longest: int) -> bytes:
        """The whole data set, for those that are small by nature."""
        collected = bytearray()
        for piece in self.data():
            collected += piece
            if len(collected) > longest:
                raise self._wrong()
        return bytes(collected)

    def cancel(self, context: Context, message: int) -> None:
        """Ask the other side to end an operation early (PS3.7 9.3.2.3)."""
        command: Command = {
            Field.KIND: Kind.CANCEL,
            Field.ANSWERED: message,
            Field.DATA_SET: NO_DATA_SET,
        }
        self._wire.write_if_room(self._pdu(context, COMMAND | LAST, encode_command(command)))

    def release(self) -> None:
        """End in good order; what the other side makes of it no longer matters to the caller."""
        try:
            self._wire.write(_short(Pdu.RELEASE_RQ))
            deadline = time.monotonic() + RELEASE_S
            kind = 0
            while kind not in (Pdu.RELEASE_RP, Pdu.ABORT):
                left_s = deadline - time.monotonic()
                kind, _ = self._wire.read_pdu(left_s, LONGEST_HANDSHAKE)
                if kind == Pdu.RELEASE_RQ:
                    self._wire.write(_short(Pdu.RELEASE_RP))
        except PeerError:
            pass
        finally:
            self._wire.close()

    def abort(self) -> None:
        """End at once."""
        self._wire.write_if_room(_short(Pdu.ABORT))
        self._wire.close()

    def _write(
        self, context: Context, control: int, data: bytes | memoryview, *, last: bool
    ) -> None:
        self._wire.write(self._pdu(context, control | (LAST if last else 0), data))

    def _pdu(self, context: Context, control: int, data: bytes | memoryview) -> bytes:
        """A P-DATA-TF with one fragment (PS3.8 9.3.5)."""
        size = len(data)
        item = struct.pack(">IBB", size + 2, context.number, control)
        return b"".join((PDU_HEADER.pack(Pdu.P_DATA, size + _PDV_HEADER), item, data))

    def _next_fragment(self) -> tuple[int, int, memoryview]:
        while not self._fragments:
            kind, body = self._wire.read_pdu(self.peer.timeouts.answer_s, OUR_LONGEST_PDU + 64)
            if kind == Pdu.ABORT:
                raise ConnectionLostError(
                    f"{self.peer.name} broke off the association.", "Its log may say why."
                )
            if kind == Pdu.RELEASE_RQ:
                self._wire.write(_short(Pdu.RELEASE_RP))
                raise ConnectionLostError(
                    f"{self.peer.name} ended the association early.", "Try again."
                )
            if kind != Pdu.P_DATA:
                raise self._wrong()
            self._split(memoryview(body))
        return self._fragments.popleft()

    def _split(self, body: memoryview) -> None:
        """Take a P-DATA-TF apart (PS3.8 9.3.5)."""
        offset = 0
        while offset < len(body):
            size = int.from_bytes(body[offset : offset + 4], "big")
            end = offset + 4 + size
            if size < 2 or end > len(body) or body[offset + 4] not in self.agreement.contexts:
                raise self._wrong()
            fragment = (body[offset + 4], body[offset + 5], body[offset + 6 : end])
            self._fragments.append(fragment)
            offset = end

    def _wrong(self) -> WrongAnswerError:
        return WrongAnswerError(
            f"{self.peer.name} answered what makes no sense.", "Its DICOM software is faulty."
        )


def _short(kind: Pdu) -> bytes:
    """A PDU that says nothing but its type (PS3.8 9.3.6 to 9.3.8); an abort is the user's."""
    return PDU_HEADER.pack(kind, 4) + bytes(4)
