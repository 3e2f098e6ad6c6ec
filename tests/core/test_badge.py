"""Warnings that stay while they are true."""

from __future__ import annotations

import pytest

from viewer.core.badge import badges, lossy_text, turned_text
from viewer.core.image import Lossy, VoiChoice, VoiSource, Window
from viewer.core.view import View
from viewer.errors import Problem, Severity

GUESS = VoiChoice("auto", VoiSource.PERCENTILE, Window(1, 2))


def texts(**facts: object) -> list[str]:
    return [badge.text for badge in badges(**{"view": View(), **facts})]


def test_nothing_to_tell():
    file = VoiChoice("x", VoiSource.FILE_WINDOW, Window(1, 2))

    assert texts(voi=file) == []


# PS3.3 C.7.6.1.1.5: each compression step has its own ratio and method.
@pytest.mark.parametrize(
    ("lossy", "text"),
    [
        (Lossy((10.0,), ("ISO_10918_1",)), "LOSSY 10:1 JPEG"),
        (Lossy((10.0, 5.5), ("ISO_10918_1", "ISO_15444_1")), "LOSSY 10:1 JPEG, 5.5:1 JPEG 2000"),
        (Lossy((), ("MINE",)), "LOSSY MINE"),
        (Lossy((12.345,), ()), "LOSSY 12.3:1"),
        (Lossy(), "LOSSY"),
        (Lossy((), ("ISO_10918_1",), 11.7), "LOSSY ~12:1 JPEG"),
        (Lossy((), (), 11.7), "LOSSY ~12:1"),
        (Lossy((), ("A", "B")), "LOSSY A, B"),
    ],
)
def test_lossy_names_ratio_and_method(lossy, text):
    assert lossy_text(lossy) == text


def test_each_turn_has_words_and_none_has_none():
    words = {
        (turns, mirrored): turned_text(View(turns, mirrored))
        for turns in range(4)
        for mirrored in (False, True)
    }

    assert words.pop((0, False)) == ""
    assert len(set(words.values())) == 7
    assert turned_text(View().flipped_horizontally()) == "FLIPPED"
    assert turned_text(View().flipped_vertically()) == "FLIPPED top to bottom"
    assert turned_text(View().turned(1)) == "ROTATED 90"


def test_a_guessed_window_is_said_until_the_user_chooses():
    assert texts(voi=GUESS) == ["WINDOW GUESSED: the file has none"]
    assert texts(voi=GUESS, voi_chosen=True) == []


def test_problems_gravest_first_notes_elsewhere():
    problems = (
        Problem("x", "assumed something", severity=Severity.NOTE),
        Problem("x", "3 slices are missing"),
        Problem("y", "3 slices are missing"),
        Problem("x", "cut off", severity=Severity.ERROR),
    )

    assert texts(problems=problems) == ["cut off", "3 slices are missing"]


def test_many_problems_are_counted():
    problems = [Problem("x", f"problem {n}") for n in range(5)]

    assert texts(problems=problems) == [
        "problem 0",
        "problem 1",
        "problem 2",
        "+2: see Problems",
    ]


def test_what_the_user_changed_and_what_is_hidden_share_a_line():
    said = texts(voi=GUESS, padding_hidden=True, differs=("inverted", "window"))

    assert said == [
        "WINDOW GUESSED: the file has none; PADDING HIDDEN; DIFFERS FROM FILE: inverted, window"
    ]


def test_notes_are_quieter_than_warnings_and_stand_below():
    found = badges(
        view=View(), lossy=Lossy(), differs=("inverted",), problems=(Problem("x", "3 missing"),)
    )

    assert [badge.severity for badge in found] == [
        Severity.WARNING,
        Severity.WARNING,
        Severity.NOTE,
    ]


def test_loading_is_said_last():
    assert texts(loading=True, view=View(1)) == ["ROTATED 90", "LOADING"]
