"""A pydicom data set that reads itself lazily and never raises for a broken value.

pydicom converts values when they are asked for, so a file that "opened" can still raise, hang or
eat memory a minute later. Here our own walker has measured everything first, items of sequences
are built when they are looked at, and a value that cannot be read is None and a note.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableSequence
from dataclasses import dataclass, replace
from typing import Any

from pydicom.config import IGNORE
from pydicom.dataelem import DataElement, RawDataElement, empty_value_for_VR
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID
from pydicom.valuerep import IS, DSfloat, PersonName

from viewer.dicom.dictionary import LUT_DESCRIPTORS, creator_tag, definite_vr, sequence_tags, vr_of
from viewer.dicom.elements import (
    ITEM,
    PIXEL_TAGS,
    Element,
    Encoding,
    MemoryReader,
    Walker,
)
from viewer.dicom.values import BYTES_VRS, NUMBER_FORMATS, numbers_of, tags_of, texts_of
from viewer.errors import MalformedError

MAX_ELEMENTS_HERE = 100_000  # in one data set; the standard knows some 5,000
EAGER_BYTES = 16 * 1024
MAX_VALUE_BYTES = 256 * 1024 * 1024
_CACHED_ITEMS = 256
_CHARACTER_SET = 0x00080005
_PIXEL_REPRESENTATION = 0x00280103
_LUT_DATA, _LUT_DESCRIPTOR = 0x00283006, 0x00283002


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a data set takes over from outside.

    Attributes:
        read: returns bytes of the file (or of what was inflated) by offset and count.
        note: told once per tag that a value could not be read: (tag, sentence).
        encoding: how its elements are written.
        charsets: Specific Character Set in force (PS3.5 7.5.3: items inherit it).
        signed: whether the nearest Pixel Representation is 1.
        depth: sequences around it.
    """

    read: Callable[[int, int], bytes]
    note: Callable[[int, str], None]
    encoding: Encoding
    charsets: tuple[str, ...] = ()
    signed: bool = False
    depth: int = 0


class GuardedDataset(Dataset):
    """A pydicom `Dataset` whose values are converted by the rules of this module."""

    def __init__(
        self, elements: dict[BaseTag, RawDataElement | DataElement], around: Surroundings
    ) -> None:
        super().__init__(elements)
        raw = elements.get(BaseTag(_CHARACTER_SET))
        if raw is not None and raw.value:
            around = replace(around, charsets=tuple(texts_of(raw.value, "CS", ()) or ()))
        raw = elements.get(BaseTag(_PIXEL_REPRESENTATION))
        if raw is not None and raw.value:
            around = replace(around, signed=b"\x01" in raw.value)
        self._around = around
        implicit, big_endian = around.encoding
        self.set_original_encoding(implicit, not big_endian)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            return super().__getitem__(key)
        if not isinstance(key, BaseTag):
            try:
                key = Tag(key)
            except Exception as error:
                raise KeyError(f"'{key}'") from error
        element = self._dict[key]
        if isinstance(element, RawDataElement):
            element = self._convert(element)
            self._dict[key] = element
        return element

    def _convert(self, raw: RawDataElement) -> DataElement:
        tag = raw.tag
        creator = self._creator(tag)
        vr = vr_of(tag, raw.VR or "", raw.length, creator)
        vr, value = self._value(raw, self._definite(tag, vr))
        element = DataElement(
            tag,
            vr,
            value,
            raw.value_tell,
            raw.length == 0xFFFFFFFF,
            already_converted=True,
            validation_mode=IGNORE,
        )
        element.private_creator = creator or None
        return element

    def _creator(self, tag: int) -> str:
        block = creator_tag(tag)
        if block is None or block not in self._dict:
            return ""
        value = self[BaseTag(block)].value
        return value if isinstance(value, str) else ""

    def _definite(self, tag: BaseTag, vr: str) -> str:
        """Decide among the dictionary's alternatives."""
        if tag == _LUT_DATA and " or " in vr and BaseTag(_LUT_DESCRIPTOR) in self._dict:
            descriptor = self[BaseTag(_LUT_DESCRIPTOR)].value
            if isinstance(descriptor, list) and descriptor[0] == 1:  # PS3.3 C.11.1.1.1
                return "US"
        return definite_vr(tag, vr, self._around.signed)

    def _value(self, raw: RawDataElement, vr: str) -> tuple[str, Any]:
        """(VR in the end, value); what the VR cannot hold is None, and noted."""
        around = self._around
        if vr == "SQ":
            return vr, self._sequence(raw)
        if raw.length == 0:
            return vr, empty_value_for_VR(vr)
        data = raw.value
        if data is None:
            if raw.length > MAX_VALUE_BYTES:
                around.note(raw.tag, "is larger than 256 MiB and is left out")
                return vr, None
            data = around.read(raw.value_tell, raw.length)
        value = convert(data, vr, around.charsets, not raw.is_little_endian)
        if value is None:
            around.note(raw.tag, f"does not hold what its kind ({vr}) demands")
        if raw.tag in LUT_DESCRIPTORS and isinstance(value, list) and value and value[0] < 0:
            value[0] += 65536  # written as SS, meant as US
        return vr, value

    def _sequence(self, raw: RawDataElement) -> Sequence:
        around = replace(
            self._around,
            encoding=Encoding(bool(raw.is_implicit_VR), not raw.is_little_endian),
            depth=self._around.depth + 1,
        )
        sequence = Sequence()
        if raw.length:
            try:
                sequence._list = LazyItems(  # type: ignore[assignment]
                    raw.value, raw.value_tell, raw.length, around
                )
            except MalformedError:
                around.note(raw.tag, "is damaged or nested too deeply and is left out")
        sequence.is_undefined_length = raw.length == 0xFFFFFFFF
        return sequence


