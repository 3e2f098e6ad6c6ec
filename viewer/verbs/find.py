"""`lightbox find`: what a server has."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict
from datetime import date

from viewer.net.find import MOST_MATCHES, find
from viewer.net.query import Level, Match, Query
from viewer.verbs.peer_options import add_peer_arguments, bad_usage, peer_of, print_json, printable

_SHOWN = {
    Level.PATIENT: ("patient_id", "patient_name", "birth_date", "sex"),
    Level.STUDY: ("study_date", "patient_name", "modalities", "description", "study_uid"),
    Level.SERIES: ("series_number", "modalities", "description", "instance_count", "series_uid"),
    Level.IMAGE: ("instance_number", "sop_class_uid", "sop_uid"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the verb."""
    add_peer_arguments(parser)
    add = parser.add_argument
    levels = [level.lower() for level in Level]
    add("--level", choices=levels, default="study", help="what to list")
    add("--name", default="", help="patient's name; * and ? are wildcards")
    add("--id", default="", help="patient's ID")
    add("--accession", default="", help="accession number")
    add("--since", type=date.fromisoformat, metavar="YYYY-MM-DD", help="first study date")
    add("--until", type=date.fromisoformat, metavar="YYYY-MM-DD", help="last study date")
    add("--modality", default="", metavar="CT,...", help="any of these")
    add("--description", default="", help="of study or series")
    add("--study", default="", metavar="UID", help="needed for series and images")
    add("--series", default="", metavar="UID", help="needed for images")
    add("--most", type=int, default=MOST_MATCHES, metavar="N", help="stop after so many")


def run(args: argparse.Namespace) -> int:
    """Exit code 0 when the server answered and had something, 1 otherwise."""
    try:
        peer = peer_of(args)
        if args.most < 1:
            raise ValueError("--most is at least 1.")
    except ValueError as error:
        return bad_usage("find", error)
    query = Query(
        level=Level(args.level.upper()),
        patient_name=args.name,
        patient_id=args.id,
        accession=args.accession,
        since=args.since,
        until=args.until,
        modalities=tuple(each.strip() for each in args.modality.split(",") if each.strip()),
        description=args.description,
        study_uid=args.study,
        series_uid=args.series,
    )
    count = 0
    for answers in find(peer, query, args.ae_title, most=args.most):
        for match in answers.matches:
            count += 1
            _print(match, args.json)
        if answers.more:
            print(f"lightbox find: only the first {count} are listed.", file=sys.stderr)
    if not count:
        print(f"lightbox find: {peer.name} has nothing that matches.", file=sys.stderr)
    return 0 if count else 1


def _print(match: Match, as_json: bool) -> None:
    values = asdict(match)
    if as_json:
        print_json({name: value for name, value in values.items() if value})
    else:
        print("\t".join(printable(values[name]) for name in _SHOWN[match.level]))
