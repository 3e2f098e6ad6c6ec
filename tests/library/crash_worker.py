"""What the crash tests kill: does one kind of work and says aloud what is done."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from tests.library.received import STUDY, item, open_library, receive, slice_of
from tests.library.test_schema import MIGRATIONS, NEXT
from viewer.library.database import Database
from viewer.library.index import NAME, Index
from viewer.library.trash import Trash

MANY = 200


def main() -> None:
    """Reads jobs `KIND FOLDER COUNT` as lines; each is done by a child, for a start takes long.

    With a count of 0 the child works until it is killed.
    The child says `ready PID` and then a line for all that is done, we say `ended` after it.
    """
    work = {"receive": receiving, "open": opening, "delete": deleting, "migrate": migrating}
    for line in sys.stdin:
        name, folder, count = line.split()
        kind, _, number = name.partition("-")
        pid = os.fork()
        if not pid:
            work[kind](Path(folder), int(number or 0), int(count) or MANY)
            if count == "0":
                signal.pause()
            os._exit(0)
        os.waitpid(pid, 0)
        say("ended")


def say(*words: object) -> None:
    """One write for a line: a pipe takes it whole or not at all."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def ready() -> None:
    say("ready", os.getpid())


def receiving(folder: Path, number: int, count: int) -> None:
    """Objects of many studies, two series each; each is named after its acknowledgement."""
    slices = [
        slice_of(
            100 * number + index // 20,
            1000 * number + index if index else 1,
            SeriesInstanceUID=f"{STUDY}.{100 * number + index // 20}.{1 + index % 2}",
            StudyDescription=f"Study {index % 3}",
        )
        for index in range(count)
    ]
    store, index = open_library(folder)
    ready()
    for dataset in slices:
        say(receive(store, dataset).sop_uid)
    index.close()


def opening(folder: Path, number: int, count: int) -> None:
    """Batches of 100 rows of opened files."""
    index = Index(folder / NAME)
    ready()
    for batch in range(count):
        study = 1000 * number + batch
        index.put(
            item(study, 1 + n % 3, n, stored=False, path=b"/disc/%d/%d" % (study, n))
            for n in range(100)
        )
        say(study)
    index.close()


def deleting(folder: Path, number: int, count: int) -> None:
    """Delete, bring back every second one and delete that again, empty now and then."""
    _, index = open_library(folder)
    trash = Trash(index)
    ready()
    for study in range(number, number + 6):
        uid = f"{STUDY}.{study}"
        deleted = trash.delete(uid)
        if study % 2:
            trash.restore(deleted)
            trash.delete(uid)
        say("deleted", uid)
        if study % 3 == 0:
            trash.empty()
    index.close()


def migrating(folder: Path, number: int, count: int) -> None:
    """To a version with one more column, filled."""
    ready()
    Database(folder / NAME, migrations=(*MIGRATIONS, NEXT)).close()
    say("done")
