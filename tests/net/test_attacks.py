"""Callers that do not keep to the standard, or to good manners.

While each of them is at work and after it, somebody else's C-ECHO succeeds within a second.
"""

from __future__ import annotations

import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.data import CT_IMAGE_STORAGE, EXPLICIT_LITTLE, ct_dataset
from tests.net.caller import (
    ABORT,
    AC,
    DATA,
    ECHO_CONTEXT,
    RELEASE,
    RELEASED,
    RJ,
    RQ,
    STORE_CONTEXT,
    VERIFICATION,
    Caller,
    command,
    context,
    echo_command,
    encoded,
    item,
    pdu,
    request,
    store_command,
    until,
    value,
)
from tests.net.receiver import Receiver, ReceiverProcess
from viewer.library.store import Store

ELSEWHERE = "127.0.0.9"
CLOSED = 0


def assert_healthy(receiver: Receiver | ReceiverProcess) -> None:
    """Somebody else is served at once."""
    start = time.monotonic()
    with Caller(receiver.port, ELSEWHERE) as caller:
        caller.associate()
        assert caller.echo() == 0
        assert caller.release() == RELEASED
    assert time.monotonic() - start < 1.0


def nested(levels: int) -> bytes:
    """A data set of sequences in sequences, of defined identity."""
    head = encoded(ct_dataset(pixels=None))
    opening = struct.pack("<HH2s2xI", 0x0040, 0xA730, b"SQ", 0xFFFFFFFF)
    opening += struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    closing = struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)
    cut = head.index(struct.pack("<HH", 0x7FE0, 0x0010))
    return head[:cut] + opening * levels + closing * levels


# What is said before there is an association, and how the receiver ends it.
@pytest.mark.parametrize(
    ("words", "end"),
    [
        pytest.param(b"", CLOSED, id="silent"),
        pytest.param(b"\1\0\0", ABORT, id="half-header"),
        pytest.param(request()[:90], ABORT, id="half-request"),
        pytest.param(pdu(RQ, b"", 0xFFFFFFFF), ABORT, id="giant-request"),
        pytest.param(pdu(RQ, b"short"), ABORT, id="short-request"),
        pytest.param(pdu(DATA, value(1, 3, echo_command())), ABORT, id="data-first"),
        pytest.param(pdu(RELEASE, bytes(4)), ABORT, id="release-first"),
        pytest.param(pdu(AC, bytes(80)), ABORT, id="answer-first"),
        pytest.param(pdu(ABORT, bytes(4)), CLOSED, id="abort-first"),
        pytest.param(pdu(99, b"x"), ABORT, id="unknown-pdu"),
        pytest.param(b"GET / HTTP/1.0\r\n\r\n", ABORT, id="http"),
        pytest.param(b"\x16\x03\x01\x00\xf4" + bytes(244), ABORT, id="tls"),
        pytest.param(
            request(contexts=(context(2, VERIFICATION, "1.2"),)), ABORT, id="even-context"
        ),
        pytest.param(
            request(contexts=(context(1, VERIFICATION, "1.2"),) * 2), ABORT, id="context-twice"
        ),
        pytest.param(request(user=b"\x54\0\0\x09\0\xff"), ABORT, id="items-disagree"),
        pytest.param(request(user=item(0x54, b"\0\xff1.2")), ABORT, id="role-cut-off"),
        pytest.param(request(user=item(0x51, b"")), AC, id="empty-maximum"),
        pytest.param(request(called="\x1b[2J", calling="\r\n"), RJ, id="control-characters"),
    ],
)
def test_strange_beginnings(receiver: Receiver, words: bytes, end: int) -> None:
    with receiver.call() as caller:
        caller.say(words)
        assert_healthy(receiver)
        kind = caller.hear()[0] if end == AC else caller.hear_the_end()

    assert kind == end
    assert_healthy(receiver)


def store_first(caller: Caller, *more: bytes) -> None:
    caller.say(pdu(DATA, value(STORE_CONTEXT, 3, store_command("1.2.3"))) + b"".join(more))


