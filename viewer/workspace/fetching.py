"""Asks servers for studies and fetches them, in jobs."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING

from viewer.net.peer import Peer, RetrieveMethod

if TYPE_CHECKING:
    from viewer.net.query import Query

Work = Callable[[], Generator[object, None, None]]


def asking(peer: Peer, query: Query, ae_title: str) -> Work:
    """Work that yields Answers; cancelling the job cancels the question at the server."""

    def work() -> Generator[object, None, None]:
        from viewer.net.find import find

        yield from find(peer, query, ae_title)

    return work


def fetching(peer: Peer, study_uid: str, ae_title: str, folder: Path) -> Work:
    """Work that yields RetrieveProgress.

    With C-GET what comes is stored as safely as what is received; with C-MOVE the server sends
    it to our receiver.
    """

    def work() -> Generator[object, None, None]:
        from viewer.library.received import open_store
        from viewer.net.retrieve import Wanted, get, move

        wanted = Wanted(study_uid)
        if peer.retrieve is RetrieveMethod.MOVE:
            yield from move(peer, wanted, ae_title)
            return
        store, index = open_store(folder)
        try:
            yield from get(peer, wanted, ae_title, store)
        finally:
            index.close()

    return work
