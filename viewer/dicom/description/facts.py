"""The attributes whose text stands on the image, as text that holds for one frame."""

from __future__ import annotations

from collections.abc import Iterator

import pydicom  # noqa: F401 - the package first: see viewer/dicom/__init__.py
from pydicom.datadict import dictionary_VR, tag_for_keyword

from viewer.core.annotation_keywords import ANNOTATION_KEYWORDS
from viewer.dicom.datasets.attributes import Attributes
from viewer.dicom.datasets.functional_groups import FunctionalGroups

_WANTED = {
    tag: keyword for keyword in ANNOTATION_KEYWORDS if (tag := tag_for_keyword(keyword)) is not None
}
_SEQUENCES = frozenset(keyword for tag, keyword in _WANTED.items() if dictionary_VR(tag) == "SQ")
# Top-level sequences whose first item says what older objects say at the top.
_NESTED_AT_ROOT = ("RadiopharmaceuticalInformationSequence", "EnergyWindowInformationSequence")
_MAX_TEXT = 1024  # of one value: nothing longer fits beside an image


def describe_facts(groups: FunctionalGroups) -> dict[str, str]:
    """Keyword -> text of `ANNOTATION_KEYWORDS`; what has no value has no key."""
    sources = [*_macro_items(groups), groups.root]
    for keyword in _NESTED_AT_ROOT:
        item = groups.root.item(keyword)
        if item is not None:
            sources.append(item)
    facts: dict[str, str] = {}
    for source in sources:
        for keyword in source.present(_WANTED):
            text = "" if keyword in facts else _text(source, keyword)
            if text:
                facts[keyword] = text[:_MAX_TEXT]
    return facts


def _macro_items(groups: FunctionalGroups) -> Iterator[Attributes]:
    """Every macro item that holds for the frame; a per-frame macro hides the shared one."""
    seen: set[str] = set()
    for level in groups.levels:
        names = [name for name in level.sequence_keywords() if name not in seen]
        seen.update(names)
        for name in names:
            for item in level.items(name)[:1]:
                yield item
                for inner in item.sequence_keywords():
                    if inner not in _SEQUENCES:
                        yield from item.items(inner)[:1]


def _text(source: Attributes, keyword: str) -> str:
    if keyword not in _SEQUENCES:
        return source.text(keyword)
    meanings = [item.text("CodeMeaning") for item in source.items(keyword)]
    return "\\".join(meaning for meaning in meanings if meaning)
