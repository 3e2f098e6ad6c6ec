"""DICOM JSON (PS3.18 annex F) of a row or a whole file, bounded, for damaged files too."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable
from typing import Any

from viewer.dicom.charset import name_groups
from viewer.dicom.tags import PAGE, TagDocument, TagNode
from viewer.dicom.values import NUMBER_FORMATS, TEXT_VRS, numbers_of, tags_of, texts_of

INLINE_BYTES = 1024  # longer binary values are left out; nothing could resolve a BulkDataURI
MAX_TEXT_BYTES = 16 * 1024 * 1024
MAX_NODES = 1_000_000
_CHARACTER_SET = 0x00080005


class JsonWriter:
    """Turns rows into the DICOM JSON model.

    Attributes:
        left_out: how many values or branches were too large or too many.
    """

    def __init__(self) -> None:
        self.left_out = 0
        self._nodes = 0

    def model(self, nodes: Iterable[TagNode]) -> dict[str, Any]:
        """One data set as an object; group lengths, file meta and remarks are no part of it."""
        return {
            f"{node.tag:08X}": self.element(node)
            for node in nodes
            if node.element is not None and node.tag >> 16 > 2 and node.tag & 0xFFFF
        }

    def element(self, node: TagNode) -> dict[str, Any]:
        """One element as an object (PS3.18 F.2.2)."""
        self._nodes += 1
        vr = node.vr
        result: dict[str, Any] = {"vr": vr}
        if node.size == 0:
            return result
        if self._nodes > MAX_NODES:
            self.left_out += 1
        elif vr == "SQ":
            result["Value"] = [self.model(_children(item)) for item in self._items(node)]
        elif vr in TEXT_VRS:
            self._put(result, self._texts(node))
        elif vr in NUMBER_FORMATS and node.element is not None:
            numbers = numbers_of(node.read(), vr, node.element.encoding.big_endian)
            self._put(result, numbers and [_finite(number) for number in numbers])
        elif vr == "AT" and node.element is not None:
            tags = tags_of(node.read(), node.element.encoding.big_endian)
            self._put(result, tags and [f"{tag:08X}" for tag in tags])
        elif node.is_fragments or node.size > INLINE_BYTES:
            self.left_out += 1
        else:
            result["InlineBinary"] = base64.b64encode(node.read()).decode("ascii")
        return result

    def _items(self, node: TagNode) -> list[TagNode]:
        items = _children(node)
        self.left_out += sum(item.element is None for item in items)
        return [item for item in items if item.is_item]

    def _put(self, result: dict[str, Any], values: list[Any] | None) -> None:
        if values:
            result["Value"] = values
        else:
            self.left_out += 1

    def _texts(self, node: TagNode) -> list[Any] | None:
        if node.size > MAX_TEXT_BYTES:
            return None
        texts = texts_of(node.read(), node.vr, node.scope.charsets)
        if texts is None:
            return None
        if node.tag == _CHARACTER_SET:
            return ["ISO_IR 192"]  # what JSON itself is written in (PS3.18 F.2)
        return [_json_text(text, node.vr) for text in texts]


def _json_text(text: str, vr: str) -> Any:
    """One value: null when empty, a number for IS and DS, an object for PN."""
    text = "".join(c if not 0xD800 <= ord(c) < 0xE000 else "\ufffd" for c in text)
    if vr in ("IS", "DS"):
        return _json_number(text.strip(), vr)
    if not text:
        return None
    if vr != "PN":
        return text
    groups = zip(("Alphabetic", "Ideographic", "Phonetic"), name_groups(text), strict=True)
    return {key: group for key, group in groups if group}


def _json_number(text: str, vr: str) -> Any:
    if not text:
        return None
    try:
        if vr == "IS" and len(text) <= 20:
            return int(text)
        return _finite(float(text))
    except ValueError:
        return text  # PS3.18 table F.2.3-1 allows a string where it is no number


def _finite(number: float) -> Any:
    if isinstance(number, int) or math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else ("inf" if number > 0 else "-inf")


def _children(node: TagNode) -> list[TagNode]:
    while not node.complete:
        node.more(PAGE)
    return node.children


def json_of(node: TagNode) -> str:
    """DICOM JSON of one row, as text: of an element with its tag, or of an item.

    Raises:
        UnreadableFileError: the file is gone or changed.
    """
    writer = JsonWriter()
    if node.is_item and not (node.parent is not None and node.parent.is_fragments):
        model = writer.model(_children(node))
    elif node.element is None or node.is_item:
        model = {}
    else:
        model = {f"{node.tag:08X}": writer.element(node)}
    return json.dumps(model, ensure_ascii=False, indent=2)


def document_json(document: TagDocument) -> tuple[str, int]:
    """DICOM JSON of a whole file, and how many values were left out of it."""
    while not document.complete:
        document.more(PAGE)
    writer = JsonWriter()
    text = json.dumps(writer.model(document.children), ensure_ascii=False, indent=2)
    return text, writer.left_out
