"""The list of servers in the settings: what goes in comes out, and damage costs one entry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from viewer.net.peer import (
    PEERS,
    Peer,
    PeerTls,
    RetrieveMethod,
    Timeouts,
    format_peers,
    parse_peers,
    split_address,
)
from viewer.settings import MemoryBackend

PLAIN = Peer("Archive", "PACS", "pacs.example", 104)
FULL = Peer(
    "Zürich 2",
    "PACS 2",
    "fe80::1",
    2762,
    PeerTls("/ca.pem", "/me.pem", "/me.key", check_name=False),
    Timeouts(1, 2.5, 3),
    RetrieveMethod.GET,
)


def test_a_list_survives_the_settings() -> None:
    backend = MemoryBackend()
    PEERS.write(backend, format_peers([PLAIN, FULL]))

    peers, problems = parse_peers(PEERS.read(backend))

    assert (peers, problems) == ([PLAIN, FULL], [])


def test_nothing_is_set_at_first() -> None:
    assert parse_peers(PEERS.read(MemoryBackend())) == ([], [])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"ae_title": ""}, id="no-title"),
        pytest.param({"ae_title": "   "}, id="blank-title"),
        pytest.param({"ae_title": "A" * 17}, id="long-title"),
        pytest.param({"ae_title": "A\\B"}, id="backslash"),
        pytest.param({"ae_title": "Ä"}, id="not-ascii"),
        pytest.param({"ae_title": 5}, id="title-is-a-number"),
        pytest.param({"name": ""}, id="no-name"),
        pytest.param({"name": "a\x1bb"}, id="control-character"),
        pytest.param({"host": ""}, id="no-host"),
        pytest.param({"host": "a b"}, id="host-with-space"),
        pytest.param({"port": 0}, id="port-0"),
        pytest.param({"port": 65536}, id="port-too-high"),
        pytest.param({"port": "104"}, id="port-is-text"),
        pytest.param({"port": True}, id="port-is-a-truth"),
        pytest.param({"tls": {"key": "k"}}, id="key-without-certificate"),
        pytest.param({"tls": "yes"}, id="tls-is-text"),
        pytest.param({"timeouts": {"answer_s": 0}}, id="no-patience"),
        pytest.param({"timeouts": {"answer_s": float("nan")}}, id="not-a-number"),
        pytest.param({"timeouts": {"answer_s": 1e9}}, id="endless-patience"),
        pytest.param({"retrieve": "C-STEAL"}, id="unknown-method"),
    ],
)
def test_a_broken_entry_costs_only_itself(change: dict[str, Any]) -> None:
    entries = json.loads(format_peers([PLAIN, FULL]))
    entries[0] |= change

    peers, problems = parse_peers(json.dumps(entries))

    assert peers == [FULL]
    assert len(problems) == 1
    assert problems[0].what.endswith(".")


@pytest.mark.parametrize("text", ["", "{}", "[", "[" * 100_000, "7", '"x"'])
def test_a_damaged_list_is_told(text: str) -> None:
    peers, problems = parse_peers(text)

    assert peers == []
    assert len(problems) == 1


def test_entries_of_later_versions_are_read() -> None:
    entries = json.loads(format_peers([PLAIN]))
    entries[0]["colour"] = "blue"

    assert parse_peers(json.dumps(entries)) == ([PLAIN], [])


def test_names_are_unique() -> None:
    peers, problems = parse_peers(format_peers([PLAIN, PLAIN]))

    assert peers == [PLAIN]
    assert len(problems) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pacs:104", ("pacs", 104)),
        ("10.0.0.1:11112", ("10.0.0.1", 11112)),
        ("[fe80::1]:104", ("fe80::1", 104)),
    ],
)
def test_addresses_are_split(text: str, expected: tuple[str, int]) -> None:
    assert split_address(text) == expected


@pytest.mark.parametrize("text", ["", "pacs", "pacs:", ":104", "pacs:x", "fe80::1:104", "a:٣"])
def test_what_is_no_address_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="HOST:PORT"):
        split_address(text)
