"""The gallery of made and bundled pictures: none differs without a reason; each reason holds."""

from __future__ import annotations

import shutil

import pytest

from tests.gallery.__main__ import compare_all
from tests.gallery.collect import bundled_wishes, made_wishes
from tests.gallery.compare import OWN_LIST, known_differences
from tests.gallery.page import THUMB, state, summary, table_rows, write_page

KNOWN = known_differences(OWN_LIST)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery")
    return compare_all([*made_wishes(folder), *bundled_wishes()], folder)


def test_no_picture_differs_without_a_reason(pictures):
    assert [p.wish.shown for p in pictures if state(p, KNOWN) == "wrong"] == []
    assert sum(state(p, KNOWN) == "equal" for p in pictures) > 100


@pytest.mark.skipif(not shutil.which("dcmj2pnm"), reason="DCMTK is not installed")
def test_every_listed_difference_is_still_there(pictures):
    differing = {p.wish.shown for p in pictures if state(p, KNOWN) == "listed"}

    assert {path for path, _ in KNOWN} == differing


def test_files_that_are_not_shown_say_why(pictures):
    failed = {p.wish.shown: p.failure for p in pictures if p.failure}

    assert "pydicom/no_meta.dcm" in failed
    assert all(reason.endswith(".") for reason in failed.values())
    assert not any(shown.startswith("made/") for shown in failed)


def test_the_page_is_small_and_shows_every_picture(pictures, tmp_path):
    page = write_page(tmp_path / "out", pictures, KNOWN, "Made")
    text = page.read_text(encoding="utf-8")

    size = sum(file.stat().st_size for file in page.parent.iterdir())
    assert size < 1_500_000
    assert text.count("<figure") == sum(p.ours is not None for p in pictures)
    assert summary(pictures, KNOWN) in text
    assert str(tmp_path) not in text


def test_tables_count_files_and_pictures(pictures):
    rows = table_rows(pictures, KNOWN, lambda p: p.photometric)

    assert sum(row[1] for row in rows) == len({p.wish.shown for p in pictures})
    assert sum(sum(row[2:]) for row in rows) == sum(not p.failure for p in pictures)
    assert THUMB <= 128
