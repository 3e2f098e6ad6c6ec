"""C-ECHO with real servers, and every way in which a server can disappoint, in words."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.net.archives import US, Archive, free_port
from tests.net.caller import AC, RJ, item, pdu
from tests.net.odd_peers import HASTY, Talk, certificate, odd_peer
from tests.net.receiver import Receiver
from viewer.net.config import Caller, ListenerConfig, TlsConfig
from viewer.net.echo import echo, self_test
from viewer.net.failures import (
    AssociationRefusedError,
    ConnectionLostError,
    NotAcceptedError,
    OperationFailedError,
    PeerError,
    PeerTimeoutError,
    PeerTlsError,
    PeerUnreachableError,
    WrongAnswerError,
)
from viewer.net.peer import Peer, PeerTls

Start = Callable[..., Receiver]


def test_an_archive_answers(archive: Archive) -> None:
    result = echo(archive.peer, US)

    assert result.implementation.startswith(("OFFIS", "ORTHANC"))
    assert 0 < result.echo_ms < 1000
    assert result.longest_pdu > 0


def test_echoes_wait_for_no_delayed_acknowledgement(dcmqrscp: Archive) -> None:
    times = sorted(echo(dcmqrscp.peer, US).echo_ms for _ in range(15))

    assert times[len(times) // 2] < 20  # 40 ms each otherwise


def test_a_wrong_called_title_is_named(orthanc: Archive) -> None:
    peer = Peer("Archive", "NOPE", orthanc.peer.host, orthanc.peer.port)

    with pytest.raises(AssociationRefusedError, match="not called NOPE") as caught:
        echo(peer, US)

    assert not caught.value.is_transient


def test_an_unknown_calling_title_is_named(start_receiver: Start) -> None:
    receiver = start_receiver(allow=(Caller("CT1"),))

    with pytest.raises(AssociationRefusedError, match="does not know our AE title STRANGER"):
        echo(Peer("Other", "LIGHTBOX", "127.0.0.1", receiver.port), "STRANGER")


@pytest.mark.parametrize(
    ("source", "reason", "words", "transient"),
    [
        (1, 1, "no reason", False),
        (1, 3, "our AE title LIGHTBOX", False),
        (1, 7, "not called ODD", False),
        (2, 2, "another version", False),
        (3, 1, "busy", True),
        (3, 2, "as many associations", True),
        (9, 9, "no reason", False),
    ],
)
def test_every_refusal_has_words(source: int, reason: int, words: str, transient: bool) -> None:
    def refuse(talk: Talk) -> None:
        talk.hear()
        talk.say(pdu(RJ, bytes((0, 2 if transient else 1, source, reason))))

    with odd_peer(refuse) as peer, pytest.raises(AssociationRefusedError, match=words) as caught:
        echo(peer, US)

    assert caught.value.advice
    assert caught.value.is_transient == transient


def test_nothing_listens() -> None:
    with pytest.raises(PeerUnreachableError, match="nothing listens") as caught:
        echo(Peer("Gone", "GONE", "127.0.0.1", free_port(), timeouts=HASTY), US)

    assert "port" in caught.value.advice


@pytest.mark.parametrize("host", ["no-such-host.invalid", "." * 3, "a" * 64])
def test_an_unknown_name(host: str) -> None:
    with pytest.raises(PeerUnreachableError, match="not known"):
        echo(Peer("Gone", "GONE", host, 104, timeouts=HASTY), US)


def test_nobody_answers_the_connection() -> None:
    with socket.socket() as full, socket.socket() as first:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        first.connect(full.getsockname())  # the queue is full: the next one waits
        second = socket.socket()
        second.setblocking(False)
        second.connect_ex(full.getsockname())
        peer = Peer("Full", "FULL", "127.0.0.1", full.getsockname()[1], timeouts=HASTY)
        begun = time.monotonic()

        with second, pytest.raises(PeerError):
            echo(peer, US)

        assert time.monotonic() - begun < 4


def silent(talk: Talk) -> None:
    talk.wait_for_the_end()


def half_an_answer(talk: Talk) -> None:
    talk.hear()
    talk.say(b"\2\0\0\0\1\0half")
    talk.wait_for_the_end()


def dripping(talk: Talk) -> None:
    talk.hear()
    for byte in b"\2\0\0\0\1\0" + bytes(300):
        talk.say(bytes((byte,)))
        time.sleep(0.05)  # slowness is what is tried


def silent_later(talk: Talk) -> None:
    talk.accept()
    talk.wait_for_the_end()


@pytest.mark.parametrize("behave", [silent, half_an_answer, dripping, silent_later])
def test_silence_ends(behave: Callable[[Talk], None]) -> None:
    begun = time.monotonic()

    with odd_peer(behave) as peer, pytest.raises(PeerTimeoutError, match="does not answer"):
        echo(peer, US)

    assert time.monotonic() - begun < 3


def closing(talk: Talk) -> None:
    talk.hear()


def aborting(talk: Talk) -> None:
    talk.hear()
    talk.say(pdu(7, bytes(4)))


def aborting_later(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.say(pdu(7, bytes(4)))


def releasing_early(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.say(pdu(5, bytes(4)))
    talk.wait_for_the_end()


@pytest.mark.parametrize("behave", [closing, aborting, aborting_later, releasing_early])
def test_a_lost_association_is_told(behave: Callable[[Talk], None]) -> None:
    with odd_peer(behave) as peer, pytest.raises(ConnectionLostError, match="Odd"):
        echo(peer, US)


def web_server(talk: Talk) -> None:
    talk.hear()
    talk.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def tls_server(talk: Talk) -> None:
    talk.hear()
    talk.say(b"\x15\x03\x03\0\2\2\x46")


def noise(talk: Talk) -> None:
    talk.hear()
    talk.say(b"\xff" * 100)


def endless_claim(talk: Talk) -> None:
    talk.hear()
    talk.say(b"\2\0\xff\xff\xff\xff" + bytes(1000))


def cut_items(talk: Talk) -> None:
    talk.hear()
    talk.say(pdu(AC, bytes(68) + b"\x21\0\xff\xff" + bytes(10)))


def tiny_pdus(talk: Talk) -> None:
    talk.accept(max_length=8)
    talk.wait_for_the_end()


def data_instead(talk: Talk) -> None:
    talk.hear()
    talk.say(pdu(4, bytes(12)))


def garbage_later(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.say(pdu(4, b"\0\0\xff\xff\1\3" + bytes(20)))
    talk.wait_for_the_end()


def unknown_context(talk: Talk) -> None:
    talk.accept()
    talk.hear()
    talk.say(pdu(4, struct.pack(">IBB", 12, 77, 3) + bytes(10)))
    talk.wait_for_the_end()


def another_answer(talk: Talk) -> None:
    talk.accept()
    talk.hear_message()
    talk.answer(0, 0x0020)
    talk.wait_for_the_end()


def another_message(talk: Talk) -> None:
    talk.accept()
    talk.hear_message()
    talk.answer(0, 0x0030, message=77)
    talk.wait_for_the_end()


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (web_server, "web server"),
        (tls_server, "encrypted"),
        (noise, "does not speak DICOM"),
        (endless_claim, "more at once"),
        (cut_items, "no sense"),
        (tiny_pdus, "no sense"),
        (data_instead, "no sense"),
        (garbage_later, "no sense"),
        (unknown_context, "no sense"),
        (another_answer, "no sense"),
        (another_message, "no sense"),
    ],
)
def test_a_wrong_answer_is_told(behave: Callable[[Talk], None], words: str) -> None:
    with odd_peer(behave) as peer, pytest.raises(WrongAnswerError, match=words) as caught:
        echo(peer, US)

    assert caught.value.advice


def test_an_association_without_echo() -> None:
    def accept_nothing(talk: Talk) -> None:
        _, request = talk.hear()
        info = item(0x50, item(0x51, struct.pack(">I", 16384)))
        refused = item(0x21, bytes((1, 0, 3, 0)) + item(0x40, b""))
        talk.say(pdu(AC, struct.pack(">HH", 1, 0) + request[4:68] + refused + info))
        talk.wait_for_the_end()

    with odd_peer(accept_nothing) as peer, pytest.raises(NotAcceptedError, match="echoes"):
        echo(peer, US)


def test_a_failed_echo_has_words() -> None:
    def fail(talk: Talk) -> None:
        talk.accept()
        talk.hear_message()
        talk.answer(0x0211, 0x0030)
        talk.wait_for_the_end()

    with odd_peer(fail) as peer, pytest.raises(OperationFailedError, match=r"\(0211\)"):
        echo(peer, US)


def test_a_release_that_is_never_answered_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.net.link.RELEASE_S", 0.3)
    heard: list[int] = []

    def never_release(talk: Talk) -> None:
        talk.accept()
        talk.hear_message()
        talk.answer(0, 0x0030)
        heard.extend(talk.wait_for_the_end(polite=False))

    begun = time.monotonic()
    with odd_peer(never_release) as peer:
        echo(peer, US)

    assert time.monotonic() - begun < 2
    assert heard == [5]  # A-RELEASE-RQ, then the connection was closed


def test_our_own_title_must_be_possible(receiver: Receiver) -> None:
    with pytest.raises(PeerError, match="Our own AE title"):
        echo(Peer("x", "LIGHTBOX", "127.0.0.1", receiver.port), "WAY TOO LONG A TITLE")


# TLS


def tls_peer(port: int, tls: PeerTls | None) -> Peer:
    return Peer("Secure", "LIGHTBOX", "127.0.0.1", port, tls, HASTY)


def test_tls_with_a_trusted_certificate(start_receiver: Start, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "server")
    receiver = start_receiver(tls=TlsConfig(cert, key))

    assert echo(tls_peer(receiver.port, PeerTls(cert)), US).echo_ms > 0


def test_tls_with_both_certificates(start_receiver: Start, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "server")
    ours, our_key = certificate(tmp_path, "ours")
    receiver = start_receiver(tls=TlsConfig(cert, key, client_authority=ours))

    assert echo(tls_peer(receiver.port, PeerTls(cert, ours, our_key)), US).echo_ms > 0


@pytest.mark.parametrize(
    ("host", "expired", "trusted", "words"),
    [
        pytest.param("127.0.0.1", False, False, "not known here", id="unknown-authority"),
        pytest.param("other.example", False, True, "another host", id="other-name"),
        pytest.param("127.0.0.1", True, True, "expired", id="expired"),
    ],
)
def test_a_certificate_that_cannot_be_trusted(
    start_receiver: Start, tmp_path: Path, host: str, expired: bool, trusted: bool, words: str
) -> None:
    cert, key = certificate(tmp_path, "server", host, expired=expired)
    receiver = start_receiver(tls=TlsConfig(cert, key))
    tls = PeerTls(cert if trusted else certificate(tmp_path, "other")[0])

    with pytest.raises(PeerTlsError, match=words) as caught:
        echo(tls_peer(receiver.port, tls), US)

    assert caught.value.advice


def test_a_missing_certificate_of_ours_is_told(start_receiver: Start, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "server")
    receiver = start_receiver(tls=TlsConfig(cert, key, client_authority=cert))

    with pytest.raises(PeerError) as caught:
        echo(tls_peer(receiver.port, PeerTls(cert)), US)

    # TLS 1.3 says so after the handshake; the system may drop that with the connection.
    assert "certificate of ours" in str(caught.value) + caught.value.advice


def test_tls_to_a_plain_server(receiver: Receiver, tmp_path: Path) -> None:
    cert, _ = certificate(tmp_path, "server")

    with pytest.raises(PeerTlsError, match="does not answer with TLS"):
        echo(tls_peer(receiver.port, PeerTls(cert)), US)


def test_plain_to_a_tls_server(start_receiver: Start, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "server")
    receiver = start_receiver(tls=TlsConfig(cert, key))

    with pytest.raises(PeerError) as caught:
        echo(tls_peer(receiver.port, None), US)

    assert "TLS" in caught.value.advice


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_certificate_file_that_cannot_be_used(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)

    with odd_peer(silent) as peer, pytest.raises(PeerTlsError, match="settings"):
        echo(tls_peer(peer.port, PeerTls(str(path))), US)


# The receiver's self-test


def test_the_receiver_reaches_itself(receiver: Receiver) -> None:
    result = self_test(receiver.config, "127.0.0.1", receiver.port)

    assert result is not None
    assert result.implementation.startswith("LIGHTBOX")
    assert receiver.wait_for("echo")


def test_a_list_of_callers_does_not_fail_the_self_test(start_receiver: Start) -> None:
    receiver = start_receiver(allow=(Caller("CT1", "10.9.9.9"),))

    assert self_test(receiver.config, "127.0.0.1", receiver.port) is None
    assert receiver.wait_for("refused")


def test_the_self_test_through_tls(start_receiver: Start, tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "server", "scanner-net.example")
    receiver = start_receiver(tls=TlsConfig(cert, key))

    assert self_test(receiver.config, "127.0.0.1", receiver.port) is not None


def test_the_self_test_says_that_nothing_listens() -> None:
    with pytest.raises(PeerUnreachableError, match="Our receiver: nothing listens"):
        self_test(ListenerConfig(), "127.0.0.1", free_port())
