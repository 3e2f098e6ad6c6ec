"""Opening files: the data set, where the pixels are, what is wrong, and what it may cost."""

from __future__ import annotations

import os
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pydicom
import pytest

from tests.data import (
    DEFLATED,
    EXPLICIT_BIG,
    EXPLICIT_LITTLE,
    IMPLICIT_LITTLE,
    ct_dataset,
    dataset,
    write_ct,
    write_dataset,
)
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
from viewer.dicom.datasets.dataset import DicomFile, get, open_file
from viewer.dicom.files.source import FileRef
from viewer.errors import MalformedError, NotDicomError, UnreadableFileError

SEQUENCE = 0x0040A730
NAME = element(0x00100010, "PN", b"DOE^JOHN")
ROWS = element(0x00280010, "US", b"\x10\0")


def ref_to(path: Path) -> FileRef:
    return FileRef(os.fsencode(path))


def opened(folder: Path, body: bytes, syntax: str = EXPLICIT_LITTLE) -> DicomFile:
    return open_file(written(folder, part10(body, syntax)))


def said(file: DicomFile) -> str:
    return " ".join(problem.what for problem in file.problems)


@pytest.mark.parametrize("syntax", [IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, DEFLATED])
def test_every_uncompressed_syntax_opens_with_its_pixels_located(tmp_path, syntax):
    path = write_ct(tmp_path / "a.dcm", syntax=syntax)

    file = open_file(ref_to(path))

    assert file.transfer_syntax == syntax
    assert file.dataset.PatientName == "Phantom^Test"
    assert "PixelData" not in file.dataset
    assert file.pixels is not None
    assert (file.pixels.keyword, file.pixels.length) == ("PixelData", 512)
    assert not file.pixels.encapsulated
    order = ">" if syntax == EXPLICIT_BIG else "<"
    stored = np.frombuffer(file.read_at(file.pixels.offset, 512), order + "i2")
    assert stored.tolist() == list(range(256))
    assert not file.problems


def test_a_member_of_an_archive_opens_alike(tmp_path):
    path = write_ct(tmp_path / "a.dcm")
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(path, "inside/a.dcm")

    file = open_file(FileRef(os.fsencode(tmp_path / "a.zip"), "inside/a.dcm"))

    assert file.value("PatientID") == "P1"
    assert len(file.read_at(file.pixels.offset, 512)) == 512


@pytest.mark.parametrize("implicit", [False, True])
def test_a_bare_data_set_opens(tmp_path, implicit):
    body = element(0x00080060, "CS", b"CT", implicit=implicit) + element(
        0x00100020, "LO", b"ID", implicit=implicit
    )

    file = open_file(written(tmp_path, body))

    assert file.value("PatientID") == "ID"
    assert file.transfer_syntax == (IMPLICIT_LITTLE if implicit else EXPLICIT_LITTLE)
    assert "no preamble" in said(file)


@pytest.mark.parametrize(
    ("claimed", "implicit", "really"),
    [
        (IMPLICIT_LITTLE, False, EXPLICIT_LITTLE),
        (EXPLICIT_LITTLE, True, IMPLICIT_LITTLE),
        (EXPLICIT_BIG, False, EXPLICIT_LITTLE),
        (DEFLATED, False, EXPLICIT_LITTLE),
    ],
)
def test_what_is_really_there_wins_over_the_transfer_syntax(tmp_path, claimed, implicit, really):
    body = element(0x00080060, "CS", b"CT", implicit=implicit) + element(
        0x00100020, "LO", b"ID", implicit=implicit
    )

    file = opened(tmp_path, body, claimed)

    assert file.value("PatientID") == "ID"
    assert file.transfer_syntax == really
    assert file.problems


def test_encapsulated_pixels_are_found_whatever_the_syntax_says(tmp_path):
    pixels = element(0x7FE00010, "OB", item() + item(b"\xff\xd8") + SEQUENCE_END, UNDEFINED)

    file = opened(tmp_path, NAME + pixels)

    assert file.pixels is not None
    assert file.pixels.encapsulated
    assert file.pixels.length is None
    assert "compressed" in said(file)


