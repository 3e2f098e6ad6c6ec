"""The tag tree: rows, names, values, paths, pages, search and JSON, on honest and hostile files."""

from __future__ import annotations

import json
import os
import struct
import time
from pathlib import Path

import pydicom
import pytest

from tests.data import DEFLATED, ct_dataset, dataset, write_ct, write_dataset
from tests.dicom.bounds import measured
from tests.dicom.hand_made import (
    SEQUENCE_END,
    UNDEFINED,
    element,
    item,
    part10,
    undefined_sequence,
    written,
)
from viewer.dicom.files.source import FileRef
from viewer.dicom.tagtree import tag_text
from viewer.dicom.tagtree.tag_json import document_json, json_of
from viewer.dicom.tagtree.tag_loading import open_document
from viewer.dicom.tagtree.tag_search import search
from viewer.dicom.tagtree.tags import TagDocument, TagNode, path_of

SEQUENCE = 0x0040A730


def tree(folder: Path, body: bytes, syntax: str = "1.2.840.10008.1.2.1") -> TagDocument:
    return open_document(written(folder, part10(body, syntax)))


def row(document: TagDocument | TagNode, tag: int) -> TagNode:
    return next(node for node in document.children if node.tag == tag)


def only(folder: Path, tag: int, vr: str, value: bytes) -> TagNode:
    return row(tree(folder, element(tag, vr, value)), tag)


# One row for each kind of value: (tag, VR, stored) -> (VM, text).
@pytest.mark.parametrize(
    ("tag", "vr", "stored", "multiplicity", "text"),
    [
        (0x00100010, "PN", b"DOE^JOHN ", "1", "DOE^JOHN"),
        (0x00080008, "CS", b"ORIGINAL\\PRIMARY", "2", "ORIGINAL\\PRIMARY"),
        (0x00280010, "US", b"\x10\0", "1", "16"),
        (0x00189087, "FD", struct.pack("<2d", 1.5, 0.1), "2", "1.5\\0.1"),
        (0x00209165, "AT", b"\x20\0\x56\x90", "1", "(0020,9056) StackID"),
        (
            0x00080016,
            "UI",
            b"1.2.840.10008.5.1.4.1.1.2\0",
            "1",
            "1.2.840.10008.5.1.4.1.1.2 = CT Image Storage",
        ),
        (0x00020001, "OB", b"\0\1", "1", "00 01"),
        (0x00204000, "LT", b"a\\b", "1", "a\\b"),
        (0x00100020, "LO", b"", "0", ""),
        (0x00280010, "US", b"\1\2\3", "1", "01 02 03"),
    ],
)
def test_values_are_shown_by_their_kind(tmp_path, tag, vr, stored, multiplicity, text):
    node = only(tmp_path, tag, vr, stored)

    assert (tag_text.multiplicity(node), tag_text.value(node)) == (multiplicity, text)


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (b"A\r\nB\x1b[31m\0C", "A␍␊B␛[31m␀C"),
        ("DOE\u202enhoj".encode(), "DOE<U+202E>nhoj"),
        ("A\u2028B\u200bC".encode(), "A<U+2028>B<U+200B>C"),
        (b"<b>DOE</b>", "<b>DOE</b>"),
        (("e" + "\u0301" * 5000).encode(), "e" + "\u0301" * 8),
    ],
)
def test_nothing_in_a_value_can_forge_a_row(tmp_path, stored, shown):
    body = element(0x00080005, "CS", b"ISO_IR 192") + element(0x00100010, "PN", stored)

    node = row(tree(tmp_path, body), 0x00100010)

    assert tag_text.value(node) == shown


def test_long_values_are_shortened_and_cut_ones_say_so(tmp_path):
    long = only(tmp_path, 0x00204000, "LT", b"x" * 5000)
    assert len(tag_text.value(long)) == tag_text.SHORT
    assert tag_text.full_text(long) == "x" * 5000

    cut = row(tree(tmp_path, element(0x7FE00010, "OW", b"\0" * 16, 65536)), 0x7FE00010)
    assert tag_text.value(cut).endswith("(cut off: 16 of 65,536 bytes are there)")


