"""One accepted socket: PDUs come out whole, and it can neither be filled nor held at leisure.

The socket blocks; time is watched from outside (`overdue`, `cut`), so that reading costs one
system call and every wait, TLS handshake and sending included, ends the same way.
"""

from __future__ import annotations

import contextlib
import math
import socket
import ssl
import threading
import time

from viewer.net.pdu import PDU_HEADER, AbortReason, Pdu, ProtocolError

FIRST_ROOM = 4096  # bytes of buffer until there is an association: strangers get no more
LARGEST_REQUEST = 1 << 20  # an A-ASSOCIATE-RQ; a real one stays far below
FAREWELL_S = 2.0  # for the peer to read our last words and close
FAREWELL_BYTES = 1 << 20
TLS_HELLO = 0x16


class ConnectionEnd(Exception):  # noqa: N818 - not every end is an error
    """The peer is gone."""


class CutError(ConnectionEnd):
    """We ended it, because it took too long or the receiver stops."""


class Connection:
    """A caller's connection; used by one thread, watched and cut by another.

    Args:
        channel: the accepted socket.
        address: the caller's, in words.
        pdu_s: for one PDU to arrive once it began, and for one answer to be taken.

    Attributes:
        hard_deadline: when it ends whatever happens, on the clock of `time.monotonic`.
        cut_reason: why we ended it; empty while we did not.
        received: whether the caller ever sent a byte.
    """

    def __init__(self, channel: socket.socket, address: str, pdu_s: float) -> None:
        self.address = address
        self.opened = time.monotonic()
        self.hard_deadline = math.inf
        self.cut_reason = ""
        self.received = False
        self._pdu_s = pdu_s
        self._channel = channel
        self._lock = threading.Lock()
        self._deadline = math.inf
        self._largest_data = 0
        self._buffer = bytearray(FIRST_ROOM)
        self._view = memoryview(self._buffer)
        self._start = self._end = 0
        channel.settimeout(None)
        with contextlib.suppress(OSError):
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            channel.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def secure(self, context: ssl.SSLContext) -> None:
        """Do the TLS handshake.

        Raises:
            OSError: it failed; the connection is of no use any more.
        """
        with self._lock:
            self._channel = context.wrap_socket(
                self._channel, server_side=True, do_handshake_on_connect=False
            )
        self._channel.do_handshake()

    def associated(self, max_pdu: int) -> None:
        """From now on P-DATA of up to `max_pdu` bytes is read, twice as much buffered."""
        self._largest_data = max_pdu
        self._make_room(2 * (max_pdu + PDU_HEADER.size))

    def next_pdu(self, wait_s: float) -> tuple[int, memoryview]:
        """Type and body of the next PDU; the body is good until the next call.

        Args:
            wait_s: how long the peer may be silent before it begins.

        Raises:
            ProtocolError: of no known type, or longer than allowed.
            ConnectionEnd: the peer closed, or was cut.
        """
        if self.cut_reason:  # what still comes in does not keep it open
            raise CutError(self.cut_reason)
        if self._end - self._start < PDU_HEADER.size:
            self._fill(PDU_HEADER.size, wait_s)
        kind, length = PDU_HEADER.unpack_from(self._buffer, self._start)
        self._check(kind, length)
        whole = PDU_HEADER.size + length
        if self._end - self._start < whole:
            self._fill(whole, self._pdu_s)
        begin = self._start + PDU_HEADER.size
        self._start += whole
        return kind, self._view[begin : begin + length]

    def send(self, data: bytes) -> None:
        """Send all of it; a peer that does not read is cut.

        Raises:
            ConnectionEnd: the peer is gone, or was cut.
        """
        self._deadline = time.monotonic() + self._pdu_s
        try:
            self._channel.sendall(data)
        except (OSError, ValueError) as error:
            raise self._end_of_it() from error
        finally:
            self._deadline = math.inf

    def overdue(self, now: float) -> bool:
        """Whether it should be cut."""
        return now > self._deadline or now > self.hard_deadline

    def cut(self, reason: str) -> None:
        """End it, from another thread: first the reading, the next time everything."""
        with self._lock, contextlib.suppress(OSError):
            first, self.cut_reason = not self.cut_reason, self.cut_reason or reason
            # What is still to be said has this long, then the same happens to the writing.
            self.hard_deadline = time.monotonic() + FAREWELL_S
            # Not SSLSocket's own: that forgets the TLS state under the feet of the reader.
            socket.socket.shutdown(self._channel, socket.SHUT_RD if first else socket.SHUT_RDWR)

    def close(self) -> None:
        """Let the peer read our last words, then close."""
        self._deadline = time.monotonic() + FAREWELL_S
        with contextlib.suppress(OSError, ValueError):
            if not self.cut_reason and self.received:
                socket.socket.shutdown(self._channel, socket.SHUT_WR)
                self._drain()
        with self._lock, contextlib.suppress(OSError):
            self._channel.close()

    def _drain(self) -> None:
        """Read past what is under way: closing before would destroy what we sent last."""
        left = FAREWELL_BYTES
        while left > 0 and (count := self._channel.recv_into(self._view)):
            left -= count

    def _check(self, kind: int, length: int) -> None:
        if kind == Pdu.P_DATA:
            limit = self._largest_data
        elif kind == Pdu.ASSOCIATE_RQ:
            limit = LARGEST_REQUEST
        elif Pdu.ASSOCIATE_RQ < kind <= Pdu.ABORT:
            limit = FIRST_ROOM  # for us they are 4 bytes, or not expected at all
        else:
            raise ProtocolError(_words_for(kind), AbortReason.UNRECOGNIZED_PDU)
        if length > limit:
            expected = kind != Pdu.P_DATA or self._largest_data
            reason = AbortReason.INVALID_VALUE if expected else AbortReason.UNEXPECTED_PDU
            raise ProtocolError("a PDU that is longer than was negotiated", reason)

    def _fill(self, needed: int, wait_s: float) -> None:
        """Read until `needed` bytes are there, and what has come beyond them."""
        self._make_room(needed)
        self._deadline = time.monotonic() + wait_s
        while self._end - self._start < needed:
            try:
                count = self._channel.recv_into(self._view[self._end :])
            except (OSError, ValueError) as error:
                raise self._end_of_it() from error
            if count == 0:
                raise self._end_of_it()
            self.received = True
            self._end += count
        self._deadline = math.inf

    def _make_room(self, needed: int) -> None:
        """Have room for `needed` bytes from `_start` on."""
        if self._start == self._end:
            self._start = self._end = 0
        if needed <= len(self._buffer) - self._start:
            return
        waiting = bytes(self._view[self._start : self._end])
        if needed > len(self._buffer):
            self._buffer = bytearray(needed)
            self._view = memoryview(self._buffer)
        self._view[: len(waiting)] = waiting
        self._start, self._end = 0, len(waiting)

    def _end_of_it(self) -> ConnectionEnd:
        return CutError(self.cut_reason) if self.cut_reason else ConnectionEnd()


def _words_for(kind: int) -> str:
    """What a first byte that starts no PDU is likely to be."""
    if kind == TLS_HELLO:
        return "TLS, which is not switched on here"
    return "something that is not DICOM"
