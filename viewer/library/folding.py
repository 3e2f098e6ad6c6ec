"""How texts are made alike before they are searched: in the index and in the search box.

Case, accents and width do not matter; blanks, `^`, `=` and commas part words and are one blank;
every other ASCII sign is kept and means itself. Each ideograph is a word of its own, because
names written with them have no blanks.
"""

from __future__ import annotations

import re
import unicodedata

_WORD = re.compile(r"[0-9a-z\x80-\U0010ffff]+")
_BETWEEN = re.compile(r"[\x00-\x20\x7f,^=]+")
_ACCENTS = re.compile(r"[\u0300-\u036f]")
_IDEOGRAPH = re.compile(r"([\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff])")
_NOT_A_WORD = re.compile(r"[^\x00-\x7f]")


def folded(text: str) -> str:
    """The form in which texts are kept and looked for; folding twice changes nothing."""
    text = text.lower() if text.isascii() else _fold_unicode(text)
    return _BETWEEN.sub(" ", text).strip()


def words(text: str) -> list[str]:
    """The words of a folded text, exactly as SQLite's `ascii` tokenizer sees them."""
    return _WORD.findall(text)


def _fold_unicode(text: str) -> str:
    text = _ACCENTS.sub("", unicodedata.normalize("NFKD", text).casefold())
    text = unicodedata.normalize("NFC", unicodedata.normalize("NFKD", text))
    text = _NOT_A_WORD.sub(_blank_unless_word, _ACCENTS.sub("", text))
    return _IDEOGRAPH.sub(r" \1 ", text).lower()


def _blank_unless_word(match: re.Match[str]) -> str:
    """Only letters, digits and marks: SQLite takes every character beyond ASCII for a letter."""
    character = match.group()
    return character if unicodedata.category(character)[0] in "LMN" else " "
