"""Protocol data units of the DICOM upper layer, as bytes (PS3.8 section 9.3).

What a peer sends is read here and nowhere else; a length that does not fit is an error, never
a guess.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

APPLICATION_CONTEXT = "1.2.840.10008.3.1.1.1"  # PS3.7 A.2.1
PDU_HEADER = struct.Struct(">BxI")  # type, length of what follows
COMMAND, LAST = 1, 2  # bits of the message control header, PS3.8 E.2
LARGEST_COMMAND = 1 << 16  # bytes of a command set
_ITEM_HEADER = struct.Struct(">BxH")
_TITLES = 64  # called and calling AE title, 32 reserved bytes
FIXED = 4 + _TITLES  # with the protocol version


class Pdu(IntEnum):
    """Types of PDU."""

    ASSOCIATE_RQ = 1
    ASSOCIATE_AC = 2
    ASSOCIATE_RJ = 3
    P_DATA = 4
    RELEASE_RQ = 5
    RELEASE_RP = 6
    ABORT = 7


class Item(IntEnum):
    """Types of item in an association request (PS3.8 9.3.2, PS3.7 D.3.3)."""

    APPLICATION_CONTEXT = 0x10
    PROPOSED_CONTEXT = 0x20
    ACCEPTED_CONTEXT = 0x21
    ABSTRACT_SYNTAX = 0x30
    TRANSFER_SYNTAX = 0x40
    USER_INFORMATION = 0x50
    MAXIMUM_LENGTH = 0x51
    IMPLEMENTATION_CLASS = 0x52
    ROLES = 0x54
    IMPLEMENTATION_VERSION = 0x55


class AbortReason(IntEnum):
    """Why the upper layer aborts (PS3.8 table 9-26)."""

    NOT_SPECIFIED = 0
    UNRECOGNIZED_PDU = 1
    UNEXPECTED_PDU = 2
    INVALID_VALUE = 6


class ContextResult(IntEnum):
    """What becomes of a presentation context (PS3.8 table 9-18)."""

    ACCEPTED = 0
    USER_REJECTION = 1
    CLASS_NOT_SUPPORTED = 3
    SYNTAXES_NOT_SUPPORTED = 4


class ProtocolError(ValueError):
    """The peer broke the protocol; a caller is told by an A-ABORT.

    Attributes:
        reason: the abort's.
    """

    def __init__(self, what: str, reason: AbortReason = AbortReason.INVALID_VALUE) -> None:
        super().__init__(what)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ProposedContext:
    """One presentation context of a request."""

    number: int
    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnsweredContext:
    """One presentation context of the answer."""

    number: int
    result: ContextResult
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Roles:
    """Which roles the requestor wants to play for a SOP class (PS3.7 D.3.3.4)."""

    sop_class: str
    user: bool
    provider: bool


@dataclass(frozen=True, slots=True)
class AssociateRequest:
    """An A-ASSOCIATE-RQ, as far as an acceptor needs it.

    Attributes:
        version: bits of the protocol versions spoken.
        titles: both AE titles and the reserved bytes, which the answer repeats.
        called, calling: AE titles without padding.
        max_length: the longest P-DATA the requestor takes, 0 for any.
        implementation: version name, else class UID, of the requestor's software.
    """

    version: int
    titles: bytes
    called: str
    calling: str
    application_context: str
    contexts: tuple[ProposedContext, ...]
    roles: tuple[Roles, ...]
    max_length: int
    implementation: str


def read_request(body: bytes | memoryview) -> AssociateRequest:
    """Read the body of an A-ASSOCIATE-RQ.

    Raises:
        ProtocolError: it is cut off, or contradicts itself.
    """
    data = bytes(body)
    if len(data) < FIXED:
        raise ProtocolError("an association request that is cut off")
    application_context = ""
    contexts: dict[int, ProposedContext] = {}
    user: dict[int, bytes] = {}
    roles: list[Roles] = []
    for kind, value in items(data[FIXED:]):
        if kind == Item.APPLICATION_CONTEXT:
            application_context = text_of(value)
        elif kind == Item.PROPOSED_CONTEXT:
            context = _proposed(value)
            if context.number in contexts:
                raise ProtocolError("a presentation context twice")
            contexts[context.number] = context
        elif kind == Item.USER_INFORMATION:
            for inner, content in items(value):
                user[inner] = content
                if inner == Item.ROLES:
                    roles.append(read_roles(content))
    version_name = text_of(user.get(Item.IMPLEMENTATION_VERSION, b""))
    return AssociateRequest(
        version=int.from_bytes(data[:2]),
        titles=data[4:FIXED],
        called=text_of(data[4:20]),
        calling=text_of(data[20:36]),
        application_context=application_context,
        contexts=tuple(contexts.values()),
        roles=tuple(roles),
        max_length=int.from_bytes(user.get(Item.MAXIMUM_LENGTH, b"")[:4]),
        implementation=version_name or text_of(user.get(Item.IMPLEMENTATION_CLASS, b"")),
    )


def accept(
    request: AssociateRequest,
    answers: Sequence[AnsweredContext],
    roles: Sequence[Roles],
    max_length: int,
    implementation: tuple[str, str],
) -> bytes:
    """An A-ASSOCIATE-AC; `implementation` is our class UID and version name."""
    parts = [struct.pack(">HH", 1, 0) + request.titles]
    parts.append(item(Item.APPLICATION_CONTEXT, APPLICATION_CONTEXT.encode("ascii")))
    for answer in answers:
        syntax = item(Item.TRANSFER_SYNTAX, answer.transfer_syntax.encode("ascii"))
        head = struct.pack(">BxBx", answer.number, answer.result)
        parts.append(item(Item.ACCEPTED_CONTEXT, head + syntax))
    class_uid, version_name = implementation
    user = [
        item(Item.MAXIMUM_LENGTH, struct.pack(">I", max_length)),
        item(Item.IMPLEMENTATION_CLASS, class_uid.encode("ascii")),
        *(item(Item.ROLES, role_bytes(each)) for each in roles),
        item(Item.IMPLEMENTATION_VERSION, version_name.encode("ascii")),
    ]
    parts.append(item(Item.USER_INFORMATION, b"".join(user)))
    return whole(Pdu.ASSOCIATE_AC, b"".join(parts))


def reject(result: int, source: int, diagnostic: int) -> bytes:
    """An A-ASSOCIATE-RJ (PS3.8 9.3.4)."""
    return whole(Pdu.ASSOCIATE_RJ, struct.pack(">xBBB", result, source, diagnostic))


def release_reply() -> bytes:
    """An A-RELEASE-RP."""
    return whole(Pdu.RELEASE_RP, bytes(4))


def abort(reason: AbortReason) -> bytes:
    """An A-ABORT from the service provider (PS3.8 9.3.8)."""
    return whole(Pdu.ABORT, struct.pack(">xxBB", 2, reason))


def p_data(context: int, command: bytes, max_length: int) -> bytes:
    """A command in as many P-DATA PDUs as the peer's maximum length asks for (PS3.8 annex E)."""
    room = max(64, max_length - 6) if max_length else len(command)
    pdus = []
    for start in range(0, len(command), room):
        piece = command[start : start + room]
        last = 2 if start + room >= len(command) else 0
        pdus.append(
            whole(Pdu.P_DATA, struct.pack(">IBB", len(piece) + 2, context, 1 | last) + piece)
        )
    return b"".join(pdus)


