"""Reading attributes without ever failing: what is broken becomes a Problem that names it.

A data set from a file is hostile until shown otherwise. pydicom converts a value when it is
first touched, and that may raise or warn; here the raw bytes are read instead, wherever they
are still at hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from pydicom import Dataset  # by way of the package: see viewer/dicom/__init__.py
from pydicom.datadict import dictionary_VR, keyword_for_tag, tag_for_keyword
from pydicom.tag import BaseTag

from viewer.dicom.datasets.charset import decode_text
from viewer.errors import Problem, Severity

_BINARY = {"US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "FL": "f4", "FD": "f8", "AT": "u2"}
_BINARY |= {"UV": "u8", "SV": "i8", "OW": "u2", "US or SS": "u2", "US or OW": "u2"}
_BINARY |= {"US or SS or OW": "u2"}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?nan|[+-]?inf", re.IGNORECASE)
MAX_ITEMS = 100_000  # of a sequence; the longest honest ones have one item per frame
_MAX_NUMBERS = 64 * 1024  # bytes of a list of numbers; hostile ones have millions
_MAX_TEXT = 1024 * 1024


class Notes:
    """Collects the problems of one file; the same sentence is kept once."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._problems: dict[str, Problem] = {}

    def add(self, what: str, advice: str = "", severity: Severity = Severity.WARNING) -> None:
        """Tell a problem; `what` is one sentence naming the attribute."""
        self._problems.setdefault(what, Problem(self._where, what, advice, severity))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems told so far, in order."""
        return tuple(self._problems.values())


class Attributes:
    """The values of one data set or sequence item, by keyword."""

    def __init__(
        self, dataset: Dataset, notes: Notes, charsets: tuple[str, ...] = (), signed: bool = False
    ) -> None:
        self._dataset = dataset
        self._notes = notes
        own = self._strings("SpecificCharacterSet", ())
        self._charsets = own or charsets
        self._signed = signed
        representation = self.integer("PixelRepresentation")
        self._signed = signed if representation is None else representation == 1

    @property
    def dataset(self) -> Dataset:
        """The data set itself, for what has no keyword."""
        return self._dataset

    def __contains__(self, keyword: str) -> bool:
        return _tag(keyword) in self._dataset

    def text(self, keyword: str) -> str:
        """The value as text, several values joined by a backslash; "" when absent."""
        return "\\".join(self.texts(keyword)).strip("\\ ")

    def texts(self, keyword: str) -> tuple[str, ...]:
        """All values as text without padding."""
        return self._strings(keyword, self._charsets)

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """All values as numbers; () when absent or when one of them is none."""
        found = self._values(keyword)
        values = []
        for value in found:
            number = _to_number(value)
            if number is None:
                self._notes.add(f"{keyword} is not a number and is ignored.")
                return ()
            values.append(number)
        return tuple(values)

    def number(self, keyword: str) -> float | None:
        """The first value as a finite number, or None."""
        values = self.numbers(keyword)
        if not values:
            return None
        if not np.isfinite(values[0]):
            self._notes.add(f"{keyword} is not a finite number and is ignored.")
            return None
        return values[0]

    def integers(self, keyword: str) -> tuple[int, ...]:
        """All values as whole numbers; () when absent or broken."""
        values = self.numbers(keyword)
        if not all(np.isfinite(value) for value in values):
            self._notes.add(f"{keyword} is not a finite number and is ignored.")
            return ()
        return tuple(int(value) for value in values)

    def integer(self, keyword: str) -> int | None:
        """The first value as a whole number, or None."""
        values = self.integers(keyword)
        return values[0] if values else None

    def data(self, keyword: str) -> bytes:
        """The value as bytes in the file's own order of bytes; b"" when absent."""
        return element_bytes(self._dataset, _tag(keyword))

    def is_big_endian(self, keyword: str) -> bool:
        """Whether the bytes of `data` are big endian."""
        return is_big_endian(self._dataset, _tag(keyword))

    def present(self, wanted: Mapping[int, str]) -> tuple[str, ...]:
        """Which of the keywords, given by tag, this data set holds."""
        return tuple(wanted[tag] for tag in self._dataset.keys() & wanted.keys())

    def sequence_keywords(self) -> tuple[str, ...]:
        """Keywords of the standard sequences this data set holds."""
        found = []
        for tag in self._dataset.keys():  # noqa: SIM118 -- iterating converts every value
            keyword = keyword_for_tag(tag)
            if keyword and not tag.is_private and dictionary_VR(tag) == "SQ":
                found.append(keyword)
        return tuple(found)

    def items(self, keyword: str) -> tuple[Attributes, ...]:
        """The items of a sequence; () when absent or unreadable."""
        tag = _tag(keyword)
        if tag not in self._dataset:
            return ()
        try:
            value = self._dataset[tag].value
        except Exception:  # pydicom raises a dozen kinds here, see reliability tests
            self._notes.add(f"{keyword} cannot be read and is ignored.")
            return ()
        if not isinstance(value, Iterable) or isinstance(value, (str, bytes)):
            self._notes.add(f"{keyword} is not a sequence and is ignored.")
            return ()
        found = [item for item in _bounded(value) if isinstance(item, Dataset)]
        return tuple(self._child(item) for item in found)

    def count(self, keyword: str) -> int:
        """Number of items of a sequence, without building them; 0 when absent or unreadable."""
        tag = _tag(keyword)
        try:
            return len(self._dataset[tag].value) if tag in self._dataset else 0
        except Exception:  # as in items()
            return 0

    def item(self, keyword: str) -> Attributes | None:
        """The first item of a sequence, or None."""
        return next(iter(self.items(keyword)), None)

    def item_at(self, keyword: str, index: int) -> Attributes | None:
        """One item of a sequence by position, without looking at the others."""
        tag = _tag(keyword)
        try:
            value = self._dataset[tag].value if tag in self._dataset else ()
            return self._child(value[index]) if 0 <= index < len(value) else None
        except Exception:  # as in items()
            self._notes.add(f"{keyword} cannot be read and is ignored.")
            return None

    def _child(self, item: Dataset) -> Attributes:
        return Attributes(item, self._notes, self._charsets, self._signed)

    def _values(self, keyword: str) -> tuple[Any, ...]:
        """Numbers or text pieces of an element, decoded from its bytes where there are bytes."""
        raw = _stored(self._dataset, _tag(keyword))
        if raw is None:
            return ()
        value, vr = raw.value, _vr_of(raw, keyword)
        if isinstance(value, bytes):
            value = value[:_MAX_NUMBERS]
            if vr in _BINARY:
                return _decode_numbers(value, vr, not raw_is_little(raw), self._signed)
            text = value.decode("ascii", "replace")
            return tuple(piece for piece in text.split("\\") if piece.strip(" \0"))
        return tuple(piece for piece in _listed(value) if str(piece).strip(" \0"))

    def _strings(self, keyword: str, charsets: tuple[str, ...]) -> tuple[str, ...]:
        raw = _stored(self._dataset, _tag(keyword))
        if raw is None:
            return ()
        value, vr = raw.value, _vr_of(raw, keyword)
        if isinstance(value, bytes):
            if vr in _BINARY:
                numbers = _decode_numbers(value, vr, not raw_is_little(raw), self._signed)
                return tuple(f"{number:g}" for number in numbers)
            value = decode_text(value[:_MAX_TEXT], charsets, vr)
            if "\N{REPLACEMENT CHARACTER}" in value or "\x1b" in value:
                self._notes.add(f"{keyword} holds bytes that its character set has no letters for.")
            pieces: Iterable[Any] = [value] if vr in ("LT", "ST", "UT", "UR") else value.split("\\")
        else:
            pieces = _listed(value)
        texts = tuple(str(piece).strip(" \0") for piece in pieces)
        return texts if any(texts) else ()


