"""What wraps a data set: preamble, file meta group, transfer syntax, deflate (PS3.10 section 7).

What the file says about its own encoding is checked against its first bytes; what is really
there wins, and the contradiction becomes a Problem.
"""

from __future__ import annotations

import threading
import zlib
from dataclasses import dataclass, field

from viewer.dicom.datasets.elements import (
    KNOWN_VRS,
    ByteReader,
    Element,
    Encoding,
    MemoryReader,
    Walker,
)
from viewer.errors import MalformedError, NotDicomError

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
_GE_BIG_PIXELS = "1.2.840.113619.5.2"  # implicit little endian, pixels big endian
_DEFLATED = (DEFLATED, "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205")
_UNCOMPRESSED = ("", IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG)

_ONE_AT_A_TIME = threading.Lock()
MAX_INFLATED = 256 * 1024 * 1024
MAX_META = 16 * 1024 * 1024
_TRANSFER_SYNTAX_UID = 0x00020010
_PREFIX_AT = 128


@dataclass(frozen=True, slots=True)
class Container:
    """Where the data set lies and how it is written.

    Attributes:
        reader: the file, or the inflated data set when it was deflated.
        preamble: the 128 bytes before the prefix, empty where there is none.
        meta: elements of the file meta group, in file order; they lie in the file itself.
        meta_reader: the file.
        start: offset of the data set's first element in `reader`.
        encoding: how it is really written.
        transfer_syntax: UID in force; where the file names none, the one that fits.
        deflated: whether `reader` holds inflated bytes.
        problems: sentences about contradictions, without patient data.
    """

    reader: ByteReader
    preamble: bytes
    meta: tuple[Element, ...]
    meta_reader: ByteReader
    start: int
    encoding: Encoding
    transfer_syntax: str
    deflated: bool = False
    problems: tuple[str, ...] = field(default=())


def open_container(reader: ByteReader) -> Container:
    """Find the data set in a file.

    Raises:
        NotDicomError: nothing here looks like a data set.
        MalformedError: the file meta group or the deflated stream cannot be used.
    """
    head = reader.read_at(0, _PREFIX_AT + 4)
    if not head:
        raise NotDicomError("This file is empty.", "Ask the sender for a new copy.")
    preamble, start = _preamble(head)
    meta, start, declared, problems = _read_meta(reader, start)
    if not preamble and not meta:
        problems.append("The file has no preamble and no file meta group.")
    elif not declared:
        problems.append("The file does not name its transfer syntax.")
    encoding, body = _declared_encoding(declared), reader
    deflated = False
    first = reader.read_at(start, 16)
    found = _sniff(first, encoding)
    problems += _warnings(preamble)
    if declared in _DEFLATED or (found is None and _looks_deflated(reader, start)):
        if found is None:
            body, cut = _inflate(reader, start)
            start, deflated = 0, True
            problems += ["The deflated data set is cut off."] * cut
            found = _sniff(body.read_at(0, 16), Encoding())
        else:
            problems.append("The file claims to be deflated and is not.")
    if found is None and not meta:
        raise NotDicomError("This file is not DICOM.", "Choose another file.")
    if found is not None and found != encoding:
        if declared:
            problems.append("The transfer syntax contradicts how the data set is written.")
        encoding = found
    syntax = declared
    if declared in _UNCOMPRESSED or (declared == DEFLATED and not deflated):
        syntax = DEFLATED if deflated else _syntax_of(encoding)  # what native pixels follow
    return Container(
        body, preamble, meta, reader, start, encoding, syntax, deflated, tuple(problems)
    )


def _preamble(head: bytes) -> tuple[bytes, int]:
    if head[_PREFIX_AT : _PREFIX_AT + 4] == b"DICM":
        return head[:_PREFIX_AT], _PREFIX_AT + 4
    if head[:4] == b"DICM":  # seen from tools that forget the 128 bytes
        return b"", 4
    return b"", 0


# Programs hide in the preamble (CVE-2019-11687); a TIFF header there is legitimate.
_PROGRAMS = (
    b"MZ",
    b"\x7fELF",
    b"#!",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"\xca\xfe\xba\xbe",
)


def _warnings(preamble: bytes) -> list[str]:
    if preamble.startswith(_PROGRAMS):
        return ["The file begins like a program; do not run it."]
    return []


