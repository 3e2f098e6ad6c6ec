"""DIMSE command sets: the few elements of group 0000 there are (PS3.7 annex E)."""

from __future__ import annotations

import struct
from enum import IntEnum

from viewer.net.pdu import ProtocolError

Command = dict[int, int | str]
"""Element number to value. What the other side sent may lack any of them."""


class Field(IntEnum):
    """Element numbers of group 0000 (PS3.7 E.1)."""

    AFFECTED_CLASS = 0x0002
    KIND = 0x0100
    MESSAGE = 0x0110
    ANSWERED = 0x0120  # Message ID Being Responded To
    DESTINATION = 0x0600
    PRIORITY = 0x0700
    DATA_SET = 0x0800
    STATUS = 0x0900
    COMMENT = 0x0902  # for people at the other end, at most 64 characters
    AFFECTED_INSTANCE = 0x1000
    REMAINING = 0x1020
    COMPLETED = 0x1021
    FAILED = 0x1022
    WARNING = 0x1023


class Kind(IntEnum):
    """Values of Command Field; a response has the high bit too."""

    STORE = 0x0001
    GET = 0x0010
    FIND = 0x0020
    MOVE = 0x0021
    ECHO = 0x0030
    CANCEL = 0x0FFF


RESPONSE = 0x8000
NO_DATA_SET = 0x0101
MEDIUM = 0  # priority
_TEXTS = {
    Field.AFFECTED_CLASS: b"\0",
    Field.AFFECTED_INSTANCE: b"\0",
    Field.DESTINATION: b" ",
    Field.COMMENT: b" ",
}
_NUMBERS = frozenset(Field) - _TEXTS.keys()


def encode_command(command: Command) -> bytes:
    """Implicit VR little endian, as commands always are, with the group length."""
    elements = []
    for number, value in sorted(command.items()):
        raw = (
            struct.pack("<H", value) if isinstance(value, int) else value.encode("ascii", "replace")
        )
        raw += _TEXTS.get(Field(number), b"") * (len(raw) % 2)
        elements.append(struct.pack("<HHI", 0, number, len(raw)) + raw)
    body = b"".join(elements)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def split_command(data: bytes) -> tuple[bytes, bytes]:
    """A command set, and what follows it by its own group length (0000,0000).

    Nothing should; but Orthanc 1.10.1 sends the list of what failed in the same fragment.
    """
    if data[:8] != b"\0\0\0\0\4\0\0\0" or len(data) < 12:
        return data, b""
    end = 12 + int.from_bytes(data[8:12], "little")
    return data[:end], data[end:]


def decode_command(data: bytes | bytearray) -> Command:
    """The elements we know; others, and values that make no sense, are left out.

    Raises:
        ProtocolError: it is no command set.
    """
    command: Command = {}
    offset = 0
    while offset < len(data):
        if offset + 8 > len(data):
            raise ProtocolError("a command that is cut off")
        group, number, length = struct.unpack_from("<HHI", data, offset)
        offset += 8
        if group != 0 or length > len(data) - offset:
            raise ProtocolError("a command that cannot be read")
        value = bytes(data[offset : offset + length])
        if number in _NUMBERS and length == 2:
            command[number] = int.from_bytes(value, "little")
        elif number in _TEXTS:
            command[number] = value.decode("ascii", "replace").strip("\0 ")
        offset += length
    return command


def number(command: Command, field: Field, default: int = -1) -> int:
    """A number of a command; `default` where the other side left it out."""
    value = command.get(field, default)
    return value if isinstance(value, int) else default


def text(command: Command, field: Field) -> str:
    """A text of a command, or empty."""
    value = command.get(field, "")
    return value if isinstance(value, str) else ""
