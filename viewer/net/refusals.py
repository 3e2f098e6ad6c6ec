"""Why an association failed, in words a radiographer can act on."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.net.config import ListenerConfig


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rejected association.

    Attributes:
        result, source, diagnostic: as the A-ASSOCIATE-RJ PDU carries them (PS3.8 9.3.4).
        what: the reason in words.
        advice: who should change what.
    """

    result: int
    source: int
    diagnostic: int
    what: str
    advice: str


def refusal(
    config: ListenerConfig, calling: str, called: str, address: str, established: int
) -> Refusal | None:
    """Why this caller is not let in, or None when it is."""
    if config.require_called and called != config.ae_title:
        return Refusal(
            *(1, 1, 7),
            f"The scanner calls us {called or '(nothing)'}, we are {config.ae_title}.",
            "Change one of them: the called AE title at the scanner, or ours in the settings.",
        )
    if not config.allows(calling, address):
        return Refusal(
            *(1, 1, 3),
            f"{calling or '(nothing)'} at {address} is not on the list of callers.",
            "Add this AE title and address to the list of callers if you know the device.",
        )
    if established >= config.max_associations:
        return Refusal(
            *(2, 3, 2),
            f"{established} associations are open already.",
            "The scanner will try again; raise the limit in the settings if this is usual.",
        )
    return None
