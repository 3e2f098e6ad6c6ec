"""Sends studies on to a server the user knows, in a job."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer.dicom.files.source import FileRef
from viewer.net.peer import PEERS, Peer, parse_peers
from viewer.settings import Backend

if TYPE_CHECKING:
    from viewer.net.send import SendProgress


def known_peers(backend: Backend) -> list[Peer]:
    """The servers in the settings."""
    return parse_peers(PEERS.read(backend))[0]


def peer_named(backend: Backend, name: str) -> Peer | None:
    """The server of that name; None when it is no longer there."""
    return next((peer for peer in known_peers(backend) if peer.name == name), None)


@dataclass(slots=True)
class Sent:
    """How far sending is.

    Attributes:
        done, total: objects.
        sent: objects the server has confirmed.
        trouble: why the last one was not sent, in words.
        failed: those that were not sent.
    """

    total: int
    done: int = 0
    sent: int = 0
    trouble: str = ""
    failed: list[FileRef] = field(default_factory=list)

    @property
    def words(self) -> str:
        """For people, at the end."""
        text = f"{self.sent} of {self.total} objects sent"
        return f"{text}. {self.trouble}" if self.trouble else text

    def take(self, step: SendProgress) -> None:
        """Count one report."""
        from viewer.net.send import SendState

        self.done = step.done
        self.sent += step.state is SendState.SENT
        if step.state in (SendState.FAILED, SendState.SKIPPED):
            self.trouble = f"{step.what} {step.advice}".strip()
            self.failed.append(step.ref)


def sending(
    peer: Peer, files: Sequence[FileRef], ae_title: str
) -> Callable[[], Generator[object, None, None]]:
    """Work that yields one Sent, again and again; cancelling the job ends the association."""

    def work() -> Generator[object, None, None]:
        from viewer.net.send import send

        sent = Sent(len(files))
        for step in send(peer, files, ae_title):
            sent.take(step)
            yield sent

    return work
