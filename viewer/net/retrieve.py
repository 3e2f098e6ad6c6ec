"""C-MOVE and C-GET: studies come from a server, to our receiver or straight into a store."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace

from viewer.dicom.incoming import Offer, Saved, Storage
from viewer.errors import ViewerError
from viewer.net.association import associate
from viewer.net.command import Command, Field, Kind, number, text
from viewer.net.failures import NotAcceptedError, PeerError, PeerUnreachableError
from viewer.net.find import find_on
from viewer.net.get_contexts import CLASSES_AT_ONCE, COMMON_CLASSES, storage_proposals
from viewer.net.handshake import Context, Proposal
from viewer.net.link import Link
from viewer.net.peer import Peer
from viewer.net.query import (
    IMPLICIT_LITTLE,
    STUDY_ROOT,
    Level,
    Query,
    encode_retrieval,
)
from viewer.net.status import (
    CANCELLED,
    PENDING,
    SUBOPERATIONS_FAILED,
    SUCCESS,
    query_failure,
    query_words,
)
from viewer.net.suboperation import SubOperation

FIND, MOVE, GET = STUDY_ROOT + "1", STUDY_ROOT + "2", STUDY_ROOT + "3"
_STOP_S = 1.0  # for a server to react to a cancel before the association is cut


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to fetch: a study, or one series or one object of it."""

    study_uid: str
    series_uid: str = ""
    sop_uid: str = ""

    def __post_init__(self) -> None:
        if not self.study_uid or (self.sop_uid and not self.series_uid):
            raise ViewerError("Fetching needs a study, and for an object its series too.")
        Query(study_uid=self.study_uid, series_uid=self.series_uid, sop_uid=self.sop_uid)

    @property
    def level(self) -> Level:
        if self.sop_uid:
            return Level.IMAGE
        return Level.SERIES if self.series_uid else Level.STUDY


@dataclass(frozen=True, slots=True)
class RetrieveProgress:
    """Where fetching stands, by the server's own count where it gives one.

    Attributes:
        remaining, completed, failed, warnings: objects.
        nbytes: bytes of data sets that came (C-GET only).
        saved: the object that was just stored (C-GET only).
        what, advice: why an object was not kept, or how it all ended; without patient data.
        finished: the last report; `failed` says whether all came.
    """

    remaining: int = 0
    completed: int = 0
    failed: int = 0
    warnings: int = 0
    nbytes: int = 0
    saved: Saved | None = None
    what: str = ""
    advice: str = ""
    finished: bool = False

    def after(self, earlier: RetrieveProgress) -> RetrieveProgress:
        """This, counted on from what an earlier association brought."""
        return replace(
            self,
            completed=self.completed + earlier.completed,
            failed=self.failed + earlier.failed,
            warnings=self.warnings + earlier.warnings,
            nbytes=self.nbytes + earlier.nbytes,
        )


Steps = Generator[RetrieveProgress, None, None]


def move(peer: Peer, wanted: Wanted, ae_title: str, destination: str = "") -> Steps:
    """Have the server send to our receiver, which must be running and known there.

    Closing the generator cancels the operation at the server.

    Args:
        peer: the server.
        wanted: what.
        ae_title: ours.
        destination: AE title to send to; ours when empty.

    Raises:
        PeerError: it cannot be reached, refuses, does not know the destination, or failed.
    """
    with associate(peer, ae_title, [Proposal(MOVE, (IMPLICIT_LITTLE,))]) as link:
        context = link.need(MOVE, "fetching with C-MOVE")
        yield from _Operation(link, context, Kind.MOVE, wanted).run(
            destination=(destination or ae_title).strip()
        )


def get(peer: Peer, wanted: Wanted, ae_title: str, storage: Storage) -> Steps:
    """Fetch over our own association into `storage`; closing the generator ends it at once.

    Args:
        peer: the server.
        wanted: what.
        ae_title: ours.
        storage: where the objects go, as safely as received ones.

    Raises:
        PeerError: the server cannot be reached, refuses, does not offer C-GET, or failed.
        StoreFullError: no room.
    """
    before = last = RetrieveProgress()
    told = _classes(peer, wanted, ae_title)
    if told == {}:
        yield RetrieveProgress(what=f"{peer.name} has nothing of this study.", finished=True)
        return
    for part, classes in _parts(wanted, told):
        proposals = [Proposal(GET, (IMPLICIT_LITTLE,)), *storage_proposals(classes)]
        with associate(peer, ae_title, proposals) as link:
            context = link.need(GET, "fetching with C-GET")
            _check_roles(link)
            for step in _Operation(link, context, Kind.GET, part, storage, ae_title).run():
                last = step.after(before)
                if not step.finished:
                    yield last
        before = replace(last, saved=None)
    yield last


def _check_roles(link: Link) -> None:
    accepted = {context.abstract_syntax for context in link.agreement.contexts.values()}
    if accepted <= {GET}:
        raise NotAcceptedError(
            f"{link.peer.name} sends no objects on our own association.", "Fetch with C-MOVE."
        )


