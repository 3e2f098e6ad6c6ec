"""What `tests.hostile.session` can do with the program's window, step by step."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Generator
from typing import Any

from tests.hostile.instruments import Pulse
from tests.hostile.session import Script, Step, peak_mb
from viewer.library.nodes import Stack
from viewer.ui.main_window import MainWindow
from viewer.ui.panels.tag_inspector import TagInspector

# A stopped decoder costs the ten seconds that a frame may take: few of those.
HOW = ((signal.SIGSEGV, signal.SIGABRT, signal.SIGKILL, signal.SIGSTOP), (10, 10, 10, 2))


def opening(window: MainWindow, paths: list[bytes]) -> Generator[Step, None, list[Stack]]:
    """Open paths and wait until all is read and split."""
    workspace = window.workspace
    window.commands.open(paths)
    yield lambda: not workspace.scanning
    yield lambda: not workspace.stacker.busy
    return [stack for series in workspace.catalog.series for stack in series.stacks]


def showing(window: MainWindow, stack: Stack, place: int) -> Generator[Step, None, str]:
    """Show a frame; returns why it is not there, or nothing."""
    viewport = window.workspace.active
    window.workspace.show(stack, index=place)
    yield lambda: not viewport.loading
    return viewport.failure.what if viewport.failure else ""


def reading_tags(window: MainWindow) -> Generator[Step, None, str]:
    """Wait for the tags of the frame shown; returns why they are not there, or nothing."""
    inspector = window.docks["tags"].widget()
    assert isinstance(inspector, TagInspector)
    ref = window.workspace.active.frame_ref

    def told() -> bool:
        document = inspector.model.document
        return not inspector.message.isHidden() or (
            document is not None and ref is not None and document.ref == ref.file
        )

    yield told
    return "" if inspector.message.isHidden() else inspector.message.text()


def walk(window: MainWindow, paths: list[bytes]) -> Script:
    """Open everything at once; look at the first and the middle frame of each stack."""
    stacks = yield from opening(window, paths)
    drawn, failures = 0, []
    for stack in stacks:
        for place in dict.fromkeys((0, len(stack.frames) // 2)):
            failure = yield from showing(window, stack, place)
            failures += [failure] if failure else []
            drawn += not failure
    rows = [[row.where, row.what] for row in window.workspace.problems.rows]
    return {"stacks": len(stacks), "drawn": drawn, "failures": failures, "rows": rows}


def one_by_one(window: MainWindow, paths: list[bytes]) -> Script:
    """Open each path alone with its tags, and close it; tells the memory after each."""
    window.docks["tags"].show()
    ends, pulse = {}, Pulse()
    for path in paths:
        words = []
        stacks = yield from opening(window, [path])
        for stack in stacks[:3]:
            words.append((yield from showing(window, stack, 0)))
            words.append((yield from reading_tags(window)))
        rows = [row.what for row in window.workspace.problems.rows]
        ends[os.fsdecode(path)] = {
            "rows": rows,
            "words": words,
            "peak_mb": peak_mb(),
            "worst_s": pulse.worst_s,
        }
        pulse.worst_s = 0.0
        window.close_studies()
    pulse.stop()
    return {"ends": ends}


def hold(window: MainWindow, paths: list[bytes]) -> Script:
    """Show the first stack, say so, and stay until killed."""
    stacks = yield from opening(window, paths)
    failure = yield from showing(window, stacks[0], 0)
    print(f"showing {failure}".strip(), flush=True)
    yield lambda: False
    return {}


def idle(window: MainWindow, paths: list[bytes]) -> Script:
    """Start as a user starts it, without a path, and tell what it opened by itself."""
    yield lambda: window.view_area.isVisible()
    beats = iter(range(100))
    yield lambda: next(beats, None) is None
    workspace = window.workspace
    return {
        "patients": len(workspace.catalog.patients),
        "scanning": workspace.scanning,
        "shown": workspace.active.stack is not None,
    }


def kill_workers(window: MainWindow, paths: list[bytes]) -> Script:
    """Scroll a compressed series while its decoders are killed at random."""
    times, folder = int(paths[0]), paths[1:]
    dice = random.Random(times)
    (stack, *_) = yield from opening(window, folder)
    yield from showing(window, stack, 0)
    viewport = window.workspace.active
    outcome: dict[str, Any] = {"redrawn": 0, "marked": 0, "killed": 0}
    window.workspace.loader.set_cache_limit(1 << 20)  # a few frames: scrolling goes on decoding
    while outcome["killed"] < times:
        viewport.set_index(dice.randrange(viewport.count))
        workers = decoders()
        if workers:
            (how,) = dice.choices(*HOW)
            outcome["killed"] += struck(dice.choice(workers), how)
        yield lambda: not viewport.loading
        marked = viewport.failure is not None
        outcome["marked" if marked else "redrawn"] += 1
        if marked:
            viewport.retry()
    return {**outcome, "zombies": zombies()}


def zombies() -> int:
    """Ended children that nobody has waited for, the one being replaced just now aside."""
    found = 0
    for pid in children():
        try:
            with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                found += stat.read().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            continue
    return found


def struck(pid: int, how: signal.Signals) -> bool:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return False
    return True


def children() -> list[int]:
    """Processes that any thread of this one has started."""
    listed = []
    for task in os.listdir("/proc/self/task"):
        try:
            with open(f"/proc/self/task/{task}/children", encoding="ascii") as told:
                listed += told.read().split()
        except OSError:
            continue  # a thread that has just ended
    return [*dict.fromkeys(map(int, listed))]


def decoders() -> list[int]:
    """Those of them that decode."""
    found = []
    for pid in children():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as words:
                if b"decoder_worker" in words.read():
                    found.append(pid)
        except OSError:
            continue
    return found
