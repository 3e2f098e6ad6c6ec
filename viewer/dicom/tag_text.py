"""What the rows of the tag tree say: short, on one line, with nothing that could mislead.

Control characters, line ends and marks that turn the direction of writing are shown as signs, so
that a name in a file can forge neither a line of a log nor another name.
"""

from __future__ import annotations

import re
import unicodedata

from viewer.dicom.charset import CHARSET_VRS
from viewer.dicom.dictionary import keyword_of, name_of, tag_text
from viewer.dicom.tags import TagNode
from viewer.dicom.values import BYTES_VRS, NUMBER_FORMATS, TEXT_VRS, numbers_of, tags_of, texts_of

COLUMNS = ("Tag", "Keyword or name", "VR", "VM", "Length", "Value")
SHORT = 256  # characters of a value in its row
SEARCHED_BYTES = 64 * 1024
_HEAD_BYTES = 2048
HEX_PAGE = 4096
TEXT_PAGE = 64 * 1024
_LINE = 16

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_UNSAFE_IN_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)  # the control pictures block: U+241B for ESC
    return f"<U+{code:04X}>"


def one_line(text: str) -> str:
    """The text with everything that is no visible character as a sign."""
    return _UNSAFE.sub(_sign, _without_heaps(text))


def many_lines(text: str) -> str:
    """As `one_line`, but line ends and tabs stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE_IN_TEXT.sub(_sign, _without_heaps(text))


def _without_heaps(text: str) -> str:
    """At most eight combining marks on one letter: thousands stop any text layout."""
    if text.isascii() or not any(unicodedata.combining(c) for c in text):
        return text
    kept, heap = [], 0
    for character in text:
        heap = heap + 1 if unicodedata.combining(character) else 0
        if heap <= 8:
            kept.append(character)
    return "".join(kept)


def label(node: TagNode) -> str:
    """The first column: the tag, or which item or fragment this is, counted from 1."""
    if node.element is None:
        return "…"
    if node.is_item:
        word = "Fragment" if node.parent is not None and node.parent.is_fragments else "Item"
        return f"{word} {node.row + 1}"
    return tag_text(node.tag)


def name(node: TagNode) -> str:
    """The name as in PS3.6; of private elements with their creator."""
    if node.element is None or node.is_item:
        return ""
    known = name_of(node.tag, node.creator)
    if node.creator:
        return one_line(f"{known or 'Private'} [{node.creator}]")
    return known or "Unknown"


def keyword(node: TagNode) -> str:
    return "" if node.element is None or node.is_item else keyword_of(node.tag)


def length(node: TagNode) -> str:
    if node.element is None:
        return ""
    return "undefined" if node.length is None else f"{node.length:,}"


def multiplicity(node: TagNode) -> str:
    """How many values there are (PS3.5 6.4), as text; empty for items."""
    vr = node.vr
    if not vr or node.size == 0:
        return "" if not vr else "0"
    if vr in NUMBER_FORMATS:
        return str(node.size // NUMBER_FORMATS[vr][1])
    if vr == "AT":
        return str(node.size // 4)
    if vr in ("LT", "ST", "UR", "UT", "SQ") or vr in BYTES_VRS or vr not in TEXT_VRS:
        return "1"
    if vr in CHARSET_VRS and node.size <= SEARCHED_BYTES:  # 0x5C may be half a character
        return str(len(texts_of(node.read(), vr, node.scope.charsets) or ()))
    return str(node.read(0, 4 * 1024 * 1024).count(b"\\") + 1)


def value(node: TagNode) -> str:
    """The last column: the value or the beginning of it, on one line.

    Raises:
        UnreadableFileError: the file is gone or changed.
    """
    if node.element is None:
        return node.remark
    text = _shortened(_value(node))
    if node.length is not None and node.size < node.length:
        return f"{text}  (cut off: {node.size:,} of {node.length:,} bytes are there)".strip()
    return text


def _value(node: TagNode) -> str:
    vr = node.vr
    if node.is_item:
        return f"{node.size:,} bytes"
    if node.is_sequence:
        if not node.size:
            return "no items"
        counted = len(node.children) if node.complete else 0
        return f"{counted:,} item{'s' * (counted != 1)}" if counted else "sequence"
    if node.is_fragments:
        return f"fragments, {node.size:,} bytes"
    if vr in TEXT_VRS:
        return _text_value(node, vr, _HEAD_BYTES)
    if vr in NUMBER_FORMATS:
        width = NUMBER_FORMATS[vr][1]
        raw = node.read(0, _HEAD_BYTES // 8 * width)
        numbers = numbers_of(raw, vr, node.element.encoding.big_endian) if node.element else None
        if numbers is not None:
            return "\\".join(_number(number) for number in numbers)
    if vr == "AT" and node.element is not None:
        tags = tags_of(node.read(0, _HEAD_BYTES), node.element.encoding.big_endian) or []
        return "\\".join(f"{tag_text(tag)} {keyword_of(tag)}".strip() for tag in tags)
    return _bytes_value(node)


def _number(number: float) -> str:
    return str(number) if isinstance(number, int) else f"{number:.10g}"


def _text_value(node: TagNode, vr: str, count: int) -> str:
    raw = node.read(0, count)
    texts = texts_of(raw, vr, node.scope.charsets) or []
    text = one_line("\\".join(texts))
    if vr == "UI" and len(texts) == 1 and texts[0]:
        known = _uid_name(texts[0])
        return f"{text} = {known}" if known else text
    return text


def _uid_name(uid: str) -> str:
    from pydicom._uid_dict import UID_dictionary

    entry = UID_dictionary.get(uid)
    return entry[0] if entry else ""


def _bytes_value(node: TagNode) -> str:
    head = node.read(0, _LINE * 2)
    if not head:
        return ""
    stripped = head.rstrip(b"\0 ")
    if node.vr == "UN" and stripped and stripped.isascii() and stripped.decode().isprintable():
        return stripped.decode() if node.size <= len(head) else f"{stripped.decode()}…"
    shown = head[:_LINE].hex(" ")
    return shown if node.size <= _LINE else f"{shown} … ({node.size:,} bytes)"


def _shortened(text: str) -> str:
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def searched_text(node: TagNode) -> str:
    """What a search looks at: the decoded value, bounded; empty for binary ones."""
    vr = node.vr
    if vr in TEXT_VRS:
        return _text_value(node, vr, SEARCHED_BYTES)
    if vr in NUMBER_FORMATS or vr == "AT":
        return _value(node)
    return ""


def row_text(node: TagNode) -> str:
    """One row as text, columns parted by tabs."""
    name_or_keyword = keyword(node) or name(node)
    cells = (
        label(node),
        name_or_keyword,
        node.vr,
        multiplicity(node),
        length(node),
        value(node),
    )
    return "\t".join(cells)


def full_text(node: TagNode, start: int = 0, count: int = TEXT_PAGE) -> str:
    """A page of a text value with its own line ends.

    Raises:
        UnreadableFileError: the file is gone or changed.
    """
    if node.vr not in TEXT_VRS:
        return value(node)
    texts = texts_of(node.read(start, count), node.vr, node.scope.charsets)
    return many_lines("\\".join(texts or ()))


def is_text(node: TagNode) -> bool:
    """Whether the value reads better as text than as hex."""
    return node.vr in TEXT_VRS or node.vr in NUMBER_FORMATS or node.vr == "AT"


def hex_page(node: TagNode, start: int = 0, count: int = HEX_PAGE) -> str:
    """Lines of offset, sixteen bytes and their ASCII, from `start` of the value.

    Raises:
        UnreadableFileError: the file is gone or changed.
    """
    start -= start % _LINE
    data = node.read(start, count)
    lines = []
    for at in range(0, len(data), _LINE):
        piece = data[at : at + _LINE]
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        lines.append(f"{start + at:08x}  {piece.hex(' '):<47}  {shown}")
    return "\n".join(lines)


def listing_line(node: TagNode, indent: int) -> str:
    """One row of `lightbox tags`."""
    pad = "  " * indent
    if node.element is None or node.is_item:
        return f"{pad}{label(node)}  {node.remark}".rstrip()
    return f"{pad}{label(node)} {node.vr:2} {keyword(node) or name(node)}: {value(node)}".rstrip()
