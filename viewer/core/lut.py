"""Lookup tables as the standard writes them (PS3.3 C.11.1.1.1, C.11.2.1.1, C.7.6.3.1.5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from viewer.core.image import LookupTable

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class LutDescriptor:
    """The three values of a LUT Descriptor, decoded.

    Attributes:
        count: number of entries, 1 to 65536.
        first_mapped: input value of the first entry.
        bits: bits of an entry.
    """

    count: int
    first_mapped: int
    bits: int


def read_descriptor(values: Sequence[int], *, signed_input: bool) -> LutDescriptor:
    """Decode a LUT Descriptor.

    A first value of 0 means 65536 entries, and the second value is signed exactly when the
    table's input is (PS3.3 C.11.1.1, C.11.2.1.1), whatever VR the file gave it.

    Raises:
        ValueError: it does not hold three values or the number of bits is impossible.
    """
    if len(values) != 3:
        raise ValueError(f"a LUT Descriptor has 3 values, not {len(values)}")
    count, first, bits = (int(value) for value in values)
    count &= 0xFFFF
    first &= 0xFFFF
    if signed_input and first > 0x7FFF:
        first -= 0x10000
    if not 1 <= bits <= 16:
        raise ValueError(f"LUT entries of {bits} bits")
    return LutDescriptor(count or 0x10000, first, bits)


def read_entries(data: bytes, descriptor: LutDescriptor, *, big_endian: bool = False) -> Array:
    """Entries of LUT Data, uint16, shape (up to count,).

    Eight-bit entries may be packed two to a word (C.11.1.1.1, "if bits is 8, in either form");
    which form it is shows in the length. Fewer entries than promised are returned as they are.
    """
    packed = descriptor.bits <= 8 and len(data) < 2 * descriptor.count
    if packed and len(data) in (descriptor.count, descriptor.count + descriptor.count % 2):
        entries = np.frombuffer(data, np.uint8)
        if big_endian and len(data) % 2 == 0:  # the first entry is the low byte of each word
            entries = entries.reshape(-1, 2)[:, ::-1].reshape(-1)
        return entries[: descriptor.count].astype(np.uint16)
    words = np.frombuffer(data[: len(data) // 2 * 2], ">u2" if big_endian else "<u2")
    return words[: descriptor.count].astype(np.uint16)


def needed_bits(entries: Array) -> int:
    """Bits that the largest entry needs, at least 1."""
    return max(int(entries.max(initial=0)).bit_length(), 1)


def look_up(table: LookupTable, values: Array) -> Array:
    """Entries for input values; beyond either end the end's entry (C.11.1.1, C.11.2.1.1).

    Inputs between whole numbers are rounded down by half away: the table has no in-between.
    NaN is answered by the first entry.
    """
    values = np.asarray(values)
    last = len(table.entries) - 1
    if values.dtype.kind == "f":
        steps = np.floor(np.nan_to_num(values, nan=-np.inf) + 0.5) - table.first_mapped
        index = np.clip(steps, 0, last).astype(np.intp)
    else:
        index = np.clip(values.astype(np.int64) - table.first_mapped, 0, last)
    answers: Array = table.entries[index]
    return answers


def as_fraction(table: LookupTable, values: Array) -> Array:
    """Display values 0..1 answered by a VOI or presentation LUT: entry / (2^bits - 1)."""
    full = float((1 << table.bits) - 1)
    fraction: Array = np.clip(look_up(table, values).astype(np.float64) / full, 0.0, 1.0)
    return fraction
