"""`lightbox send`: files and folders go to a server as they are."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator

from viewer.dicom.files.scan import scan
from viewer.dicom.files.scan_items import Found
from viewer.dicom.files.source import FileRef
from viewer.errors import ViewerError
from viewer.net.send import SendProgress, SendState, send
from viewer.verbs.peer_options import add_peer_arguments, bad_usage, peer_of, print_json

_ENDS = (SendState.SENT, SendState.FAILED, SendState.SKIPPED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add_peer_arguments(parser)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="file, folder, disc or ZIP")
    parser.add_argument(
        "--may-decompress",
        action="store_true",
        help="send uncompressed copies of what is not accepted as it is",
    )


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when everything found was sent, 1 otherwise."""
    try:
        peer = peer_of(args)
    except ValueError as error:
        return bad_usage("send", error)
    files = list(_files(args.paths))
    if not files:
        raise ViewerError("Nothing readable was found.", "Name DICOM files or folders of them.")
    counts: Counter[SendState] = Counter()
    try:
        for step in send(peer, files, args.ae_title, may_reencode=args.may_decompress):
            if step.state in _ENDS:
                counts[step.state] += 1
                _tell(step, args.json)
    finally:
        if not args.json:
            words = ", ".join(f"{counts[state]} {state.value}" for state in _ENDS)
            print(f"{words} of {len(files)}.")
    return 0 if counts[SendState.SENT] == len(files) else 1


def _files(paths: Iterable[str]) -> Iterator[FileRef]:
    for item in scan([os.fsencode(path) for path in paths]):
        if isinstance(item, Found):
            yield item.header.ref
        else:
            print(f"lightbox send: {item.ref.text}: {item.reason}", file=sys.stderr)


def _tell(step: SendProgress, as_json: bool) -> None:
    if as_json:
        status = None if step.status is None else f"{step.status:04X}"
        print_json(
            {
                "path": step.ref.text,
                "state": step.state,
                "status": status,
                "what": step.what,
                "advice": step.advice,
            }
        )
    elif step.what:
        line = f"lightbox send: {step.ref.text}: {step.what} {step.advice}".rstrip()
        print(line, file=sys.stderr)
