"""DICOM's ways of writing things, made readable (PS3.5 6.2)."""

from __future__ import annotations

import pytest

from viewer.core.annotation_text import (
    elided,
    iso_date,
    iso_time,
    plain,
    quantity,
    readable_age,
    readable_name,
    readable_sex,
    seconds_of_day,
    short_number,
    split_datetime,
)


# PS3.5 6.2.1: alphabetic=ideographic=phonetic, each family^given^middle^prefix^suffix.
@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Doe^John^Q", "Doe, John Q"),
        (
            "Adams^John Robert Quincy^^Rev.^B.A. M.Div.",
            "Adams, Rev. John Robert Quincy B.A. M.Div.",
        ),
        ("Doe", "Doe"),
        ("^John", "John"),
        ("Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada, Tarou (山田, 太郎)"),
        ("=山田^太郎", "山田, 太郎"),
        ("==やまだ^たろう", "やまだ, たろう"),
        ("", ""),
        ("^^^^", ""),
        ("<b>Doe</b>^<i>J</i>", "<b>Doe</b>, <i>J</i>"),
    ],
)
def test_person_name(raw, shown):
    assert readable_name(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("20240501", "2024-05-01"),
        ("1993.08.22", "1993-08-22"),
        ("20240501102030.5+0100", "2024-05-01"),
        ("in May", "in May"),
        ("00000000", ""),
        ("", ""),
    ],
)
def test_date(raw, shown):
    assert iso_date(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("102030.123456", "10:20:30"),
        ("1020", "10:20"),
        ("10", "10"),
        ("10:20:30", "10:20:30"),
        ("noon", "noon"),
    ],
)
def test_time(raw, shown):
    assert iso_time(raw) == shown


def test_date_time_parts_without_offset():
    assert split_datetime("20240501102030.5-0500") == ("20240501", "102030.5")
    assert split_datetime("2024") == ("2024", "")


@pytest.mark.parametrize(
    ("raw", "shown"), [("045Y", "45 y"), ("003M", "3 mo"), ("010D", "10 d"), ("45", "45")]
)
def test_age(raw, shown):
    assert readable_age(raw) == shown


def test_sex():
    assert [readable_sex(raw) for raw in ("M", "F ", "O", "X", "")] == [
        "male", "female", "other", "X", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"), (-0.0, "0"), (40, "40"), (1.25, "1.25"), (0.123456, "0.1235"),
        (12345.6, "12346"), (-1000, "-1000"), (1e-7, "1e-07"), (3e12, "3e+12"),
        (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_short_number(value, shown):
    assert short_number(value) == shown


@pytest.mark.parametrize(
    ("raw", "unit", "factor", "shown"),
    [
        ("120.000", "kV", 1, "120 kV"),
        ("4000", "mAs", 1e-3, "4 mAs"),
        ("0.5\\0.6", "mm", 1, "0.5/0.6 mm"),
        ("full", "kV", 1, "full"),
        ("", "kV", 1, ""),
        ("nan", "kV", 1, "nan"),
    ],
)
def test_quantity(raw, unit, factor, shown):
    assert quantity(raw, unit, factor) == shown


def test_seconds_of_day():
    assert seconds_of_day("010203.5") == 3723.5
    assert seconds_of_day("") is None


def test_long_text_is_cut_in_the_open():
    assert elided("abcdef", 4) == "abc…"
    assert elided("abcd", 4) == "abcd"


def test_control_and_direction_marks_are_no_text():
    assert plain("a\x1b[31m\nb\u202ec") == "a [31m b c"
