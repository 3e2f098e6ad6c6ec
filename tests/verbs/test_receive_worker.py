"""Events leave as lines, and nobody who reads them slowly can hold up an association."""

from __future__ import annotations

import json
import os
import time

import pytest

from viewer.dicom.incoming import Outcome, Saved
from viewer.verbs import receive_worker
from viewer.verbs.receive_worker import EventWriter, line_of


def test_a_stored_object_is_one_line_of_json() -> None:
    saved = Saved(b"/data/\xff.dcm", Outcome.NEW, "1.2", "1.2.3", "1.2.3.4", 5)

    event = json.loads(line_of({"event": "stored", "saved": saved}))

    assert os.fsencode(event["saved"]["path"]) == b"/data/\xff.dcm"
    assert event["saved"]["outcome"] == "new"


def test_every_event_is_written_in_order() -> None:
    read, write = os.pipe()
    with open(write, "w", encoding="utf-8") as stream:
        say = EventWriter(stream)
        for number in range(200):
            say({"event": "echo", "number": number})
        say.close()

    with open(read, encoding="utf-8") as stream:
        assert [json.loads(line)["number"] for line in stream] == list(range(200))


def test_a_reader_that_hangs_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receive_worker, "MOST_WAITING", 1000)
    read, write = os.pipe()
    with open(write, "w", encoding="utf-8") as stream, open(read, encoding="utf-8") as reader:
        say = EventWriter(stream)
        start = time.monotonic()
        for _ in range(20_000):
            say({"event": "echo", "padding": "x" * 100})
        assert time.monotonic() - start < 5

        for line in reader:  # it wakes up: it is told what it missed
            if json.loads(line)["event"] == "problem":
                assert "were not told" in line
                break
        say.close()


def test_a_reader_that_left_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    stream = open(write, "w", encoding="utf-8")  # noqa: SIM115 - closing it raises, see below
    say = EventWriter(stream)
    say({"event": "echo"})
    say.close()
    say({"event": "echo"})

    with pytest.raises(BrokenPipeError):
        stream.close()
