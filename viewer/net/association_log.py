"""The last associations in words a radiographer can read; nothing of patients is in them."""

from __future__ import annotations

import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from viewer.dicom.incoming import Outcome

Event = dict[str, Any]
KEPT = 200
LONGEST_LIST = 128  # SOP classes, transfer syntaxes, reasons of one record
CONFLICT = "Kept beside another object that has the same UID: two devices, or one that errs."
ENDS = {"released": "completed", "aborted": "broken off", "refused": "refused"}


@dataclass(slots=True)
class Record:
    """One association, or one attempt at it.

    Attributes:
        number: unique; a later line of the file with the same number replaces this one.
        when: local time with offset, to the second.
        calling, called, address, software: who called, as what, from where.
        result: completed, broken off, refused, no association, open.
        what, advice: the reason in words, and who should change what.
        contexts: what was proposed and accepted for each SOP class.
        stored, refused, bytes, seconds: what came of it.
        reasons: why objects were refused or are in conflict, and how many for each reason.
        times: how often the same thing happened in a row.
    """

    number: str
    when: str
    calling: str = ""
    called: str = ""
    address: str = ""
    software: str = ""
    result: str = "open"
    what: str = ""
    advice: str = ""
    contexts: list[Event] = field(default_factory=list)
    stored: int = 0
    refused: int = 0
    bytes: int = 0
    seconds: float = 0.0
    reasons: dict[str, int] = field(default_factory=dict)
    times: int = 1

    def text(self) -> str:
        """The record for people, several lines."""
        who = f"{self.calling or '(no title)'} at {self.address}"
        called = f" called {self.called}" if self.called else ""
        lines = [f"{self.when}  {who}{called}: {self.result}{self._counts()}"]
        lines += [f"    {line}" for line in (self.what, self.advice) if line]
        lines += [f"    {count} x {reason}" for reason, count in self.reasons.items()]
        lines += [f"    {line}" for line in _context_lines(self.contexts)]
        return "\n".join(lines)

    def same_as(self, other: Record) -> bool:
        """Whether the same thing happened to the same caller."""
        return self._key() == other._key()

    def _key(self) -> tuple[object, ...]:
        return (
            *(self.calling, self.called, self.address, self.result, self.what),
            *(self.stored, self.refused, self.contexts),
        )

    def _counts(self) -> str:
        parts = []
        if self.stored or self.refused:
            parts.append(f"{self.stored} objects stored")
            if self.refused:
                parts.append(f"{self.refused} not")
            parts.append(f"{self.bytes / 1e6:.1f} MB in {self.seconds:.1f} s")
        if self.times > 1:
            parts.append(f"{self.times} times in a row, the last time then")
        return "".join(f", {part}" for part in parts)


