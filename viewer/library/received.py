"""Store and index together: a received object is safe on disk and in the list."""

from __future__ import annotations

from pathlib import Path

from viewer.library.index import NAME, Index
from viewer.library.store import DEFAULT_CAP_BYTES, DEFAULT_FLOOR_BYTES, Store


def open_store(
    folder: Path,
    *,
    floor_bytes: int = DEFAULT_FLOOR_BYTES,
    cap_bytes: int = DEFAULT_CAP_BYTES,
) -> tuple[Store, Index]:
    """The store in a data folder with the index beside it; every receiver process has its own.

    The index is not flushed for each object: the file was, and what a power failure takes from
    the list is found by `reconcile` at the next start.

    Raises:
        ViewerError: the folder cannot be used.
    """
    store = Store(folder, floor_bytes=floor_bytes, cap_bytes=cap_bytes)
    index = Index(folder / NAME, flush_each=False)
    store.register = index.register
    return store, index
