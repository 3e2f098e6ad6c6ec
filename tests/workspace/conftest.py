"""Fixtures of the workspace's tests: real files, read by the real reader."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data import ct_series
from viewer.dicom.files.scan import scan
from viewer.dicom.files.source import FrameRef
from viewer.dicom.pixels.frames import FrameReader, LoadedFrame
from viewer.library.catalog import Catalog
from viewer.library.nodes import Stack
from viewer.workspace.jobs import Jobs
from viewer.workspace.loader import Loader
from viewer.workspace.viewport import Viewport

SLICES = 40
FRAME_BYTES = 16 * 16 * 2


def stacks_of(*paths: Path) -> list[Stack]:
    """All stacks below some paths, in the order found."""
    catalog = Catalog()
    catalog.add(scan(paths))
    return [stack for series in catalog.series for stack in series.stacks]


class GatedReader:
    """The real reader behind a gate, so that a test decides when a load ends.

    Attributes:
        asked: every frame number asked for (place in the stack), in order.
    """

    def __init__(self) -> None:
        self._reader = FrameReader()
        self._gates: dict[FrameRef, threading.Event] = {}
        self._lock = threading.Lock()
        self._started: set[FrameRef] = set()
        self.asked: list[FrameRef] = []
        self.closed = False

    def hold(self, *refs: FrameRef) -> None:
        """Loads of these frames do not end until released."""
        for ref in refs:
            self._gates.setdefault(ref, threading.Event())

    def release(self, *refs: FrameRef) -> None:
        for ref in refs or tuple(self._gates):
            self._gates[ref].set()

    def is_loading(self, ref: FrameRef) -> bool:
        return ref in self._started

    def load(self, ref: FrameRef, /) -> LoadedFrame:
        with self._lock:
            self.asked.append(ref)
            self._started.add(ref)
        gate = self._gates.get(ref)
        if gate is not None:
            assert gate.wait(20)
        return self._reader.load(ref)

    def retry(self, ref: FrameRef, /) -> None:
        self._reader.retry(ref)

    def close(self) -> None:
        self.closed = True
        self.release()
        self._reader.close()


@pytest.fixture(autouse=True)
def collect_here() -> Iterator[None]:
    """No loading thread may destroy what a test left behind; see `viewer.workspace.collector`."""
    gc.disable()
    yield
    gc.collect(1)


@pytest.fixture
def jobs(qapp: object) -> Iterator[Jobs]:
    jobs = Jobs(threads=1)
    yield jobs
    jobs.close()


@pytest.fixture(scope="session")
def ct_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ct")
    ct_series(folder, SLICES)
    return folder


@pytest.fixture
def stack(ct_folder: Path) -> Stack:
    (stack,) = stacks_of(ct_folder)
    return stack


@pytest.fixture
def reader(qapp: object) -> GatedReader:
    return GatedReader()


@pytest.fixture
def loader(qapp: object, reader: GatedReader) -> Iterator[Loader]:
    loader = Loader(64 << 20, open_reader=lambda _: reader)
    yield loader
    loader.close()


@pytest.fixture
def viewport(loader: Loader) -> Viewport:
    return Viewport(loader, parent=loader)