@pytest.mark.parametrize("kept", [0, 1, 300, 511])
def test_a_file_cut_inside_its_pixels_still_opens(tmp_path, kept):
    path = write_ct(tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[: -512 + kept])

    file = open_file(ref_to(path))

    assert file.value("Rows") == 16
    assert file.pixels is not None
    assert file.pixels.length == 512
    assert "cut off inside its pixel data" in said(file)
    assert len(file.read_at(file.pixels.offset, 512)) == kept


def test_encapsulated_pixels_without_an_end_are_salvaged(tmp_path):
    pixels = element(0x7FE00010, "OB", item() + item(b"\xff\xd8"), UNDEFINED)

    file = opened(tmp_path, NAME + pixels, "1.2.840.10008.1.2.4.50")

    assert file.pixels is not None
    assert file.pixels.encapsulated


def test_attributes_behind_native_pixels_are_read(tmp_path):
    file = opened(tmp_path, element(0x7FE00010, "OW", b"\0\0") + ROWS)

    assert file.value("Rows") == 16


def test_large_values_are_read_when_asked_for(tmp_path):
    document = bytes(range(256)) * 8000
    path = write_dataset(tmp_path / "a.dcm", ct_dataset(EncapsulatedDocument=document))

    file = open_file(ref_to(path))

    assert file.dataset._dict[0x00420011].value is None
    assert file.dataset.EncapsulatedDocument == document


def test_a_file_that_changed_is_not_read_on(tmp_path):
    path = write_dataset(tmp_path / "a.dcm", ct_dataset(EncapsulatedDocument=b"1" * 100_000))
    file = open_file(ref_to(path))
    path.write_bytes(b"something else")

    with pytest.raises(UnreadableFileError):
        file.read_at(0, 10)
    with pytest.raises(UnreadableFileError):
        _ = file.dataset.EncapsulatedDocument


# Values that are not what their VR says: None, one Problem, no exception, no warning.
@pytest.mark.parametrize(
    ("keyword", "written_element"),
    [
        ("Rows", element(0x00280010, "US", b"\1\2\3")),
        ("SeriesNumber", element(0x00200011, "IS", b"1.5abc")),
        ("InstanceNumber", element(0x00200013, "IS", b"9" * 64)),
        ("PixelSpacing", element(0x00280030, "DS", b"1,5\\2 ")),
        ("PatientName", element(0x00100010, "UC", b"\\" * 1_000_001)),
        ("DiffusionBValue", element(0x00189087, "FD", b"\0" * 7)),
    ],
)
def test_broken_values_are_none_and_noted_once(tmp_path, keyword, written_element):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        file = opened(tmp_path, written_element + element(0x00400001, "AE", b"END "))

        assert file.value(keyword) is None
        assert file.dataset.get(keyword) is None
        assert file.value(keyword, 7) == 7

    assert said(file).count(keyword) == 1
    assert file.value("ScheduledStationAETitle") == "END"


def test_get_takes_paths_and_never_raises():
    tree = dataset(RequestAttributesSequence=[{"StudyID": "7"}], PatientID="")

    assert get(tree, "RequestAttributesSequence[0].StudyID") == "7"
    assert get(tree, "RequestAttributesSequence[3].StudyID", "none") == "none"
    assert get(tree, "Nonsense.StudyID", 1) == 1
    assert get(tree, "PatientID", "empty") == "empty"
    assert get(tree, "PatientID[2].Rows") is None


def test_character_sets_of_items_are_their_own_or_inherited(tmp_path):
    own = element(0x00080005, "CS", b"ISO_IR 144") + element(0x00080104, "LO", b"\xbb\xee\xda")
    inherited = element(0x00080104, "LO", b"\xe9a")
    body = element(0x00080005, "CS", b"ISO_IR 100") + undefined_sequence(SEQUENCE, own, inherited)

    items = opened(tmp_path, body).dataset[SEQUENCE].value

    assert [each.CodeMeaning for each in items] == ["Люк", "éa"]


def test_items_are_a_list_in_every_way(tmp_path):
    codes = [element(0x00080100, "SH", bytes([65 + n]) * 2) for n in range(5)]
    items = opened(tmp_path, undefined_sequence(SEQUENCE, *codes)).dataset[SEQUENCE].value

    assert len(items) == 5
    assert items[-1].CodeValue == "EE"
    assert [each.CodeValue for each in items[1:3]] == ["BB", "CC"]
    assert items[0] is items[0]
    with pytest.raises(IndexError):
        _ = items[5]
    del items[0]
    assert [each.CodeValue for each in items] == ["BB", "CC", "DD", "EE"]


