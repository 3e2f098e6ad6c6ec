"""The other process: decodes one frame after another until its standard input closes.

It is started by `viewer.dicom.pixels.decoder_pool` and talks one line of JSON per frame; the bytes
lie in shared memory. Whatever a native codec does to it, the viewer lives on.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import IO

# Before numpy: its threads would each reserve address space that the limit then lacks.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

ADDRESS_SPACE_BYTES = 2 << 30
FRAME_SECONDS = 10.0


def limit_resources() -> None:
    """Bound memory, leave no core file (it would hold pixels), ignore the terminal's Ctrl-C."""
    with contextlib.suppress(ImportError):  # Windows has no such module
        import resource
        import signal

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(ValueError, OSError):  # macOS refuses the limit
            resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_BYTES, ADDRESS_SPACE_BYTES))
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _private_channel() -> tuple[IO[bytes], IO[bytes]]:
    """(requests, replies) on descriptors that no codec's printf can reach."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    return requests, replies


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """End this process if a frame takes longer, even when the viewer is gone by then.

    The default action of SIGALRM ends the process without Python's help, which a codec that
    holds the interpreter lock would deny.
    """
    try:
        from signal import ITIMER_REAL, setitimer
    except ImportError:  # Windows: the viewer's own clock has to do
        yield
        return
    setitimer(ITIMER_REAL, seconds)
    try:
        yield
    finally:
        setitimer(ITIMER_REAL, 0)


def main(area_name: str) -> None:
    """Serve until standard input closes; `area_name` names the shared memory."""
    limit_resources()
    requests, replies = _private_channel()
    from viewer.dicom.pixels.decode_service import Service  # numpy: after the limits

    service = Service(area_name)
    while line := requests.readline():
        with _alarm(FRAME_SECONDS + 2):
            reply = service.answer(line)
        replies.write(reply)
        replies.flush()


if __name__ == "__main__":
    main(sys.argv[1])
