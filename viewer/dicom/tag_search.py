"""Finds rows of the tag tree by tag, keyword, name or value, as a job."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from viewer.dicom import tag_text
from viewer.dicom.tags import PAGE, TagNode, path_of

MAX_VISITED = 1_000_000
MAX_HITS = 10_000
_TICK = 500  # rows between two signs of life


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found.

    Attributes:
        rows: its place, row by row from the top.
        path: how it is called.
    """

    rows: tuple[int, ...]
    path: str


class Listing(Protocol):
    """What lists rows page by page: a document, or a node."""

    children: list[TagNode]

    def more(self, count: int = PAGE) -> list[TagNode]: ...


def search(document: Listing, query: str) -> Generator[Hit | None, None, None]:
    """Yield the rows that hold `query`, in file order, and None now and then in between.

    `document` must not be shown anywhere: the search lists its rows as it goes. Give it a fresh
    one of the same file; rows are numbered alike.

    Args:
        query: a tag with or without punctuation, or a part of a keyword, name or value; upper
            and lower case are alike.

    Raises:
        UnreadableFileError: the file is gone or changed.
    """
    query = query.strip()
    if not query:
        return
    digits = _tag_digits(query)
    words = query.casefold()
    visited = hits = 0
    stack: list[tuple[Listing, list[TagNode]]] = [(document, document.children[::-1])]
    while stack:
        listing, waiting = stack[-1]
        if not waiting:
            waiting += reversed(listing.more(PAGE))
            if not waiting:
                stack.pop()
                continue
        node = waiting.pop()
        visited += 1
        if visited % _TICK == 0:
            yield None
        if _matches(node, words, digits):
            hits += 1
            yield Hit(_rows(node), path_of(node))
        if visited >= MAX_VISITED or hits >= MAX_HITS:
            return
        if node.has_children:
            stack.append((node, []))


def _tag_digits(query: str) -> str:
    """The query as hexadecimal digits of a tag, or empty when it cannot be one."""
    digits = re.sub(r"[(),\s]", "", query).lower().removeprefix("0x")
    plausible = 4 <= len(digits) <= 8 and re.fullmatch(r"[0-9a-fx]+", digits)
    return digits if plausible else ""


def _matches(node: TagNode, words: str, digits: str) -> bool:
    if node.element is None or node.is_item:
        return False
    if digits and f"{node.tag:08x}".startswith(digits):
        return True
    return (
        words in tag_text.keyword(node).casefold()
        or words in tag_text.name(node).casefold()
        or words in tag_text.searched_text(node).casefold()
    )


def _rows(node: TagNode) -> tuple[int, ...]:
    rows = []
    current: TagNode | None = node
    while current is not None:
        rows.append(current.row)
        current = current.parent
    return tuple(reversed(rows))