def _read_meta(reader: ByteReader, start: int) -> tuple[tuple[Element, ...], int, str, list[str]]:
    """Elements of group 2, the offset behind them, the transfer syntax, problems.

    Group Length is not believed: the group ends where another one begins.
    """
    elements = []
    syntax = ""
    walker = Walker(reader, start, reader.size, Encoding())
    for element in walker:
        if element.tag >> 16 != 2:
            start = element.start
            break
        if element.end is None or element.end - element.offset != element.length:
            raise MalformedError(
                "The file ends inside its file meta group.", "Ask the sender for a new copy."
            )
        if element.end - start > MAX_META:
            raise MalformedError(
                "The file meta group is far too long.", "Ask the sender for a new copy."
            )
        elements.append(element)
        start = element.end
        if element.tag == _TRANSFER_SYNTAX_UID:
            raw = reader.read_at(element.offset, min(element.end - element.offset, 128))
            syntax = raw.decode("ascii", "replace").strip("\0 ")
    return tuple(elements), start, syntax, []


def _declared_encoding(syntax: str) -> Encoding:
    if syntax in (IMPLICIT_LITTLE, _GE_BIG_PIXELS):
        return Encoding(implicit=True)
    return Encoding(big_endian=syntax == EXPLICIT_BIG)


def _syntax_of(encoding: Encoding) -> str:
    if encoding.big_endian:
        return EXPLICIT_BIG
    return IMPLICIT_LITTLE if encoding.implicit else EXPLICIT_LITTLE


_VR_BYTES = frozenset(vr.encode() for vr in KNOWN_VRS)
# First groups a data set may begin with; a bare one of group 8 is what old devices leave.
_FIRST_GROUPS = frozenset({0x0000, 0x0001, 0x0002, 0x0004, 0x0008, 0x0010, 0x0018, 0x0020, 0x0028})


def _sniff(first: bytes, declared: Encoding) -> Encoding | None:
    """How the first element is really written; None when these bytes are no element."""
    if len(first) < 8:
        return declared if not first else None
    little = int.from_bytes(first[:2], "little")
    big = int.from_bytes(first[:2], "big")
    big_endian = declared.big_endian
    if little != big:
        if little in _FIRST_GROUPS and big not in _FIRST_GROUPS:
            big_endian = False
        elif big in _FIRST_GROUPS and little not in _FIRST_GROUPS:
            big_endian = True
    group = big if big_endian else little
    if first[4:6] in _VR_BYTES:
        return Encoding(False, big_endian) if group > 0 else None
    length = int.from_bytes(first[4:8], "big" if big_endian else "little")
    if group in _FIRST_GROUPS and group and (length < 1 << 16 or length == 0xFFFFFFFF):
        return Encoding(True, big_endian)
    return None


def _looks_deflated(reader: ByteReader, start: int) -> bool:
    if start == 0:
        return False
    try:
        first = zlib.decompressobj(-zlib.MAX_WBITS).decompress(reader.read_at(start, 4096), 16)
    except zlib.error:
        return False
    return _sniff(first, Encoding()) is not None and len(first) >= 8


def _inflate(reader: ByteReader, start: int) -> tuple[MemoryReader, bool]:
    """(the inflated data set, whether its end is missing), bounded in memory."""
    with _ONE_AT_A_TIME:  # image, thumbnail and tags meet a bomb together: a third of the memory
        return _inflated(reader, start)


def _inflated(reader: ByteReader, start: int) -> tuple[MemoryReader, bool]:
    data = bytearray()
    inflater = zlib.decompressobj(_window_bits(reader, start))
    position, size = start, reader.size
    try:
        while not inflater.eof and position < size:
            block = reader.read_at(position, 1 << 18)
            position += len(block) or size
            while block and not inflater.eof:
                data += inflater.decompress(block, 1 << 22)
                block = inflater.unconsumed_tail
                if len(data) > MAX_INFLATED:
                    data.clear()  # the error's traceback would keep it
                    raise MalformedError(
                        "The deflated data set grows beyond 256 MiB when it is unpacked.",
                        "It is not opened; ask the sender for an uncompressed copy.",
                    )
    except zlib.error as error:
        if not data:
            raise MalformedError(
                "The deflated data set cannot be unpacked.", "Ask the sender for a new copy."
            ) from error
    return MemoryReader(bytes(data)), not inflater.eof


def _window_bits(reader: ByteReader, start: int) -> int:
    """Raw deflate by PS3.5 A.5; some writers add the zlib header all the same."""
    two = reader.read_at(start, 2)
    has_header = len(two) == 2 and two[0] & 0x0F == 8 and int.from_bytes(two, "big") % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