def convert(raw: bytes, vr: str, charsets: tuple[str, ...], big_endian: bool) -> Any:
    """A value in pydicom's own types, or None where the bytes are not what the VR says."""
    if vr in BYTES_VRS or "OW" in vr:
        return raw
    values: list[Any] | None
    if vr in NUMBER_FORMATS:
        values = list(numbers_of(raw, vr, big_endian) or ()) or None
        return values[0] if values and len(values) == 1 else values
    if vr == "AT":
        values = [BaseTag(tag) for tag in tags_of(raw, big_endian) or ()]
        return values[0] if len(values) == 1 else values or None
    texts = texts_of(raw, vr, charsets)
    if texts is None:
        return None
    make = _MAKERS.get(vr, str)
    try:
        values = [make(text) for text in texts]
    except (ValueError, TypeError, OverflowError):
        return None
    return values[0] if len(values) == 1 else _multi(values)


def _multi(values: list[Any]) -> MultiValue[Any]:
    multi: MultiValue[Any] = MultiValue(lambda value: value, ())
    multi._list = values
    return multi


def _decimal(text: str) -> Any:
    text = text.strip()
    return DSfloat(text, validation_mode=IGNORE) if text else ""


def _integer(text: str) -> Any:
    text = text.strip()
    if not text:
        return ""
    if len(text) > 32:
        raise ValueError("not an integer string")
    return IS(text, validation_mode=IGNORE)


_MAKERS: dict[str, Callable[[str], Any]] = {
    "DS": _decimal,
    "IS": _integer,
    "PN": lambda text: PersonName(text, validation_mode=IGNORE),
    "UI": lambda text: UID(text, validation_mode=IGNORE),
}


