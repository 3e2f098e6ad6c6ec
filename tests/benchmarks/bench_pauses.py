"""The longest pause of the whole window while a user works with it.

Each case opens or does something in one main window of usual size, with all panels open, and
gives the worst pause by the GUI thread's own processor time (the goal, 16 ms) and by the clock,
which on a shared machine holds what others took.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
from PySide6.QtWidgets import QApplication

from tests.benchmarks.bench_open import write_slices
from tests.benchmarks.pauses import Probe, turn_for, turn_until
from tests.benchmarks.table import Row
from tests.data import ct_dataset, set_pixels, write_ct, write_dataset
from viewer.app import SWITCH_S
from viewer.settings import MemoryBackend
from viewer.ui.main_window import MainWindow
from viewer.ui.theme import apply_theme
from viewer.ui.warm_up import WarmUp
from viewer.workspace.workspace import Workspace

GOAL_MS = 16.0
MANY = 5000
FRAMES = 100_000
SHARED = Path(os.environ.get("LIGHTBOX_SHARED", Path(__file__).parents[2].parent / "shared"))
ULTRASOUND_MULTIFRAME = "1.2.840.10008.5.1.4.1.1.3.1"


def write_different(folder: Path, *changes: tuple[bytes, Callable[[int], bytes]]) -> None:
    """MANY copies of one small CT, each with its own value in the places named."""
    model = write_ct(folder / "model", rows=16, columns=16,
                     instance_uid="1.2.826.0.1.3680043.10.999.7770000",
                     series_uid="1.2.826.0.1.3680043.10.999.8880000",
                     study_uid="1.2.826.0.1.3680043.10.999.9990000",
                     PatientID="ID0000", PatientName="Somebody^N0000")  # fmt: skip
    head = model.read_bytes()
    model.unlink()
    for number in range(MANY):
        own = head.replace(b"7770000", b"777%04d" % number)
        for place, value in changes:
            own = own.replace(place, value(number))
        (folder / f"IM{number:05d}").write_bytes(own)


def write_series(folder: Path) -> None:
    """One study of MANY series."""
    write_different(folder, (b"8880000", lambda n: b"888%04d" % n))


def write_patients(folder: Path) -> None:
    """MANY patients, each with a study of one series."""
    write_different(
        folder,
        (b"8880000", lambda n: b"888%04d" % n),
        (b"9990000", lambda n: b"999%04d" % n),
        (b"ID0000", lambda n: b"ID%04d" % n),
        (b"N0000", lambda n: b"N%04d" % n),
    )


def write_clip(folder: Path) -> None:
    """One object of FRAMES frames of 8x8."""
    values = np.zeros((FRAMES, 8, 8), np.uint8)
    values[:, 0, 0] = np.arange(FRAMES) % 256
    clip = ct_dataset(pixels=values, SOPClassUID=ULTRASOUND_MULTIFRAME, Modality="US",
                      ImagePositionPatient=None, ImageOrientationPatient=None,
                      FrameTime="16.6")  # fmt: skip
    write_dataset(folder / "clip", clip)


def write_jpeg_clip(folder: Path) -> None:
    """60 frames of 800x600 in colour, JPEG baseline, at 60 frames a second."""
    import imagecodecs
    from pydicom.encaps import encapsulate

    rng = np.random.default_rng(1)
    ground = np.kron(rng.integers(0, 255, (75, 100, 3), dtype=np.uint8), np.ones((8, 8, 1)))
    frames = [
        bytes(imagecodecs.jpeg8_encode(np.roll(ground, 5 * n, 1).astype(np.uint8), level=85))
        for n in range(60)
    ]
    clip = ct_dataset(SOPClassUID=ULTRASOUND_MULTIFRAME, Modality="US",
                      ImagePositionPatient=None, ImageOrientationPatient=None,
                      FrameTime="16.667", FrameIncrementPointer=0x00181063)  # fmt: skip
    set_pixels(clip, np.zeros((1, 600, 800, 3), np.uint8))
    clip.PhotometricInterpretation, clip.NumberOfFrames = "YBR_FULL_422", 60
    clip.PixelData = encapsulate(frames)
    clip["PixelData"].VR = "OB"
    write_dataset(folder / "clip", clip, "1.2.840.10008.1.2.4.50")


def write_mammogram(folder: Path) -> None:
    """One image of 5120x4096."""
    rng = np.random.default_rng(2)
    values = rng.integers(0, 4000, (5120, 4096), dtype=np.int16)
    write_ct(folder / "mg", pixels=values, Modality="MG")


class Session:
    """The window and what is done to it."""

    def __init__(self, home: Path) -> None:
        sys.setswitchinterval(SWITCH_S)
        backend = MemoryBackend()
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        apply_theme(application, "dark")
        self.workspace = Workspace(backend)
        self.window = MainWindow(self.workspace, backend, home)
        self.window.resize(1440, 900)

    def start(self) -> None:
        """Show the window and let it import what the first image needs."""
        loader = self.workspace.loader
        warm_up = WarmUp(then=partial(loader.get_ready, decoders=True))
        self.window.painted.connect(warm_up.start)
        self.window.show()
        turn_until(lambda: loader._reader is not None)
        turn_for(0.5)

    def open(self, folder: Path) -> None:
        """Open a folder, wait until the tree and the problems are complete and all is still."""
        self.window.commands.open([os.fsencode(folder)])
        turn_until(lambda: not self.workspace.scanning)
        turn_until(lambda: self.window.browser.settled)
        turn_for(1.5)

    def show_tags(self) -> None:
        self.window.docks["tags"].show()
        turn_for(0.7)

    def close_studies(self) -> None:
        self.window.close_studies()
        turn_for(0.3)

    def read_all(self) -> None:
        """Wait until every frame of the stack shown is in memory."""
        viewport, loader = self.workspace.active, self.workspace.loader
        assert viewport.stack is not None
        stack = viewport.stack
        turn_until(lambda: "absent" not in loader.states(stack))

    def scroll(self, count: int) -> None:
        """Forth, one frame each time the loop comes round."""
        viewport = self.workspace.active
        for _ in range(count):
            viewport.step(1, wraps=True)
            turn_for(0.004)

    def drag_window(self) -> None:
        viewport = self.workspace.active
        for width in itertools.islice(itertools.cycle(range(300, 900, 7)), 150):
            viewport.set_window(40, width, drag="bench")
            turn_for(0.004)

    def play(self, seconds: float) -> None:
        self.workspace.active.cine.play()
        turn_for(seconds)
        self.workspace.active.cine.pause()


def row(name: str, do: Callable[[], object]) -> list[Row]:
    """Do something under the eyes of a probe."""
    with Probe() as probe:
        do()
    found = probe.found
    if os.environ.get("LIGHTBOX_GUILTY"):
        for culprit, count in found.culprits.most_common(8):
            print(f"      {count:5} x {culprit}", file=sys.stderr)
    return [
        Row(f"{name}: worst pause, own work", found.work_ms, goal=GOAL_MS),
        Row("  the same by the clock", found.wall_ms),
    ]


def opening_rows(session: Session) -> Iterator[Row]:
    """Large and strange things opened."""
    for name, write in (
        ("open 5,000 slices", lambda folder: write_slices(folder, MANY)),
        ("open 5,000 series", write_series),
        ("open 5,000 patients", write_patients),
        ("open 100,000 frames", write_clip),
    ):
        with tempfile.TemporaryDirectory() as place:
            write(Path(place))
            yield from row(name, lambda: session.open(Path(place)))
            yield from row(f"close {name.removeprefix('open ')}", session.close_studies)
    yield from hostile_rows(session)


def hostile_rows(session: Session) -> Iterator[Row]:
    """All damaged files at once."""
    maker = SHARED / "hostile" / "make_hostile.py"
    if not maker.is_file():
        return
    with tempfile.TemporaryDirectory() as place:
        subprocess.run([sys.executable, maker, place], check=True, capture_output=True)
        yield from row("open all hostile files", lambda: session.open(Path(place)))
        session.close_studies()
        subprocess.run(["chmod", "-R", "u+rwX", place], check=False)


def working_rows(session: Session) -> Iterator[Row]:
    """What is done all day."""
    with tempfile.TemporaryDirectory() as place:
        write_slices(Path(place), 300)
        session.open(Path(place))
        session.read_all()
        yield from row("scroll 300 slices in memory", lambda: session.scroll(300))
        yield from row("window drag 512x512", session.drag_window)
        yield from row("open the tag inspector", session.show_tags)
        yield from row("scroll with the tag inspector", lambda: session.scroll(300))
        yield from row("cine of slices with the tag inspector", lambda: session.play(4))
        session.close_studies()
    with tempfile.TemporaryDirectory() as place:
        write_jpeg_clip(Path(place))
        yield from row("open a JPEG clip, tag inspector", lambda: session.open(Path(place)))
        yield from row("cine 60/s 800x600, tag inspector", lambda: session.play(4))
        session.close_studies()
    with tempfile.TemporaryDirectory() as place:
        write_mammogram(Path(place))
        yield from row("open 4096x5120", lambda: session.open(Path(place)))
        yield from row("window drag 4096x5120", session.drag_window)
        session.close_studies()


def run() -> list[Row]:
    """All rows, in one window."""
    application = QApplication.instance() or QApplication(["bench"])
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as home:
        session = Session(Path(home))
        rows += row("start, until all is imported", session.start)
        rows += working_rows(session)
        rows += opening_rows(session)
        session.window.close()
    assert application is not None
    return rows


if __name__ == "__main__":
    from tests.benchmarks.__main__ import line

    for one in run():
        print(line(one))
