"""What can go wrong with another server, each with words for the user and what to try.

PeerError                     the other side, or the way to it
+-- PeerUnreachableError      no connection at all
+-- PeerTlsError              the encrypted connection cannot be made
+-- AssociationRefusedError   it answered, and said no
+-- NotAcceptedError          it talks to us, but not about this
+-- ConnectionLostError       it went away in the middle; trying again may help
|   +-- PeerTimeoutError      it stays silent
+-- WrongAnswerError          it does not follow the protocol
+-- OperationFailedError      it understood, and failed with a status
"""

from __future__ import annotations

from viewer.errors import ViewerError


class PeerError(ViewerError):
    """The other side, or the way to it, failed."""


class PeerUnreachableError(PeerError):
    """No connection: nothing listens there, or no way leads there."""


class PeerTlsError(PeerError):
    """The encrypted connection cannot be made."""


class AssociationRefusedError(PeerError):
    """An A-ASSOCIATE-RJ.

    Attributes:
        result, source, reason: as the PDU carries them (PS3.8 9.3.4).
    """

    def __init__(self, name: str, result: int, source: int, reason: int, titles: Titles) -> None:
        words, advice = _REFUSALS.get((source, reason), _UNKNOWN_REFUSAL)
        super().__init__(
            f"{name} refused the association: {words.format(**titles)}", advice.format(**titles)
        )
        self.result, self.source, self.reason = result, source, reason

    @property
    def is_transient(self) -> bool:
        """Whether the other side says that trying later may help."""
        return self.result == 2


class NotAcceptedError(PeerError):
    """The association stands, but not for what was asked."""


class ConnectionLostError(PeerError):
    """The association ended in the middle of something."""


class PeerTimeoutError(ConnectionLostError):
    """No answer in the time that was given."""


class WrongAnswerError(PeerError):
    """What came is not what the protocol allows."""


class OperationFailedError(PeerError):
    """The other side answered with a failure.

    Attributes:
        status: its DIMSE status.
    """

    def __init__(self, message: str, advice: str, status: int) -> None:
        super().__init__(message, advice)
        self.status = status


Titles = dict[str, str]
_UNKNOWN_REFUSAL = ("it gave no reason.", "Ask who looks after it: its log says more.")
# (source, reason/diagnostic) of PS3.8 table 9-21
_REFUSALS = {
    (1, 1): _UNKNOWN_REFUSAL,
    (1, 2): ("it does not know the DICOM application context.", "Is it a DICOM server?"),
    (1, 3): (
        "it does not know our AE title {calling}.",
        "Have {calling} with this computer's address entered at the other side.",
    ),
    (1, 7): (
        "it is not called {called}.",
        "Correct its AE title here; capital letters count.",
    ),
    (2, 1): _UNKNOWN_REFUSAL,
    (2, 2): ("it speaks another version of the protocol.", "Is it a DICOM server?"),
    (3, 1): ("it is busy for the moment.", "Try again in a minute."),
    (3, 2): ("it has as many associations as it allows.", "Try again in a minute."),
}