def whole(kind: Pdu, body: bytes) -> bytes:
    """A PDU with its header."""
    return PDU_HEADER.pack(kind, len(body)) + body


def item(kind: Item, value: bytes) -> bytes:
    """An item with its header."""
    return _ITEM_HEADER.pack(kind, len(value)) + value


def items(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and value of each item.

    Raises:
        ProtocolError: one is cut off.
    """
    at = 0
    while at < len(data):
        if len(data) - at < _ITEM_HEADER.size:
            raise ProtocolError("an item that is cut off")
        kind, length = _ITEM_HEADER.unpack_from(data, at)
        at += _ITEM_HEADER.size
        if at + length > len(data):
            raise ProtocolError("an item that is longer than what it is in")
        yield kind, data[at : at + length]
        at += length


def _proposed(value: bytes) -> ProposedContext:
    if len(value) < 4 or value[0] % 2 == 0:  # PS3.8 9.3.2.2: odd numbers
        raise ProtocolError("a presentation context without a valid number")
    abstract, syntaxes = "", []
    for kind, content in items(value[4:]):
        if kind == Item.ABSTRACT_SYNTAX:
            abstract = text_of(content)
        elif kind == Item.TRANSFER_SYNTAX:
            syntaxes.append(text_of(content))
    return ProposedContext(value[0], abstract, tuple(syntaxes))


def read_roles(value: bytes) -> Roles:
    """The value of a role selection item.

    Raises:
        ProtocolError: it is cut off.
    """
    length = int.from_bytes(value[:2])
    if len(value) < length + 4:
        raise ProtocolError("a role selection that is cut off")
    return Roles(text_of(value[2 : 2 + length]), value[2 + length] == 1, value[3 + length] == 1)


def role_bytes(roles: Roles) -> bytes:
    """The value of a role selection item."""
    uid = roles.sop_class.encode("ascii", "replace")
    return struct.pack(">H", len(uid)) + uid + bytes((roles.user, roles.provider))


def text_of(value: bytes) -> str:
    """An AE title, name or UID without padding; what is not printable becomes a mark.

    So nothing of it can move the cursor of a terminal or begin a new line in a log.
    """
    text = value.decode("ascii", "replace").strip(" \0")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
