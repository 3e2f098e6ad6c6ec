"""Warnings that stay on the image at every level of words, while they are true."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from viewer.core.annotation_text import elided, plain, short_number
from viewer.core.image import Lossy, VoiChoice, VoiSource
from viewer.core.view import View
from viewer.errors import Problem, Severity

MOST_PROBLEMS = 3
MOST_CHARACTERS = 72

# Lossy Image Compression Method (0028,2114), PS3.3 C.7.6.1.1.5.1.
_METHODS = {
    "ISO_10918_1": "JPEG",
    "ISO_14495_1": "JPEG-LS",
    "ISO_15444_1": "JPEG 2000",
    "ISO_15444_15": "HTJ2K",
    "ISO_18181_1": "JPEG XL",
    "ISO_13818_2": "MPEG-2",
    "ISO_14496_10": "H.264",
    "ISO_23008_2": "H.265",
}


@dataclass(frozen=True, slots=True)
class Badge:
    """A short warning; colour and mark follow its severity."""

    text: str
    severity: Severity = Severity.WARNING


def badges(
    *,
    view: View,
    lossy: Lossy | None = None,
    voi: VoiChoice | None = None,
    voi_chosen: bool = False,
    padding_hidden: bool = False,
    differs: Sequence[str] = (),
    problems: Sequence[Problem] = (),
    loading: bool = False,
) -> tuple[Badge, ...]:
    """What must be told, the lasting before the passing.

    Args:
        voi: window in force; None for colour.
        voi_chosen: the user asked for it; else a window that the file did not give is a guess.
        padding_hidden: pixels that are no image are black whatever the window says.
        differs: how the user has it shown otherwise than the file asks for.
        problems: of the stack and the frame; notes stay in the Problems panel.
        loading: the frame that should be shown has not come yet.
    """
    found = [Badge(lossy_text(lossy))] if lossy is not None else []
    if view.turned_or_mirrored:
        found.append(Badge(turned_text(view)))
    found += problem_badges(problems)
    guessed = voi is not None and voi.source in (VoiSource.PERCENTILE, VoiSource.MIN_MAX)
    notes = (
        "WINDOW GUESSED: the file has none" if guessed and not voi_chosen else "",
        "PADDING HIDDEN" if padding_hidden else "",
        f"DIFFERS FROM FILE: {', '.join(differs)}" if differs else "",
    )
    said = "; ".join(note for note in notes if note)  # one line: they must not cover the image
    if said:
        found.append(Badge(said, Severity.NOTE))
    if loading:
        found.append(Badge("LOADING", Severity.NOTE))
    return tuple(found)


def lossy_text(lossy: Lossy) -> str:
    """ "LOSSY 10:1 JPEG", each step of a history with several."""
    steps = max(len(lossy.ratios), len(lossy.methods))
    words = []
    for step in range(steps):
        ratio = f"{short_number(lossy.ratios[step], 3)}:1" if step < len(lossy.ratios) else ""
        method = lossy.methods[step].strip() if step < len(lossy.methods) else ""
        words.append(" ".join(word for word in (ratio, _METHODS.get(method, method)) if word))
    said = ", ".join(word for word in words if word)
    known = lossy.ratios or lossy.measured is None
    about = "" if known else f"~{short_number(lossy.measured or 0.0, 2)}:1 "
    return plain(f"LOSSY {about}{said}")


def turned_text(view: View) -> str:
    """How the image lies otherwise than it is stored."""
    if not view.mirrored:
        return f"ROTATED {90 * view.quarter_turns}" if view.quarter_turns else ""
    if view.quarter_turns == 2:  # mirrored and turned over: top and bottom exchanged
        return "FLIPPED top to bottom"
    return "FLIPPED" if view.quarter_turns == 0 else f"FLIPPED, ROTATED {90 * view.quarter_turns}"


def problem_badges(problems: Sequence[Problem]) -> list[Badge]:
    """The worst few problems and how many more there are; the same sentence only once."""
    grave = {p.what: p for p in problems if p.severity is not Severity.NOTE}
    ordered = sorted(grave.values(), key=lambda p: p.severity is not Severity.ERROR)
    shown = [Badge(elided(plain(p.what), MOST_CHARACTERS), p.severity) for p in ordered]
    more = len(shown) - MOST_PROBLEMS
    if more <= 0:
        return shown
    return [*shown[:MOST_PROBLEMS], Badge(f"+{more}: see Problems")]
