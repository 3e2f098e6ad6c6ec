"""The command line: no verb opens the window, a verb does one job without a display.

Exit codes: 0 something was readable, 1 nothing was, 2 bad usage.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn, Protocol, cast

from viewer import __version__
from viewer.errors import ViewerError

VERBS = {
    "describe": "list patients, studies, series and stacks as the viewer would show them",
    "render": "write a frame as PNG, as the viewer would show it",
    "tags": "list what is in a file, element by element",
    "receive": "receive studies from scanners, without a window",
    "library": "list the studies that were received or opened, and set the list right",
    "echo": "ask a server whether it answers",
    "send": "send files to a server",
    "find": "list what a server has",
    "get": "fetch a study from a server",
}


class Verb(Protocol):
    """What each module of `viewer.verbs` offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's own arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do it; return the exit code."""


def run(arguments: Sequence[str]) -> int:
    """Dispatch one call; only the verb that is asked for is imported."""
    if arguments and arguments[0] == "--decoder-worker":  # a frozen build starts itself anew
        from viewer.dicom.pixels.decoder_worker import main as decode

        decode(arguments[1])
        return 0
    if arguments and arguments[0] in VERBS:
        return _run_verb(arguments[0], arguments[1:])
    parser = _window_parser()
    options = parser.parse_args(arguments)
    if not _has_display():
        print("lightbox: there is no display to open a window on", file=sys.stderr)
        return 1
    from viewer.app import run as open_window

    return open_window([os.fsencode(path) for path in options.paths], options.sample)


def _has_display() -> bool:
    """Without one Qt ends the process, with a core and four lines of its own."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return sys.platform != "linux" or any(os.environ.get(name) for name in names)


class Parser(argparse.ArgumentParser):
    """Says what is wrong with a call in one line, like every other error."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def _run_verb(name: str, arguments: Sequence[str]) -> int:
    verb = cast(Verb, importlib.import_module(f"viewer.verbs.{name}"))
    parser = Parser(prog=f"lightbox {name}", description=VERBS[name])
    verb.add_arguments(parser)
    args = parser.parse_args(arguments)
    if sys.stdout is None:  # the caller closed it
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # names in ASCII terminals
    try:
        code = verb.run(args)
        sys.stdout.flush()
        return code
    except ViewerError as error:
        told = f"{_subject(args)}{error} {error.advice}".rstrip()
        print(f"lightbox {name}: {told}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader (head, less) has had enough
        _drop_output()
        return 0
    except OSError as error:
        _drop_output()
        print(f"lightbox {name}: nothing can be written: {error.strerror}", file=sys.stderr)
        return 1


def _subject(args: argparse.Namespace) -> str:
    """The file that the call names, safe for a terminal."""
    name = getattr(args, "file", None) or ""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return f"{shown}: " if shown else ""


def _drop_output() -> None:
    """What is still buffered must not fail once more when the interpreter ends."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _window_parser() -> argparse.ArgumentParser:
    verbs = "\n".join(f"  lightbox {name:9} {what}" for name, what in VERBS.items())
    parser = Parser(
        prog="lightbox",
        description="Open files, folders, discs (DICOMDIR) and ZIP archives in the viewer.",
        epilog=f"without a window:\n{verbs}\n\nNot a medical device: not for diagnosis.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="what to open")
    parser.add_argument("--sample", action="store_true", help="open a study made in code")
    parser.add_argument("--version", action="version", version=f"Lightbox {__version__}")
    return parser
