"""Letters at the edges of an image: which way the patient lies (PS3.3 C.7.6.1.1.1, C.7.6.2.1.1).

Bipeds: A P R L H F. Quadrupeds: RT LE V D CD CR and, only ever copied from a file's Patient
Orientation, R (rostral) M L (lateral) PR DI PA PL. Letters go by falling weight, and a letter is
said only when its axis carries at least a quarter of the direction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from viewer.core.plane import ImagePlane
from viewer.core.view import View

THRESHOLD = 0.25
MOST_LETTERS = 3

# (towards minus, towards plus) along x, y, z of the patient system, PS3.3 C.7.6.2.1.1. The
# quadruped's y grows towards the back and z towards the head (neck, trunk and tail).
_BIPED_AXES = (("R", "L"), ("A", "P"), ("F", "H"))
_QUADRUPED_AXES = (("RT", "LE"), ("V", "D"), ("CD", "CR"))

_BIPED_OPPOSITES = {a: b for pair in _BIPED_AXES for a, b in (pair, pair[::-1])}
_QUADRUPED_OPPOSITES = {a: b for pair in _QUADRUPED_AXES for a, b in (pair, pair[::-1])} | {
    "M": "L",
    "L": "M",
    "PR": "DI",
    "DI": "PR",
    "R": "CD",  # the head has no cranial end
    "PA": "D",
    "PL": "D",
}
_LIMB_WORDS = {"PR", "DI", "PA", "PL"}


@dataclass(frozen=True, slots=True)
class EdgeLetters:
    """Directions towards the four edges as the image lies on the screen; empty when unknown."""

    top: str
    bottom: str
    left: str
    right: str


def letters_of(vector: Sequence[float], quadruped: bool = False) -> str:
    """Name a direction in the patient system, as "RAF"; empty for a vector without length.

    Args:
        vector: x, y, z in the patient system; need not have unit length (rule 43).
        quadruped: Anatomical Orientation Type (0010,2210) is QUADRUPED.
    """
    length = math.sqrt(sum(component * component for component in vector))
    if not math.isfinite(length) or length == 0:
        return ""
    axes = _QUADRUPED_AXES if quadruped else _BIPED_AXES
    weighted = sorted(zip(vector, axes, strict=True), key=lambda item: -abs(item[0]))
    strong = (item for item in weighted if abs(item[0]) >= THRESHOLD * length)
    words = [names[int(component > 0)] for component, names in strong]
    return "".join(words[:MOST_LETTERS])


def plane_name(normal: Sequence[float]) -> str:
    """How the user calls a plane with this normal (unit vector, patient system)."""
    weights = [abs(component) for component in normal]
    # Within some 37 degrees of an axis: beyond, no anatomical plane is meant.
    if max(weights) < 0.8:
        return "oblique"
    return ("sagittal", "coronal", "axial")[weights.index(max(weights))]


def split_words(value: str, quadruped: bool = False) -> tuple[str, ...]:
    """Take a compound Patient Orientation value apart: "PFL" or "CRV"; () when not the standard's.

    No quadruped abbreviation is the beginning of two others' concatenation, so the longest match
    is the only one.
    """
    known = _QUADRUPED_OPPOSITES if quadruped else _BIPED_OPPOSITES
    text = value.strip().upper()
    words = []
    while text:
        word = next((text[:size] for size in (2, 1) if text[:size] in known), "")
        if not word:
            return ()
        words.append(word)
        text = text[len(word) :]
    return tuple(words)


def opposite(value: str, quadruped: bool = False) -> str:
    """The direction opposite to a compound value: "PF" gives "AH"; empty for an unknown one."""
    words = split_words(value, quadruped)
    opposites = _QUADRUPED_OPPOSITES if quadruped else _BIPED_OPPOSITES
    # On a limb the other side of dorsal is palmar or plantar; the value alone does not say which.
    on_limb = quadruped and bool(_LIMB_WORDS.intersection(words))
    return "".join("PA/PL" if on_limb and word == "D" else opposites[word] for word in words)


def edge_letters(
    plane: ImagePlane | None,
    patient_orientation: tuple[str, str] | None,
    quadruped: bool,
    view: View,
) -> EdgeLetters | None:
    """Letters for the four edges of the screen under `view`, or None when the file gives none.

    Image Orientation (Patient) goes before Patient Orientation (0020,0020), which names the
    directions towards the right and the bottom edge of the stored image.
    """
    stored = _stored_edges(plane, patient_orientation, quadruped)
    if stored is None:
        return None
    return EdgeLetters(
        top=stored[_stored_step(view, (0, -1))],
        bottom=stored[_stored_step(view, (0, 1))],
        left=stored[_stored_step(view, (-1, 0))],
        right=stored[_stored_step(view, (1, 0))],
    )


def _stored_step(view: View, screen_step: tuple[int, int]) -> tuple[int, int]:
    """The stored (column, row) step that goes (right, down) on the screen; M is orthogonal."""
    column, row = view.orientation.T @ screen_step
    return int(column), int(row)


def _stored_edges(
    plane: ImagePlane | None, patient_orientation: tuple[str, str] | None, quadruped: bool
) -> dict[tuple[int, int], str] | None:
    """Letters by stored (column, row) step, or None."""
    right = bottom = left = top = ""
    if plane is not None:
        right = letters_of(plane.row_direction, quadruped)
        bottom = letters_of(plane.column_direction, quadruped)
        left = letters_of([-c for c in plane.row_direction], quadruped)
        top = letters_of([-c for c in plane.column_direction], quadruped)
    elif patient_orientation is not None:
        right, bottom = ("".join(split_words(v, quadruped)) for v in patient_orientation)
        left, top = (opposite(v, quadruped) for v in patient_orientation)
    if not (right or bottom):
        return None
    return {(1, 0): right, (0, 1): bottom, (-1, 0): left, (0, -1): top}
