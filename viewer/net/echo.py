"""C-ECHO: is the other side there, and do both know each other's names?"""

from __future__ import annotations

import time
from dataclasses import dataclass

from viewer.net.association import associate
from viewer.net.command import Field, Kind, number
from viewer.net.config import ListenerConfig
from viewer.net.failures import AssociationRefusedError, OperationFailedError
from viewer.net.handshake import Proposal
from viewer.net.peer import Peer, PeerTls, Timeouts
from viewer.net.status import SUCCESS, query_words

VERIFICATION = "1.2.840.10008.1.1"
NATIVE = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")  # explicit, implicit VR little endian
_UNKNOWN_CALLER = (1, 3)


@dataclass(frozen=True, slots=True)
class EchoResult:
    """An echo that came back.

    Attributes:
        associate_ms: from the first packet to the accepted association.
        echo_ms: from question to answer.
        implementation: how the software there calls itself, or empty.
        longest_pdu: bytes it takes at once; 0 is no limit.
        transfer_syntax: encoding that was agreed on.
    """

    associate_ms: float
    echo_ms: float
    implementation: str
    longest_pdu: int
    transfer_syntax: str


def echo(peer: Peer, ae_title: str) -> EchoResult:
    """Ask the other side for an echo.

    Raises:
        PeerError: a subclass that says what is wrong and who should change what.
    """
    begun = time.perf_counter()
    with associate(peer, ae_title, [Proposal(VERIFICATION, NATIVE)]) as link:
        open_at = time.perf_counter()
        context = link.need(VERIFICATION, "echoes")
        request = link.request(Kind.ECHO, affected_class=VERIFICATION)
        link.send(context, request)
        for _ in link.ticks():
            pass
        answer = link.answer(Kind.ECHO, number(request, Field.MESSAGE))
        answered_at = time.perf_counter()
    status = number(answer, Field.STATUS)
    if status != SUCCESS:
        words = query_words(status)
        raise OperationFailedError(f"{peer.name} failed: {words.what}.", words.advice, status)
    return EchoResult(
        associate_ms=(open_at - begun) * 1000,
        echo_ms=(answered_at - open_at) * 1000,
        implementation=link.agreement.implementation,
        longest_pdu=link.agreement.longest_pdu,
        transfer_syntax=context.transfer_syntax,
    )


def self_test(config: ListenerConfig, address: str, port: int) -> EchoResult | None:
    """Call our own receiver as a scanner would, through the network stack.

    Args:
        config: how the receiver was started.
        address: one of this computer's addresses, as entered at the scanner.
        port: where it really listens.

    Returns:
        The echo; None when the receiver answered but its list of callers keeps us out, which
        proves the way to it as well.

    Raises:
        PeerError: a scanner would not get through either.
    """
    tls = None
    if config.tls is not None:
        # Scanners decide themselves whom they trust; whether we serve TLS at all is the question.
        tls = PeerTls(
            authority=config.tls.certificate,
            certificate=config.tls.certificate if config.tls.client_authority else "",
            key=config.tls.key if config.tls.client_authority else "",
            check_name=False,
        )
    caller = config.allow[0].ae_title if config.allow else config.ae_title
    ourselves = Peer(
        name="Our receiver",
        ae_title=config.ae_title,
        host=address,
        port=port,
        tls=tls,
        timeouts=Timeouts(connect_s=5, associate_s=5, answer_s=5),
    )
    try:
        return echo(ourselves, caller)
    except AssociationRefusedError as error:
        if (error.source, error.reason) == _UNKNOWN_CALLER:
            return None
        raise
