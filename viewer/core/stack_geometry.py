"""What the places of the slices of one stack say: spacing, gaps, doubles, tilt (PS3.3 C.7.6.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

# Steps that differ by less than this share of the usual step, or by less than this many mm, are
# even: positions are decimal strings of at most 16 characters and often rounded to 0.01 mm.
EVEN_SHARE = 0.02
EVEN_MM = 0.02
# A shift sideways of less than this angle (degrees) is rounding, not a tilted gantry.
TILT_DEG = 0.5
# Positions nearer than this (mm), or than this share of the usual step, are one place.
SAME_MM = 1e-4
SAME_SHARE = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How the slices of one stack lie along its normal.

    Attributes:
        distances_mm: position along the normal per frame, in display order.
        spacing_mm: usual distance between neighbours, None for fewer than two places.
        gaps: (index before the gap, number of slices missing) where a step is a multiple of the
            usual one.
        uneven: steps differ without being multiples of the usual one.
        doubled: number of frames at a place that an earlier frame has.
        tilt_deg: angle between the direction of the steps and the normal, 0 for a straight stack.
    """

    distances_mm: np.ndarray = field(default_factory=lambda: np.empty(0))
    spacing_mm: float | None = None
    gaps: tuple[tuple[int, int], ...] = ()
    uneven: bool = False
    doubled: int = 0
    tilt_deg: float = 0.0

    @property
    def steps_mm(self) -> tuple[float, float]:
        """Smallest and largest distance between neighbouring places; (0, 0) for a single one."""
        steps = np.diff(self.distances_mm)
        steps = steps[steps > SAME_MM]
        return (float(steps.min()), float(steps.max())) if len(steps) else (0.0, 0.0)


def same_position(positions: np.ndarray, normal: np.ndarray) -> np.ndarray:
    """Number the places along the normal from 0, ascending: integer array (frames,)."""
    distances = positions @ normal
    order = np.argsort(distances, kind="stable")
    steps = np.diff(distances[order])
    real = steps[steps > SAME_MM]
    tolerance = max(SAME_MM, SAME_SHARE * float(np.median(real))) if len(real) else SAME_MM
    places = np.empty(len(positions), int)
    places[order] = np.concatenate([[0], np.cumsum(steps > tolerance)])
    return places


def measure(positions: np.ndarray, normal: np.ndarray) -> Spread:
    """Look at slices in display order: positions (frames, 3) in mm, unit normal (3,)."""
    distances = positions @ normal
    places = same_position(positions, normal)
    first = np.flatnonzero(np.diff(places, prepend=-1))
    doubled = len(places) - len(first)
    if len(first) < 2:
        return Spread(distances, doubled=doubled)
    steps = np.diff(distances[first])
    usual = _usual_step(steps)
    multiples = np.rint(steps / usual)
    off = abs(steps - multiples * usual)
    uneven = bool((off > np.maximum(EVEN_MM, EVEN_SHARE * usual)).any())
    # More missing than there are: not a volume with holes, but images far apart.
    uneven |= bool(multiples.sum() - len(multiples) > len(first))
    gaps = () if uneven else _gaps(first, multiples)
    tilt = _tilt_deg(positions[first], normal)
    return Spread(distances, usual, gaps, uneven, doubled, tilt)


def _usual_step(steps: np.ndarray) -> float:
    """The distance most neighbours have: the mean of the steps close to the median.

    Where less than half of the steps agree on it, there is no usual one: the median is a distance
    that really occurs, which the mean over the extent (as ITK has it) need not be. Distances
    across such a stack are taken from each position anyway.
    """
    median = float(np.median(steps))
    near = steps[abs(steps - median) <= np.maximum(EVEN_MM, EVEN_SHARE * median)]
    return float(near.mean()) if 2 * len(near) >= len(steps) else median


def _gaps(first: np.ndarray, multiples: np.ndarray) -> tuple[tuple[int, int], ...]:
    wide = np.flatnonzero(multiples > 1)
    return tuple((int(first[i + 1]) - 1, int(multiples[i]) - 1) for i in wide)


def _tilt_deg(positions: np.ndarray, normal: np.ndarray) -> float:
    """Angle of the line through first and last slice to the normal (rule 41)."""
    way = positions[-1] - positions[0]
    along = float(way @ normal)
    sideways = float(np.linalg.norm(way - along * normal))
    angle = float(np.degrees(np.arctan2(sideways, along)))
    return angle if angle > TILT_DEG else 0.0