def test_private_rows_are_named_by_their_creator(tmp_path):
    body = element(0x00290010, "LO", b"SIEMENS CSA HEADER") + element(0x00291008, "CS", b"MR")
    document = tree(tmp_path, body)

    assert tag_text.name(row(document, 0x00290010)) == "Private Creator"
    assert tag_text.name(row(document, 0x00291008)) == "CSA Image Header Type [SIEMENS CSA HEADER]"


def test_paths_name_items_from_zero(tmp_path):
    body = dataset(RequestAttributesSequence=[{"StudyID": "1"}, {"StudyID": "2"}])
    whole = ct_dataset()
    whole.update(body)
    path = write_dataset(tmp_path / "a.dcm", whole)
    document = open_document(FileRef(os.fsencode(path)))
    requests = row(document, 0x00400275)
    requests.more()
    second = requests.children[1]
    second.more()

    assert path_of(row(second, 0x00200010)) == "RequestAttributesSequence[1].StudyID"
    assert tag_text.label(second) == "Item 2"


def test_fragments_are_listed(tmp_path):
    pixels = element(0x7FE00010, "OB", item() + item(b"\xff\xd8\xff\xd9") + SEQUENCE_END, UNDEFINED)
    behind = element(0xFFFCFFFC, "OB", b"\0\0")
    document = tree(tmp_path, pixels + behind, "1.2.840.10008.1.2.4.50")

    node = row(document, 0x7FE00010)
    node.more()

    assert [tag_text.label(each) for each in node.children] == ["Fragment 1", "Fragment 2"]
    assert tag_text.hex_page(node.children[1]).startswith("00000000  ff d8 ff d9")
    assert not node.children[1].has_children
    assert tag_text.name(row(document, 0xFFFCFFFC)) == "Data Set Trailing Padding"


def test_deflated_files_show_their_meta_group_and_their_data_set(tmp_path):
    path = write_ct(tmp_path / "a.dcm", syntax=DEFLATED)

    document = open_document(FileRef(os.fsencode(path)))

    assert tag_text.value(row(document, 0x00020010)).startswith(DEFLATED)
    assert tag_text.value(row(document, 0x00100010)) == "Phantom^Test"


def test_the_row_of_a_frame_is_its_own(tmp_path):
    groups = [element(0x00209158, "LT", f"frame {n}".encode()) for n in range(4)]
    document = tree(tmp_path, undefined_sequence(0x52009230, *groups))

    frame = document.frame_row(2)
    frame.more()

    assert tag_text.value(frame.children[0]) == "frame 2"
    assert path_of(frame.children[0]) == "PerFrameFunctionalGroupsSequence[2].FrameComments"
    assert document.frame_row(9) is None
    assert row(document, 0x52009230).children == []


def test_hex_pages_go_on_where_the_last_ended(tmp_path):
    node = only(tmp_path, 0x00420011, "OB", bytes(range(256)) * 32)

    page = tag_text.hex_page(node, 4096, 32)

    assert page.splitlines()[0].startswith("00001000  00 01 02")
    assert len(page.splitlines()) == 2


@pytest.mark.parametrize(
    "query", ["0010,0020", "(0010,0020)", "00100020", "PatientID", "patient id", "id-77"]
)
def test_search_finds_by_tag_keyword_name_and_value(tmp_path, query):
    path = write_ct(tmp_path / "a.dcm", PatientID="ID-77")

    hits = [h.path for h in search(open_document(FileRef(os.fsencode(path))), query) if h]

    assert hits == ["PatientID"]


def test_search_looks_into_items_and_gives_their_rows(tmp_path):
    inside = element(0x00080104, "LO", b"Gesucht")
    document = tree(tmp_path, undefined_sequence(SEQUENCE, b"", inside))

    (hit,) = (each for each in search(document, "gesucht") if each)

    assert hit.path == "ContentSequence[1].CodeMeaning"
    assert hit.rows == (len(document.children) - 1, 1, 0)


