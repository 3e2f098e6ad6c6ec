"""Text of a file: bytes to characters by Specific Character Set (PS3.3 C.12.1.1.2, PS3.5 6.1).

Only the standard's defined terms lead to a codec. A file can therefore never choose one of
Python's own (`punycode`, `zip` ...), which cost minutes or raise from any access to a name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

# PS3.3 tables C.12-2 to C.12-5, with spelling reduced to letters and digits: "ISO-IR 100" and
# "ISO_IR_100" are common slips. Each codec holds ASCII below 0x80 and the set above it.
_CODECS = {
    "6": "ascii",
    "13": "shift_jis",
    "58": "gb2312",
    "87": "ascii",
    "100": "latin_1",
    "101": "iso8859_2",
    "109": "iso8859_3",
    "110": "iso8859_4",
    "126": "iso8859_7",
    "127": "iso8859_6",
    "138": "iso8859_8",
    "144": "iso8859_5",
    "148": "iso8859_9",
    "149": "euc_kr",
    "159": "ascii",
    "166": "iso8859_11",
    "192": "utf_8",
    "203": "iso8859_15",
}
_WHOLE_CODECS = {
    "GB18030": "gb18030",
    "GBK": "gbk",
    "ISO2022GBK": "gbk",  # PS3.3 CP-1234 spellings
    "ISO202258": "gb2312",
}
_ALONE = ("utf_8", "gb18030", "gbk")  # no code extensions beside these (PS3.5 6.1.2.5.4)

# Escape sequences of PS3.3 tables C.12-3 and C.12-4. G0 is what bytes below 0x80 mean.
_G0_ESCAPES = {b"\x1b(B": "ascii", b"\x1b(J": "ascii", b"\x1b$B": "jis_x_0208"}
_G0_ESCAPES[b"\x1b$(D"] = "jis_x_0212"
_G1_ESCAPES = {
    b"\x1b-A": "latin_1",
    b"\x1b-B": "iso8859_2",
    b"\x1b-C": "iso8859_3",
    b"\x1b-D": "iso8859_4",
    b"\x1b-F": "iso8859_7",
    b"\x1b-G": "iso8859_6",
    b"\x1b-H": "iso8859_8",
    b"\x1b-L": "iso8859_5",
    b"\x1b-M": "iso8859_9",
    b"\x1b-T": "iso8859_11",
    b"\x1b-b": "iso8859_15",
    b"\x1b)I": "shift_jis",
    b"\x1b$)C": "euc_kr",
    b"\x1b$)A": "gb2312",
}
_WIDE_G0 = {"jis_x_0208": (b"\x1b$B", "iso2022_jp"), "jis_x_0212": (b"\x1b$(D", "iso2022_jp_2")}
_ESCAPE = re.compile(b"(" + b"|".join(re.escape(e) for e in [*_G0_ESCAPES, *_G1_ESCAPES]) + b")")
_CONTROL = re.compile(rb"([\x00-\x1a\x1c-\x1f]+)")
_HIGH = re.compile(rb"([\x80-\xff]+)")

# The value representations that Specific Character Set governs (PS3.5 6.1.2.2).
CHARSET_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})


class CharacterSets(NamedTuple):
    """What the values of one data set are written in.

    Attributes:
        codec: how text begins, and what a delimiter returns it to.
        extended: whether ISO 2022 escape sequences mean anything.
        unknown: whether a term was not one of the standard's.
    """

    codec: str
    extended: bool
    unknown: bool


@lru_cache(maxsize=256)
def character_sets(terms: tuple[str, ...]) -> CharacterSets:
    """Read the values of Specific Character Set; none, or an empty first one, is ISO-IR 6."""
    codecs = [_codec(term) for term in terms[:32]] or ["ascii"]
    first = codecs[0] or "ascii"
    second = len(terms) > 1 or (terms[:1] != () and "2022" in terms[0])
    return CharacterSets(first, second and first not in _ALONE, None in codecs)


def _codec(term: str) -> str | None:
    key = re.sub(r"[^A-Z0-9]", "", term.upper())
    if not term.strip("\0 "):
        return "ascii"
    if key in _WHOLE_CODECS:
        return _WHOLE_CODECS[key]
    match = re.fullmatch(r"ISO(?:2022)?IR(\d{1,3})", key)
    return _CODECS.get(match[1]) if match else None


def decode_text(raw: bytes, charsets: Sequence[str], vr: str) -> str:
    """Decode a whole value; backslashes stay, trailing padding goes, nothing raises.

    Args:
        raw: the value as stored.
        charsets: the values of Specific Character Set in force, as text.
        vr: value representation; those it does not govern are ISO-IR 6.

    Returns:
        The text, with U+FFFD where bytes mean nothing in the character set.
    """
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii").rstrip("\0 ")
    if vr not in CHARSET_VRS:
        return raw.decode("ascii", "replace").rstrip("\0 ")
    sets = character_sets(tuple(charsets))
    if not sets.extended or b"\x1b" not in raw:
        return raw.decode(sets.codec, "replace").rstrip("\0 ")
    return _decode_extended(raw, sets.codec, b"\\^=" if vr == "PN" else b"\\").rstrip("\0 ")


def _decode_extended(raw: bytes, initial: str, delimiters: bytes) -> str:
    """Follow the escape sequences; delimiters and control characters reset (PS3.5 6.1.2.5.3)."""
    g0, g1 = "ascii", initial
    text = []
    split = re.compile(b"([" + re.escape(delimiters) + b"])")
    for part in _ESCAPE.split(raw):
        if part in _G0_ESCAPES:
            g0 = _G0_ESCAPES[part]
        elif part in _G1_ESCAPES:
            g1 = _G1_ESCAPES[part]
        else:
            for run in _CONTROL.split(part):
                if _CONTROL.fullmatch(run):
                    g0, g1 = "ascii", initial
                    text.append(run.decode("ascii"))
                elif g0 in _WIDE_G0:  # 0x5C is half a character here, no delimiter
                    text.append(_decode_wide(run, g0, g1))
                else:
                    first, *rest = split.split(run, maxsplit=1)
                    text.append(first.decode(g1, "replace"))
                    if rest:
                        g0, g1 = "ascii", initial
                        text.append(b"".join(rest).decode(g1, "replace"))
    return "".join(text)


def _decode_wide(run: bytes, g0: str, g1: str) -> str:
    escape, codec = _WIDE_G0[g0]
    return "".join(
        part.decode(g1, "replace") if part[:1] >= b"\x80" else _decode_pairs(escape, part, codec)
        for part in _HIGH.split(run)
        if part
    )


def _decode_pairs(escape: bytes, part: bytes, codec: str) -> str:
    text = (escape + part).decode(codec, "replace")
    # On a damaged pair the codec falls back to the raw escape bytes; they are not text.
    return text.replace("\x1b", "\ufffd")


class NameGroups(NamedTuple):
    """The three writings of a person's name, each family^given^middle^prefix^suffix."""

    alphabetic: str
    ideographic: str
    phonetic: str


def name_groups(text: str) -> NameGroups:
    """Split one decoded PN value (PS3.5 6.2.1.1); missing groups are empty."""
    groups = [*text.split("=", 2), "", ""]
    return NameGroups(*(group.rstrip("\0 ") for group in groups[:3]))