def test_private_elements_take_their_kind_from_their_creator(tmp_path):
    body = element(0x00290010, "LO", b"SIEMENS CSA HEADER", implicit=True) + element(
        0x00291008, "CS", b"IMAGE NUM 4 ", implicit=True
    )

    found = opened(tmp_path, body, IMPLICIT_LITTLE).dataset[0x00291008]

    assert (found.VR, found.value) == ("CS", "IMAGE NUM 4")
    assert found.private_creator == "SIEMENS CSA HEADER"


# PS3.5 6.2.2: UN with a known tag is read as what it is, sequences as implicit little endian.
def test_un_is_read_by_the_dictionary(tmp_path):
    inside = item(element(0x00080100, "SH", b"AB", implicit=True))
    body = element(0x00280010, "UN", b"\x10\0") + element(SEQUENCE, "UN", inside)

    found = opened(tmp_path, body).dataset

    assert found.Rows == 16
    assert found[SEQUENCE].value[0].CodeValue == "AB"


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("empty", b"", NotDicomError),
        ("text", b"just some words, no elements at all" * 9, NotDicomError),
        ("zeros", b"\0" * 4096, NotDicomError),
        ("png", b"\x89PNG\r\n\x1a\n" + b"\0" * 500, NotDicomError),
        ("meta-only", part10(b""), MalformedError),
        ("meta-cut", part10(NAME)[:140], MalformedError),
        ("meta-huge", part10(NAME)[:132] + element(0x00020001, "OB", b"", 1 << 31), MalformedError),
        ("not-deflated", part10(b"\xff" * 50, DEFLATED), MalformedError),
    ],
)
def test_what_is_no_data_set_is_refused_in_words(tmp_path, name, data, error):
    with pytest.raises(error) as caught:
        open_file(written(tmp_path, data))

    assert str(caught.value).endswith(".")
    assert caught.value.advice


@pytest.mark.parametrize(
    ("preamble", "warned"),
    [(b"MZ\x90\0", True), (b"\x7fELF", True), (b"#!/bin/sh", True), (b"II*\0\x08\0", False)],
)
def test_programs_in_the_preamble_are_noted_and_tiff_is_not(tmp_path, preamble, warned):
    file = open_file(written(tmp_path, preamble.ljust(128, b"\0") + part10(NAME)[128:]))

    assert ("program" in said(file)) is warned


def test_a_foreign_meta_group_and_an_unknown_character_set_are_noted(tmp_path):
    meta = element(0x00020003, "UI", b"1.2.3.4\0")
    body = element(0x00080005, "CS", b"punycode") + element(0x00080018, "UI", b"1.2.9\0")

    file = open_file(written(tmp_path, part10(b"")[:132] + meta + body))

    assert "another object" in said(file)
    assert "character set" in said(file)


def test_problems_hold_no_values(tmp_path):
    body = element(0x00080005, "CS", b"SECRETSET ") + element(0x00200011, "IS", b"SECRET")
    file = opened(tmp_path, body + element(0x00100010, "PN", b"SECRET^X", 400))

    _ = [each.value for each in file.dataset]

    assert file.problems
    assert "SECRET" not in said(file)


OPEN_AND_READ = """
import os
from viewer.dicom.datasets.dataset import open_file
from viewer.dicom.files.source import FileRef
from viewer.errors import ViewerError
try:
    file = open_file(FileRef(os.fsencode(sys.argv[1])))
    found = [element.value for element in file.dataset]
    print("opened", len(found), *(len(v) for v in found if type(v).__name__ == "Sequence"))
except ViewerError as error:
    print(type(error).__name__)
"""


def nested(depth: int, defined: bool) -> bytes:
    if not defined:
        head = element(SEQUENCE, "SQ", b"", UNDEFINED) + item(b"", UNDEFINED)
        return head * depth
    data = b""
    for _ in range(depth):
        data = element(SEQUENCE, "SQ", item(data))
    return data


