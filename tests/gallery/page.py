"""The gallery as one HTML page and a folder of strips: ours, the reference, the difference."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.gallery.collect import Picture
from tests.gallery.compare import box_mean

Array = np.ndarray
Rows = dict[tuple[str, str], dict[str, Any]]
THUMB = 128  # pixels, the longer side
AMPLIFIED = 16  # one gray level of difference must be seen
GAP = 4
STYLE = """
body { font: 14px system-ui, sans-serif; background: #16181b; color: #d8dadd; margin: 2em; }
table { border-collapse: collapse; margin: 1em 0; }
td, th { padding: .2em .8em; text-align: left; border-bottom: 1px solid #34383e; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.wall { display: flex; flex-wrap: wrap; gap: 12px; }
figure { margin: 0; padding: 6px; background: #22252a; max-width: 392px; }
figure.differs { outline: 1px solid #d9a441; } figure.wrong { outline: 2px solid #e5534b; }
figcaption { font-size: 12px; overflow-wrap: anywhere; }
img { image-rendering: pixelated; display: block; }
small { color: #9aa0a6; }
"""


def write_page(out: Path, pictures: Sequence[Picture], known: Rows, made_from: str) -> Path:
    """Write index.html and its strips; `known` are the differences that have a reason."""
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.png"):
        old.unlink()
    figures = [_figure(picture, known, out) for picture in sorted(pictures, key=_order(known))]
    parts = [
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Gallery</title>"
        f"<style>{STYLE}</style><h1>Pictures beside a reference</h1>",
        f"<p>{escape(made_from)}. Each strip: ours, the reference, and their difference times "
        f"{AMPLIFIED}. Equal means 99.9 % of the pixels within one gray level (lossy colour: 99 % "
        "within four).</p>",
        f"<p><b>{escape(summary(pictures, known))}</b></p>",
        *_tables(pictures, known),
        _differences(pictures, known),
        _silent(pictures),
        "<h2>Pictures</h2><div class=wall>",
        *figures,
        "</div></html>\n",
    ]
    page = out / "index.html"
    page.write_text("\n".join(part for part in parts if part), encoding="utf-8")
    return page


def state(picture: Picture, known: Rows) -> str:
    """ "equal", "listed" (differs with a reason), "wrong", "alone" (no reference), "failed"."""
    if picture.failure:
        return "failed"
    if picture.found is None:
        return "alone"
    if picture.found.agrees:
        return "equal"
    return "listed" if _key(picture) in known else "wrong"


def summary(pictures: Iterable[Picture], known: Rows) -> str:
    """One line of counts."""
    counts = Counter(state(picture, known) for picture in pictures)
    files = len({picture.wish.shown for picture in pictures})
    return (
        f"{files} files, {counts['equal']} pictures equal, {counts['listed']} different with a "
        f"reason, {counts['wrong']} different without one, {counts['alone']} without a "
        f"reference, {counts['failed']} not shown"
    )


def table_rows(
    pictures: Iterable[Picture], known: Rows, by: Callable[[Picture], str]
) -> list[tuple[str, int, int, int, int, int]]:
    """(kind, files, equal, listed, wrong, without a reference), most files first."""
    files: dict[str, set[str]] = {}
    counts: dict[str, Counter[str]] = {}
    for picture in pictures:
        kind = by(picture) or "not known"
        files.setdefault(kind, set()).add(picture.wish.shown)
        counts.setdefault(kind, Counter())[state(picture, known)] += 1
    rows = [
        (kind, len(names), *(counts[kind][word] for word in ("equal", "listed", "wrong", "alone")))
        for kind, names in files.items()
    ]
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def _key(picture: Picture) -> tuple[str, str]:
    return picture.wish.shown, picture.wish.variant


def _order(known: Rows) -> Callable[[Picture], tuple[int, str, int]]:
    first = ("wrong", "listed", "alone", "equal", "failed")
    return lambda p: (first.index(state(p, known)), p.wish.shown, p.wish.frame)


def _tables(pictures: Sequence[Picture], known: Rows) -> Iterable[str]:
    shown = [picture for picture in pictures if not picture.failure]
    for title, by in (
        ("Transfer syntax", lambda p: p.syntax),
        ("Photometric interpretation", lambda p: p.photometric),
        ("SOP class", lambda p: p.sop_class),
        ("Reference by", lambda p: p.reference.maker if p.reference else "nobody"),
    ):
        head = ("files", "equal", "listed", "wrong", "no reference")
        cells = "".join(f"<th class=n>{word}" for word in head)
        yield f"<table><tr><th>{title}{cells}"
        for kind, *numbers in table_rows(shown, known, by):
            yield f"<tr><td>{escape(kind)}" + "".join(f"<td class=n>{n}" for n in numbers)
        yield "</table>"


def _differences(pictures: Iterable[Picture], known: Rows) -> str:
    """The reasons, each with the files it explains here."""
    files: dict[str, list[str]] = {}
    rows: dict[str, dict[str, Any]] = {}
    for picture in pictures:
        if state(picture, known) == "listed":
            row = known[_key(picture)]
            rows[row["name"]] = row
            files.setdefault(row["name"], []).append(picture.wish.shown)
    if not rows:
        return ""
    lines = ["<h2>Differences</h2><table><tr><th>section<th>why<th>files"]
    for name, row in sorted(rows.items()):
        names = ", ".join(sorted(set(files[name])))
        lines.append(
            f"<tr><td>{escape(row['section'])}<td>{escape(row['reason'])}<td>{escape(names)}"
        )
    return "\n".join([*lines, "</table>"])


def _silent(pictures: Iterable[Picture]) -> str:
    failed = [picture for picture in pictures if picture.failure]
    if not failed:
        return ""
    lines = ["<h2>Not shown, and why</h2><table>"]
    lines += [f"<tr><td>{escape(p.wish.shown)}<td>{escape(p.failure)}" for p in failed]
    return "\n".join([*lines, "</table>"])


def _figure(picture: Picture, known: Rows, out: Path) -> str:
    if picture.ours is None:
        return ""
    name = hashlib.sha256(
        f"{picture.wish.shown} {picture.wish.frame} {picture.wish.variant}".encode()
    )
    strip = _strip(picture)
    file = f"{name.hexdigest()[:12]}.png"
    Image.fromarray(strip).save(out / file, "PNG", optimize=True)
    word = state(picture, known)
    css = {"wrong": " class=wrong", "listed": " class=differs"}.get(word, "")
    frame = f", frame {picture.wish.frame + 1}" if picture.wish.frame else ""
    told = [f"<b>{escape(picture.wish.shown)}</b>{frame}"]
    if picture.wish.variant != "default":
        told.append(escape(picture.wish.variant))
    if picture.wish.what:
        told.append(escape(picture.wish.what))
    if picture.found is not None and picture.reference is not None:
        found = picture.found
        told.append(
            f"{found.equal:.2%} within {found.levels}, worst {found.worst}; beside "
            f"{escape(picture.reference.maker)}"
        )
    if word == "listed":
        told.append(escape(known[_key(picture)]["reason"]))
    told.append(f"<small>{escape(picture.syntax)}, {escape(picture.photometric)}</small>")
    height, width = strip.shape[:2]
    return (
        f"<figure{css}><img loading=lazy width={width} height={height} src={file} alt=''>"
        f"<figcaption>{'<br>'.join(told)}</figcaption></figure>"
    )


def _strip(picture: Picture) -> Array:
    """Thumbnails side by side; the difference keeps its largest value when it is made small."""
    assert picture.ours is not None
    tiles = [_small(picture.ours)]
    if picture.reference is not None and picture.found is not None:
        tiles.append(_small(picture.reference.picture))
        shown = np.minimum(picture.found.difference * AMPLIFIED, 255).astype(np.uint8)
        tiles.append(_small_by_maximum(shown))
    colored = any(tile.ndim == 3 for tile in tiles)
    if colored:
        tiles = [t if t.ndim == 3 else np.repeat(t[..., np.newaxis], 3, -1) for t in tiles]
    height = max(tile.shape[0] for tile in tiles)
    width = sum(tile.shape[1] for tile in tiles) + GAP * (len(tiles) - 1)
    strip = np.full((height, width, *tiles[0].shape[2:]), 34, np.uint8)
    at = 0
    for tile in tiles:
        strip[: tile.shape[0], at : at + tile.shape[1]] = tile
        at += tile.shape[1] + GAP
    return strip


def _small(image: Array) -> Array:
    """At most THUMB pixels on the longer side, by means of boxes."""
    if image.shape[0] > 8 * THUMB and image.shape[1] > 8 * THUMB:
        image = box_mean(image, min(image.shape[:2]) // (4 * THUMB)).astype(np.uint8)
    thumbnail = Image.fromarray(np.ascontiguousarray(image))
    thumbnail.thumbnail((THUMB, THUMB), Image.Resampling.BOX)
    return np.asarray(thumbnail)


def _small_by_maximum(difference: Array) -> Array:
    """A single wrong pixel stays visible in the thumbnail."""
    step = -(-max(difference.shape) // THUMB)
    rows, columns = (-(-size // step) * step for size in difference.shape)
    padded = np.zeros((rows, columns), np.uint8)
    padded[: difference.shape[0], : difference.shape[1]] = difference
    boxes = padded.reshape(rows // step, step, columns // step, step)
    return boxes.max(axis=(1, 3))