def element_bytes(dataset: Dataset, tag: int) -> bytes:
    """The bytes of an element that is still raw or holds bytes; b"" otherwise."""
    raw = _stored(dataset, tag)
    value = None if raw is None else raw.value
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    numbers = [_to_number(piece) for piece in _listed(value)] if value is not None else []
    if not numbers or not all(n is not None and 0 <= n <= 0xFFFF for n in numbers):
        return b""
    return np.array(numbers, "<u2").tobytes()  # LUT Data written as US and already decoded


@cache
def _tag(keyword: str) -> BaseTag:
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(f"{keyword} is no keyword of the standard")
    return BaseTag(tag)


def is_big_endian(dataset: Dataset, tag: int) -> bool:
    """Whether the bytes that `element_bytes` gives are big endian."""
    raw = _stored(dataset, tag)
    if raw is None or not isinstance(raw.value, bytes):
        return False
    written: bool | None = getattr(raw, "is_little_endian", None)
    if written is None:  # converted already: bytes are kept in the order of the file
        written = dataset.original_encoding[1]
    return written is False


def raw_is_little(raw: Any) -> bool:
    """Whether an element's bytes are little endian; decoded ones always are."""
    return bool(getattr(raw, "is_little_endian", True))


def _stored(dataset: Dataset, tag: int) -> Any:
    """The element as it is kept, raw or decoded, or None."""
    if tag not in dataset:
        return None
    for fetch in (dataset.get_item, dataset.__getitem__):
        try:
            element = fetch(BaseTag(tag))
        except Exception:  # deferred reads and odd VRs raise what they like
            continue
        if element is not None and element.value is not None:
            return element
    return None


def _vr_of(raw: Any, keyword: str) -> str:
    vr = str(raw.VR or "")
    if vr and vr != "UN":
        return vr
    try:
        return str(dictionary_VR(_tag(keyword)))
    except KeyError:
        return vr


def _decode_numbers(data: bytes, vr: str, big_endian: bool, signed: bool) -> tuple[Any, ...]:
    kind = "i2" if signed and vr.startswith("US or SS") else _BINARY[vr]
    dtype = np.dtype((">" if big_endian else "<") + kind)
    whole = data[: len(data) // dtype.itemsize * dtype.itemsize]
    return tuple(np.frombuffer(whole, dtype).tolist())


def _to_number(value: Any) -> float | None:
    if isinstance(value, (int, float)):
        return float(value)
    text = str(value).strip(" \0")
    return float(text) if _NUMBER.fullmatch(text) else None


def _listed(value: Any) -> list[Any]:
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        return [value]
    return list(_bounded(value))


def _bounded(values: Iterable[Any]) -> Iterator[Any]:
    for count, value in enumerate(values):
        if count >= MAX_ITEMS:
            return
        yield value


def decoded_values(dataset: Dataset, tag: int) -> tuple[Any, ...]:
    """Numbers or text pieces of an element by tag, for repeating groups without keywords."""
    raw = _stored(dataset, tag)
    if raw is None:
        return ()
    vr = str(raw.VR or "")
    if not vr or vr == "UN":
        try:
            vr = str(dictionary_VR(tag))
        except KeyError:
            return ()
    if not isinstance(raw.value, bytes):
        return tuple(_listed(raw.value))
    value = raw.value[:_MAX_NUMBERS]
    if vr in _BINARY:
        return _decode_numbers(value, vr, not raw_is_little(raw), signed=False)
    return tuple(value.decode("latin-1").strip(" \0").split("\\"))