class AssociationLog:
    """Builds records from the receiver's events and keeps the last ones in a file.

    Args:
        path: the file, mode 0600; one JSON object a line. A damaged line is passed over.
        now: the clock.
    """

    def __init__(
        self, path: Path, now: Callable[[], datetime] = lambda: datetime.now().astimezone()
    ) -> None:
        self._path = path
        self._now = now
        self._lock = threading.Lock()
        self._open: OrderedDict[str, Record] = OrderedDict()
        self._records = OrderedDict((each.number, each) for each in _read(path))
        self._lines = KEPT * 2  # the first new line compacts the file

    @property
    def records(self) -> list[Record]:
        """Those that ended, oldest first."""
        with self._lock:
            return list(self._records.values())

    def take(self, event: Event) -> None:
        """Learn from one event of the receiver; events of other kinds are ignored."""
        with self._lock:
            self._take(event)

    def text(self) -> str:
        """All of it for people, newest first; for export."""
        head = "Associations with Lightbox, newest first. No patient data.\n"
        return head + "".join(f"\n{each.text()}\n" for each in reversed(self.records))

    def _take(self, event: Event) -> None:
        kind, number = event.get("event"), str(event.get("association", ""))
        if kind == "association":
            record = self._open[number] = self._new(event)
            record.software = str(event.get("software", ""))
            contexts = sorted(event.get("contexts", []), key=lambda each: bool(each["accepted"]))
            record.contexts = contexts[:LONGEST_LIST]  # what was not accepted comes first
            while len(self._open) > KEPT:
                self._open.popitem(last=False)
        elif kind == "refused object" and number in self._open:
            self._count(number, f"{event.get('what', '')} ({event.get('status', '')})")
        elif kind == "stored" and number in self._open:
            if event["saved"]["outcome"] == Outcome.CONFLICT:
                self._count(number, CONFLICT)
        elif kind in ENDS:
            record = self._open.pop(number) if number in self._open else self._new(event)
            self._finish(record, event, ENDS[kind])
        elif kind == "problem" and event.get("address"):
            self._finish(self._new(event), event, "no association")

    def _count(self, number: str, reason: str) -> None:
        reasons = self._open[number].reasons
        if reason in reasons or len(reasons) < LONGEST_LIST:
            reasons[reason] = reasons.get(reason, 0) + 1

    def _new(self, event: Event) -> Record:
        when = self._now()
        number = str(event.get("association", "")) or "0"
        return Record(
            number=f"{when:%Y%m%d%H%M%S%f}-{number}",
            when=when.isoformat(" ", "seconds"),
            calling=str(event.get("calling", "")),
            called=str(event.get("called", "")),
            address=str(event.get("address", "")),
        )

    def _finish(self, record: Record, event: Event, result: str) -> None:
        record.result = result
        for name in ("what", "advice", "stored", "refused", "bytes", "seconds"):
            setattr(record, name, event.get(name, getattr(record, name)))
        last = next(reversed(self._records.values()), None)
        if last is not None and last.same_as(record):
            record.number, record.times = last.number, last.times + 1
        self._records[record.number] = record
        while len(self._records) > KEPT:
            self._records.popitem(last=False)
        self._write(record)

    def _write(self, record: Record) -> None:
        """Append a line; from time to time write the file anew. A full disk loses the log only."""
        try:
            if self._lines >= KEPT * 2:
                _replace(self._path, self._records.values())
                self._lines = len(self._records)
            else:
                with open(self._path, "ab", opener=_private) as file:
                    file.write(_line(record))
                self._lines += 1
        except OSError:
            pass  # the association itself is what matters


def _read(path: Path) -> list[Record]:
    """What is in the file, the last line of each number."""
    known = {each.name for each in fields(Record)}
    records: OrderedDict[str, Record] = OrderedDict()
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    for line in lines[-KEPT * 4 :]:
        try:
            values = json.loads(line)
            record = Record(**{key: value for key, value in values.items() if key in known})
            record.text()  # whatever it was that damaged it
        except (ValueError, TypeError, AttributeError, KeyError):
            continue
        records[record.number] = record
    return list(records.values())[-KEPT:]


def _replace(path: Path, records: Iterable[Record]) -> None:
    temporary = path.with_suffix(".new")
    with open(temporary, "wb", opener=_private) as file:
        file.writelines(_line(record) for record in records)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _line(record: Record) -> bytes:
    return json.dumps(asdict(record), separators=(",", ":")).encode("ascii") + b"\n"


def _context_lines(contexts: list[Event]) -> list[str]:
    """What became of the SOP classes; those that fared alike share a line."""
    alike: dict[str, list[str]] = {}
    for context in contexts:
        alike.setdefault(_fate(context), []).append(context["class"])
    return [f"{fate}: {', '.join(classes)}" for fate, classes in alike.items()]


def _fate(context: Event) -> str:
    if context["accepted"]:
        return "Accepted as " + ", ".join(dict.fromkeys(context["accepted"]))
    return f"Not accepted, {context['why']} (offered as {', '.join(context['proposed'])})"
