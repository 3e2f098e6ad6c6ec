"""The program as a process of its own: traced, bounded, killed, and started again."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.data import ct_series
from tests.dicom.encapsulated import write_compressed
from tests.hostile.conftest import Case
from tests.hostile.instruments import LONG, most_late_s
from tests.hostile.session import ROOT, command, environment, log_text, run

linux = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="reads Linux's own figures"
)
pytestmark = [linux, pytest.mark.timeout(300)]

# T21 and T22
BOMBS = [
    "C14_nest_60",
    "C15_nest_300",
    "C16_nest_20000",
    "C17_nest_2000_defined",
    "C20_million_items",
    "C24_million_elements",
    "C25_backslash_bomb_ds",
    "C26_backslash_bomb_pn",
    "C29_sq_len_max",
    "E03_65535_square",
    "E05_frames_2147483647",
    "F09_million_fragments",
    "F13_jpeg_bomb_header",
    "F19_j2k_huge",
    "F19_j2k_tile_bomb",
    "F22_jls_huge",
    "F23_ljpeg_huge",
    "F23_ljpeg_no_huffman",
    "F24_rle_nseg_ffffffff",
    "F25_rle_bomb",
    "F26_deflate_bomb_1g",
    "F29_frames_2g_one_fragment",
    "I05_cda_billion_laughs",
    "I07_sr_deep",
    "I08_sr_reference_loop",
]
MOST_MB = 1024
MOST_MB_EACH = 512
LARGE = ("C20", "C24", "F26")  # the manifest allows them more


def test_bombs_cost_neither_memory_nor_patience(
    corpus: Path, cases: list[Case], tmp_path: Path
) -> None:
    paths = [corpus / f"{name}.dcm" for name in BOMBS]
    harmless = {case.id for case in cases if "load" in case.words}

    report = run("one_by_one", *paths, home=tmp_path)

    before_mb = 0.0
    for name, path in zip(BOMBS, paths, strict=True):
        end = report["ends"][str(path)]
        grown_mb, before_mb = end["peak_mb"] - before_mb, end["peak_mb"]
        assert any(end["words"]) or end["rows"] or name in harmless, name
        assert grown_mb < MOST_MB_EACH or name.startswith(LARGE), name
        assert end["worst_s"] < most_late_s(), name
    assert report["peak_mb"] < MOST_MB
    assert "unexpected" not in log_text(tmp_path)


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="Xvfb is not installed")
def test_the_whole_corpus_on_a_real_display(corpus: Path, tmp_path: Path) -> None:
    """T10 where windows are painted for a real screen."""
    done = subprocess.run(
        ["xvfb-run", "-a", "-s", "-screen 0 1600x1000x24", *command("walk", corpus)],
        env=environment(tmp_path, QT_QPA_PLATFORM="xcb"),
        cwd=ROOT,
        capture_output=True,
        timeout=200,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["drawn"] > 40
    assert report["peak_mb"] < MOST_MB
    assert report["worst_s"] < most_late_s()
    assert "unexpected" not in log_text(tmp_path)


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_a_disc_leads_nowhere_outside_of_its_folder(corpus: Path, tmp_path: Path) -> None:
    """T13: whatever a DICOMDIR names, only files below it are opened; its images are reached."""
    discs = sorted(path for path in corpus.glob("G*") if path.is_dir())
    outside = tmp_path / "outside"
    ct_series(outside, 1)
    trace, home = tmp_path / "trace", tmp_path / "home"
    words = ["strace", "-f", "-e", "trace=open,openat,openat2", "-o", str(trace)]

    done = subprocess.run(
        [*words, *command("one_by_one", *discs)],
        env=environment(home),
        cwd=ROOT,
        capture_output=True,
        timeout=250,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-2000:]
    opened = re.findall(r'open(?:at2?)?\([^"]*"((?:[^"\\]|\\.)*)"', trace.read_text("latin-1"))
    ours = (str(ROOT), str(home), "/proc", "/sys", "/dev/null", "/dev/shm", "/dev/urandom")
    system = ("/usr", "/lib", "/etc", "/opt", sys.prefix, sys.base_prefix)
    inside = str(corpus)
    traps = ("passwd", "win.ini", "/dev/zero", "/dev/full", "share\\\\x", "secret")
    assert [path for path in opened if path.endswith(traps)] == []
    assert [p for p in opened if p.startswith(("/tmp", "/home", "/dev")) and inside not in p
            and not p.startswith((*ours, *system))] == []  # fmt: skip
    ends = json.loads(done.stdout.splitlines()[-1])["ends"]
    unreached = [path for path, end in ends.items() if "" not in end["words"][::2]]
    assert [Path(path).name for path in unreached] == []


def compressed_series(folder: Path) -> Path:
    """Forty JPEG-LS slices whose decoding takes a few milliseconds each."""
    import imagecodecs

    noise = np.random.default_rng(5).integers(0, 4096, (256, 256), np.uint16)
    folder.mkdir()
    for number in range(40):
        write_compressed(
            folder / f"{number:02d}.dcm",
            [bytes(imagecodecs.jpegls_encode(np.roll(noise, number, 0)))],
            "1.2.840.10008.1.2.4.80",
            rows=256,
            columns=256,
            bits=16,
            SOPInstanceUID=f"1.2.3.{number + 1}",
            SeriesInstanceUID="1.2.3",
            StudyInstanceUID="1.2",
            InstanceNumber=number + 1,
        )
    return folder


def shared_memory() -> set[str]:
    return set(os.listdir("/dev/shm"))


def test_decoders_are_killed_and_nobody_notices(tmp_path: Path) -> None:
    """T23: alive, every frame drawn again or marked, no zombie, nothing left in shared memory."""
    folder = compressed_series(tmp_path / "series")
    times = "200" if LONG else "30"
    before = shared_memory()

    report = run("kill_workers", times, folder, home=tmp_path / "home", timeout_s=280)

    assert report["killed"] >= int(times)
    assert report["redrawn"] > report["marked"]
    assert report["zombies"] <= 2  # killed while idle: waited for when its seat is needed again
    assert report["worst_s"] < most_late_s()
    assert shared_memory() <= before
    assert "unexpected" not in log_text(tmp_path / "home")


def test_killed_over_a_hostile_file_it_starts_empty(corpus: Path, tmp_path: Path) -> None:
    """T24: no crash loop: what was open when it died is not opened by itself."""
    hostile = corpus / "F14_jpeg_cut.dcm"
    viewer = subprocess.Popen(
        command("hold", hostile), env=environment(tmp_path), cwd=ROOT, stdout=subprocess.PIPE
    )
    assert viewer.stdout is not None
    ready, _, _ = select.select([viewer.stdout], [], [], 60)
    assert ready
    assert viewer.stdout.readline().startswith(b"showing")
    viewer.send_signal(signal.SIGKILL)
    viewer.wait(10)
    viewer.stdout.close()

    report = run("idle", home=tmp_path)

    assert report["patients"] == 0
    assert not report["scanning"]
    assert not report["shown"]
