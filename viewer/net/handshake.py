"""The association's opening words, as bytes: A-ASSOCIATE-RQ, -AC, -RJ (PS3.8 9.3, PS3.7 annex D).

Written here because ours must survive any answer, and must say in words what was wrong with it.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from viewer.dicom.incoming import IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME
from viewer.net.pdu import (
    APPLICATION_CONTEXT,
    FIXED,
    ContextResult,
    Item,
    Pdu,
    Roles,
    item,
    items,
    read_roles,
    role_bytes,
    text_of,
    whole,
)

MOST_CONTEXTS = 128
OUR_LONGEST_PDU = 131072
LONGEST_HANDSHAKE = 1 << 20


@dataclass(frozen=True, slots=True)
class Proposal:
    """One presentation context we ask for.

    Attributes:
        abstract_syntax: what about, a SOP class.
        transfer_syntaxes: encodings to choose one from.
        as_scp: we want to be sent objects of this class on our own association (C-GET).
    """

    abstract_syntax: str
    transfer_syntaxes: tuple[str, ...]
    as_scp: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """One presentation context both sides agreed on."""

    number: int
    abstract_syntax: str
    transfer_syntax: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the answer to our request settled.

    Attributes:
        contexts: accepted presentation contexts by their number.
        longest_pdu: most bytes of one of our PDUs behind its header; 0 is no limit.
        scp_classes: SOP classes that we may be sent.
        implementation: how the other side calls itself, or empty.
    """

    contexts: dict[int, Context]
    longest_pdu: int = 0
    scp_classes: frozenset[str] = field(default_factory=frozenset)
    implementation: str = ""


def encode_request(calling: str, called: str, proposals: Sequence[Proposal]) -> bytes:
    """An A-ASSOCIATE-RQ PDU; the contexts are numbered 1, 3, 5 and on."""
    if not 1 <= len(proposals) <= MOST_CONTEXTS:
        raise ValueError(f"an association has 1 to {MOST_CONTEXTS} contexts, not {len(proposals)}")
    parts = [item(Item.APPLICATION_CONTEXT, APPLICATION_CONTEXT.encode())]
    for number, proposal in zip(range(1, 256, 2), proposals, strict=False):
        offered = [item(Item.TRANSFER_SYNTAX, uid.encode()) for uid in proposal.transfer_syntaxes]
        about = item(Item.ABSTRACT_SYNTAX, proposal.abstract_syntax.encode())
        value = bytes((number, 0, 0, 0)) + about + b"".join(offered)
        parts.append(item(Item.PROPOSED_CONTEXT, value))
    parts.append(item(Item.USER_INFORMATION, _user_information(proposals)))
    titles = b"".join(_padded(title) for title in (called, calling))
    body = struct.pack(">HH", 1, 0) + titles + bytes(32) + b"".join(parts)
    return whole(Pdu.ASSOCIATE_RQ, body)


def decode_acceptance(body: bytes, proposals: Sequence[Proposal]) -> Agreement:
    """Read an A-ASSOCIATE-AC against what was asked; what was not asked is ignored.

    Raises:
        ValueError: it cannot be read.
    """
    asked = dict(zip(range(1, 256, 2), proposals, strict=False))
    contexts: dict[int, Context] = {}
    user = b""
    for kind, value in items(body[FIXED:]):
        if kind == Item.USER_INFORMATION:
            user = value
        elif kind == Item.ACCEPTED_CONTEXT and len(value) >= 4:
            number, result = value[0], value[2]
            syntaxes = [
                text_of(part) for sub, part in items(value[4:]) if sub == Item.TRANSFER_SYNTAX
            ]
            proposal = asked.get(number)
            if result != ContextResult.ACCEPTED or proposal is None or not syntaxes:
                continue
            if syntaxes[0] in proposal.transfer_syntaxes:
                contexts[number] = Context(number, proposal.abstract_syntax, syntaxes[0])
    return _with_user_information(contexts, user)


def _with_user_information(contexts: dict[int, Context], user: bytes) -> Agreement:
    longest, version, scp = 0, "", set()
    for kind, value in items(user):
        if kind == Item.MAXIMUM_LENGTH and len(value) == 4:
            longest = int.from_bytes(value, "big")
        elif kind == Item.IMPLEMENTATION_VERSION:
            version = text_of(value)[:16]
        elif kind == Item.ROLES and (roles := read_roles(value)).provider:
            scp.add(roles.sop_class)
    return Agreement(contexts, longest, frozenset(scp), version)


def _user_information(proposals: Sequence[Proposal]) -> bytes:
    parts = [
        item(Item.MAXIMUM_LENGTH, OUR_LONGEST_PDU.to_bytes(4, "big")),
        item(Item.IMPLEMENTATION_CLASS, IMPLEMENTATION_CLASS_UID.encode()),
    ]
    for uid in dict.fromkeys(each.abstract_syntax for each in proposals if each.as_scp):
        # PS3.7 D.3.3.4: one item for each SOP class. We are its SCP and not its SCU.
        parts.append(item(Item.ROLES, role_bytes(Roles(uid, user=False, provider=True))))
    parts.append(item(Item.IMPLEMENTATION_VERSION, IMPLEMENTATION_VERSION_NAME.encode()))
    return b"".join(parts)


def _padded(title: str) -> bytes:
    return title.strip().encode("ascii").ljust(16)
