"""What is done with studies that arrive: the user's rules, by caller or modality."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

MOST_RULES = 200


class Then(StrEnum):
    """What is done; every study is kept in the library in any case."""

    SHOW = "show"  # in the list of studies
    OPEN = "open"  # the same, and show its images when it is complete
    KEEP = "keep"  # only in the library
    FORWARD = "forward"  # the same, and sent on to a server when it is complete


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; empty fields fit everything.

    Attributes:
        calling: AE title of the caller.
        modality: of the first object of the study.
        then: what is done.
        peer: name of the server to forward to.
    """

    calling: str = ""
    modality: str = ""
    then: Then = Then.SHOW
    peer: str = ""

    def fits(self, calling: str, modality: str) -> bool:
        """Whether it is about a study of this modality from this caller."""
        return self.calling in ("", calling) and self.modality in ("", modality)


DEFAULT = Rule()


def rule_for(rules: Iterable[Rule], calling: str, modality: str) -> Rule:
    """The first rule that fits; without one, the study is listed."""
    fitting = (rule for rule in rules if rule.fits(calling.strip(), modality.strip()))
    return next(fitting, DEFAULT)


def needs_modality(rules: Sequence[Rule], calling: str) -> bool:
    """Whether it depends on the modality if what this caller sends is listed."""
    about = [rule for rule in rules if rule.calling in ("", calling.strip())]
    listed = {rule.then in (Then.SHOW, Then.OPEN) for rule in (*about, DEFAULT)}
    return len(listed) > 1 and any(rule.modality for rule in about)


def format_rules(rules: Iterable[Rule]) -> str:
    """The setting's text for some rules."""
    return json.dumps([asdict(rule) for rule in rules])


def parse_rules(text: str) -> tuple[Rule, ...]:
    """The rules in a setting's text; what is broken is left out."""
    try:
        entries = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    found = [_rule(entry) for entry in entries[:MOST_RULES]] if isinstance(entries, list) else []
    return tuple(rule for rule in found if rule is not None)


def _rule(entry: object) -> Rule | None:
    if not isinstance(entry, dict):
        return None
    texts = [entry.get(name, "") for name in ("calling", "modality", "then", "peer")]
    if not all(isinstance(text, str) for text in texts) or texts[2] not in list(Then):
        return None
    return Rule(texts[0].strip(), texts[1].strip(), Then(texts[2]), texts[3])