class LazyItems(MutableSequence[Dataset]):
    """The items of one sequence, located when first asked and built one by one."""

    def __init__(self, data: bytes | None, offset: int, length: int, around: Surroundings) -> None:
        if data is None:
            if length > MAX_VALUE_BYTES:
                raise MalformedError("A sequence is larger than 256 MiB.")
            data = around.read(offset, length)
        self._reader = MemoryReader(data, offset)
        self._around = around
        self._spans = list(item_spans(self._reader, offset, around))
        self._built: dict[int, Dataset] = {}
        self._own: list[Dataset] | None = None  # all of them, once somebody changes the list

    def __len__(self) -> int:
        return len(self._spans) if self._own is None else len(self._own)

    def __getitem__(self, index: Any) -> Any:
        if self._own is not None:
            return self._own[index]
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError("list index out of range")
        index %= len(self)
        item = self._built.get(index)
        if item is None:
            item = self._build(index)
            if len(self._built) >= _CACHED_ITEMS:  # a clip has thousands of per-frame items
                self._built.clear()
            self._built[index] = item
        return item

    def __iter__(self) -> Iterator[Dataset]:
        return (self[index] for index in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return list(self) == other

    def __setitem__(self, index: Any, value: Any) -> None:
        self._all()[index] = value

    def __delitem__(self, index: Any) -> None:
        del self._all()[index]

    def insert(self, index: int, value: Dataset) -> None:
        self._all().insert(index, value)

    def _all(self) -> list[Dataset]:
        if self._own is None:
            self._own = [self._build(index) for index in range(len(self._spans))]
        return self._own

    def _build(self, index: int) -> Dataset:
        start, end, encoding = self._spans[index]
        around = replace(self._around, encoding=encoding)
        walker = Walker(
            self._reader,
            start,
            end,
            encoding,
            sequence_tags().__contains__,
            depth=around.depth,
        )
        elements, _ = read_elements(walker, around)
        return GuardedDataset(elements, around)


def item_spans(
    reader: MemoryReader, offset: int, around: Surroundings
) -> Iterator[tuple[int, int, Encoding]]:
    """(first byte, byte behind, encoding) of each item in the sequence value at `offset`."""
    walker = Walker.inside_sequence(
        reader, offset, reader.size, around.encoding, sequence_tags().__contains__, around.depth
    )
    open_item: Element | None = None
    for element in walker:
        if element.tag != ITEM or element.depth != around.depth:
            continue
        if open_item is not None:
            yield open_item.offset, element.start, open_item.encoding
            open_item = None
        if element.end is None:
            open_item = element
        else:
            yield element.offset, element.end, element.encoding
            walker.skip(element)
    if open_item is not None:
        yield open_item.offset, reader.size, open_item.encoding


def read_elements(
    walker: Walker, around: Surroundings
) -> tuple[dict[BaseTag, RawDataElement | DataElement], list[Element]]:
    """The elements of one data set as pydicom's raw ones, and where its pixel data lies.

    What is inside sequences is walked over (so that its depth and number are known to be
    bounded) but not kept. Elements whose value is cut off are left out, and noted.
    """
    elements: dict[BaseTag, RawDataElement | DataElement] = {}
    pixels: list[Element] = []
    depth = around.depth
    waiting: Element | None = None  # of undefined length: it ends where the next one starts
    for element in walker:
        if element.depth != depth or element.tag == ITEM:
            continue
        if waiting is not None:
            _keep(elements, waiting, element.start, walker, around)
            waiting = None
        if pixels and element.tag >> 16 == 0:
            return elements, pixels  # zeros that fill up a block
        if element.tag in PIXEL_TAGS and depth == 0:
            pixels.append(element)
            if element.end is None:  # fragments are the frame reader's business
                return elements, pixels
        elif element.end is None:
            waiting = element
        elif pixels and element.end - element.offset != element.length:
            return elements, pixels  # bytes behind the pixel data that are no elements
        elif not (pixels and BaseTag(element.tag) in elements):  # nor is a file glued on ours
            _keep(elements, element, element.end, walker, around)
        if len(elements) > MAX_ELEMENTS_HERE:
            raise MalformedError(
                f"One data set holds more than {MAX_ELEMENTS_HERE:,} elements.",
                "The file is damaged or hostile; it is not opened.",
            )
    if waiting is not None:
        _keep(elements, waiting, walker.position, walker, around)
    return elements, pixels


def _keep(
    elements: dict[BaseTag, RawDataElement | DataElement],
    element: Element,
    end: int,
    walker: Walker,
    around: Surroundings,
) -> None:
    tag = BaseTag(element.tag)
    implicit, big_endian = element.encoding
    length = end - element.offset
    is_sequence = element.vr == "SQ" or element.length is None
    is_sequence = is_sequence or (not element.vr and element.tag in sequence_tags())
    if element.length is not None and length != element.length and not is_sequence:
        around.note(tag, "is cut off and is left out")
        return
    value = None
    if length <= EAGER_BYTES or element.tag == _CHARACTER_SET:
        value = walker.read(element.offset, length)
    vr = "SQ" if is_sequence and not element.is_encapsulated else element.vr or None
    if vr == "UN":  # PS3.5 6.2.2: what is inside is implicit VR little endian
        implicit = True
    elements[tag] = RawDataElement(tag, vr, length, value, element.offset, implicit, not big_endian)