def bomb() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = element(0x00420011, "OB", b"", 1 << 30)
    zeros = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512))
    return packer.compress(head) + zeros + packer.flush()


def private_elements() -> bytes:
    groups, numbers = range(0x11, 0x21, 2), range(0x1000, 0x5000)
    return b"".join(struct.pack("<HH2sH", g, e, b"LO", 0) for g in groups for e in numbers)


# reliability.md T21 and T22: at most 512 MB and 5 s, and a word.
@pytest.mark.parametrize(
    ("build", "syntax", "answer"),
    [
        pytest.param(lambda: nested(60, True), EXPLICIT_LITTLE, "opened", id="60-deep"),
        pytest.param(lambda: nested(300, True), EXPLICIT_LITTLE, "MalformedError", id="300-deep"),
        pytest.param(lambda: nested(20_000, False), EXPLICIT_LITTLE, "MalformedError", id="20k"),
        pytest.param(lambda: nested(2_000, True), EXPLICIT_LITTLE, "MalformedError", id="2000"),
        pytest.param(
            lambda: element(SEQUENCE, "SQ", item() * 1_000_000),
            EXPLICIT_LITTLE,
            "opened 1 1000000",
            id="million-items",
        ),
        pytest.param(private_elements, EXPLICIT_LITTLE, "MalformedError", id="131k-elements"),
        pytest.param(
            lambda: element(0x30060050, "DS", b"1\\" * 4_000_000 + b"1", implicit=True),
            IMPLICIT_LITTLE,
            "opened 1",
            id="four-million-values",
        ),
        pytest.param(
            lambda: element(0x00100010, "PN", b"\\" * 2_000_000, implicit=True),
            IMPLICIT_LITTLE,
            "opened 1",
            id="two-million-names",
        ),
        pytest.param(bomb, DEFLATED, "MalformedError", id="deflate-bomb"),
    ],
)
def test_hostile_files_cost_little(tmp_path, build, syntax, answer):
    ref = written(tmp_path, part10(build(), syntax))

    cost = measured(OPEN_AND_READ, os.fsdecode(ref.path))

    assert cost.output.startswith(answer)
    assert cost.seconds < 5
    assert cost.peak_mb < 512


def _same(ours: object, theirs: object) -> bool:
    if isinstance(theirs, float) and theirs != theirs:
        return ours != ours
    if isinstance(theirs, pydicom.multival.MultiValue):  # padding of all parts, not of the last
        return [str(v).rstrip() for v in theirs] == [str(v) for v in ours]
    return bool(ours == theirs)


def _differences(theirs: pydicom.Dataset, ours: pydicom.Dataset, where: str) -> list[str]:
    found = []
    for tag in theirs.keys():  # noqa: SIM118 - iterating a Dataset gives elements
        if tag >= 0x7FE00000:
            continue
        try:
            reference = theirs[tag]
        except Exception:
            continue  # what pydicom cannot read is ours to read as we like
        if tag not in ours:
            found.append(f"{where}{tag} missing")
        elif reference.VR == "SQ":
            pairs = list(zip(reference.value, ours[tag].value, strict=False))
            if len(reference.value) != len(ours[tag].value):
                found.append(f"{where}{tag} items")
            for number, (their, our) in enumerate(pairs):
                found += _differences(their, our, f"{where}{tag}[{number}]")
        elif not _same(ours[tag].value, reference.value):
            found.append(f"{where}{tag}")
    return found


KNOWN = {
    "badVR.dcm: (0028,0008)",  # an integer string that holds letters: pydicom gives the text
    "rtplan_truncated.dcm: (300A,00B0)[0](300A,0111)[0](300A,012C) missing",  # the cut value
}


@pytest.mark.shared_data
def test_values_equal_pydicoms_on_every_real_file(shared_data):
    different: set[str] = set()
    count = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path in sorted(shared_data.rglob("*")):
            skip = path.suffix in (".json", ".md", ".png") or "reference" in path.parts
            if skip or not path.is_file():
                continue
            theirs = pydicom.dcmread(path, stop_before_pixels=True, force=True)
            ours = open_file(ref_to(path)).dataset
            different |= {f"{path.name}: {each}" for each in _differences(theirs, ours, "")}
            count += 1

    assert different <= KNOWN
    assert count > 700
