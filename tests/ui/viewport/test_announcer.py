"""Announcements: the newest text, at most one a second."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from viewer.ui.viewport.announcer import Announcer


@pytest.fixture
def announcer(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    announcer = Announcer(widget)
    announcer._timer.setInterval(50)
    return announcer


def test_the_first_text_is_said_at_once(announcer):
    announcer.say("image 1 of 9")

    assert announcer._said == "image 1 of 9"


def test_of_many_only_the_newest_is_said_after_the_pause(announcer, qtbot):
    for number in range(1, 6):
        announcer.say(f"image {number} of 9")

    assert announcer._said == "image 1 of 9"
    qtbot.waitUntil(lambda: announcer._said == "image 5 of 9")


def test_the_same_text_is_not_said_twice(announcer, qtbot):
    announcer.say("image 1 of 9")
    qtbot.waitUntil(lambda: not announcer._timer.isActive())
    announcer.say("image 1 of 9")

    assert not announcer._timer.isActive()
