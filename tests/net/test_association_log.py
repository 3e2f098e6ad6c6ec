"""The log a radiographer reads: who called, what came of it, what to do; no patients."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.data import CT_IMAGE_STORAGE, EXPLICIT_LITTLE, ct_dataset
from tests.net.caller import context, request
from tests.net.receiver import Receiver
from viewer.net.association_log import KEPT, AssociationLog
from viewer.verbs.receive_worker import line_of

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WHO = {"association": "1-1", "calling": "CTVIEW", "address": "10.0.0.5"}
END = {"what": "", "advice": "", "stored": 0, "refused": 0, "bytes": 0, "seconds": 1.0}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "associations.jsonl"


@pytest.fixture
def log(path: Path) -> AssociationLog:
    return AssociationLog(path, lambda: NOON)


def test_a_conversation_becomes_a_record(
    log: AssociationLog, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver()
    contexts = (
        context(1, CT_IMAGE_STORAGE, EXPLICIT_LITTLE),
        context(3, "1.2.840.10008.5.1.4.1.2.2.1", EXPLICIT_LITTLE),
    )
    with receiver.call() as caller:
        caller.associate(calling="CTVIEW", contexts=contexts)
        caller.store(ct_dataset(), 1)
        caller.store(ct_dataset(StudyInstanceUID=None, instance_number=2), 1)
        caller.release()
    receiver.wait_for("released")
    for event in receiver.events:
        log.take(json.loads(line_of(event)))

    [record] = log.records
    assert (record.calling, record.called, record.address) == ("CTVIEW", "LIGHTBOX", "127.0.0.1")
    assert (record.result, record.stored, record.refused) == ("completed", 1, 1)
    text = log.text()
    assert "Accepted as Explicit VR Little Endian: CT Image Storage" in text
    assert "Not accepted, not a kind of object that is stored" in text
    assert "1 x The data set has no valid StudyInstanceUID. (C000)" in text


def test_what_was_not_accepted_comes_first_and_likes_share_a_line(log: AssociationLog) -> None:
    def context_of(name: str, accepted: list[str]) -> dict[str, object]:
        return {"class": name, "proposed": ["X"], "accepted": accepted, "why": "in no encoding"}

    contexts = [context_of(f"Class {number}", ["X"]) for number in range(200)]
    contexts.append(context_of("The odd one", []))
    log.take({"event": "association", **WHO, "contexts": contexts})
    log.take({"event": "released", **WHO, **END})

    lines = [line for line in log.text().splitlines() if "ccepted" in line]
    assert lines[0].strip() == "Not accepted, in no encoding (offered as X): The odd one"
    assert lines[1].strip().startswith("Accepted as X: Class 0, Class 1, ")
    assert len(lines) == 2


def test_a_refusal_names_the_remedy(
    log: AssociationLog, start_receiver: Callable[..., Receiver]
) -> None:
    receiver = start_receiver()
    with receiver.call() as caller:
        caller.say(request(called="CTVIEW"))
        caller.hear()
    for event in receiver.wait_for("refused"):
        log.take(event)

    assert "The scanner calls us CTVIEW, we are LIGHTBOX." in log.text()
    assert "Change one of them" in log.text()


def test_nothing_of_patients_is_kept(log: AssociationLog, path: Path) -> None:
    saved = {
        "outcome": "conflict",
        "path": "/x",
        "study": "ZZMARK1",
        "series": "ZZMARK2",
        "sop": "ZZMARK3",
    }
    log.take({"event": "association", **WHO, "contexts": []})
    log.take({"event": "stored", **WHO, "saved": saved})
    log.take({"event": "released", **WHO, **END, "stored": 1})

    assert "1 x Kept beside another object that has the same UID" in log.text()
    assert b"ZZMARK" not in path.read_bytes()
    assert "ZZMARK" not in log.text()


def test_it_is_there_tomorrow_and_private(log: AssociationLog, path: Path) -> None:
    old = os.umask(0)
    try:
        log.take({"event": "refused", **WHO, "what": "No.", "advice": "Yes."})
    finally:
        os.umask(old)

    assert AssociationLog(path).records == log.records
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_same_again_is_counted(log: AssociationLog, path: Path) -> None:
    for number in range(50):
        log.take({"event": "refused", **WHO, "association": f"1-{number}", "what": "No."})

    assert [record.times for record in log.records] == [50]
    assert [record.times for record in AssociationLog(path).records] == [50]
    assert "50 times" in log.text()


def test_only_the_last_are_kept_and_the_file_stays_small(log: AssociationLog, path: Path) -> None:
    for number in range(KEPT * 4):
        log.take({"event": "refused", **WHO, "association": f"1-{number}", "what": f"No {number}."})

    assert len(log.records) == KEPT
    assert log.records[-1].what == f"No {KEPT * 4 - 1}."
    assert AssociationLog(path).records == log.records
    assert len(path.read_bytes().splitlines()) <= KEPT * 2


@pytest.mark.parametrize(
    "damage",
    [b"", b"\xff\xfe\0", b"[]\n", b"{}\n", b'{"number": 1}\n', b'{"number": "1", "when": "x", "c',
     b'{"number": "1", "when": "x", "contexts": [1]}\n'],
)  # fmt: skip
def test_a_damaged_file_costs_the_damaged_lines_only(path: Path, damage: bytes) -> None:
    first = AssociationLog(path, lambda: NOON)
    first.take({"event": "refused", **WHO, "what": "No."})
    path.write_bytes(damage + b"\n" + path.read_bytes())

    log = AssociationLog(path)

    assert log.records[-1] == first.records[0]
    assert log.text()


def test_a_folder_that_cannot_be_written_loses_only_the_log(tmp_path: Path) -> None:
    log = AssociationLog(tmp_path / "gone" / "log.jsonl")

    log.take({"event": "refused", **WHO, "what": "No."})

    assert len(log.records) == 1
