"""What arrives, study by study: how many, from whom, how fast, and when it counts as complete."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

RATE_OVER_S = 5.0
MOST_ROWS = 500


@dataclass(slots=True, eq=False)
class Arrival:
    """One study arriving from one caller.

    Attributes:
        study_uid, calling, address: what it is and who sends it.
        began_s, last_s: when its first and its newest object came, on the caller's clock.
        images: new objects; `same`: objects that were there already; `conflicts`: objects kept
            beside another of the same UID.
        refused: objects that could not be taken, with the last reason in `trouble`.
        nbytes: size of what was stored.
        paths: files of new objects, in the order of their coming.
        complete: nothing came for a while, or the association ended.
        patient, description, modality: of its first object, once that was read.
        seen: somebody has looked at it.
        then: what was done with it, in words.
    """

    study_uid: str
    calling: str
    address: str
    began_s: float
    last_s: float = 0.0
    images: int = 0
    same: int = 0
    conflicts: int = 0
    refused: int = 0
    nbytes: int = 0
    trouble: str = ""
    complete: bool = False
    patient: str = ""
    description: str = ""
    modality: str = ""
    seen: bool = False
    then: str = ""
    paths: list[str] = field(default_factory=list)
    recent_s: deque[float] = field(default_factory=lambda: deque(maxlen=1000))

    def per_second(self, now_s: float) -> float:
        """Objects a second over the last few seconds; 0 when complete."""
        if self.complete:
            return 0.0
        newest = [at for at in self.recent_s if now_s - at <= RATE_OVER_S]
        span = now_s - (newest[0] if newest else now_s)
        return len(newest) / max(span, 0.5)

    def take(self, saved: dict[str, Any], now_s: float) -> None:
        """Count one stored object."""
        self.last_s = now_s
        self.complete = False
        self.recent_s.append(now_s)
        outcome = saved["outcome"]
        if outcome == "same":
            self.same += 1
            return
        self.images += 1
        self.conflicts += outcome == "conflict"
        self.nbytes += int(saved["bytes"])
        self.paths.append(saved["path"])


class Arrivals:
    """All studies that came since the receiver was started, newest last.

    Args:
        quiet_s: a study is complete when nothing of it came for so long.
    """

    def __init__(self, quiet_s: float = 10.0) -> None:
        self.quiet_s = quiet_s
        self.rows: list[Arrival] = []
        self._open: dict[tuple[str, str, str], Arrival] = {}
        self._by_association: dict[str, list[Arrival]] = {}

    def stored(self, event: dict[str, Any], now_s: float) -> Arrival:
        """Take a "stored" event; returns its row."""
        saved = event["saved"]
        key = (saved["study"], event.get("calling", ""), event.get("address", ""))
        row = self._open.get(key)
        if row is None:
            row = self._open[key] = Arrival(*key, began_s=now_s)
            self.rows.append(row)
            self._drop_oldest()
        row.take(saved, now_s)
        own = self._by_association.setdefault(event.get("association", ""), [])
        if row not in own:
            own.append(row)
        return row

    def refused(self, event: dict[str, Any]) -> None:
        """Take a "refused object" event: it belongs to the association's newest study."""
        for row in self._by_association.get(event.get("association", ""), [])[-1:]:
            row.refused += 1
            row.trouble = event["what"]

    def ended(self, association: str) -> list[Arrival]:
        """An association ended: its studies are complete unless another one goes on with them."""
        mine = self._by_association.pop(association, [])
        going_on = [row for rows in self._by_association.values() for row in rows]
        return self._complete(row for row in mine if row not in going_on)

    def look(self, now_s: float) -> list[Arrival]:
        """Studies that became complete because nothing came for a while."""
        quiet = [row for row in self._open.values() if now_s - row.last_s >= self.quiet_s]
        return self._complete(quiet)

    @property
    def under_way(self) -> int:
        """How many studies are arriving now."""
        return len(self._open)

    def _complete(self, rows: Iterable[Arrival]) -> list[Arrival]:
        done = [row for row in rows if not row.complete]
        for row in done:
            row.complete = True
            self._open.pop((row.study_uid, row.calling, row.address), None)
        return done

    def _drop_oldest(self) -> None:
        if len(self.rows) > MOST_ROWS:
            done = [row for row in self.rows if row.complete][: len(self.rows) - MOST_ROWS]
            self.rows = [row for row in self.rows if row not in done]
