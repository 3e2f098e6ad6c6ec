"""The scan against the whole hostile corpus, in a process of its own with limits."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.access import let_others_pass
from tests.data import ct_series

resource = pytest.importorskip("resource", reason="limits need a POSIX system")

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 1 << 30

# Scans its arguments and prints one JSON line for each result, then one with the cost.
CHILD = """
import json, os, sys, time
from viewer.dicom.headers.header_keywords import HEADER_KEYWORDS
from viewer.dicom.files.scan import Found, scan
if sys.argv[1]:
    import viewer.dicom.datasets.charset  # while its folder may still be read
    os.setuid(int(sys.argv[1]))
longest, start = 0.0, time.process_time()
before = start
for item in scan(sys.argv[2:]):
    now = time.process_time()
    longest = max(longest, now - before)
    if isinstance(item, Found):
        for keyword in HEADER_KEYWORDS:
            item.header.text(keyword), item.header.integer(keyword), item.header.numbers(keyword)
        problems = [problem.what for problem in item.header.problems]
        row = [item.header.ref.text, "found", problems, item.header.frames]
    else:
        row = [item.ref.text, item.kind, [item.reason], 0]
    print(json.dumps(row))
    before = time.process_time()
status = open("/proc/self/status").read()  # getrusage counts the parent's pages too
peak_mb = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps({"seconds": time.process_time() - start, "longest": longest, "peak_mb": peak_mb}))
"""


class Outcome:
    """What one scan in a child process came to."""

    def __init__(self, lines: list[Any]) -> None:
        self.cost: dict[str, float] = lines[-1]
        self.found = {row[0]: row for row in lines[:-1] if row[1] == "found"}
        self.skipped = {row[0]: row for row in lines[:-1] if row[1] != "found"}


def scanned(*paths: Path, user: int | None = None, timeout_s: float = 120) -> Outcome:
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(user or ""), *paths],
        stdout=subprocess.PIPE,
        timeout=timeout_s,
        check=True,
        cwd=ROOT,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY)),
    )
    return Outcome([json.loads(line) for line in done.stdout.splitlines()])


@pytest.fixture(scope="module")
def cases(corpus: Path) -> list[dict[str, Any]]:
    manifest = json.loads((corpus / "manifest.json").read_text())
    rows: list[dict[str, Any]] = manifest["cases"] if isinstance(manifest, dict) else manifest
    return rows


@pytest.fixture(scope="module")
def whole(corpus: Path) -> Outcome:
    return scanned(corpus)


def test_the_whole_corpus_is_scanned_within_bounds(whole: Outcome) -> None:
    assert whole.cost["seconds"] < 20
    assert whole.cost["longest"] < 2
    assert whole.cost["peak_mb"] < 300


# T10, as far as a header can tell: "load" is listed, "skip" is not, a word is said otherwise.
def test_every_case_meets_its_word(
    whole: Outcome, corpus: Path, cases: list[dict[str, Any]]
) -> None:
    wrong = []
    for case in cases:
        path = corpus / case["path"]
        name = str(path).encode("utf-8", "replace").decode()
        below = name + "/"
        found = [row for text, row in whole.found.items() if text == name or text.startswith(below)]
        skipped = [t for t in whole.skipped if t == name or t.startswith((below, name + "!"))]
        words = set(case["expect"].split("|"))
        if words == {"load"} and not found:
            wrong.append(f"{case['id']} must be listed")
        if words == {"skip"} and found:
            wrong.append(f"{case['id']} must not be listed")
        known = found or skipped or case["klass"] == "file system"
        if not known:
            wrong.append(f"{case['id']} is nowhere")

    assert wrong == []


def test_frames_are_never_absurd(whole: Outcome) -> None:
    assert max(row[3] for row in whole.found.values()) <= 100_000  # E33 holds that many


# T13: nothing outside of the folder is opened, whatever a DICOMDIR names
@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_nothing_outside_is_opened(corpus: Path, tmp_path: Path) -> None:
    folders = sorted(path for path in corpus.glob("G*") if path.is_dir())
    log = tmp_path / "log"
    code = (
        "import sys\n"
        "from viewer.dicom.files.scan import Found, scan\n"
        "items = [list(scan([path])) for path in sys.argv[1:]]\n"
        "assert all(any(isinstance(i, Found) for i in found) for found in items[:11])\n"
    )

    trace = ["strace", "-f", "-e", "trace=open,openat", "-o", log]
    subprocess.run(
        [*trace, sys.executable, "-c", code, *folders],
        check=True,
        cwd=ROOT,
        timeout=120,
    )

    opened = [line.split('"')[1] for line in log.read_text().splitlines() if '"' in line]
    ends = ("passwd", "win.ini", "/dev/zero", "\\\\share\\\\x", "IM00")
    assert [path for path in opened if path.endswith(ends)] == []
    assert any(path.endswith("G01_parent_refs/IM0001") for path in opened)


def test_each_disc_is_read_within_a_second(corpus: Path) -> None:
    for folder in sorted(path for path in corpus.glob("G*") if path.is_dir()):
        outcome = scanned(folder)

        assert outcome.cost["seconds"] < 1, folder.name
        if folder.name != "G11_device":
            assert outcome.found or folder.name.startswith("G11"), folder.name


# T12
def test_good_files_among_hostile_ones_are_all_found(corpus: Path, tmp_path: Path) -> None:
    good = ct_series(tmp_path / "good", 500, rows=4, columns=4)
    mixed = tmp_path / "mixed"
    shutil.copytree(corpus, mixed, ignore=lambda _, names: [n for n in names if n.startswith("J_")])
    for number, path in enumerate(good):
        path.rename(mixed / f"{'AGZ'[number % 3]}_{number}")

    outcome = scanned(mixed)

    names = {Path(text).name for text in outcome.found}
    assert len([n for n in names if n[:2] in ("A_", "G_", "Z_")]) == 500
    assert outcome.cost["seconds"] < 30


# T21, as far as the header goes: cases alone, within their own limits of time and memory
@pytest.mark.parametrize(
    "name",
    [
        "C16",
        "C17",
        "C20",
        "C24",
        "C25",
        "C26",
        "C29",
        "B12",
        "B18",
        "F09",
        "F26",
        "I07",
        "J_sparse",
    ],
)
def test_the_costly_cases_alone(corpus: Path, name: str) -> None:
    (path,) = [
        p for p in [*corpus.glob(f"{name}*"), *corpus.glob(f"J_*/{name[2:]}*")] if p.is_file()
    ]

    outcome = scanned(path)

    assert len(outcome.found) + len(outcome.skipped) == 1
    assert outcome.cost["seconds"] < 2
    assert outcome.cost["peak_mb"] < 200


# T31: as an ordinary user, who may not read everything
@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become another user"
)
def test_the_hostile_file_system_as_an_ordinary_user(corpus: Path) -> None:
    folder = corpus / "J_filesystem"
    let_others_pass(corpus)

    outcome = scanned(folder, user=65534)

    names = {Path(text).name: row for text, row in {**outcome.found, **outcome.skipped}.items()}
    assert outcome.cost["seconds"] < 5
    assert names["good.dcm"][1] == "found"
    assert names["unreadable.dcm"][1] == "unreadable"
    assert names["unreadable_dir"][1] == "unreadable"
    assert names["fifo.dcm"][1] == "not a file"
    assert any(len(name) == 255 for name in names)
    assert len([text for text in outcome.found if text.endswith("/good.dcm")]) == 1
