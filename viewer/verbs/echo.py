"""`lightbox echo`: does a server answer, and does it know us?"""

from __future__ import annotations

import argparse

from viewer.net.echo import echo
from viewer.verbs.peer_options import add_peer_arguments, bad_usage, peer_of, print_json, printable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add_peer_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when the echo came back."""
    try:
        peer = peer_of(args)
    except ValueError as error:
        return bad_usage("echo", error)
    result = echo(peer, args.ae_title)
    if args.json:
        print_json(result)
    else:
        who = f" ({printable(result.implementation)})" if result.implementation else ""
        print(f"{peer.name}{who} answered in {result.associate_ms + result.echo_ms:.1f} ms.")
    return 0
