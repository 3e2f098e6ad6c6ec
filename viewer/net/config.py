"""What the receiver is told when it starts; it crosses to its process as JSON."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from viewer.errors import ViewerError

DEFAULT_PORT = 11112
DEFAULT_AE_TITLE = "LIGHTBOX"
MAX_PDU = 131072


@dataclass(frozen=True, slots=True)
class TlsConfig:
    """Server certificate, and optionally the authority that client certificates must have."""

    certificate: str
    key: str
    client_authority: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """An entry of the allow-list: an AE title, from one address or network, or (empty) from any."""

    ae_title: str
    address: str = ""

    def matches(self, ae_title: str, address: str) -> bool:
        """Whether this is the caller."""
        if self.ae_title != ae_title:
            return False
        if not self.address:
            return True
        try:
            return ipaddress.ip_address(address) in ipaddress.ip_network(self.address, strict=False)
        except ValueError:
            return False


def callers_of(text: str) -> tuple[Caller, ...]:
    """The allow-list as people write it: AE, AE@ADDRESS, AE@NETWORK, with commas between.

    Raises:
        ViewerError: an address is none.
    """
    return tuple(_callers(text))


def _callers(text: str) -> Iterator[Caller]:
    for entry in filter(None, (part.strip() for part in text.split(","))):
        title, _, address = (part.strip() for part in entry.partition("@"))
        try:
            if address:
                ipaddress.ip_network(address, strict=False)
        except ValueError as error:
            raise ViewerError(
                f"{address} is no address.",
                "Use numbers, as in SCANNER@192.168.1.20 or SCANNER@10.0.0.0/8.",
            ) from error
        yield Caller(title, address)


@dataclass(frozen=True, slots=True)
class ListenerConfig:
    """How the receiver listens and how far it lets itself be used.

    Attributes:
        ae_title: ours; callers must name it when `require_called` is set.
        port: 0 lets the system choose.
        bind: address to listen on; loopback unless the user opened it.
        allow: who may call; empty allows everybody.
        private_classes: accept SOP classes that the standard does not know.
        max_associations, max_per_address: established at the same time.
        max_connections, max_connections_per_address: sockets, associated or not; the longest
            silent one makes room for a newer one.
        max_pdu: the longest P-DATA we take, in bytes.
        handshake_s: from connecting (TLS included) to the end of the association request.
        pdu_s: for one PDU to arrive once it began.
        idle_s: an association without traffic.
        object_s, association_s: total time of one object, of one association.
        endless_bytes: a data set longer than this ends the association; what the store does not
            want for its size is below it, and answered.
    """

    ae_title: str = DEFAULT_AE_TITLE
    port: int = DEFAULT_PORT
    bind: str = "127.0.0.1"
    allow: tuple[Caller, ...] = ()
    require_called: bool = True
    private_classes: bool = False
    max_associations: int = 20
    max_per_address: int = 16
    max_connections: int = 100
    max_connections_per_address: int = 60
    max_pdu: int = MAX_PDU
    handshake_s: float = 10
    pdu_s: float = 15
    idle_s: float = 60
    object_s: float = 900
    association_s: float = 6 * 3600
    endless_bytes: int = 8 << 30
    tls: TlsConfig | None = None

    def to_json(self) -> str:
        """For the receiver's standard input."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> ListenerConfig:
        """The other end of `to_json`."""
        values = json.loads(text)
        values["allow"] = tuple(Caller(**caller) for caller in values.get("allow", ()))
        if values.get("tls"):
            values["tls"] = TlsConfig(**values["tls"])
        return cls(**values)

    def allows(self, ae_title: str, address: str) -> bool:
        """Whether the allow-list lets this caller in."""
        return not self.allow or any(caller.matches(ae_title, address) for caller in self.allow)
