"""Which frames belong together, and in which order (PS3.3 C.7.6.2.1.1).

Pure numbers in, index arrays out. Frames are parted by hard keys (size, frame of reference, kind)
and by orientation; where positions repeat, a further dimension (echo, b-value, time ...) parts them
again; what is left is ordered along the normal, row direction x column direction, ascending.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from viewer.core.stack_geometry import Spread, measure, same_position

# Two planes are parallel when no component of their unit directions differs by more (about 0.2
# degrees): scanners write cosines with as few as three digits.
ORIENTATION_TOLERANCE = 0.004
# More planes than this with one frame each are one turning acquisition, not that many stacks.
MOST_SINGLE_PLANES = 12
# Frames at one distance along the normal whose corners lie this far apart are side by side.
STATION_MM = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Dimension:
    """A reason other than place why frames differ, such as echo or b-value.

    Attributes:
        name: word for the label ("echo").
        values: float array (frames,), NaN where the file says nothing.
        temporal: frames at one place that differ in this only are a film and stay together.
        labels: words for the values where the number itself says nothing ("phase image").
        unit: stands behind the number, with its space.
    """

    name: str
    values: np.ndarray
    temporal: bool = False
    labels: dict[float, str] = field(default_factory=dict)
    unit: str = ""

    def word(self, value: float) -> str:
        """The value for a stack's label: "echo 2"."""
        if np.isnan(value):
            return f"no {self.name}"
        return self.labels.get(value) or f"{self.name} {value:g}{self.unit}"


@dataclass(frozen=True, slots=True, eq=False)
class FrameTable:
    """One row per frame, in the order found.

    Attributes:
        keys: integer array (frames,): frames with different keys are never in one stack.
        orientations: float array (frames, 6), Image Orientation (Patient), NaN rows where absent.
        positions: float array (frames, 3), Image Position (Patient) in mm, NaN rows where absent.
        order: float array (frames, ties): ascending order where there is no geometry and between
            frames at one place: Instance Number, frame number, then acquisition time in s.
        dimensions: candidates, the most telling first.
    """

    keys: np.ndarray
    orientations: np.ndarray
    positions: np.ndarray
    order: np.ndarray
    dimensions: tuple[Dimension, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FrameGroup:
    """One stack.

    Attributes:
        indices: rows of the table in display order.
        normal: unit vector (3,) or None where there is no geometry.
        spread: distances along the normal and what they say about gaps, tilt and spacing.
        words: why it was parted from its neighbours ("echo 2"), empty when it was not.
        turning: every frame has an orientation of its own.
    """

    indices: np.ndarray
    normal: np.ndarray | None = None
    spread: Spread = field(default_factory=Spread)
    words: tuple[str, ...] = ()
    turning: bool = False


def split_and_sort(table: FrameTable) -> list[FrameGroup]:
    """Group the frames of a series into stacks, each in display order.

    Stacks come by their lowest Instance Number, then in the order found.
    """
    groups: list[FrameGroup] = []
    for key in _in_order_found(table.keys):
        rows = np.flatnonzero(table.keys == key)
        groups.extend(_split_by_orientation(table, rows))
    numbers = np.where(np.isnan(table.order[:, 0]), np.inf, table.order[:, 0])
    return sorted(groups, key=lambda g: (float(numbers[g.indices].min()), int(g.indices.min())))


def normalised(orientations: np.ndarray) -> np.ndarray:
    """Unit row and column directions, columns made orthogonal to rows; NaN where unusable.

    Cosines arrive non-unit or slightly skewed (rule 43); lengths off by more than a tenth or an
    angle off by more than some six degrees are no orientation at all.
    """
    rows, columns = orientations[:, :3], orientations[:, 3:]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        row_length = np.linalg.norm(rows, axis=1, keepdims=True)
        column_length = np.linalg.norm(columns, axis=1, keepdims=True)
        rows, columns = rows / row_length, columns / column_length
        skew = np.sum(rows * columns, axis=1, keepdims=True)
        columns = columns - skew * rows
        columns = columns / np.linalg.norm(columns, axis=1, keepdims=True)
        usable = (abs(row_length - 1) < 0.1) & (abs(column_length - 1) < 0.1) & (abs(skew) < 0.1)
    return np.where(usable, np.hstack([rows, columns]), np.nan)


def _in_order_found(values: np.ndarray) -> np.ndarray:
    unique, first = np.unique(values, return_index=True)
    return np.asarray(unique[np.argsort(first)])


def _split_by_orientation(table: FrameTable, rows: np.ndarray) -> list[FrameGroup]:
    orientations = normalised(table.orientations[rows])
    placed = np.isfinite(orientations).all(axis=1) & np.isfinite(table.positions[rows]).all(axis=1)
    groups = []
    if not placed.all():
        groups.append(_by_number(table, rows[~placed]))
    clusters = cluster(orientations[placed], ORIENTATION_TOLERANCE)
    singles = [members[0] for members in clusters if len(members) == 1]
    if len(singles) > MOST_SINGLE_PLANES:
        turning = _by_number(table, rows[placed][np.array(singles)])
        groups.append(replace(turning, turning=True))
        clusters = [members for members in clusters if len(members) > 1]
    for members in clusters:
        normal = np.cross(
            orientations[placed][members[0], :3], orientations[placed][members[0], 3:]
        )
        groups.extend(_split_by_dimension(table, rows[placed][members], normal))
    return groups


def cluster(vectors: np.ndarray, tolerance: float) -> list[np.ndarray]:
    """Index arrays of rows that lie within `tolerance` of the first row of their cluster.

    Greedy from the first row on, so that frames found later never regroup earlier ones.
    """
    remaining = np.arange(len(vectors))
    clusters = []
    while len(remaining):
        near = (abs(vectors[remaining] - vectors[remaining[0]]) <= tolerance).all(axis=1)
        near[0] = True
        clusters.append(remaining[near])
        remaining = remaining[~near]
    return clusters


def _by_number(table: FrameTable, rows: np.ndarray) -> FrameGroup:
    return FrameGroup(rows[_ascending(table.order[rows])])


def _ascending(order: np.ndarray, first: np.ndarray | None = None) -> np.ndarray:
    """Stable order of the rows of `order`, by `first` and then by its columns; NaN comes last."""
    keys = [order[:, column] for column in reversed(range(order.shape[1]))]
    return np.lexsort(keys if first is None else [*keys, first])


def _split_by_dimension(
    table: FrameTable, rows: np.ndarray, normal: np.ndarray, words: tuple[str, ...] = ()
) -> list[FrameGroup]:
    """Part parallel frames until no place occurs twice, or nothing tells the twins apart."""
    places = same_position(table.positions[rows], normal)
    repeats = np.bincount(places)
    if repeats.max() == 1:
        return [_along_normal(table, rows, normal, words)]
    for dimension, values in _candidates(table, rows, normal, places):
        parts = _parts(values, places, repeats)
        if dimension.temporal and len(repeats) == 1:
            continue  # one place over time: a film, shown as one stack
        if parts:
            return [
                group
                for value, members in parts
                for group in _split_by_dimension(
                    table, rows[members], normal, (*words, dimension.word(value))
                )
            ]
    return _split_by_rank(table, rows, normal, words)


def _candidates(
    table: FrameTable, rows: np.ndarray, normal: np.ndarray, places: np.ndarray
) -> list[tuple[Dimension, np.ndarray]]:
    """The table's dimensions and, first of all, the station of a moving table.

    Frames at one distance along the normal but beside each other are stations (whole-body
    coronal images); a tilted gantry shifts sideways too, but never two frames at one distance.
    """
    found = [(dimension, dimension.values[rows]) for dimension in table.dimensions]
    positions = table.positions[rows]
    sideways = positions - np.outer(positions @ normal, normal)
    order = np.argsort(places, kind="stable")
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))
    apart = np.maximum.reduceat(sideways[order], starts) - np.minimum.reduceat(
        sideways[order], starts
    )
    if (apart > STATION_MM).any():
        station = np.empty(len(rows))
        for number, members in enumerate(cluster(sideways, STATION_MM), start=1):
            station[members] = number
        found.insert(0, (Dimension("station", station), station))
    return found