# What is said on an association, and how the receiver ends it.
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(pdu(DATA, value(99, 3, echo_command())), id="unknown-context"),
        pytest.param(pdu(DATA, value(STORE_CONTEXT, 2, b"data")), id="data-without-command"),
        pytest.param(pdu(DATA, b""), id="empty-data"),
        pytest.param(pdu(DATA, b"\0\0\0\1\1"), id="value-cut-off"),
        pytest.param(pdu(DATA, struct.pack(">IBB", 1, 1, 3) + b"xx"), id="value-too-short"),
        pytest.param(pdu(DATA, struct.pack(">IBB", 900, 1, 3) + b"xx"), id="value-too-long"),
        pytest.param(pdu(DATA, b"", 0xFFFFFFFF), id="giant-data"),
        pytest.param(pdu(DATA, bytes(100), 200_000), id="longer-than-negotiated"),
        pytest.param(pdu(DATA, value(ECHO_CONTEXT, 3, b"")), id="empty-command"),
        pytest.param(pdu(DATA, value(ECHO_CONTEXT, 3, b"\0" * 7)), id="command-cut-off"),
        pytest.param(pdu(DATA, value(ECHO_CONTEXT, 3, b"\x08\0\x05\0\0\0\0\0")), id="no-command"),
        pytest.param(
            pdu(DATA, value(ECHO_CONTEXT, 3, struct.pack("<HHI", 0, 0x100, 1 << 31))),
            id="command-element-too-long",
        ),
        pytest.param(
            pdu(DATA, value(STORE_CONTEXT, 1, b"\0" * 60_000)) * 2, id="oversized-command"
        ),
        pytest.param(
            pdu(DATA, value(1, 3, command(c0002=VERIFICATION, c0100=0x8030, c0120=1, c0800=0x101,
                                          c0900=0))),
            id="response-to-us",
        ),
        pytest.param(pdu(DATA, value(STORE_CONTEXT, 3, store_command("1.2", c0110=None))),
                     id="no-message-id"),
        pytest.param(pdu(DATA, value(STORE_CONTEXT, 3, store_command("1.2", c0800=None))),
                     id="no-data-set-type"),
        pytest.param(
            pdu(DATA, value(STORE_CONTEXT, 3, store_command("1.2.3"))
                + value(ECHO_CONTEXT, 3, echo_command())),
            id="command-in-data-set",
        ),
        pytest.param(
            pdu(DATA, value(STORE_CONTEXT, 3, store_command("1.2.3")) + value(1, 2, b"x")),
            id="data-on-other-context",
        ),
        pytest.param(
            pdu(DATA, value(ECHO_CONTEXT, 1, b"\0") + value(STORE_CONTEXT, 3, echo_command())),
            id="command-on-two-contexts",
        ),
        pytest.param(request(), id="second-request"),
        pytest.param(pdu(AC, bytes(80)), id="answer"),
        pytest.param(pdu(RELEASED, bytes(4)), id="release-answer"),
        pytest.param(b"\0\0\0\0\0\0", id="zeros"),
        pytest.param(pdu(DATA, value(STORE_CONTEXT, 0, b"x"))[:9], id="half-data-then-silence"),
        pytest.param(b"\4", id="half-header-then-silence"),
        pytest.param(b"", id="silence"),
        pytest.param(
            pdu(DATA, value(STORE_CONTEXT, 3, store_command("1.2.3")))
            + pdu(DATA, value(STORE_CONTEXT, 0, b"half an object")),
            id="half-an-object-then-silence",
        ),
    ],
)  # fmt: skip
def test_strange_messages_are_aborted(receiver: Receiver, words: bytes) -> None:
    with receiver.call() as caller:
        caller.associate()
        caller.say(words)
        assert_healthy(receiver)

        assert caller.hear_the_end() == ABORT
    assert_healthy(receiver)
    assert receiver.wait_for("aborted")[0]["what"]
    assert receiver.parts() == []


def test_a_store_command_without_data_set_is_answered(receiver: Receiver) -> None:
    with receiver.call() as caller:
        caller.associate()

        assert caller.ask(STORE_CONTEXT, store_command("1.2.3", c0800=0x0101)) == 0xC000
        assert caller.echo() == 0


@pytest.mark.parametrize("operation", [0x10, 0x20, 0x21, 0x0100, 0x0110, 0x0120, 0x0140, 0x0150])
def test_operations_that_are_not_ours_are_answered(receiver: Receiver, operation: int) -> None:
    with receiver.call() as caller:
        caller.associate()

        assert caller.ask(STORE_CONTEXT, store_command("1.2", c0100=operation), b"x" * 50) == 0x0211
        assert caller.echo() == 0


def test_a_cancel_is_ignored(receiver: Receiver) -> None:
    with receiver.call() as caller:
        caller.associate()
        caller.say(pdu(DATA, value(1, 3, command(c0100=0x0FFF, c0120=5, c0800=0x0101))))

        assert caller.echo() == 0


def test_an_echo_on_a_storage_context_is_refused(receiver: Receiver) -> None:
    with receiver.call() as caller:
        caller.associate()

        assert caller.ask(STORE_CONTEXT, echo_command()) == 0x0122


