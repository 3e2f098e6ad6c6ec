"""A connection that can neither be filled up nor held open at leisure."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import ssl
import time
from typing import TYPE_CHECKING

from pynetdicom.transport import AssociationSocket

if TYPE_CHECKING:
    from pynetdicom.association import Association

PDU_HEADER = 6
LARGEST_REQUEST = 1 << 20  # an A-ASSOCIATE-RQ; a real one stays far below
WAIT_MS = 50  # how long the reactor may sleep in the kernel before it looks at its timers
PIECE = 1 << 18


class Doorbell:
    """Wakes a thread that waits in `poll` for a socket."""

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair()
        self._inside.setblocking(False)
        self._outside.setblocking(False)

    def fileno(self) -> int:
        return self._inside.fileno()

    def ring(self) -> None:
        """Wake the waiting thread; from any thread."""
        with contextlib.suppress(OSError):  # full: it rings already; closed: nobody waits
            self._outside.send(b"!")

    def silence(self) -> None:
        """Take all rings that came so far."""
        with contextlib.suppress(OSError):
            while self._inside.recv(1024):
                pass

    def close(self) -> None:
        self._inside.close()
        self._outside.close()


class BoundedSocket(AssociationSocket):
    """Reads PDUs with a limit on their length and on the time they take.

    Three differences to pynetdicom's own: a PDU longer than was negotiated is refused before
    it is read; the reactor sleeps in `poll` instead of looking every millisecond, and beyond
    1,024 open files; bytes go straight into one buffer.
    """

    def __init__(
        self, assoc: Association, client: socket.socket, max_pdu: int, pdu_s: float
    ) -> None:
        super().__init__(assoc, client_socket=client)
        self._max_pdu = max_pdu
        self._pdu_s = pdu_s
        self._deadline = 0.0
        self.doorbell = Doorbell()

    @property
    def ready(self) -> bool:
        """Whether there is something to read; waits a moment for it when nothing is to be sent."""
        if self.socket is None or not self._is_connected:
            return False
        if isinstance(self.socket, ssl.SSLSocket) and self.socket.pending():
            return True
        dul = self.assoc.dul
        idle = dul.to_provider_queue.empty() and dul.event_queue.empty()
        try:
            return self._readable(WAIT_MS if idle and not dul._kill_thread else 0)
        except (OSError, ValueError):
            self.event_queue.put("Evt17")  # transport connection closed
            return False

    def _readable(self, wait_ms: int) -> bool:
        watched = [self.socket, self.doorbell]
        if not hasattr(select, "poll"):  # Windows
            found = select.select(watched, [], [], wait_ms / 1000)[0]
            rung, readable = self.doorbell in found, self.socket in found
        else:
            poller = select.poll()
            for channel in watched:
                poller.register(channel, select.POLLIN)
            ready = {fd for fd, _ in poller.poll(wait_ms)}
            rung = self.doorbell.fileno() in ready
            readable = self.socket is not None and self.socket.fileno() in ready
        if rung:
            self.doorbell.silence()
        return readable

    def recv(self, nr_bytes: int) -> bytearray:
        """Read exactly `nr_bytes`, fewer only when the peer closed.

        Raises:
            OSError: a PDU longer than allowed, or one that takes too long.
        """
        if nr_bytes == PDU_HEADER and self._deadline <= time.monotonic():
            self._deadline = time.monotonic() + self._pdu_s
        established = self.assoc.is_established
        if nr_bytes > (self._max_pdu if established else LARGEST_REQUEST):
            raise OSError("the PDU is longer than was negotiated")
        try:
            return self._fill(bytearray(nr_bytes))
        finally:
            if nr_bytes != PDU_HEADER:
                self._deadline = 0.0

    def _fill(self, buffer: bytearray) -> bytearray:
        view, done = memoryview(buffer), 0
        while done < len(buffer):
            left_s = self._deadline - time.monotonic()
            if self.socket is None or left_s <= 0:
                raise TimeoutError("the PDU did not arrive in time")
            self.socket.settimeout(left_s)
            count = self.socket.recv_into(view[done : done + PIECE])
            if count == 0:
                return bytearray(view[:done])
            done += count
        return buffer

    def send(self, bytestream: bytes) -> None:
        """Send all of it; a peer that does not read loses the connection."""
        if self.socket is not None:
            self.socket.settimeout(self._pdu_s)
        super().send(bytestream)

    def close(self) -> None:
        super().close()
        self.doorbell.ring()


def open_files_limit() -> int:
    """How many files and sockets this process may have open; raised to what is allowed."""
    if os.name != "posix":
        return 512
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 4096) if hard != resource.RLIM_INFINITY else 4096
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(soft, wanted)
