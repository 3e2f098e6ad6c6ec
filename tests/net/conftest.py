"""Receivers for the tests, closed at the end; nothing may be left half received."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.net.archives import archive, dcmqrscp, orthanc  # noqa: F401 - fixtures
from tests.net.caller import until
from tests.net.receiver import Receiver


@pytest.fixture
def start_receiver(tmp_path: Path) -> Iterator[Callable[..., Receiver]]:
    """Start a receiver with settings of its own."""
    started: list[Receiver] = []
    before = set(threading.enumerate())

    def start(**arguments: Any) -> Receiver:
        folder = arguments.pop("folder", tmp_path / "store")
        started.append(Receiver(folder, **arguments))
        return started[-1]

    yield start
    for receiver in started:
        receiver.close()
        assert receiver.parts() == []
    until(lambda: not set(threading.enumerate()) - before)


@pytest.fixture
def receiver(start_receiver: Callable[..., Receiver]) -> Receiver:
    """A receiver as a user has it, but for shorter patience."""
    return start_receiver(handshake_s=1.0, pdu_s=1.0, idle_s=3.0)
