"""`lightbox tags FILE [--json]`: what is in a file, element by element."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from viewer.dicom.tags import TagDocument, TagNode

MAX_LINES = 1_000_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the file and how to print it."""
    parser.add_argument("file", metavar="FILE", help="a DICOM file")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print the DICOM JSON model (PS3.18 annex F); large binary values are left out",
    )


def run(args: argparse.Namespace) -> int:
    """Print the file; `ViewerError` is the caller's to print."""
    from viewer.dicom.source import FileRef
    from viewer.dicom.tag_loading import open_document

    path = os.fsencode(args.file)
    document = open_document(FileRef(path))
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    if args.json:
        from viewer.dicom.tag_json import document_json

        text, left_out = document_json(document)
        print(text)
        if left_out:
            print(f"lightbox tags: {left_out} large or unreadable values left out", file=sys.stderr)
        return 0
    for line in _lines(document):
        print(line)
    problems = (*document.container.problems, document.problem)
    for problem in dict.fromkeys(filter(None, problems)):
        print(f"lightbox tags: {problem}", file=sys.stderr)
    return 0


def _lines(document: TagDocument) -> Iterator[str]:
    """The whole tree in file order, without recursion, page by page."""
    from viewer.dicom.tag_text import listing_line

    stack: list[Iterator[TagNode]] = [_pages(document)]
    for _ in range(MAX_LINES):
        node = next(stack[-1], None)
        while node is None:
            stack.pop()
            if not stack:
                return
            node = next(stack[-1], None)
        yield listing_line(node, len(stack) - 1)
        if node.has_children:
            stack.append(_pages(node))
    yield f"… more than {MAX_LINES:,} lines: the rest is not listed"


def _pages(listing: TagDocument | TagNode) -> Iterator[TagNode]:
    yield from listing.children
    while not listing.complete:
        yield from listing.more()
