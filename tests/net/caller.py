"""A caller that says exactly what a test tells it to, byte by byte.

Written apart from the program's own encoder, so that both cannot be wrong in the same way.
"""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import pydicom
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset

from tests.data import CT_IMAGE_STORAGE, EXPLICIT_LITTLE

VERIFICATION = "1.2.840.10008.1.1"
IMPLICIT_LITTLE = "1.2.840.10008.1.2"
DICOM = "1.2.840.10008.3.1.1.1"
ECHO_CONTEXT, STORE_CONTEXT = 1, 3
RQ, AC, RJ, DATA, RELEASE, RELEASED, ABORT = range(1, 8)
WAIT_S = 20.0


def until(condition: Callable[[], object], within_s: float = WAIT_S) -> None:
    """Return as soon as the condition holds."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)  # polling a condition, bounded


def item(kind: int, value: bytes) -> bytes:
    return struct.pack(">BBH", kind, 0, len(value)) + value


def pdu(kind: int, body: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BBI", kind, 0, len(body) if length is None else length) + body


def context(number: int, abstract: str, *syntaxes: str) -> bytes:
    """A proposed presentation context."""
    body = item(0x30, abstract.encode()) + b"".join(item(0x40, s.encode()) for s in syntaxes)
    return item(0x20, bytes((number, 0, 0, 0)) + body)


CONTEXTS = (
    context(ECHO_CONTEXT, VERIFICATION, IMPLICIT_LITTLE),
    context(STORE_CONTEXT, CT_IMAGE_STORAGE, EXPLICIT_LITTLE),
)


def request(
    called: str = "LIGHTBOX",
    calling: str = "CALLER",
    contexts: Sequence[bytes] = CONTEXTS,
    *,
    user: bytes = b"",
    version: int = 1,
    application: str = DICOM,
    max_length: int = 16384,
) -> bytes:
    """An A-ASSOCIATE-RQ."""
    titles = called.encode().ljust(16) + calling.encode().ljust(16) + bytes(32)
    info = item(0x51, struct.pack(">I", max_length)) + item(0x52, b"1.2.3.4") + user
    items = item(0x10, application.encode()) + b"".join(contexts) + item(0x50, info)
    return pdu(RQ, struct.pack(">HH", version, 0) + titles + items)


def value(number: int, control: int, data: bytes) -> bytes:
    """A presentation data value."""
    return struct.pack(">IBB", len(data) + 2, number, control) + data


def command(**elements: object) -> bytes:
    """A command set from element numbers as c0002="1.2", c0100=1 ..."""
    body = b""
    for name, content in sorted(elements.items()):
        if content is None:
            continue
        if isinstance(content, int):
            raw = struct.pack("<H", content)
        else:
            raw = content if isinstance(content, bytes) else str(content).encode()
            raw += b"\0" * (len(raw) % 2)
        body += struct.pack("<HHI", 0, int(name[1:], 16), len(raw)) + raw
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def echo_command(message: int = 1) -> bytes:
    return command(c0002=VERIFICATION, c0100=0x30, c0110=message, c0800=0x0101)


def store_command(uid: object, sop_class: object = CT_IMAGE_STORAGE, **more: object) -> bytes:
    standard: dict[str, object] = {
        **dict(c0002=sop_class, c0100=1, c0110=7, c0700=0, c0800=1, c1000=uid),
        **more,
    }
    return command(**standard)


def encoded(dataset: pydicom.Dataset, *, implicit: bool = False) -> bytes:
    """The data set's bytes, little endian."""
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, implicit
    write_dataset(stream, dataset)
    return stream.getvalue()


class Caller:
    """A connection to the receiver.

    Args:
        port: the receiver's.
        source: the address to call from.
    """

    def __init__(self, port: int, source: str = "127.0.0.1", host: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection((host, port), WAIT_S, (source, 0))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def say(self, data: bytes) -> None:
        self.socket.sendall(data)

    def hear(self) -> tuple[int, bytes]:
        """Type and body of the next PDU; (0, b"") when the receiver has closed."""
        try:
            head = self._exactly(6)
            return (head[0], self._exactly(int.from_bytes(head[2:6]))) if head else (0, b"")
        except ConnectionError:
            return 0, b""

    def hear_the_end(self) -> int:
        """The last PDU's type before the receiver closes; 0 when it closes without a word."""
        last = 0
        while (kind := self.hear()[0]) != 0:
            last = kind
        return last

    def associate(self, **arguments: object) -> bytes:
        """Open an association; the body of the answer."""
        self.say(request(**arguments))  # type: ignore[arg-type]
        kind, body = self.hear()
        assert kind == AC, kind
        return body

    def ask(self, number: int, command_set: bytes, data_set: bytes | None = None) -> int:
        """Send a message, return the status of the answer."""
        self.say(pdu(DATA, value(number, 3, command_set)))
        if data_set is not None:
            self.send_data(number, data_set)
        return self.status()

    def send_data(self, number: int, data_set: bytes, piece: int = 16000) -> None:
        """A data set in PDUs of `piece` bytes."""
        pieces = [data_set[at : at + piece] for at in range(0, len(data_set), piece)] or [b""]
        for each in pieces[:-1]:
            self.say(pdu(DATA, value(number, 0, each)))
        self.say(pdu(DATA, value(number, 2, pieces[-1])))

    def status(self) -> int:
        """The status of the response that comes next."""
        return int.from_bytes(self.response()[0x0900], "little")

    def response(self) -> dict[int, bytes]:
        """The elements of the response that comes next."""
        kind, body = self.hear()
        assert kind == DATA, f"PDU type {kind} {body.hex()} where a response was due"
        assert body[5] == 3
        values: dict[int, bytes] = {}
        at, data = 0, body[6:]
        while at < len(data):
            _, number, length = struct.unpack_from("<HHI", data, at)
            values[number] = data[at + 8 : at + 8 + length]
            at += 8 + length
        return values

    def echo(self) -> int:
        return self.ask(ECHO_CONTEXT, echo_command())

    def store(self, dataset: pydicom.Dataset, number: int = STORE_CONTEXT) -> int:
        return self.ask(
            number, store_command(dataset.SOPInstanceUID, dataset.SOPClassUID), encoded(dataset)
        )

    def release(self) -> int:
        """Release; the type of what comes back."""
        self.say(pdu(RELEASE, bytes(4)))
        return self.hear()[0]

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                assert not data, "the receiver closed in the middle of a PDU"
                return b""
            data += more
        return data
