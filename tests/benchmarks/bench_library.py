"""The library with 100,000 instances in 2,000 studies: opening, filtering, registering.

`python -m tests.benchmarks library`. Beside each figure stands its limit: what is felt as a pause
begins at about 100 ms, a query has half of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter

from tests.benchmarks.table import Row, interleaved_ms
from tests.library.received import item, open_library, receive, slice_of
from viewer.library.entries import Order
from viewer.library.index import NAME, Index
from viewer.library.query import parse
from viewer.library.reconcile import rebuild, reconcile
from viewer.library.rows import Item
from viewer.library.store import Store
from viewer.library.trash import Trash

STUDIES, SERIES, INSTANCES = 2000, 5, 10
RECEIVED = 300
QUERY_MS = 50
QUERIES = {
    "all, newest first": "",
    "one letter": "p",
    "name": "patient17",
    "name, ID and modality": "name:patient1 id:pid1 mod:CT",
    "dates": "date:20240110-20240120 sex:F",
    "a sign": "%",
    "new": "is:new",
}


def rows_of_a_hospital() -> Iterator[Item]:
    """100,000 instances with texts of usual length."""
    for study in range(1, STUDIES + 1):
        for series in range(1, SERIES + 1):
            for instance in range(1, INSTANCES + 1):
                yield item(
                    study,
                    series,
                    instance,
                    description=f"CT Thorax-Abdomen mit KM {study % 97}",
                    line={"description": f"Axial 1.0 Br40 {series}"},
                )


def timed_ms(work: Callable[[], object]) -> float:
    """Milliseconds of one call."""
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def run() -> list[Row]:
    """Measure on a library made for it, and a small one with real files."""
    with tempfile.TemporaryDirectory() as name:
        return [*_large(Path(name) / "large"), *_real(Path(name) / "real")]


def _large(folder: Path) -> list[Row]:
    index = Index(folder / NAME)
    filled = timed_ms(lambda: index.put(rows_of_a_hospital()))
    index.close()
    size_mb = (folder / NAME).stat().st_size / 1e6
    opened: list[Index] = []
    opening = timed_ms(lambda: opened.append(Index(folder / NAME)))
    (index,) = opened
    work: dict[str, Callable[[], object]] = {
        words: partial(index.studies, parse(text)) for words, text in QUERIES.items()
    }
    work["first page of 100, by name"] = lambda: index.studies(order=Order.NAME, limit=100)
    some = index.studies(limit=1)[0].id
    work["files of a study"] = lambda: index.files(some)
    ms = interleaved_ms(work)
    uid = index.study(some).uid  # type: ignore[union-attr]
    trash = Trash(index)
    delete = timed_ms(lambda: trash.delete(uid))
    empty = timed_ms(trash.empty)
    index.close()
    return [
        Row("library of 100,000 instances: open and check", opening, goal=500),
        *(Row(f"  find: {words}", value, goal=QUERY_MS) for words, value in ms.items()),
        Row("  forget a study of 50", delete, goal=100),
        Row("  scrub after a deletion", empty),
        Row(
            "  take in, 500 a transaction",
            filled * 1000 / (STUDIES * SERIES * INSTANCES),
            unit="us",
        ),
        Row("  size on disk", size_mb, unit="MB"),
    ]


def _real(folder: Path) -> list[Row]:
    """Objects of 32 bytes of pixels: what is measured is everything but the bytes."""
    store, index = open_library(folder)
    bare = Store(folder, floor_bytes=0)
    slices = [slice_of(1 + number // 30, number % 30 + 1) for number in range(RECEIVED)]
    spent = {store: 0.0, bare: 0.0}
    for number, dataset in enumerate(slices):
        into = bare if number % 2 else store
        spent[into] += timed_ms(partial(receive, into, dataset)) / RECEIVED * 2
    found = timed_ms(lambda: list(reconcile(index, store)))
    again = timed_ms(lambda: list(rebuild(index, store)))
    index.close()
    return [
        Row("store a small object with its entry", spent[store], "without", spent[bare], 1.5),
        Row("  find 150 files that are not listed", found),
        Row("  make the list anew, per 1,000 files", again / RECEIVED * 1000),
    ]


if __name__ == "__main__":
    from tests.benchmarks.__main__ import line

    for row in run():
        print(line(row))
