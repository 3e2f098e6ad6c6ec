"""Rules for what is kept: what would go, in which order, why; and that nothing goes by itself."""

from __future__ import annotations

import pytest

from tests.library.received import STUDY, item, listed, open_library, receive_study
from viewer.library.index import NAME, Index
from viewer.library.quota import DAY_NS, Rules, apply, plan
from viewer.library.trash import Trash

NOW_NS = 1000 * DAY_NS


@pytest.fixture
def index(tmp_path):
    index = Index(tmp_path / "data" / NAME)
    yield index
    index.close()


def add(index, number, *, days, nbytes=1000, viewed=True, **changes):
    """A stored study that came in `days` ago."""
    index.put([item(number, nbytes=nbytes, added_ns=NOW_NS - days * DAY_NS, **changes)])
    if viewed:
        index.mark_viewed(index.with_uid(f"{STUDY}.{number}")[0].id, NOW_NS - days * DAY_NS)


def numbers(made):
    return [int(planned.study.uid.split(".")[-1]) for planned in made.studies]


def test_without_rules_nothing_goes(index):
    add(index, 1, days=999, nbytes=10**12)

    made = plan(index, Rules(), NOW_NS)

    assert made.studies == ()
    assert made.words == "Nothing would be removed."


def test_by_size_the_longest_unused_go_until_it_fits(index):
    for number, days in ((1, 10), (2, 30), (3, 20), (4, 40)):
        add(index, number, days=days)

    made = plan(index, Rules(most_bytes=2500), NOW_NS)

    assert numbers(made) == [4, 2]
    assert (made.freed_bytes, made.kept_bytes) == (2000, 2000)


def test_by_age_exactly_those_beyond_it_go(index):
    for number, days in ((1, 29), (2, 30), (3, 31)):
        add(index, number, days=days)

    made = plan(index, Rules(most_days=30), NOW_NS)

    assert numbers(made) == [3]
    assert made.studies[0].why == "It was not used for 31 days; 30 are allowed."


def test_a_look_at_it_makes_a_study_young_again(index):
    add(index, 1, days=100)
    index.mark_viewed(index.studies()[0].id, NOW_NS)

    assert numbers(plan(index, Rules(most_days=30), NOW_NS)) == []


def test_unviewed_and_conflicting_studies_come_last(index):
    add(index, 1, days=40, viewed=False)
    add(index, 2, days=50, version="abc")
    add(index, 3, days=10)
    add(index, 4, days=20)

    assert numbers(plan(index, Rules(most_bytes=0), NOW_NS)) == [4, 3, 1, 2]
    assert numbers(plan(index, Rules(most_bytes=2000), NOW_NS)) == [4, 3]
    last = plan(index, Rules(most_bytes=0), NOW_NS)
    assert "Nobody has looked at it yet." in last.studies[2].why
    assert "two versions" in last.studies[3].why
    assert (
        last.words == "4 studies would be removed, 0.0 GB of 0.0 GB; 1 of them not looked at yet."
    )


def test_opened_studies_take_no_room_and_never_go(index):
    add(index, 1, days=500, nbytes=10**12, stored=False, path=b"/cd/1")

    assert plan(index, Rules(most_bytes=0, most_days=1), NOW_NS).studies == ()


def test_studies_that_share_their_uid_go_together_and_are_both_named(index):
    add(index, 1, days=50)
    add(
        index,
        1,
        days=50,
        patient_id="OTHER",
        patient="OTHER\n\n",
        sop_uid="1.2.3",
        path=b"studies/a",
    )

    assert numbers(plan(index, Rules(most_bytes=1500), NOW_NS)) == [1, 1]


def test_no_sentence_names_a_patient(index):
    add(index, 1, days=50, patient_name="ZZMARK", patient_id="ZZMARK", viewed=False)

    made = plan(index, Rules(most_days=1), NOW_NS)

    assert "ZZMARK" not in made.words + made.studies[0].why


def test_planning_changes_nothing_and_applying_can_be_undone(tmp_path):
    store, index = open_library(tmp_path / "data")
    for number in (1, 2, 3):
        receive_study(store, number)
    before, trash = listed(index), Trash(index)

    made = plan(index, Rules(most_bytes=0), NOW_NS)
    assert listed(index) == before
    deleted = list(apply(made, trash))

    assert index.studies() == []
    assert list(store.files()) == []
    for each in deleted:
        trash.restore(each)
    assert listed(index) == before
    index.close()
