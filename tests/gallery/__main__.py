"""`python -m tests.gallery [DATA] [--out FOLDER]`: write the page of pictures.

Without DATA: images made in code and the files that come with pydicom.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.gallery.collect import (
    Picture,
    Wish,
    bundled_wishes,
    compared,
    data_wishes,
    made_wishes,
)
from tests.gallery.compare import LISTS, OWN_LIST, known_differences
from tests.gallery.page import state, summary, table_rows, write_page
from viewer.dicom.pixels.frames import FrameReader

ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments: Sequence[str]) -> int:
    """Write the page; 1 when a picture differs without a reason."""
    parser = argparse.ArgumentParser(prog="gallery", description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, help="folder of DICOM files")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gallery")
    args = parser.parse_args(arguments)
    known = known_differences(*LISTS, OWN_LIST)
    with tempfile.TemporaryDirectory() as folder:
        if args.data is None:
            wishes = [*made_wishes(Path(folder)), *bundled_wishes()]
            words = "Images made in code and the files that come with pydicom"
        else:
            wishes, words = list(data_wishes(args.data.resolve())), "Files of a folder"
        pictures = compare_all(wishes, Path(folder))
    page = write_page(args.out, pictures, known, words)
    print_tables(pictures, known)
    print(f"{summary(pictures, known)}\n{page}")
    return int(any(state(picture, known) == "wrong" for picture in pictures))


def compare_all(wishes: Iterable[Wish], folder: Path) -> list[Picture]:
    """All comparisons; what is kept of each is only what the page needs."""
    reader = FrameReader()
    try:
        with ThreadPoolExecutor(2) as pool:
            jobs = enumerate(wishes)
            found = pool.map(lambda job: _one(job[1], reader, folder, job[0]), jobs)
            return [picture for picture in found if picture is not None]
    finally:
        reader.close()


def _one(wish: Wish, reader: FrameReader, folder: Path, number: int) -> Picture | None:
    own = folder / f"{number % 1000:03d}"
    own.mkdir(exist_ok=True)
    return compared(wish, reader, own)


def print_tables(pictures: Sequence[Picture], known: dict) -> None:  # type: ignore[type-arg]
    """The tables as text, and every difference without a reason."""
    for title, by in (
        ("transfer syntax", lambda p: p.syntax),
        ("photometric interpretation", lambda p: p.photometric),
        ("SOP class", lambda p: p.sop_class),
    ):
        print(f"{title:56}  files  equal  listed  wrong  no reference")
        shown = [picture for picture in pictures if not picture.failure]
        for kind, *numbers in table_rows(shown, known, by):
            print(f"{kind[:56]:56}" + "".join(f"{n:7}" for n in numbers))
        print()
    for picture in pictures:
        if state(picture, known) == "wrong" and picture.found is not None:
            found, wish = picture.found, picture.wish
            print(f"differs: {wish.shown} frame {wish.frame} {wish.variant}: {found.equal:.4f}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
