"""A disc full of other files makes one row, and each of them is still found in it."""

from __future__ import annotations

from viewer.dicom.files.scan_items import SkipKind, Skipped
from viewer.dicom.files.source import FileRef
from viewer.library.skips import FOLDED, SkipLog

REASON = "This file is not DICOM."


def skipped(path: bytes, reason: str = REASON, member: str = "") -> Skipped:
    return Skipped(FileRef(path, member), reason, "", SkipKind.NOT_DICOM)


def rows(*items: Skipped) -> list[tuple[str, tuple[str, ...]]]:
    log = SkipLog()
    log.add(items)
    return [(problem.where, problem.details) for problem in log.problems]


def test_a_few_files_have_rows_of_their_own():
    assert rows(skipped(b"/cd/a"), skipped(b"/cd/b")) == [("/cd/a", ()), ("/cd/b", ())]


def test_many_of_one_folder_share_a_row_that_names_them():
    found = rows(*(skipped(b"/cd/%d" % number) for number in range(FOLDED)))

    assert found == [("/cd", ("0", "1", "2", "3"))]


def test_folders_and_reasons_keep_apart():
    many = [skipped(b"/cd/%d" % n) for n in range(9)]
    other = [skipped(b"/cd/x/%d" % n) for n in range(9)]
    damaged = skipped(b"/cd/damaged", "It is cut off.")

    assert [where for where, _ in rows(*many, *other, damaged)] == ["/cd", "/cd/x", "/cd/damaged"]


def test_members_of_an_archive_belong_to_it():
    found = rows(*(skipped(b"/cd/a.zip", member=f"deep/{n}.txt") for n in range(FOLDED)))

    assert found == [("/cd/a.zip", ("0.txt", "1.txt", "2.txt", "3.txt"))]


def test_names_in_any_encoding_can_be_shown():
    (row,) = rows(*(skipped(b"/\xff/%d" % n) for n in range(FOLDED)))

    assert row[0].encode("utf-8")
