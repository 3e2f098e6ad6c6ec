"""The servers the user knows: one value each, kept as a JSON list in a setting."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any

from viewer.errors import Problem
from viewer.settings import Setting

PEERS = Setting("network/peers", "[]", "Servers")
MOST_PEERS = 1000
LONGEST_WAIT_S = 3600.0


class RetrieveMethod(StrEnum):
    """How studies are fetched."""

    MOVE = "C-MOVE"  # the server calls us back; it must know our AE title and address
    GET = "C-GET"  # they come on our own association


@dataclass(frozen=True, slots=True)
class PeerTls:
    """Encryption towards a server.

    Attributes:
        authority: PEM file with the authority (or the self-signed certificate) that vouches for
            the server; empty trusts what this computer trusts.
        certificate, key: PEM files that show who we are, where the server asks.
        check_name: the certificate must name the host. Off only for servers known by address.
    """

    authority: str = ""
    certificate: str = ""
    key: str = ""
    check_name: bool = True

    def __post_init__(self) -> None:
        if self.key and not self.certificate:
            raise ValueError("A key needs its certificate.")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, seconds.

    Attributes:
        connect_s: for the connection, TLS included.
        associate_s: for the answer to the association request.
        answer_s: for each answer after that; also for one PDU to be taken.
    """

    connect_s: float = 10
    associate_s: float = 15
    answer_s: float = 60

    def __post_init__(self) -> None:
        for value in (self.connect_s, self.associate_s, self.answer_s):
            if not (math.isfinite(value) and 0 < value <= LONGEST_WAIT_S):
                raise ValueError("A waiting time is more than 0 and at most 3600 seconds.")


@dataclass(frozen=True, slots=True)
class Peer:
    """A DICOM server.

    Attributes:
        name: what the user calls it; also in messages and logs.
        ae_title: its AE title (called).
        host, port: where it listens.
        tls: encryption, or None for plain DICOM.
        timeouts: how patient we are with it.
        retrieve: how to fetch from it.

    Raises:
        ValueError: with a sentence, when a value cannot be.
    """

    name: str
    ae_title: str
    host: str
    port: int = 104
    tls: PeerTls | None = None
    timeouts: Timeouts = field(default_factory=Timeouts)
    retrieve: RetrieveMethod = RetrieveMethod.MOVE

    def __post_init__(self) -> None:
        if not self.name.strip() or len(self.name) > 64 or not self.name.isprintable():
            raise ValueError("A server has a name of 1 to 64 characters.")
        check_ae_title(self.ae_title)
        if not self.host or len(self.host) > 253 or not _is_host(self.host):
            raise ValueError("A host is a name or an address, without spaces.")
        if not 1 <= self.port <= 65535:
            raise ValueError("A port is a number from 1 to 65535.")


def check_ae_title(title: str) -> None:
    """Raise ValueError with a sentence when `title` is no AE title (PS3.5 6.2)."""
    good = title.isascii() and title.isprintable() and "\\" not in title
    if not (good and title.strip() and len(title) <= 16):
        raise ValueError("An AE title has 1 to 16 plain characters and no backslash.")


def split_address(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT or [IPV6]:PORT.

    Raises:
        ValueError: it is neither.
    """
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError(f"{text} is not HOST:PORT; an IPv6 address needs [brackets].")
    if not (colon and host and port.isascii() and port.isdigit() and len(port) <= 5):
        raise ValueError(f"{text} is not HOST:PORT.")
    return host, int(port)


def format_peers(peers: Iterable[Peer]) -> str:
    """The setting's text for a list of servers."""
    return json.dumps([asdict(peer) for peer in peers], ensure_ascii=True)


def parse_peers(text: str) -> tuple[list[Peer], list[Problem]]:
    """The servers in a setting's text; a broken entry never costs the others."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        entries = None
    if not isinstance(entries, list):
        return [], [Problem("Servers", "The list of servers is damaged.", "Enter them again.")]
    peers: list[Peer] = []
    problems: list[Problem] = []
    names: set[str] = set()
    for number, entry in enumerate(entries[:MOST_PEERS], start=1):
        try:
            peer = _parse_peer(entry)
            if peer.name in names:
                raise ValueError("Another server has this name already.")
        except (ValueError, TypeError) as error:
            what = str(error) if type(error) is ValueError else "It is damaged."
            problems.append(Problem(f"Server {number} in the list", what, "Enter it again."))
        else:
            names.add(peer.name)
            peers.append(peer)
    return peers, problems


def _parse_peer(entry: Any) -> Peer:
    values = dict(_typed(Peer, entry))
    tls = values.pop("tls", None)
    waits = values.pop("timeouts", {})
    method = values.pop("retrieve", RetrieveMethod.MOVE)
    if method not in list(RetrieveMethod):
        raise ValueError("A server is asked with C-MOVE or C-GET.")
    return Peer(
        **values,
        retrieve=RetrieveMethod(method),
        tls=None if tls is None else PeerTls(**_typed(PeerTls, tls)),
        timeouts=Timeouts(**_typed(Timeouts, waits)),
    )


_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
}


def _typed(kind: type, entry: Any) -> dict[str, Any]:
    """The entry's values that `kind` knows, of the right types; unknown ones are from later."""
    if not isinstance(entry, dict):
        raise TypeError(kind)
    values = {}
    for each in fields(kind):
        if each.name not in entry:
            continue
        value = entry[each.name]
        allowed = _KINDS.get(str(each.type))
        if allowed and (
            not isinstance(value, allowed) or (isinstance(value, bool) and bool not in allowed)
        ):
            raise TypeError(each.name)
        values[each.name] = value
    return values


def _is_host(text: str) -> bool:
    return text.isprintable() and not any(c.isspace() or c in "/\\@[]" for c in text)