def test_json_of_a_row_is_the_standards_model(tmp_path):
    inside = element(0x00100010, "PN", b"A^B=C") + element(0x00280030, "DS", b"0.5\\")
    node = row(tree(tmp_path, undefined_sequence(SEQUENCE, inside)), SEQUENCE)

    assert json.loads(json_of(node)) == {
        "0040A730": {
            "vr": "SQ",
            "Value": [
                {
                    "00100010": {
                        "vr": "PN",
                        "Value": [{"Alphabetic": "A^B", "Ideographic": "C"}],
                    },
                    "00280030": {"vr": "DS", "Value": [0.5, None]},
                }
            ],
        }
    }


def test_json_leaves_out_what_is_large_and_counts_it(tmp_path):
    body = element(0x00420011, "OB", b"x" * 5000) + element(
        0x00189087, "FD", b"\0" * 6 + b"\xf8\x7f"
    )

    text, left_out = document_json(tree(tmp_path, body))

    assert json.loads(text)["00420011"] == {"vr": "OB"}
    assert json.loads(text)["00189087"]["Value"] == ["NaN"]
    assert left_out == 1


def _nested(depth: int) -> bytes:
    head = element(SEQUENCE, "SQ", b"", UNDEFINED) + item(b"", UNDEFINED)
    return head * depth


def test_64_levels_are_listed_and_the_rest_is_a_remark(tmp_path):
    node: TagNode | TagDocument = tree(tmp_path, _nested(300))
    depth = 0
    while node.children[-1:] or not node.complete:
        node.more()
        node = node.children[-1]
        depth += node.tag == SEQUENCE

    assert depth == 65
    assert "64 deep" in tag_text.value(node)


def test_ten_thousand_elements_are_listed_without_a_pause(tmp_path):
    rows = b"".join(
        struct.pack("<HH2sH", 0x11, 0x1000 + n, b"LO", 4) + b"text" for n in range(10_000)
    )
    ref = written(tmp_path, part10(rows))

    best = min(_timed(lambda: open_document(ref)) for _ in range(5))

    assert len(open_document(ref).children) == 10_002
    assert best < 0.15  # some 0.04 s on a quiet machine


def _timed(work: object) -> float:
    begin = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - begin


LIST_ALL = """
import os
from viewer.dicom.tagtree import tag_text
from viewer.dicom.files.source import FileRef
from viewer.dicom.tagtree.tag_loading import open_document
document = open_document(FileRef(os.fsencode(sys.argv[1])))
while not document.complete:
    document.more()
last = document.children[-1]
if last.has_children:
    last.more()
rows = document.children + last.children
print(len(rows), sum(len(tag_text.row_text(node)) > 0 for node in rows[:2000]))
"""


@pytest.mark.parametrize(
    ("build", "rows"),
    [
        pytest.param(
            lambda: b"".join(
                struct.pack("<HH2sH", 0x11 + 2 * (n >> 15), 0x1000 + (n & 0x7FFF), b"LO", 0)
                for n in range(1_000_000)
            ),
            100_001,
            id="million-elements",
        ),
        pytest.param(lambda: element(SEQUENCE, "SQ", item() * 1_000_000), 1003, id="million-items"),
        pytest.param(lambda: _nested(20_000), 4, id="20k-deep"),
        pytest.param(lambda: element(0x00081190, "UR", b"1\\" * 4_000_000), 3, id="long-text"),
    ],
)
def test_hostile_files_stay_bounded(tmp_path, build, rows):
    ref = written(tmp_path, part10(build(), "1.2.840.10008.1.2.1"))

    cost = measured(LIST_ALL, os.fsdecode(ref.path))

    if rows > 3:
        assert int(cost.output.split()[0]) == rows
    assert cost.seconds < 5
    assert cost.peak_mb < 512


@pytest.mark.shared_data
def test_every_real_file_lists_all_that_pydicom_finds(shared_data):
    for path in sorted(shared_data.glob("[cels]*/*")):
        if not path.is_file() or path.suffix in (".json", ".md"):
            continue
        theirs = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        document = open_document(FileRef(os.fsencode(path)))
        ours = {node.tag for node in document.children}
        assert {int(tag) for tag in theirs.keys()} <= ours, path.name  # noqa: SIM118
        for node in document.children:
            tag_text.row_text(node)
