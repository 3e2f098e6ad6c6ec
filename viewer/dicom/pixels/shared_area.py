"""Memory shared with one worker process, without a name that could outlive both."""

from __future__ import annotations

import mmap
import os
import secrets
import sys
import tempfile
from math import prod
from typing import Any, Self

import numpy as np

_GRAIN = 1 << 20
_KEPT_BYTES = 64 << 20  # pages beyond are given back after each frame


def aligned(count: int) -> int:
    """The next multiple of 64: where an array may start."""
    return -(-count // 64) * 64


class SharedArea:
    """A growing block of memory: a descriptor on POSIX, a private tag on Windows.

    On Linux it is a memfd that cannot shrink, so that a worker gone mad cannot pull pages
    away from under the viewer. Elsewhere on POSIX it is an unlinked temporary file.

    Attributes:
        name: what the worker is told: the descriptor's number, or the tag.
        size: bytes mapped now.
    """

    def __init__(self, name: str, descriptor: int = -1) -> None:
        self.name = name
        self.size = 0
        self._descriptor = descriptor
        self._map: mmap.mmap | None = None

    @classmethod
    def create(cls) -> Self:
        """A new, empty area, owned by this process."""
        if sys.platform == "win32":
            return cls(f"lightbox-{secrets.token_hex(16)}")
        descriptor = _anonymous_file()
        return cls(str(descriptor), descriptor)

    @classmethod
    def attach(cls, name: str) -> Self:
        """The area that the parent created, seen from the worker."""
        return cls(name) if sys.platform == "win32" else cls(name, int(name))

    @property
    def descriptors(self) -> tuple[int, ...]:
        """Descriptors the worker has to inherit."""
        return (self._descriptor,) if self._descriptor >= 0 else ()

    def reserve(self, size: int) -> None:
        """Make room for at least `size` bytes; only pages written to take memory."""
        if size > self.size:
            size = -(-size // _GRAIN) * _GRAIN
            if self._descriptor >= 0:
                os.ftruncate(self._descriptor, size)
            self.follow(size)

    def follow(self, size: int) -> None:
        """Map what the other side has made room for."""
        if size <= self.size:
            return
        # The old map goes when its last view does; closing it here would raise until then.
        if sys.platform == "win32":
            # A tag keeps its first size: each size is a mapping of its own.
            self._map = mmap.mmap(-1, size, tagname=f"{self.name}-{size}")
        else:
            self._map = mmap.mmap(self._descriptor, size)
        self.size = size

    def write(
        self, offset: int, data: bytes | np.ndarray[tuple[int, ...], np.dtype[np.generic]]
    ) -> None:
        """Copy bytes or a contiguous array into the area."""
        assert self._map is not None
        view = memoryview(data).cast("B")  # type: ignore[arg-type, unused-ignore]
        self._map[offset : offset + view.nbytes] = view

    def read(self, offset: int, count: int) -> bytes:
        """A copy of `count` bytes."""
        assert self._map is not None
        return self._map[offset : offset + count]

    def view(
        self, offset: int, shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> np.ndarray[Any, Any]:
        """The memory at `offset` as an array.

        Raises:
            ValueError: it would reach beyond the end.
        """
        assert self._map is not None
        return np.frombuffer(self._map, dtype, prod(shape), offset).reshape(shape)

    def trim(self) -> None:
        """Give the pages of an exceptionally large frame back to the system."""
        if self.size > _KEPT_BYTES and self._map is not None and hasattr(mmap, "MADV_REMOVE"):
            self._map.madvise(mmap.MADV_REMOVE, _KEPT_BYTES)

    def close(self) -> None:
        """Release this side; the memory goes when both sides have."""
        self._map = None
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _anonymous_file() -> int:
    """A descriptor of memory that has no name in any folder."""
    if hasattr(os, "memfd_create"):
        import fcntl

        descriptor = os.memfd_create("frames", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)
        return descriptor
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
