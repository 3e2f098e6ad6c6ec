"""Runs a piece of code in a child process and measures what it cost."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_MEASURE = """
import sys, time
begin = time.process_time()
try:
{body}
finally:
    seconds = time.process_time() - begin
    status = open("/proc/self/status").read()  # getrusage counts the parent's pages too
    peak = int(status.split("VmHWM:")[1].split()[0]) >> 10
    print(f"\\n{{seconds:.3f}} {{peak}}")
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the code printed, its processor seconds (others share the machine), peak memory, MiB."""

    output: str
    seconds: float
    peak_mb: int


def measured(body: str, *arguments: str, limit_s: float = 60) -> Cost:
    """Run `body` with `arguments` in sys.argv[1:]; a crash or a hang fails the test."""
    indented = "\n".join("    " + line for line in body.strip().splitlines())
    code = _MEASURE.format(body=indented)
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=limit_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    *output, last = done.stdout.strip().splitlines()
    seconds, peak = last.split()
    return Cost("\n".join(output), float(seconds), int(peak))
