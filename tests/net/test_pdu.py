"""PDUs as bytes, held to pynetdicom's reading of the same standard."""

from __future__ import annotations

import pytest
from pynetdicom.pdu import A_ABORT_RQ, A_ASSOCIATE_AC, A_ASSOCIATE_RJ, P_DATA_TF

from tests.data import CT_IMAGE_STORAGE, EXPLICIT_LITTLE
from tests.net.caller import context, item, request
from viewer.net import pdu
from viewer.net.pdu import AnsweredContext, ContextResult, ProtocolError, Roles


def body(data: bytes) -> bytes:
    return data[6:]


def test_a_request_is_read() -> None:
    roles = item(0x54, b"\0\x031.2" + b"\1\0")
    version = item(0x55, b"SCANNER_1 ")
    read = pdu.read_request(
        body(
            request(
                called="US",
                calling="THEM",
                contexts=(context(5, CT_IMAGE_STORAGE, "1.2", EXPLICIT_LITTLE),),
                user=roles + version,
                max_length=4096,
            )
        )
    )

    assert (read.called, read.calling, read.max_length) == ("US", "THEM", 4096)
    assert read.contexts == (pdu.ProposedContext(5, CT_IMAGE_STORAGE, ("1.2", EXPLICIT_LITTLE)),)
    assert read.roles == (Roles("1.2", user=True, provider=False),)
    assert (read.application_context, read.implementation) == (pdu.APPLICATION_CONTEXT, "SCANNER_1")


def test_what_a_caller_sends_cannot_draw_on_a_terminal() -> None:
    evil = "\x1b[31m1.2\n1.3"
    read = pdu.read_request(
        body(
            request(
                calling="EV\x07IL",
                contexts=(context(1, evil, evil),),
                user=item(0x54, b"\0\x041.\xe92" + b"\0\1") + item(0x55, b"A\nB"),
            )
        )
    )

    shown = [read.calling, read.implementation, read.roles[0].sop_class]
    shown += [read.contexts[0].abstract_syntax, *read.contexts[0].transfer_syntaxes]
    assert all(text.isprintable() or "\ufffd" in text for text in shown)
    assert not any(letter < " " for text in shown for letter in text)
    assert pdu.accept(read, [], read.roles, 16384, ("1.2", "US"))  # answering it is no trouble


def test_every_cut_of_a_request_is_an_error_or_a_shorter_request() -> None:
    whole = body(request())
    for length in range(len(whole)):
        try:
            read = pdu.read_request(whole[:length])
        except ProtocolError:
            continue
        assert len(read.contexts) <= 2


def test_titles_on_a_screen_hold_no_control_characters() -> None:
    read = pdu.read_request(body(request(calling="\x1b[31mX\n")))

    assert read.calling.isprintable()


def test_an_acceptance_is_read_by_others() -> None:
    asked = pdu.read_request(body(request(called="US", calling="THEM")))
    answers = [
        AnsweredContext(1, ContextResult.ACCEPTED, "1.2.840.10008.1.1", "1.2.840.10008.1.2"),
        AnsweredContext(3, ContextResult.SYNTAXES_NOT_SUPPORTED, "1.2", "1.2.840.10008.1.2"),
    ]
    answer = A_ASSOCIATE_AC()
    answer.decode(
        pdu.accept(asked, answers, [Roles("1.2.3", True, False)], 131072, ("2.25.1", "OURS"))
    )

    assert [(c.context_id, c.result) for c in answer.presentation_context] == [(1, 0), (3, 4)]
    assert answer.user_information.maximum_length == 131072
    assert answer.user_information.implementation_class_uid == "2.25.1"
    assert answer.user_information.implementation_version_name == "OURS"
    assert answer.user_information.role_selection["1.2.3"].scu == 1
    assert answer.application_context_name == pdu.APPLICATION_CONTEXT
    assert answer.reserved_aet.strip() == "US"  # repeated as it came
    assert answer.reserved_aec.strip() == "THEM"


def test_a_rejection_and_an_abort_are_read_by_others() -> None:
    rejection, abort = A_ASSOCIATE_RJ(), A_ABORT_RQ()
    rejection.decode(pdu.reject(2, 3, 2))
    abort.decode(pdu.abort(pdu.AbortReason.UNEXPECTED_PDU))

    assert (rejection.result, rejection.source, rejection.reason_diagnostic) == (2, 3, 2)
    assert (abort.source, abort.reason_diagnostic) == (2, 2)


@pytest.mark.parametrize(("most", "pieces"), [(0, 1), (16384, 1), (106, 2), (70, 4)])
def test_commands_are_cut_to_what_the_caller_takes(most: int, pieces: int) -> None:
    command = bytes(range(200))
    data, parts = pdu.p_data(3, command, most), []
    while data:
        length = 6 + int.from_bytes(data[2:6])
        part = P_DATA_TF()
        part.decode(data[:length])
        parts += part.presentation_data_value_items
        data = data[length:]

    assert len(parts) == pieces
    assert [part.message_control_header_byte for part in parts][-1] == "00000011"
    assert b"".join(part.presentation_data_value[1:] for part in parts) == command
