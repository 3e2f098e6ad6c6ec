"""The log: rotating, for the owner's eyes only, without patient data."""

from __future__ import annotations

import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

MOST_BYTES = 1_000_000
OLD_FILES = 3
# These quote values of files (names, dates, UIDs) in their messages.
TALKATIVE = ("pydicom", "pynetdicom", "PIL", "py.warnings")

ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class OneLine(logging.Formatter):
    """One event, one line: no line breaks or control bytes smuggled in from a file."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        return "".join(c if c.isprintable() else "\\n" if c == "\n" else " " for c in text)

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - the library's name
        """Where it happened and the type; an exception's own text may quote a file's values."""
        kind, trace = ei[0], ei[2]
        lines: list[str] = []
        while trace is not None:
            code = trace.tb_frame.f_code
            lines.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        name = kind.__name__ if kind else "exception"
        return " < ".join([name, *reversed(lines)])


class PrivateHandler(RotatingFileHandler):
    """Creates its files readable by their owner alone, whatever the umask."""

    def _open(self):  # type: ignore[no-untyped-def]
        def opener(path: str, flags: int) -> int:
            return os.open(path, flags, 0o600)

        return open(self.baseFilename, self.mode, encoding=self.encoding, opener=opener)


def start_log(folder: Path) -> Path | None:
    """Log to `folder`/lightbox.log; None (and no log) where the folder cannot be written."""
    path = folder / "lightbox.log"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = PrivateHandler(path, maxBytes=MOST_BYTES, backupCount=OLD_FILES, encoding="utf-8")
    except OSError:
        return None
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in TALKATIVE:
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
    logging.captureWarnings(True)
    return path
