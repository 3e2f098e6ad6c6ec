"""`lightbox get`: a study comes from a server into the store."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from viewer.library.received import open_store
from viewer.library.store import Store
from viewer.net.peer import Peer
from viewer.net.retrieve import RetrieveProgress, Wanted, get
from viewer.verbs.peer_options import add_peer_arguments, bad_usage, peer_of, print_json
from viewer.verbs.receive import default_store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add_peer_arguments(parser)
    add = parser.add_argument
    add("--study", required=True, metavar="UID", help="the study")
    add("--series", default="", metavar="UID", help="only this series of it")
    add("--image", default="", metavar="UID", help="only this object of the series")
    add("--store", type=Path, metavar="DIR", help="where received studies go")


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when all of it came, 1 otherwise."""
    try:
        peer = peer_of(args)
    except ValueError as error:
        return bad_usage("get", error)
    wanted = Wanted(args.study, args.series, args.image)
    os.umask(0o077)
    store, index = open_store((args.store or default_store()).absolute())
    try:
        last = _fetch(peer, wanted, args, store)
    finally:
        index.close()
    if not args.json:
        print(f"{last.completed} received, {last.failed} failed, {last.nbytes / 1e6:.1f} MB.")
    return 0 if last.completed and not last.failed else 1


def _fetch(peer: Peer, wanted: Wanted, args: argparse.Namespace, store: Store) -> RetrieveProgress:
    last = RetrieveProgress()
    for last in get(peer, wanted, args.ae_title, store):
        if last.saved is not None and args.json:
            saved = last.saved
            print_json({"path": os.fsdecode(saved.path), "outcome": saved.outcome})
        if last.what:
            print(f"lightbox get: {last.what} {last.advice}".rstrip(), file=sys.stderr)
    return last
