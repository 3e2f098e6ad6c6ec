"""What a caller asks, and the words of the answer (PS3.7 section 6.3)."""

from __future__ import annotations

from viewer.net.command import (
    NO_DATA_SET,
    RESPONSE,
    Command,
    Field,
    Kind,
    decode_command,
    encode_command,
    number,
    text,
)
from viewer.net.pdu import ProtocolError

LONGEST_COMMENT = 64  # PS3.5 6.2: LO


class Request:
    """One command set from a caller.

    Attributes:
        kind: the command field.
        message_id: the number to answer with.
        sop_class, sop_instance: UIDs without padding, empty when absent.
        has_data_set: whether a data set follows.
        context: the presentation context it came on.

    Raises:
        ProtocolError: it is no command set, or has no command field or message ID.
    """

    __slots__ = ("context", "has_data_set", "kind", "message_id", "sop_class", "sop_instance")

    def __init__(self, data: bytes | bytearray, context: int) -> None:
        command = decode_command(data)
        self.context = context
        self.kind = _needed(command, Field.KIND)
        self.has_data_set = _needed(command, Field.DATA_SET) != NO_DATA_SET
        cancels = self.kind == Kind.CANCEL
        numbered = Field.ANSWERED if cancels or self.answers else Field.MESSAGE
        self.message_id = _needed(command, numbered)
        self.sop_class = text(command, Field.AFFECTED_CLASS)
        self.sop_instance = text(command, Field.AFFECTED_INSTANCE)

    @property
    def answers(self) -> bool:
        """Whether it is no request at all but a response."""
        return bool(self.kind & RESPONSE)


def response(request: Request, status: int, comment: str = "") -> bytes:
    """The command set that answers a request without a data set.

    Args:
        request: what is answered.
        status: PS3.7 annex C.
        comment: Error Comment, for people at the other end; cut at 64 characters.
    """
    answer: Command = {
        Field.KIND: request.kind | RESPONSE,
        Field.ANSWERED: request.message_id,
        Field.DATA_SET: NO_DATA_SET,
        Field.STATUS: status,
    }
    texts = {
        Field.AFFECTED_CLASS: request.sop_class,
        Field.COMMENT: comment[:LONGEST_COMMENT],
        Field.AFFECTED_INSTANCE: request.sop_instance,
    }
    return encode_command(answer | {field: value for field, value in texts.items() if value})


def _needed(command: Command, field: Field) -> int:
    value = number(command, field)
    if value < 0:
        raise ProtocolError("a command without its number, kind or data set type")
    return value
