"""T11: each made case alone, one after the other in one window that lives on."""

from __future__ import annotations

import time
import pytest

from tests.hostile.instruments import LATE_S, Pulse
from tests.hostile.looking import close_all, open_all, walk


@pytest.mark.timeout(400)
def test_each_case_alone_ends_as_its_manifest_says(qtbot, window, cases):
    window.docks["tags"].show()
    pulse = Pulse()
    wrong = []
    for case in cases:
        start = time.perf_counter()
        pulse.worst_s = 0
        try:
            open_all(qtbot, window, case.path)
            seen = walk(qtbot, window, 50)
            close_all(qtbot, window)
        except Exception as e:
            print("EXC", case.id, repr(e)[:300], flush=True)
            close_all(qtbot, window)
            continue
        sec = time.perf_counter() - start
        got = seen.word
        ok = got in case.words or (got == "skip" and "error" in case.words)
        print("OK" if ok else "WRONG", case.id[:40], sorted(case.words), got, f"{sec:.2f}s late {pulse.worst_s:.2f}", seen.drawn, seen.tags, [m[:60] for m in seen.tag_messages], flush=True)
        if not ok:
            print("   ", [r.what for r in seen.rows][:4], [f.what for f in seen.failures], seen.badges[:3])
