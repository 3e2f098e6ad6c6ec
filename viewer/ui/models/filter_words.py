"""The language of the filter field: words anywhere, or `mod:MR date:2024` in one column."""

from __future__ import annotations

import shlex

from viewer.ui.models.catalog_rows import FIELD_WORDS

Wanted = tuple[tuple[int, ...], str]  # (columns, or none for anywhere; the word)


def parse_filter(text: str) -> list[Wanted]:
    """The words of a filter; quotes keep spaces, an unknown field word is plain text."""
    try:
        parts = shlex.split(text.casefold())
    except ValueError:  # a quote that is still open
        parts = text.casefold().replace('"', " ").replace("'", " ").split()
    wanted: list[Wanted] = []
    for part in parts:
        field, colon, word = part.partition(":")
        if colon and field in FIELD_WORDS:
            if word:
                wanted.append((FIELD_WORDS[field], word))
        else:
            wanted.append(((), part))
    return wanted
