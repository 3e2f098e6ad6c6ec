"""Rules for how much is kept, as data, and what they would remove, in words.

Nothing is removed here but what was planned, shown and handed back: `plan` looks, `apply` moves
the studies of a plan into the trash, from where they can be brought back.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from viewer.library.entries import Order, StudyEntry
from viewer.library.index import Index
from viewer.library.trash import Deleted, Trash

DAY_NS = 24 * 60 * 60 * 10**9
GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Rules:
    """How much is kept. A rule that is None does not apply.

    Attributes:
        most_bytes: size of all stored studies together.
        most_days: days since a study came in or was last looked at.
    """

    most_bytes: int | None = None
    most_days: int | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """One study that would go; `why` is a sentence without patient data."""

    study: StudyEntry
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go, in that order.

    Attributes:
        studies: conflicting and unviewed ones last.
        freed_bytes, kept_bytes: in the store.
    """

    studies: tuple[Planned, ...]
    freed_bytes: int
    kept_bytes: int

    @property
    def words(self) -> str:
        """The plan as one sentence."""
        if not self.studies:
            return "Nothing would be removed."
        count = len(self.studies)
        new = sum(planned.study.new for planned in self.studies)
        text = f"{count} {'study' if count == 1 else 'studies'} would be removed"
        text += (
            f", {gigabytes(self.freed_bytes)} of {gigabytes(self.freed_bytes + self.kept_bytes)}"
        )
        return f"{text}; {new} of them not looked at yet." if new else f"{text}."


def plan(index: Index, rules: Rules, now_ns: int) -> Plan:
    """What the rules would remove; changes nothing. Only stored studies take room of ours."""
    stored = [study for study in index.studies(order=Order.ADDED) if study.stored]
    size = sum(study.stored_bytes for study in stored)
    planned: list[Planned] = []
    left = size
    for group in _together(stored):
        why = _too_old(group, rules, now_ns) or _too_much(left, rules)
        if why:
            planned += [Planned(study, why + _caution(study)) for study in group]
            left -= sum(study.stored_bytes for study in group)
    return Plan(tuple(planned), size - left, left)


def apply(plan: Plan, trash: Trash) -> Generator[Deleted, None, None]:
    """Move the planned studies into the trash, one at a step."""
    for uid in dict.fromkeys(planned.study.uid for planned in plan.studies):
        yield trash.delete(uid)


def gigabytes(nbytes: int) -> str:
    """A size for people."""
    return f"{nbytes / GIGABYTE:.1f} GB"


def _together(studies: list[StudyEntry]) -> list[list[StudyEntry]]:
    """Studies that can only go together (one UID), the least missed first."""
    groups: dict[str, list[StudyEntry]] = {}
    for study in studies:
        groups.setdefault(study.uid, []).append(study)
    return sorted(
        groups.values(),
        key=lambda group: (
            any(study.conflicts for study in group),
            any(study.new for study in group),
            max(map(_last_used_ns, group)),
            group[0].id,
        ),
    )


def _last_used_ns(study: StudyEntry) -> int:
    return max(study.added_ns, study.viewed_ns)


def _too_old(group: list[StudyEntry], rules: Rules, now_ns: int) -> str:
    days = (now_ns - max(map(_last_used_ns, group))) // DAY_NS
    if rules.most_days is None or days <= rules.most_days:
        return ""
    return f"It was not used for {days} days; {rules.most_days} are allowed."


def _too_much(left: int, rules: Rules) -> str:
    if rules.most_bytes is None or left <= rules.most_bytes:
        return ""
    return f"The store holds more than {gigabytes(rules.most_bytes)}, and it is the next in turn."


def _caution(study: StudyEntry) -> str:
    caution = " Nobody has looked at it yet." if study.new else ""
    return caution + (" It holds objects in two versions." if study.conflicts else "")
