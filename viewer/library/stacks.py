"""Makes the stacks of a series out of its frames, names them and says what is odd about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from operator import itemgetter
from typing import TYPE_CHECKING

from viewer.core.orientation import plane_name
from viewer.core.stacking import FrameGroup, split_and_sort
from viewer.dicom.datasets.object_kinds import kind_of
from viewer.errors import Problem, Severity
from viewer.library.nodes import Series, Stack, StackKey

if TYPE_CHECKING:
    from viewer.dicom.description.series_frames import Columns
    from viewer.dicom.headers.header import Header


MOST_GAPS = 5  # named in a sentence


def split(columns: Columns) -> list[FrameGroup]:
    """The groups of frames that make stacks; takes time for thousands of them, on any thread."""
    return split_and_sort(columns.table())


def build_stacks(
    series: Series, groups: list[FrameGroup], known: dict[StackKey, Stack]
) -> list[Stack]:
    """The stacks of a series in the order found; stacks known before keep their identity."""
    keys = _keys_of(series, groups)
    labels = _labels(series, groups)
    stacks = []
    for group, key, label in zip(groups, keys, labels, strict=True):
        stack = known.get(key) or Stack(key, series)
        _fill(stack, group, label)
        stacks.append(stack)
    return stacks


def _keys_of(series: Series, groups: list[FrameGroup]) -> list[StackKey]:
    """A key for each group; of two objects with one UID the later one goes by its path."""
    founders = [int(group.indices.min()) for group in groups]
    by_founder: dict[int, StackKey] = {}
    used: set[StackKey] = set()
    for founder in sorted(founders):
        ref = series.contents.refs[founder]
        uid = series.contents.headers[founder].text("SOPInstanceUID")
        key = StackKey(series.key, uid or ref.file.text, ref.frame)
        if key in used:
            key = StackKey(series.key, ref.file.text, ref.frame)
        used.add(key)
        by_founder[founder] = key
    return [by_founder[founder] for founder in founders]


def _fill(stack: Stack, group: FrameGroup, label: str) -> None:
    contents = stack.series.contents
    rows = group.indices.tolist()
    first = contents.headers[rows[0]]
    key = contents.key_of[contents.codes[rows[0]]]
    pick = itemgetter(*rows) if len(rows) > 1 else lambda column: (column[rows[0]],)
    stack.frames = pick(contents.refs)
    stack.headers = pick(contents.headers)
    stack.label = label
    stack.modality = first.text("Modality")
    stack.is_image = key[0] == "picture"
    stack.is_clip = "clip" in key
    stack.rows = (first.integer("Rows") or 0) if stack.is_image else 0
    stack.columns = (first.integer("Columns") or 0) if stack.is_image else 0
    stack.positions_mm = tuple(group.spread.distances_mm.tolist())
    stack.slice_spacing_mm = group.spread.spacing_mm
    stack.tilt_deg = group.spread.tilt_deg
    stack.missing = sum(count for _, count in group.spread.gaps)
    stack.uneven = group.spread.uneven
    # At a single place they are a film, not doubles.
    stack.doubled = group.spread.doubled if group.spread.spacing_mm is not None else 0
    stack.problems = tuple(_problems(stack, group))


def _labels(series: Series, groups: list[FrameGroup]) -> list[str]:
    """Only what differs between the stacks of the series is worth a word."""
    if len(groups) == 1:
        return [", ".join(filter(None, (_kind(series, groups[0]), *groups[0].words)))]
    contents = series.contents
    in_order = [contents.key_of[contents.codes[int(group.indices[0])]] for group in groups]
    parts = [_words(series, group, in_order) for group in groups]
    columns = list(zip(*parts, strict=True))
    telling = [len(set(column)) > 1 for column in columns]
    labels = []
    for group, words in zip(groups, parts, strict=True):
        kind = _kind(series, group)
        said = [word for word, tells in zip(words, telling, strict=True) if tells and word]
        labels.append(", ".join([kind] * bool(kind) + said + list(group.words)))
    if labels.count("") > 1:  # alike in all that is looked at: the plane still says most
        labels = [label or words[0] or "part" for label, words in zip(labels, parts, strict=True)]
    return _numbered(labels)


def _words(
    series: Series, group: FrameGroup, in_order: list[tuple[Hashable, ...]]
) -> tuple[str, ...]:
    """Plane, size, frame of reference and object of a group, each a word or empty.

    Args:
        in_order: the hard keys of the stacks, in the order shown; they are numbered by it.
    """
    row = int(group.indices[0])
    contents = series.contents
    key = contents.key_of[contents.codes[row]]
    header = contents.headers[row]
    if key[0] != "picture":
        return ("", "", "", "", "")
    _, _, rows, columns, _, localizer, reference, *own = key
    plane = plane_name(group.normal.tolist()) if group.normal is not None else ""
    return (
        "turning planes" if group.turning else plane,
        "localizer" if localizer else "",
        f"{columns} × {rows}",
        _ordinal(in_order, reference),
        _object_word(header, own, contents.key_of),
    )


def _ordinal(keys: list[tuple[Hashable, ...]], reference: Hashable) -> str:
    references = list(dict.fromkeys(key[6] for key in keys if len(key) > 6 and key[6]))
    return f"position set {references.index(reference) + 1}" if reference in references else ""


def _object_word(header: Header, own: list[Hashable], keys: list[tuple[Hashable, ...]]) -> str:
    if own[:1] == ["clip"]:
        number = header.integer("InstanceNumber")
        return "clip" if number is None else f"clip {number}"
    stack_ids = sorted({str(key[-1]) for key in keys if "stack" in key})
    return f"stack {stack_ids.index(str(own[1])) + 1}" if own and len(stack_ids) > 1 else ""


def _kind(series: Series, group: FrameGroup) -> str:
    header = series.contents.headers[int(group.indices[0])]
    kind = kind_of(header.text("SOPClassUID"))
    if kind in ("", header.text("Modality")) and len(series.contents.key_of) == 1:
        picture = series.contents.key_of[0][0] == "picture"
        return "" if picture else kind or header.text("Modality") or "object"
    return kind


def _numbered(labels: list[str]) -> list[str]:
    """Equal labels get a number: "oblique 1", "oblique 2"."""
    if len(labels) < 2:
        return labels
    total, seen, numbered = Counter(labels), Counter[str](), []
    for label in labels:
        seen[label] += 1
        numbered.append(f"{label} {seen[label]}".strip() if total[label] > 1 else label)
    return numbered


def _problems(stack: Stack, group: FrameGroup) -> list[Problem]:
    spread = group.spread
    where = f"{stack.series.name}, {stack.label}" if stack.label else stack.series.name
    where = where[0].upper() + where[1:]
    found = []
    if not stack.is_image and not kind_of(stack.headers[0].text("SOPClassUID")):
        single = len(stack.frames) == 1
        who = "This object has" if single else f"{len(stack.frames)} objects have"
        what = f"{who} no pixel data."
        found.append(Problem(where, what, "Its tags can be looked at."))
    if spread.gaps:
        count = f"{stack.missing} slice" + "s" * (stack.missing > 1)
        what = f"{count} missing: {_gap_words([index + 1 for index, _ in spread.gaps])}."
        found.append(Problem(where, what, "Copy the series again if it should be complete."))
    if spread.uneven:
        low, high = spread.steps_mm
        what = f"The distance between slices is uneven: {low:.4g} to {high:.4g} mm."
        found.append(Problem(where, what, "Distances across slices are taken from each position."))
    if stack.doubled:
        who = "1 image lies" if stack.doubled == 1 else f"{stack.doubled} images lie"
        what = f"{who} at the same place as another one."
        found.append(Problem(where, what, "Both are shown, one after the other."))
    if spread.tilt_deg:
        what = f"The slices are shifted against each other: tilt of {spread.tilt_deg:.1f} degrees."
        found.append(Problem(where, what, severity=Severity.NOTE))
    return found


def _gap_words(images: list[int]) -> str:
    """ "gaps after images 3 and 5"; of many the first few."""
    if len(images) == 1:
        return f"gap after image {images[0]}"
    numbers = [str(image) for image in images]
    named = [*numbers[:MOST_GAPS], "others"] if len(numbers) > MOST_GAPS else numbers
    return f"gaps after images {', '.join(named[:-1])} and {named[-1]}"
