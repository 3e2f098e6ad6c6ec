"""What the walk lost the thread of: pydicom over a bounded part of the file, and inflating."""

from __future__ import annotations

import io
import logging
import warnings
import zlib
from typing import Final

from viewer.dicom.files.source import Source
from viewer.dicom.headers.header_keywords import HEADER_KEYWORDS
from viewer.dicom.headers.header_start import uid_of_dialect
from viewer.dicom.headers.header_walk import Dialect, HeaderTooLongError, Walk
from viewer.errors import MalformedError

MAX_PREFIX: Final = 1 << 20
"""Bytes of a file given to pydicom, which may use a hundred times as much memory."""
MAX_INFLATED: Final = 16 << 20
"""Most bytes of a deflated data set that are inflated to find its header."""
MOST_DEFLATED: Final = 1032  # zlib's own documentation: no stream expands further
_CHUNK = 4096
_log = logging.getLogger(__name__)


class Inflated:
    """The beginning of a deflated data set (PS3.5 A.5), inflated as far as it is read."""

    def __init__(self, source: Source, position: int) -> None:
        self._source = source
        self._position = position
        self._data = bytearray()
        head = source.read_at(position, 2)
        # Some writers wrap the stream as zlib does, against the standard.
        self._wrapped = head[:1] == b"\x78" and int.from_bytes(head, "big") % 31 == 0
        self._stream = zlib.decompressobj(15 if self._wrapped else -15)

    def read_at(self, offset: int, count: int) -> bytes:
        if offset + count > MAX_INFLATED:
            raise HeaderTooLongError
        while len(self._data) < offset + count and not self._stream.eof:
            raw = self._stream.unconsumed_tail or self._source.read_at(self._position, _CHUNK)
            if not raw:
                break
            if not self._stream.unconsumed_tail:
                self._position += len(raw)
            try:
                self._data += self._stream.decompress(raw, 1 << 16)
            except zlib.error as error:
                if self._data:
                    break  # what came out before the damage may be all that is needed
                raise MalformedError(
                    "Its deflated data set is damaged.", "Copy it again from where it came from."
                ) from error
        return bytes(self._data[offset : offset + count])


def fill_with_pydicom(found: Walk, data: bytes, dialect: Dialect) -> None:
    """Fill the empty slots of `found` from what pydicom makes of `data`.

    Args:
        found: what the walk brought before it lost the thread.
        data: a bounded beginning of the data set, without preamble and file meta information.
        dialect: how `data` is encoded.
    """
    syntax = uid_of_dialect(dialect)
    if not syntax:
        return  # implicit big endian never was a transfer syntax
    from pydicom import dcmread

    tags = [tag for tag, _ in HEADER_KEYWORDS.values()]
    file = io.BytesIO(_file_meta(syntax) + data)
    try:
        with warnings.catch_warnings():  # they quote patient data
            warnings.simplefilter("ignore")
            read = dcmread(file, stop_before_pixels=True, specific_tags=tags)
            for slot, tag in enumerate(tags):
                if found.values[slot] is not None or tag not in read:
                    continue
                element = read.get_item(tag)
                raw = getattr(element, "value", None)
                if isinstance(raw, bytes):
                    found.values[slot] = raw
                    _note_vr(found, dialect, slot, getattr(element, "VR", None))
    except Exception as error:  # whatever pydicom trips over, the file stays as far as it was read
        _log.debug("header fallback: %s", type(error).__name__)


def _note_vr(found: Walk, dialect: Dialect, slot: int, vr: str | None) -> None:
    if vr is None:
        return
    code = int.from_bytes(vr.encode("latin-1")[:2], "little" if dialect.little else "big")
    if code != dialect.expected[slot]:
        found.odd_vrs = {**(found.odd_vrs or {}), slot: code}


def _file_meta(syntax: str) -> bytes:
    uid = syntax.encode("latin-1", "replace")
    uid += b"\0" * (len(uid) % 2)
    element = b"\x02\x00\x10\x00UI" + len(uid).to_bytes(2, "little") + uid
    length = b"\x02\x00\x00\x00UL\x04\x00" + len(element).to_bytes(4, "little")
    return bytes(128) + b"DICM" + length + element
