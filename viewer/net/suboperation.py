"""One object that a server sends on our association, on its way into the store (C-GET)."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial

from viewer.dicom.incoming import (
    Offer,
    Reception,
    RefusedObjectError,
    Saved,
    Storage,
    StoreFullError,
)
from viewer.net.command import NO_DATA_SET, RESPONSE, Command, Field, Kind
from viewer.net.handshake import Context
from viewer.net.link import TICK_S, Link
from viewer.net.status import MISMATCH, NOT_UNDERSTOOD, OUT_OF_RESOURCES, SUCCESS


@dataclass(frozen=True, slots=True)
class SubOutcome:
    """What became of it: saved, or why not."""

    saved: Saved | None
    what: str = ""
    advice: str = ""


class SubOperation:
    """Receives one C-STORE. `outcome` is there when `steps` is through.

    Args:
        link: the association it comes on.
        storage: where it goes.
        context: what it came on.
        offer: what is known of the object.
        message: the number to answer with.
    """

    def __init__(
        self, link: Link, storage: Storage, context: Context, offer: Offer, message: int
    ) -> None:
        self.outcome: SubOutcome | None = None
        self._link, self._storage = link, storage
        self._context, self._offer, self._message = context, offer, message
        self._status = SUCCESS
        self._refused = SubOutcome(None)

    def steps(self) -> Generator[int, None, None]:
        """Take the data set and answer; yields bytes that came, now and then.

        Raises:
            PeerError: the association was lost; nothing of the object is kept.
            StoreFullError: no room; the server was told.
        """
        begun: list[Reception] = []
        saved: list[Saved] = []
        nbytes, told = 0, time.monotonic()
        self._attempt(lambda: begun.append(self._storage.begin(self._offer)))
        try:
            for piece in self._link.data():
                nbytes += len(piece)
                if self._status == SUCCESS:
                    self._attempt(partial(begun[0].write, piece))
                if time.monotonic() - told > TICK_S:
                    yield nbytes
                    told = time.monotonic()
            if self._status == SUCCESS:
                self._attempt(lambda: saved.append(begun[0].commit()))
        finally:
            for reception in begun:
                reception.discard()
        self._answer()
        if self._status == OUT_OF_RESOURCES:
            raise StoreFullError(self._refused.what, self._refused.advice)
        self.outcome = SubOutcome(saved[0]) if saved else self._refused
        yield nbytes

    def _attempt(self, step: Callable[[], object]) -> None:
        """One step of storing; what goes wrong becomes the status of the answer."""
        try:
            step()
        except StoreFullError as error:
            self._refuse(OUT_OF_RESOURCES, error)
        except RefusedObjectError as error:
            self._refuse(MISMATCH if error.mismatch else NOT_UNDERSTOOD, error)

    def _refuse(self, status: int, error: StoreFullError | RefusedObjectError) -> None:
        self._status = status
        self._refused = SubOutcome(None, str(error), error.advice)

    def _answer(self) -> None:
        answer: Command = {
            Field.AFFECTED_CLASS: self._offer.sop_class_uid,
            Field.KIND: Kind.STORE | RESPONSE,
            Field.ANSWERED: self._message,
            Field.DATA_SET: NO_DATA_SET,
            Field.STATUS: self._status,
            Field.AFFECTED_INSTANCE: self._offer.sop_instance_uid,
        }
        self._link.send(self._context, answer)
