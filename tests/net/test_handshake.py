"""What we propose is what an acceptor reads; what it answers is what we go by."""

from __future__ import annotations

import pytest

from viewer.net.handshake import MOST_CONTEXTS, Proposal, decode_acceptance, encode_request
from viewer.net.pdu import AnsweredContext, ContextResult, Roles, accept, read_request

CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
PLAIN = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
PROPOSALS = [Proposal(CT, PLAIN), Proposal(MR, PLAIN[:1], as_scp=True), Proposal(MR, PLAIN[1:])]


def acceptance(answers: list[tuple[int, ContextResult, str]], roles: list[Roles]) -> bytes:
    request = read_request(encode_request("US", "THEM", PROPOSALS)[6:])
    answered = [AnsweredContext(n, result, "", syntax) for n, result, syntax in answers]
    return accept(request, answered, roles, 16384, ("1.2.3", "OTHER_1"))[6:]


def test_the_request_says_what_was_meant() -> None:
    pdu = encode_request("US", " THEM ", PROPOSALS)

    request = read_request(pdu[6:])
    assert int.from_bytes(pdu[2:6], "big") == len(pdu) - 6
    assert (request.calling, request.called) == ("US", "THEM")
    assert [each.number for each in request.contexts] == [1, 3, 5]
    assert [each.abstract_syntax for each in request.contexts] == [CT, MR, MR]
    assert request.contexts[0].transfer_syntaxes == PLAIN
    assert request.roles == (Roles(MR, user=False, provider=True),)
    assert request.implementation.startswith("LIGHTBOX")


@pytest.mark.parametrize("count", [0, MOST_CONTEXTS + 1])
def test_the_number_of_contexts_is_bounded(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 128"):
        encode_request("US", "THEM", [Proposal(CT, PLAIN)] * count)


def test_accepted_contexts_count_and_others_do_not() -> None:
    accepted, refused = ContextResult.ACCEPTED, ContextResult.CLASS_NOT_SUPPORTED
    body = acceptance(
        [
            (1, accepted, PLAIN[1]),
            (3, refused, PLAIN[0]),
            (5, accepted, "1.2.3.4"),  # an encoding that was not offered
            (9, accepted, PLAIN[0]),  # a context that was not proposed
        ],
        [Roles(MR, user=False, provider=True), Roles(CT, user=True, provider=False)],
    )

    agreement = decode_acceptance(body, PROPOSALS)

    assert list(agreement.contexts) == [1]
    assert agreement.contexts[1].abstract_syntax == CT
    assert agreement.contexts[1].transfer_syntax == PLAIN[1]
    assert agreement.scp_classes == {MR}
    assert (agreement.longest_pdu, agreement.implementation) == (16384, "OTHER_1")


def test_every_cut_is_noticed_or_harmless() -> None:
    body = acceptance([(1, ContextResult.ACCEPTED, PLAIN[0])], [Roles(MR, False, True)])
    whole = decode_acceptance(body, PROPOSALS)

    for end in range(len(body)):
        try:
            agreement = decode_acceptance(body[:end], PROPOSALS)
        except ValueError:
            continue
        assert agreement.contexts.items() <= whole.contexts.items()


def test_every_changed_byte_is_noticed_or_harmless() -> None:
    body = acceptance([(1, ContextResult.ACCEPTED, PLAIN[0])], [Roles(MR, False, True)])

    for at in range(len(body)):
        for value in (0, 1, 0x7F, 0xFF):
            changed = body[:at] + bytes((value,)) + body[at + 1 :]
            try:
                agreement = decode_acceptance(changed, PROPOSALS)
            except ValueError:
                continue
            assert set(agreement.contexts) <= {1, 3, 5}
