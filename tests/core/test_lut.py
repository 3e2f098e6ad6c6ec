"""LUT Descriptors and lookups by PS3.3 C.11.1.1 and C.11.2.1.1 (rules 11 and 12)."""

from __future__ import annotations

import numpy as np
import pytest

from viewer.core.image import LookupTable
from viewer.core.lut import LutDescriptor, as_fraction, look_up, read_descriptor, read_entries


@pytest.mark.parametrize(
    ("values", "signed", "expected"),
    [
        pytest.param((256, 0, 8), False, LutDescriptor(256, 0, 8), id="plain"),
        pytest.param((0, 0, 16), False, LutDescriptor(65536, 0, 16), id="zero-means-65536"),
        pytest.param((16, 65036, 12), True, LutDescriptor(16, -500, 12), id="signed-start-as-US"),
        pytest.param((16, -500, 12), True, LutDescriptor(16, -500, 12), id="signed-start-as-SS"),
        pytest.param((16, 65036, 12), False, LutDescriptor(16, 65036, 12), id="unsigned-start"),
        pytest.param((-1, 0, 16), False, LutDescriptor(65535, 0, 16), id="count-as-SS"),
    ],
)
def test_descriptor_is_read_as_c_11_1_1(values, signed, expected):
    assert read_descriptor(values, signed_input=signed) == expected


@pytest.mark.parametrize("values", [(), (256, 0), (256, 0, 8, 1), (256, 0, 0), (256, 0, 17)])
def test_impossible_descriptor_is_refused(values):
    with pytest.raises(ValueError, match="LUT"):
        read_descriptor(values, signed_input=False)


@pytest.mark.parametrize(
    ("data", "descriptor", "big_endian", "expected"),
    [
        pytest.param(b"\1\0\2\0", LutDescriptor(2, 0, 16), False, [1, 2], id="words"),
        pytest.param(b"\0\1\0\2", LutDescriptor(2, 0, 16), True, [1, 2], id="big-endian"),
        pytest.param(b"\1\2\3\4", LutDescriptor(4, 0, 8), False, [1, 2, 3, 4], id="packed"),
        pytest.param(b"\1\2\3\0", LutDescriptor(3, 0, 8), False, [1, 2, 3], id="packed-odd"),
        pytest.param(b"\2\1\4\3", LutDescriptor(4, 0, 8), True, [1, 2, 3, 4], id="packed-big"),
        pytest.param(b"\1\0\2\0", LutDescriptor(2, 0, 8), False, [1, 2], id="bytes-in-words"),
        pytest.param(b"\1\0", LutDescriptor(4, 0, 16), False, [1], id="shorter-than-promised"),
        pytest.param(b"\1", LutDescriptor(4, 0, 16), False, [], id="half-an-entry"),
        pytest.param(b"\1\0\2\0", LutDescriptor(1, 0, 16), False, [1], id="longer-than-promised"),
    ],
)
def test_entries_come_in_either_packing(data, descriptor, big_endian, expected):
    assert read_entries(data, descriptor, big_endian=big_endian).tolist() == expected


TABLE = LookupTable(np.array([10, 20, 30], np.uint16), first_mapped=-1, bits=8)


@pytest.mark.parametrize(
    ("value", "entry"),
    [(-100, 10), (-1, 10), (0, 20), (1, 30), (100, 30), (0.4, 20), (0.6, 30), (np.nan, 10)],
)
def test_inputs_beyond_the_table_get_its_end(value, entry):
    assert look_up(TABLE, np.array([value]))[0] == entry


def test_unsigned_inputs_below_the_start_do_not_wrap():
    table = LookupTable(np.array([1, 2], np.uint16), first_mapped=100, bits=8)

    assert look_up(table, np.array([0, 100, 101, 65535], np.uint16)).tolist() == [1, 1, 2, 2]


def test_fraction_is_of_the_descriptor_s_bits_not_of_the_largest_entry():
    assert as_fraction(TABLE, np.array([1]))[0] == 30 / 255
