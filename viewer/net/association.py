"""Opens associations: bounded in time and memory, released or aborted, never left over.

pynetdicom's requestor runs two polling threads for each association, holds whole data sets in
memory and encodes them anew, and some of its waits have no end. What a client needs is little
and runs in the caller's thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from viewer.net.failures import (
    AssociationRefusedError,
    ConnectionLostError,
    PeerError,
    WrongAnswerError,
)
from viewer.net.handshake import (
    LONGEST_HANDSHAKE,
    Agreement,
    Proposal,
    decode_acceptance,
    encode_request,
)
from viewer.net.link import Link
from viewer.net.pdu import Pdu
from viewer.net.peer import Peer, check_ae_title
from viewer.net.wire import Wire

_SMALLEST_PDU = 64  # that anything fits into


@contextmanager
def associate(peer: Peer, ae_title: str, proposals: Sequence[Proposal]) -> Iterator[Link]:
    """An open association; released at the end, aborted when anything goes wrong or is cancelled.

    Raises:
        PeerError: a subclass that says what went wrong and what to try.
    """
    link = _open(peer, ae_title, proposals)
    try:
        yield link
    except BaseException:
        link.abort()
        raise
    else:
        link.release()


def _open(peer: Peer, ae_title: str, proposals: Sequence[Proposal]) -> Link:
    try:
        check_ae_title(ae_title)
    except ValueError as error:
        raise PeerError(f"Our own AE title cannot be used. {error}", "Change it.") from error
    request = encode_request(ae_title, peer.ae_title, proposals)
    wire = Wire.connect(peer)
    try:
        wire.write(request)
        kind, body = wire.read_pdu(peer.timeouts.associate_s, LONGEST_HANDSHAKE)
        agreement = _agreement(peer, ae_title, proposals, kind, bytes(body))
    except BaseException as error:
        wire.close()
        if type(error) is ConnectionLostError:
            raise _shut_out(peer) from error
        raise
    return Link(peer, wire, agreement)


def _shut_out(peer: Peer) -> ConnectionLostError:
    """For a server that closes before it answers; its reason, if it sent one, was lost."""
    advice = "It may expect TLS, or let in only computers that it knows."
    if peer.tls is not None:
        advice = "It may not trust our certificate."
        if not peer.tls.certificate:
            advice = "It may ask for a certificate of ours."
    return ConnectionLostError(f"{peer.name} closed the connection without an answer.", advice)


def _agreement(
    peer: Peer, ae_title: str, proposals: Sequence[Proposal], kind: int, body: bytes
) -> Agreement:
    if kind == Pdu.ASSOCIATE_RJ and len(body) >= 4:
        titles = {"calling": ae_title.strip(), "called": peer.ae_title.strip()}
        raise AssociationRefusedError(peer.name, body[1], body[2], body[3], titles)
    if kind == Pdu.ABORT:
        raise _shut_out(peer)
    try:
        if kind != Pdu.ASSOCIATE_AC:
            raise ValueError("no answer to an association request")
        agreement = decode_acceptance(body, proposals)
        if 0 < agreement.longest_pdu < _SMALLEST_PDU:
            raise ValueError("nothing fits into such a PDU")
    except ValueError as error:
        raise WrongAnswerError(
            f"{peer.name} answered what makes no sense.", "Its DICOM software is faulty."
        ) from error
    return agreement