def test_a_release_in_the_middle_of_an_object_is_answered(receiver: Receiver) -> None:
    with receiver.call() as caller:
        caller.associate()
        store_first(caller, pdu(DATA, value(STORE_CONTEXT, 0, b"half")))

        assert caller.release() == RELEASED
    [event] = receiver.wait_for("released")
    assert event["what"] == "The caller left in the middle of an object."
    assert receiver.parts() == []


@pytest.mark.parametrize("how", ["abort", "reset", "close"])
def test_leaving_in_the_middle_of_an_object(receiver: Receiver, how: str) -> None:
    with receiver.call() as caller:
        caller.associate()
        store_first(caller, pdu(DATA, value(STORE_CONTEXT, 0, b"half" * 1000)))
        until(receiver.parts)
        if how == "abort":
            caller.say(pdu(ABORT, bytes(4)))
        elif how == "reset":
            caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    receiver.wait_for("aborted")
    assert receiver.parts() == []
    assert receiver.files() == []
    assert_healthy(receiver)


def test_the_sender_may_leave_without_its_answer(receiver: Receiver) -> None:
    image = ct_dataset()
    with receiver.call() as caller:
        caller.associate()
        caller.say(pdu(DATA, value(STORE_CONTEXT, 3, store_command(image.SOPInstanceUID))))
        caller.send_data(STORE_CONTEXT, encoded(image))

    receiver.wait_for("stored")
    assert len(receiver.files()) == 1


def drip(caller: Caller, words: bytes, stop: threading.Event) -> None:
    for byte in words:
        if stop.wait(0.05):
            return
        try:
            caller.say(bytes((byte,)))
        except OSError:
            return


@pytest.mark.parametrize("established", [False, True])
def test_a_byte_at_a_time_is_too_slow(receiver: Receiver, established: bool) -> None:
    stop = threading.Event()
    with receiver.call() as caller:
        if established:
            caller.associate()
        words = pdu(DATA, value(STORE_CONTEXT, 0, bytes(900))) if established else request()
        thread = threading.Thread(target=drip, args=(caller, words, stop))
        thread.start()
        assert_healthy(receiver)

        assert caller.hear_the_end() in (ABORT, CLOSED)
        stop.set()
        thread.join()
    assert_healthy(receiver)


