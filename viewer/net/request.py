"""What a caller asks, and the words of the answer: DIMSE command sets (PS3.7 section 6.3).

Command sets are in implicit VR little endian, group 0000.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from viewer.net.pdu import ProtocolError

NO_DATA_SET = 0x0101
RESPONSE = 0x8000  # this bit of the command field
_HEADER = struct.Struct("<HHI")
_SHORT = struct.Struct("<H")


class Operation(IntEnum):
    """Command fields (PS3.7 annex E)."""

    C_STORE = 0x0001
    C_ECHO = 0x0030
    C_CANCEL = 0x0FFF


class Element(IntEnum):
    """Elements of group 0000."""

    GROUP_LENGTH = 0x0000
    SOP_CLASS = 0x0002
    COMMAND_FIELD = 0x0100
    MESSAGE_ID = 0x0110
    RESPONDED_MESSAGE_ID = 0x0120
    DATA_SET_TYPE = 0x0800
    STATUS = 0x0900
    ERROR_COMMENT = 0x0902
    SOP_INSTANCE = 0x1000


class Request:
    """One command set from a caller.

    Attributes:
        operation: the command field.
        message_id: the number to answer with.
        sop_class, sop_instance: UIDs without padding, empty when absent.
        has_data_set: whether a data set follows.
        context: the presentation context it came on.

    Raises:
        ProtocolError: it is no command set, or has no command field or message ID.
    """

    __slots__ = ("context", "has_data_set", "message_id", "operation", "sop_class", "sop_instance")

    def __init__(self, data: bytes | bytearray, context: int) -> None:
        values = _elements(data)
        self.context = context
        self.operation = _short(values, Element.COMMAND_FIELD)
        self.has_data_set = _short(values, Element.DATA_SET_TYPE) != NO_DATA_SET
        cancels = self.operation == Operation.C_CANCEL
        number = Element.RESPONDED_MESSAGE_ID if cancels or self.answers else Element.MESSAGE_ID
        self.message_id = _short(values, number)
        self.sop_class = _uid(values.get(Element.SOP_CLASS, b""))
        self.sop_instance = _uid(values.get(Element.SOP_INSTANCE, b""))

    @property
    def answers(self) -> bool:
        """Whether it is no request at all but a response."""
        return bool(self.operation & RESPONSE)


def response(request: Request, status: int, comment: str = "") -> bytes:
    """The command set that answers a request without a data set.

    Args:
        request: what is answered.
        status: PS3.7 annex C.
        comment: Error Comment, for people at the other end; cut at 64 characters.
    """
    parts = []
    if request.sop_class:
        parts.append(_element(Element.SOP_CLASS, _even(request.sop_class, "\0")))
    parts += [
        _element(Element.COMMAND_FIELD, _SHORT.pack(request.operation | RESPONSE)),
        _element(Element.RESPONDED_MESSAGE_ID, _SHORT.pack(request.message_id)),
        _element(Element.DATA_SET_TYPE, _SHORT.pack(NO_DATA_SET)),
        _element(Element.STATUS, _SHORT.pack(status)),
    ]
    if comment:
        parts.append(_element(Element.ERROR_COMMENT, _even(comment[:64], " ")))
    if request.sop_instance:
        parts.append(_element(Element.SOP_INSTANCE, _even(request.sop_instance, "\0")))
    body = b"".join(parts)
    return _element(Element.GROUP_LENGTH, struct.pack("<I", len(body))) + body


def _elements(data: bytes | bytearray) -> dict[int, bytes]:
    """Element number to value."""
    values: dict[int, bytes] = {}
    at = 0
    while at < len(data):
        if len(data) - at < _HEADER.size:
            raise ProtocolError("a command that is cut off")
        group, number, length = _HEADER.unpack_from(data, at)
        at += _HEADER.size
        if group != 0 or at + length > len(data):
            raise ProtocolError("a command that cannot be read")
        values[number] = bytes(data[at : at + length])
        at += length
    return values


def _short(values: dict[int, bytes], number: Element) -> int:
    value = values.get(number, b"")
    if len(value) != 2:
        raise ProtocolError("a command without its number, kind or data set type")
    return int.from_bytes(value, "little")


def _uid(value: bytes) -> str:
    return value.decode("ascii", "replace").strip(" \0")


def _even(text: str, padding: str) -> bytes:
    value = text.encode("ascii", "replace")
    return value + padding.encode("ascii") if len(value) % 2 else value


def _element(number: Element, value: bytes) -> bytes:
    return _HEADER.pack(0, number, len(value)) + value
