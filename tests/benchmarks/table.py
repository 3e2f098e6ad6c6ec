"""A row of the table of speeds, and the clock they share."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure and what it is held against; both were measured in the same run.

    Attributes:
        name: what was measured.
        measured: its value in `unit`.
        peer: what it is compared with, in words; empty for an absolute figure.
        peer_value: the peer's value in `unit`.
        goal: the largest (or, where `at_least`, the smallest) ratio measured / peer_value
            allowed; for an absolute figure, the limit of `measured` itself; None for no goal.
        unit: "ms", "MB", "images/s" ...
        at_least: larger is better.
    """

    name: str
    measured: float
    peer: str = ""
    peer_value: float = 1.0
    goal: float | None = None
    unit: str = "ms"
    at_least: bool = False

    @property
    def ratio(self) -> float:
        """Measured over peer, or the figure itself where there is no peer."""
        return self.measured / self.peer_value if self.peer else self.measured

    @property
    def met(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


def interleaved_ms(
    contenders: Mapping[str, Callable[[], object]], rounds: int = 7
) -> dict[str, float]:
    """Median milliseconds of each contender, run in turns so that a noisy moment hits all."""
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - start) * 1000)
    return {name: statistics.median(values) for name, values in times.items()}
