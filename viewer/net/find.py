"""C-FIND: the answers arrive in handfuls, as fast as the server gives them."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass

from viewer.net.association import associate
from viewer.net.command import Field, Kind, number
from viewer.net.failures import OperationFailedError, WrongAnswerError
from viewer.net.handshake import Context, Proposal
from viewer.net.link import RELEASE_S, TICK_S, Link
from viewer.net.peer import Peer
from viewer.net.query import (
    IMPLICIT_LITTLE,
    Match,
    Query,
    decode_match,
    encode_query,
    encodings,
    wanted,
)
from viewer.net.status import CANCELLED, PENDING, SUCCESS, query_failure

MOST_MATCHES = 5000
LONGEST_MATCH = 1 << 20
_HANDFUL = 200
_NOT_UNDERSTOOD = (0xA900, 0x0106, 0x0110)


@dataclass(frozen=True, slots=True)
class Answers:
    """Some answers; none when the server is still looking.

    Attributes:
        matches: in the order the server gave them.
        more: the limit was reached and the server has more. Comes last.
    """

    matches: tuple[Match, ...] = ()
    more: bool = False


def find(
    peer: Peer, query: Query, ae_title: str, *, most: int = MOST_MATCHES
) -> Generator[Answers, None, None]:
    """Ask a server; closing the generator cancels the question there and aborts.

    Args:
        peer: whom.
        query: what.
        ae_title: ours.
        most: cancel when so many answers have come.

    Raises:
        PeerError: it cannot be reached, refuses, does not offer queries, or failed.
    """
    model = query.level.model + "1"
    with associate(peer, ae_title, [Proposal(model, (IMPLICIT_LITTLE,))]) as link:
        yield from find_on(link, query, most=most)


def find_on(
    link: Link, query: Query, *, most: int = MOST_MATCHES
) -> Generator[Answers, None, None]:
    """The same over an association that is open already."""
    terms = list(encodings(query))
    while terms:
        try:
            yield from _Question(link, query, terms.pop(0), most).run()
            return
        except OperationFailedError as error:
            # Some servers reject a character set they do not know; then an older one is tried.
            if not terms or not (error.status in _NOT_UNDERSTOOD or error.status >> 12 == 0xC):
                raise


class _Question:
    """One C-FIND request."""

    def __init__(self, link: Link, query: Query, charset: str, most: int) -> None:
        self._link, self._query, self._charset, self._most = link, query, charset, most
        self._context: Context = link.need(query.level.model + "1", "queries")
        self._message = 0

    def run(self) -> Generator[Answers, None, None]:
        link = self._link
        request = link.request(Kind.FIND, affected_class=self._context.abstract_syntax)
        self._message = number(request, Field.MESSAGE)
        link.send(self._context, request, encode_query(self._query, self._charset))
        try:
            yield from self._answers()
        except GeneratorExit:
            link.cancel(self._context, self._message)  # the caller's `associate` aborts
            raise

    def _answers(self) -> Generator[Answers, None, None]:
        link, count, told = self._link, 0, time.monotonic()
        held: list[Match] = []
        while True:
            for _ in link.ticks():
                yield Answers(tuple(held))
                held, told = [], time.monotonic()
            answer = link.answer(Kind.FIND, self._message)
            status = number(answer, Field.STATUS)
            identifier = link.data_bytes(LONGEST_MATCH) if link.has_data(answer) else b""
            if status not in PENDING:
                break
            match = decode_match(identifier, self._query.level)
            if wanted(self._query, match):
                held.append(match)
                count += 1
            if count >= self._most:
                more = self._stop()
                yield Answers(tuple(held), more)
                return
            if len(held) >= _HANDFUL or time.monotonic() - told > TICK_S:
                yield Answers(tuple(held))
                held, told = [], time.monotonic()
        if status not in (SUCCESS, CANCELLED):
            raise query_failure(link.peer.name, status)
        if held:
            yield Answers(tuple(held))

    def _stop(self) -> bool:
        """Enough has come: cancel and wait for the end. Returns whether there was more."""
        self._link.cancel(self._context, self._message)
        more = False
        deadline = time.monotonic() + RELEASE_S
        while True:
            if time.monotonic() > deadline:
                raise WrongAnswerError(
                    f"{self._link.peer.name} does not stop answering.", "Ask for less."
                )
            answer = self._link.answer(Kind.FIND, self._message)
            if self._link.has_data(answer):
                self._link.data_bytes(LONGEST_MATCH)
            if number(answer, Field.STATUS) not in PENDING:
                return more or number(answer, Field.STATUS) == CANCELLED
            more = True
