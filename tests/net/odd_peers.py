"""Servers that do what no server should, byte by byte, on real sockets; and what proves names.

Their PDUs are written by `tests.net.caller`, apart from the program's own encoder.
"""

from __future__ import annotations

import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.net.caller import AC, DATA, command, item, pdu, value
from viewer.net.peer import Peer, Timeouts

HASTY = Timeouts(connect_s=2, associate_s=0.6, answer_s=0.6)


class Talk:
    """One connection, seen from the odd server."""

    def __init__(self, connection: socket.socket, number: int) -> None:
        self.socket = connection
        self.number = number  # counts from 0
        self.request = b""

    def hear(self) -> tuple[int, bytes]:
        """Type and body of the next PDU; (0, b"") at the end."""
        head = self._exactly(6)
        return (head[0], self._exactly(int.from_bytes(head[2:6], "big"))) if head else (0, b"")

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def accept(self, user: bytes = b"", max_length: int = 16384) -> None:
        """Read the request and accept every context in the first encoding it offers."""
        _, self.request = self.hear()
        answers, at = b"", 68
        while at < len(self.request):
            kind, _, size = struct.unpack_from(">BBH", self.request, at)
            content = self.request[at + 4 : at + 4 + size]
            at += 4 + size
            if kind == 0x20:
                abstract = int.from_bytes(content[6:8], "big")
                first = content[8 + abstract :]
                syntax = first[4 : 4 + int.from_bytes(first[2:4], "big")]
                answers += item(0x21, bytes((content[0], 0, 0, 0)) + item(0x40, syntax))
        info = item(0x50, item(0x51, struct.pack(">I", max_length)) + user)
        body = struct.pack(">HH", 1, 0) + self.request[4:68]
        self.say(pdu(AC, body + item(0x10, b"1.2.840.10008.3.1.1.1") + answers + info))

    def hear_message(self) -> tuple[bytes, bytes]:
        """Command set and data set of the next message; empty at the end."""
        parts = {True: b"", False: b""}
        while True:
            kind, body = self.hear()
            if kind != DATA:
                return b"", b""
            control = body[5]
            parts[bool(control & 1)] += body[6:]
            without = (
                parts[True].endswith(b"\0\0\x00\x08\2\0\0\0\1\1")
                or b"\x00\x08\2\0\0\0\1\1" in parts[True]
            )
            if control & 2 and (without or not control & 1):
                return parts[True], parts[False]

    def answer(
        self, status: int, kind: int, data: bytes | None = None, message: int = 1, **more: object
    ) -> None:
        """A response on context 1."""
        has_data = 0x0101 if data is None else 1
        words = command(c0100=kind | 0x8000, c0120=message, c0800=has_data, c0900=status, **more)
        self.say(pdu(DATA, value(1, 3, words)))
        if data is not None:
            for at in range(0, len(data) - 60_000, 60_000):
                self.say(pdu(DATA, value(1, 0, data[at : at + 60_000])))
            self.say(pdu(DATA, value(1, 2, data[(len(data) - 1) // 60_000 * 60_000 :])))

    def wait_for_the_end(self, polite: bool = True) -> list[int]:
        """Types of the PDUs that still come; a release is answered unless impolite."""
        kinds = []
        with suppress(OSError):
            while (kind := self.hear()[0]) != 0:
                kinds.append(kind)
                if kind == 5 and polite:
                    self.say(pdu(6, bytes(4)))
        return kinds

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                return b""
            data += piece
        return data


@contextmanager
def odd_peer(behave: Callable[[Talk], object], waits: Timeouts = HASTY) -> Iterator[Peer]:
    """A server that does with each connection what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        threads: list[threading.Thread] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    connection.settimeout(20)
                    talk = Talk(connection, len(threads))
                    threads.append(threading.Thread(target=handle, args=(talk,), daemon=True))
                    threads[-1].start()

        def handle(talk: Talk) -> None:
            with talk.socket, suppress(OSError):
                behave(talk)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        try:
            yield Peer("Odd", "ODD", "127.0.0.1", listening.getsockname()[1], None, waits)
        finally:
            listening.shutdown(socket.SHUT_RDWR)
    server.join(5)
    for thread in threads:
        thread.join(5)
        assert not thread.is_alive()


@contextmanager
def relay(port: int, watch: Callable[[int, bytes], bool]) -> Iterator[int]:
    """A port that passes everything on to another, until `watch` says cut.

    `watch` gets the number of the connection and each piece that goes to the server.
    """

    def behave(talk: Talk) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            back = threading.Thread(target=pump, args=(server, talk.socket), daemon=True)
            back.start()
            while piece := talk.socket.recv(1 << 16):
                if watch(talk.number, piece):
                    break
                server.sendall(piece)
            for each in (server, talk.socket):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
            back.join(5)

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while piece := source.recv(1 << 16):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)

    with odd_peer(behave) as peer:
        yield peer.port


def openssl(*arguments: str | Path) -> None:
    try:
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("openssl is not installed")


def certificate(
    folder: Path, name: str, host: str = "127.0.0.1", *, expired: bool = False
) -> tuple[str, str]:
    """A self-signed certificate for a host and its key, as PEM files."""
    cert, key, request = (folder / f"{name}.{kind}" for kind in ("pem", "key", "csr"))
    subject = f"IP:{host}" if host[0].isdigit() else f"DNS:{host}"
    config = folder / f"{name}.cnf"
    (folder / f"{name}.index").write_text("")
    config.write_text(
        f"""[ca]
default_ca = here
[here]
database = {folder / name}.index
new_certs_dir = {folder}
rand_serial = yes
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = {subject}
basicConstraints = critical,CA:TRUE
"""
    )
    year = 2020 if expired else 2090
    openssl(
        *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
        *("-keyout", key, "-out", request, "-subj", f"/CN={name}"),
    )
    openssl(
        *("ca", "-batch", "-selfsign", "-notext", "-config", config, "-keyfile", key),
        *("-in", request, "-out", cert),
        *("-startdate", "20190101000000Z", "-enddate", f"{year}0101000000Z"),
    )
    return str(cert), str(key)
