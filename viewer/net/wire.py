"""A connection that carries PDUs one way and the other; every wait on it ends."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import time

from viewer.net.failures import (
    ConnectionLostError,
    PeerTimeoutError,
    PeerTlsError,
    PeerUnreachableError,
    WrongAnswerError,
)
from viewer.net.peer import Peer
from viewer.net.peer_tls import client_context, handshake_error

PDU_HEADER = 6
PDU_TYPES = range(1, 8)  # PS3.8 9.3
_TLS_ALERT = 0x15
_PIECE = 1 << 18
_QUICK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux


class Wire:
    """One TCP or TLS connection to a peer. Not for two threads at once."""

    def __init__(self, peer: Peer, connection: socket.socket) -> None:
        self._name = peer.name
        self._answer_s = peer.timeouts.answer_s
        self._socket = connection

    @classmethod
    def connect(cls, peer: Peer) -> Wire:
        """Connect, with TLS where the peer has it.

        Raises:
            PeerUnreachableError, PeerTlsError: with the reason in words.
        """
        try:
            connection = socket.create_connection(
                (peer.host, peer.port), timeout=peer.timeouts.connect_s
            )
        except (OSError, UnicodeError) as error:
            raise _unreachable(peer, error) from error
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if peer.tls is not None:
                connection = _encrypted(peer, connection)
        except BaseException:
            connection.close()
            raise
        return cls(peer, connection)

    def readable(self, within_s: float) -> bool:
        """Whether something can be read; waits at most `within_s` for it."""
        if isinstance(self._socket, ssl.SSLSocket) and self._socket.pending():
            return True
        if self._socket.fileno() < 0:
            return True  # closed: reading says so
        self._acknowledge_at_once()
        if not hasattr(select, "poll"):  # Windows
            return bool(select.select([self._socket], [], [], within_s)[0])
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        return bool(poller.poll(within_s * 1000))

    def read_pdu(self, within_s: float, longest: int) -> tuple[int, bytearray]:
        """The next PDU: its type, and what follows its header.

        Args:
            within_s: time for all of it.
            longest: refused before it is read when it claims more bytes.

        Raises:
            PeerTimeoutError, ConnectionLostError, WrongAnswerError
        """
        deadline = time.monotonic() + within_s
        header = self._read(PDU_HEADER, deadline)
        kind, length = header[0], int.from_bytes(header[2:6], "big")
        if kind not in PDU_TYPES:
            raise WrongAnswerError(*_what_else(self._name, kind))
        if length > longest:
            raise WrongAnswerError(
                f"{self._name} sent more at once than was agreed.", "Its DICOM software is faulty."
            )
        return kind, self._read(length, deadline)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send all of it.

        Raises:
            PeerTimeoutError, ConnectionLostError
        """
        try:
            self._socket.settimeout(self._answer_s)
            self._socket.sendall(data)
        except TimeoutError as error:
            raise self._silent() from error
        except (OSError, ValueError) as error:
            raise self._lost() from error

    def write_if_room(self, data: bytes) -> None:
        """Send a few last bytes if that needs no waiting; nothing raises."""
        with contextlib.suppress(OSError, ValueError):
            self._socket.settimeout(0)
            self._socket.send(data)

    def close(self) -> None:
        """Close the connection; twice is harmless."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _read(self, count: int, deadline: float) -> bytearray:
        buffer = bytearray(count)
        view, done = memoryview(buffer), 0
        try:
            while done < count:
                left_s = deadline - time.monotonic()
                if left_s <= 0:
                    raise self._silent()
                self._socket.settimeout(left_s)
                self._acknowledge_at_once()
                got = self._socket.recv_into(view[done : done + _PIECE])
                if got == 0:
                    raise self._lost()
                done += got
        except TimeoutError as error:
            raise self._silent() from error
        except ssl.SSLError as error:  # TLS 1.3 tells about our certificate only now
            if "ALERT" not in str(error.reason):
                raise self._lost() from error
            raise PeerTlsError(*handshake_error(self._name, error)) from error
        except (OSError, ValueError) as error:
            raise self._lost() from error
        return buffer

    def _acknowledge_at_once(self) -> None:
        """DCMTK sends an answer in two pieces and waits 40 ms for a delayed acknowledgement."""
        if _QUICK is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, _QUICK, 1)

    def _silent(self) -> PeerTimeoutError:
        return PeerTimeoutError(
            f"{self._name} does not answer.",
            "It may be busy or hanging: try again, or raise the waiting time of this server.",
        )

    def _lost(self) -> ConnectionLostError:
        return ConnectionLostError(
            f"{self._name} closed the connection.", "Try again; its log may say why."
        )


def _encrypted(peer: Peer, connection: socket.socket) -> ssl.SSLSocket:
    assert peer.tls is not None
    context = client_context(peer.tls)
    try:
        return context.wrap_socket(connection, server_hostname=peer.host)
    except (OSError, ValueError) as error:
        raise PeerTlsError(*handshake_error(peer.name, error)) from error


def _unreachable(peer: Peer, error: Exception) -> PeerUnreachableError:
    place = f"{peer.host}:{peer.port}"
    if isinstance(error, (socket.gaierror, UnicodeError)):
        return PeerUnreachableError(
            f"{peer.name}: the name {peer.host} is not known in this network.",
            "Check the host name, or enter its address.",
        )
    if isinstance(error, ConnectionRefusedError):
        return PeerUnreachableError(
            f"{peer.name}: nothing listens at {place}.",
            "Is the server running, and is the port right?",
        )
    if isinstance(error, TimeoutError):
        return PeerUnreachableError(
            f"{peer.name} at {place} does not answer.",
            "Check the address; a firewall may be in between.",
        )
    return PeerUnreachableError(
        f"{peer.name} at {place} cannot be reached.",
        "Check the address and this computer's network.",
    )


def _what_else(name: str, kind: int) -> tuple[str, str]:
    """What a server speaks whose first byte is no PDU type."""
    if kind == _TLS_ALERT:
        return f"{name} wants an encrypted connection.", "Turn TLS on for this server."
    if kind in b"Hh<":
        return f"{name} answers as a web server.", "Enter the port of its DICOM service."
    return f"{name} does not speak DICOM.", "Is the port right?"