def _parts(
    values: np.ndarray, places: np.ndarray, repeats: np.ndarray
) -> list[tuple[float, np.ndarray]]:
    """Members by value, or [] where splitting by these values would not separate the twins.

    A value that changes with every slice (an acquisition time) has more values than places have
    twins: it orders, but does not part.
    """
    values = np.where(np.isnan(values), -np.inf, values)
    unique, codes = np.unique(values, return_inverse=True)
    if not 1 < len(unique) <= repeats.max():
        return []
    twins = np.unique(codes * len(repeats) + places, return_counts=True)[1]
    if twins.max() == repeats.max() and len(twins) <= len(repeats):
        return []
    found = [(float(value), np.flatnonzero(codes == code)) for code, value in enumerate(unique)]
    return [(np.nan if value == -np.inf else value, members) for value, members in found]


def _split_by_rank(
    table: FrameTable, rows: np.ndarray, normal: np.ndarray, words: tuple[str, ...]
) -> list[FrameGroup]:
    """Part twins that nothing names by their number: the first of each place, the second ...

    Only where at least half of the places repeat; a few doubled slices stay where they are and
    are told as duplicates. One place alone is a film and stays together.
    """
    places = same_position(table.positions[rows], normal)
    repeats = np.bincount(places)
    if len(repeats) == 1 or 2 * np.count_nonzero(repeats > 1) < len(repeats):
        return [_along_normal(table, rows, normal, words)]
    by_number = _ascending(table.order[rows])
    by_place = by_number[np.argsort(places[by_number], kind="stable")]
    starts = np.concatenate([[0], np.cumsum(repeats)[:-1]])
    rank = np.empty(len(rows), int)
    rank[by_place] = np.arange(len(rows)) - starts[places[by_place]]
    return [
        _along_normal(table, rows[rank == number], normal, (*words, f"volume {number + 1}"))
        for number in range(int(repeats.max()))
    ]


def _along_normal(
    table: FrameTable, rows: np.ndarray, normal: np.ndarray, words: tuple[str, ...]
) -> FrameGroup:
    places = same_position(table.positions[rows], normal)
    order = _ascending(table.order[rows], places)
    rows = rows[order]
    return FrameGroup(rows, normal, measure(table.positions[rows], normal), words)