class _Operation:
    """One C-MOVE or C-GET request."""

    def __init__(
        self,
        link: Link,
        context: Context,
        kind: Kind,
        wanted: Wanted,
        storage: Storage | None = None,
        ae_title: str = "",
    ) -> None:
        self._link, self._context, self._kind, self._wanted = link, context, kind, wanted
        self._storage, self._ae_title = storage, ae_title
        self._progress = RetrieveProgress()
        self._message = 0

    def run(self, **fields: str) -> Steps:
        link, wanted = self._link, self._wanted
        request = link.request(self._kind, affected_class=self._context.abstract_syntax, **fields)
        self._message = number(request, Field.MESSAGE)
        uids = (wanted.study_uid, wanted.series_uid, wanted.sop_uid)
        link.send(self._context, request, encode_retrieval(wanted.level, uids))
        finished = False
        try:
            while not finished:
                for _ in link.ticks():
                    yield self._progress
                context, command = link.receive()
                if number(command, Field.KIND) == Kind.STORE and self._storage is not None:
                    yield from self._take(self._storage, context, command)
                else:
                    finished = self._answered(command)
                    yield self._progress
        except GeneratorExit:
            if not finished:
                self._stop()
            raise

    def _take(self, storage: Storage, context: Context, command: Command) -> Steps:
        """One object that the server sends; it counts when the store has it safe."""
        message = number(command, Field.MESSAGE, 0)
        coming = SubOperation(self._link, storage, context, self._offer(context, command), message)
        before = self._progress
        for nbytes in coming.steps():
            self._progress = replace(before, nbytes=before.nbytes + nbytes, saved=None)
            if coming.outcome is None:
                yield self._progress
        outcome = coming.outcome
        assert outcome is not None
        kept = outcome.saved is not None
        yield replace(
            self._progress,
            completed=before.completed + kept,
            failed=before.failed + (not kept),
            remaining=max(before.remaining - 1, 0),
            saved=outcome.saved,
            what=outcome.what,
            advice=outcome.advice,
        )
        self._progress = replace(
            self._progress, completed=before.completed + kept, failed=before.failed + (not kept)
        )

    def _offer(self, context: Context, command: Command) -> Offer:
        """What the server sends, and what it must belong to: we asked for nothing else."""
        return Offer(
            sop_class_uid=text(command, Field.AFFECTED_CLASS),
            sop_instance_uid=text(command, Field.AFFECTED_INSTANCE),
            transfer_syntax=context.transfer_syntax,
            calling_ae=self._link.peer.ae_title.strip(),
            called_ae=self._ae_title.strip(),
            address=self._link.peer.host,
            study_uid=self._wanted.study_uid,
        )

    def _answered(self, command: Command) -> bool:
        """Take over the server's count; True when this was the last answer."""
        link = self._link
        link.check_answer(command, self._kind, self._message)
        if link.has_data(command):
            link.data_bytes(1 << 20)  # UIDs of what failed
        status = number(command, Field.STATUS)
        counted = self._progress
        self._progress = replace(
            counted,
            remaining=number(command, Field.REMAINING, 0),
            completed=number(command, Field.COMPLETED, counted.completed),
            failed=number(command, Field.FAILED, counted.failed),
            warnings=number(command, Field.WARNING, counted.warnings),
            saved=None,
        )
        if status in PENDING:
            return False
        if status not in (SUCCESS, CANCELLED, SUBOPERATIONS_FAILED):
            failure = query_failure(link.peer.name, status)
            if self._kind is Kind.MOVE and status >> 12 == 0xC:  # Orthanc's word for A801
                failure.advice = "Are our AE title, address and port entered at the other side?"
            raise failure
        words = query_words(status)
        self._progress = replace(
            self._progress,
            finished=True,
            what="" if status == SUCCESS else f"{link.peer.name} says: {words.what}.",
            advice="" if status == SUCCESS else words.advice,
        )
        return True

    def _stop(self) -> None:
        """Cancel; a server that moves elsewhere gets a moment to notice before the line is cut."""
        link = self._link
        try:
            link.cancel(self._context, self._message)
            deadline = time.monotonic() + _STOP_S
            while self._kind is Kind.MOVE and time.monotonic() < deadline:
                if link.waiting(_STOP_S / 10) and self._answered(link.receive()[1]):
                    return
        except PeerError:
            pass  # it is cut anyway


def _classes(peer: Peer, wanted: Wanted, ae_title: str) -> dict[str, set[str]] | None:
    """SOP classes in each series that has something; None when the server does not tell."""
    told: dict[str, set[str]] = {}
    try:
        with associate(peer, ae_title, [Proposal(FIND, (IMPLICIT_LITTLE,))]) as link:
            for uid in _series(link, wanted):
                asked = Query(
                    Level.IMAGE,
                    study_uid=wanted.study_uid,
                    series_uid=uid,
                    sop_uid=wanted.sop_uid,
                )
                for some in find_on(link, asked):
                    for match in some.matches:
                        told.setdefault(uid, set()).add(match.sop_class_uid)
    except PeerUnreachableError:
        raise
    except ViewerError:  # it offers no queries, or not such ones
        return None
    return None if any("" in classes for classes in told.values()) else told


def _series(link: Link, wanted: Wanted) -> list[str]:
    if wanted.series_uid:
        return [wanted.series_uid]
    asked = Query(Level.SERIES, study_uid=wanted.study_uid)
    return [match.series_uid for some in find_on(link, asked) for match in some.matches]


def _parts(wanted: Wanted, told: dict[str, set[str]] | None) -> list[tuple[Wanted, list[str]]]:
    """What to fetch over one association each, with the SOP classes it needs."""
    if told is None:
        return [(wanted, list(COMMON_CLASSES))]
    everything = sorted(set().union(*told.values()))
    if len(everything) <= CLASSES_AT_ONCE or wanted.series_uid:
        return [(wanted, everything)]
    return [(Wanted(wanted.study_uid, uid), sorted(classes)) for uid, classes in told.items()]
