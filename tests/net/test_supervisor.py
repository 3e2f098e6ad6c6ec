"""The process that receives is kept alive; what never serves is given up."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.net.caller import until
from viewer.errors import ViewerError
from viewer.net.supervisor import FALSE_STARTS, Supervisor

SERVES = """
import json, os, sys
orders = json.loads(sys.stdin.readline())
print(json.dumps({"event": "serving"}), flush=True)
print(json.dumps({"event": "hello", "pid": os.getpid(), **orders}), flush=True)
if sys.argv[1:] == ["dies"]:
    print("half a li", end="", flush=True)
    os._exit(3)
while sys.stdin.readline(): pass
"""
FAILS = 'import sys; sys.stdin.readline(); print(\'{"event": "failed", "what": "No."}\')'


def supervisor(events: list[dict[str, Any]], script: str, *more: str) -> Supervisor:
    return Supervisor([sys.executable, "-c", script, *more], {"order": 7}, [], events.append)


def test_it_starts_passes_on_and_stops() -> None:
    events: list[dict[str, Any]] = []
    process = supervisor(events, SERVES)
    process.start()
    until(lambda: events)
    pid = process.pid
    process.close()

    assert events == [{"event": "hello", "pid": pid, "order": 7}]
    assert process.pid is None


def test_one_that_dies_is_replaced_as_often_as_it_served() -> None:
    events: list[dict[str, Any]] = []
    process = supervisor(events, SERVES, "dies")
    process.start()
    until(lambda: sum(1 for event in events if event["event"] == "hello") > FALSE_STARTS + 2)
    process.close()

    assert len({event["pid"] for event in events if event["event"] == "hello"}) > FALSE_STARTS
    assert not process.gave_up.is_set()
    assert "started again" in events[1]["what"]


def test_one_that_says_why_it_cannot_is_not_tried_again() -> None:
    process = supervisor([], FAILS)

    with pytest.raises(ViewerError, match=r"No\."):
        process.start()


def test_one_that_never_serves_is_given_up() -> None:
    process = supervisor([], "import sys; sys.exit(1)")

    with pytest.raises(ViewerError, match="again and again"):
        process.start()
    assert process.gave_up.is_set()