def say_until_cut(caller: Caller, words: bytes) -> None:
    """Say it over and over; the receiver must put an end to it."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            caller.say(words)
        except OSError:
            return
    pytest.fail("the receiver listens to anything")


def test_a_caller_that_takes_no_answers_is_cut(receiver: Receiver) -> None:
    with receiver.call() as caller:
        caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        caller.associate()
        caller.socket.settimeout(0.5)
        ask = pdu(DATA, value(ECHO_CONTEXT, 3, echo_command())) * 5000
        say_until_cut(caller, ask)
        assert_healthy(receiver)

        [event] = receiver.wait_for("aborted")
    assert "silent" in event["what"]


def test_one_object_and_one_association_have_an_end(
    start_receiver: Callable[..., Receiver],
) -> None:
    receiver = start_receiver(object_s=0.5, association_s=60)
    brief = start_receiver(association_s=0.5)
    with receiver.call() as caller, brief.call() as other:
        caller.associate()
        other.associate()
        store_first(caller)
        stop = threading.Event()
        words = pdu(DATA, value(STORE_CONTEXT, 0, b"x")) * 500
        thread = threading.Thread(target=drip, args=(caller, words, stop))
        thread.start()

        assert caller.hear_the_end() == ABORT
        assert other.hear_the_end() == ABORT
        stop.set()
        thread.join()
    assert_healthy(receiver)


def test_a_flood_does_not_outlast_its_time(start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver(object_s=0.5)
    with receiver.call() as caller:
        caller.associate()
        store_first(caller)
        start = time.monotonic()
        say_until_cut(caller, pdu(DATA, value(STORE_CONTEXT, 0, b"x" * 100)) * 100)

        assert time.monotonic() - start < 5
    assert receiver.wait_for("aborted")


def test_sixty_silent_callers_and_then_forty_more(start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver(max_connections=60, max_connections_per_address=60)
    with ExitStack() as stack:
        silent = [stack.enter_context(receiver.call(ELSEWHERE)) for _ in range(100)]
        assert_healthy(receiver)  # from their address: the longest silent made way

        silent[-1].associate()
        assert silent[-1].echo() == 0
        assert silent[0].hear() == (0, b"")


def test_port_scans_and_health_probes_leave_no_trace(receiver: Receiver) -> None:
    for _ in range(11):
        receiver.call().socket.close()

    assert_healthy(receiver)
    assert {event["event"] for event in receiver.events} <= {"association", "echo", "released"}


def test_sixty_associations_held(start_receiver: Callable[..., Receiver]) -> None:
    receiver = start_receiver(max_associations=12, max_per_address=10)
    with ExitStack() as stack:
        answers = []
        for _ in range(60):
            caller = stack.enter_context(receiver.call())
            caller.say(request())
            answers.append(caller.hear()[0])
        assert_healthy(receiver)

    assert answers == [AC] * 10 + [RJ] * 50
    until(lambda: len(receiver.told("aborted")) == 10)
    assert_healthy(receiver)


def test_a_storm_of_five_hundred_connects(receiver: Receiver) -> None:
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(receiver.call())
        assert_healthy(receiver)
    assert_healthy(receiver)


def test_an_object_larger_than_wanted_is_answered(
    start_receiver: Callable[..., Receiver], tmp_path: Path
) -> None:
    store = Store(tmp_path / "small", floor_bytes=0, cap_bytes=100_000)
    receiver = start_receiver(store=store, endless_bytes=1_000_000)
    with receiver.call() as caller:
        caller.associate()
        large = ct_dataset(rows=512, columns=512)
        assert caller.store(large) == 0xC000
        assert caller.store(ct_dataset()) == 0


def test_a_data_set_without_end_is_cut(
    start_receiver: Callable[..., Receiver], tmp_path: Path
) -> None:
    store = Store(tmp_path / "small", floor_bytes=0, cap_bytes=100_000)
    receiver = start_receiver(store=store, endless_bytes=1_000_000)
    with receiver.call() as caller:
        caller.associate()
        store_first(caller)
        say_until_cut(caller, pdu(DATA, value(STORE_CONTEXT, 0, bytes(16000))))
    [event] = receiver.wait_for("aborted")
    assert "without an end" in event["what"]
    assert_healthy(receiver)


@pytest.mark.parametrize(("levels", "status"), [(60, 0), (20_000, 0xC000)])
def test_nested_sequences(receiver: Receiver, levels: int, status: int) -> None:
    image = ct_dataset()
    with receiver.call() as caller:
        caller.associate()
        ask = store_command(image.SOPInstanceUID)
        assert caller.ask(STORE_CONTEXT, ask, nested(levels)) == status
    assert_healthy(receiver)


def test_memory_stays_flat_whatever_is_sent(tmp_path: Path) -> None:
    process = ReceiverProcess(tmp_path / "store")
    try:
        assert_healthy(process)
        before = resident_mb(process.worker())
        for words in (pdu(RQ, b"", 0xFFFFFFFF), request()):
            with Caller(process.port) as caller:
                caller.say(words)
                caller.hear()
                store_first(caller)
                try:
                    for _ in range(2000):
                        caller.say(pdu(DATA, value(STORE_CONTEXT, 0, bytes(100_000))))
                except OSError:
                    continue  # cut, as it should be
                assert resident_mb(process.worker()) < before + 64
        assert_healthy(process)
        assert resident_mb(process.worker()) < before + 64
    finally:
        process.close()
    assert process.parts() == []


def resident_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def test_three_hundred_mutated_conversations(receiver: Receiver) -> None:
    rng = random.Random(20261121)
    image = ct_dataset()
    proposal = request(contexts=(context(3, CT_IMAGE_STORAGE, EXPLICIT_LITTLE),))
    message = pdu(DATA, value(3, 3, store_command(image.SOPInstanceUID)))
    message += pdu(DATA, value(3, 2, encoded(image))) + pdu(RELEASE, bytes(4))
    for round_ in range(300):
        with receiver.call() as caller:
            mutated_beginning = round_ % 3 == 0
            caller.say(mutant(proposal, rng) if mutated_beginning else proposal)
            if not mutated_beginning:
                assert caller.hear()[0] == AC
            try:
                caller.say(mutant(message, rng))
            except OSError:
                continue
        if round_ % 50 == 0:
            assert_healthy(receiver)

    assert_healthy(receiver)
    assert not [event for event in receiver.told("problem") if "defect" in event["what"]]
    for path in receiver.files():  # what was accepted is whole
        assert path.read_bytes()[128:132] == b"DICM"


def mutant(words: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, removed, doubled or cut off."""
    data = bytearray(words)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(data))
        how = rng.randrange(5)
        if how == 0:
            data[at] = rng.randrange(256)
        elif how == 1:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 2:
            del data[at : at + rng.randint(1, 20)]
        elif how == 3:
            data[at:at] = data[at : at + rng.randint(1, 20)]
        else:
            data[at : at + 4] = rng.choice([b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff"])
        if not data:
            return b"x"
    return bytes(data[: rng.randrange(len(data))]) if rng.random() < 0.2 else bytes(data)
