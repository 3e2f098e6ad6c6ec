"""What the numbers in answers mean (PS3.7 annex C, PS3.4 B.2.3, C.4.1-C.4.3), for users."""

from __future__ import annotations

from dataclasses import dataclass

from viewer.net.failures import OperationFailedError

SUCCESS = 0x0000
OUT_OF_RESOURCES = 0xA700  # of C-STORE, PS3.4 table B.2-1
MISMATCH = 0xA900
NOT_UNDERSTOOD = 0xC000
CLASS_NOT_SUPPORTED = 0x0122  # PS3.7 annex C
UNRECOGNIZED_OPERATION = 0x0211
PENDING = (0xFF00, 0xFF01)
CANCELLED = 0xFE00
SUBOPERATIONS_FAILED = 0xB000  # of C-MOVE and C-GET
STORED_WITH_CHANGES = (0xB000, 0xB006, 0xB007)  # of C-STORE: it is there all the same

_LOG = "Its log may say more."
_GENERAL = {
    0x0105: ("an attribute does not exist there", _LOG),
    0x0106: ("it does not accept a value", _LOG),
    0x0110: ("it failed to process the request", _LOG),
    0x0111: ("it has an object with this UID already", "Compare both; one UID is used twice."),
    0x0112: ("it does not know the object", ""),
    0x0117: ("it does not accept the UID of the object", "The file breaks the rules for UIDs."),
    0x0118: ("it does not know this kind of object", "It must be set to accept this SOP class."),
    0x0122: ("it does not accept this kind of object", "It must be set to accept this SOP class."),
    0x0124: ("it does not allow us to do this", "Have our AE title given the right there."),
    0x0210: ("it takes our request for one it had before", "Try again."),
    0x0211: ("it does not know this operation", "It does not offer this service."),
    0x0212: ("it could not read the request", _LOG),
    0x0213: ("it is out of resources", "Try again later."),
}
_STORE = {
    0xA7: ("it has no room", "Its disk may be full: tell who looks after it."),
    0xA9: ("it finds that the object is not of the class it claims", "The file may be damaged."),
    **{
        high: ("it cannot understand the object", "The file may be damaged, or it refuses it.")
        for high in range(0xC0, 0xD0)
    },
}
_ASK = {
    0xA700: ("it is out of resources", "Try again later, or ask for less."),
    0xA701: ("it cannot count what it would have to send", "Ask for less at a time."),
    0xA702: ("it cannot send the objects", "Is our receiver running and reachable from there?"),
    0xA801: (
        "it does not know where to send: our AE title is unknown there",
        "Have our AE title, address and port entered at the other side, or fetch with C-GET.",
    ),
    0xA900: ("it does not understand what was asked", "Ask with fewer fields."),
    0xB000: ("some objects could not be sent", "Try again; is our receiver running?"),
    0xFE00: ("it was cancelled", ""),
}


@dataclass(frozen=True, slots=True)
class StatusWords:
    """A status for people.

    Attributes:
        what: completes "The server says: ..." without a full stop.
        advice: a sentence, or empty.
    """

    what: str
    advice: str


def store_words(status: int) -> StatusWords:
    """The answer to a C-STORE."""
    return _words(status, _GENERAL.get(status) or _STORE.get(status >> 8) or _by_range(status))


def query_words(status: int) -> StatusWords:
    """The answer to a C-FIND, C-MOVE or C-GET."""
    return _words(status, _GENERAL.get(status) or _ASK.get(status) or _by_range(status))


def query_failure(name: str, status: int) -> OperationFailedError:
    """The exception for a failed C-FIND, C-MOVE or C-GET."""
    words = query_words(status)
    return OperationFailedError(f"{name} failed: {words.what}.", words.advice, status)


def _words(status: int, words: tuple[str, str]) -> StatusWords:
    return StatusWords(f"{words[0]} ({status:04X})", words[1])


def _by_range(status: int) -> tuple[str, str]:
    if status >> 12 == 0xC:  # every Cxxx is the server's own
        return "it cannot process the request", _LOG
    if status >> 8 == 0xA7:
        return "it is out of resources", "Try again later."
    return "it answers with a status that is not known here", _LOG
