"""Why an association failed, in words a radiographer can act on."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.net.config import ListenerConfig
from viewer.net.pdu import APPLICATION_CONTEXT, AssociateRequest


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
    config: ListenerConfig,
    request: AssociateRequest,
    address: str,
    established: int,
    of_this_address: int,
) -> Refusal | None:
    """Why this caller is not let in, or None when it is.

    Args:
        config: whom we let in.
        request: what the caller says.
        address: where it calls from.
        established, of_this_address: associations that are open now.
    """
    if not request.version & 1 or request.application_context != APPLICATION_CONTEXT:
        source, diagnostic = (1, 2) if request.version & 1 else (2, 2)
        return Refusal(
            *(1, source, diagnostic),
            "The caller speaks a protocol that is not DICOM's.",
            "Is it really a DICOM device that calls? Its manufacturer can tell.",
        )
    if config.require_called and request.called != config.ae_title:
        return Refusal(
            *(1, 1, 7),
            f"The scanner calls us {request.called or '(nothing)'}, we are {config.ae_title}.",
            "Change one of them: the called AE title at the scanner, or ours in the settings.",
        )
    if not config.allows(request.calling, address):
        return Refusal(
            *(1, 1, 3),
            f"{request.calling or '(nothing)'} at {address} is not on the list of callers.",
            "Add this AE title and address to the list of callers if you know the device.",
        )
    return _crowded(config, established, of_this_address)


def _crowded(config: ListenerConfig, established: int, of_this_address: int) -> Refusal | None:
    if established >= config.max_associations:
        count, here = established, ""
    elif of_this_address >= config.max_per_address:
        count, here = of_this_address, " from this address"
    else:
        return None
    return Refusal(
        *(2, 3, 2),
        f"{count} associations{here} are open already.",
        "The scanner will try again; raise the limit in the settings if this is usual.",
    )
