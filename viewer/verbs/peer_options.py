"""What the verbs that call a server have in common: whom to call, and as whom."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict, is_dataclass
from typing import Any

from viewer.net.config import DEFAULT_AE_TITLE
from viewer.net.peer import Peer, PeerTls, Timeouts, check_ae_title, split_address

BAD_USAGE = 2


def add_peer_arguments(parser: argparse.ArgumentParser) -> None:
    """HOST:PORT and the options that say how to call it."""
    add = parser.add_argument
    add("address", metavar="HOST:PORT", help="the server")
    add("--called", default="ANY-SCP", metavar="AE", help="the server's AE title")
    add("--ae-title", default=DEFAULT_AE_TITLE, metavar="AE", help="ours")
    add("--tls", action="store_true", help="encrypt; trust what this computer trusts")
    add("--tls-authority", default="", metavar="PEM", help="encrypt; trust this authority")
    add("--tls-certificate", nargs=2, metavar=("CERT", "KEY"), help="show who we are")
    add("--timeout", type=float, default=60.0, metavar="S", help="wait so long for each answer")
    add("--json", action="store_true", help="print one JSON object a line")


def peer_of(args: argparse.Namespace) -> Peer:
    """The server that the command line names.

    Raises:
        ValueError: with a sentence, when it names none.
    """
    host, port = split_address(args.address)
    check_ae_title(args.ae_title)
    certificate, key = args.tls_certificate or ("", "")
    encrypt = args.tls or args.tls_authority or certificate
    wait_s = args.timeout
    return Peer(
        name=args.address,
        ae_title=args.called,
        host=host,
        port=port,
        tls=PeerTls(args.tls_authority, certificate, key) if encrypt else None,
        timeouts=Timeouts(min(10.0, wait_s), min(15.0, wait_s), wait_s),
    )


def bad_usage(verb: str, error: Exception) -> int:
    """One line for a command line that makes no sense."""
    print(f"lightbox {verb}: {error}", file=sys.stderr)
    return BAD_USAGE


def print_json(value: Any) -> None:
    """One JSON object on a line of its own."""
    if is_dataclass(value) and not isinstance(value, type):
        value = asdict(value)
    print(json.dumps(value, ensure_ascii=True), flush=True)


def printable(text: str) -> str:
    """Control characters of a server must not reach a terminal (escape sequences run there)."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
