"""`lightbox library`: what it prints, its exit codes, and that a terminal is safe from names."""

from __future__ import annotations

import json
import os

import pytest

from tests.data import ct_series
from tests.library.received import STUDY, open_library, receive_study
from tests.net.caller import until
from tests.net.receiver import ReceiverProcess, dcmtk
from viewer.cli import run
from viewer.library.index import NAME


@pytest.fixture
def data(tmp_path):
    store, index = open_library(tmp_path / "data")
    receive_study(store, 1, 2)
    receive_study(store, 2, 3, Modality="MR")
    index.close()
    return tmp_path / "data"


@pytest.fixture
def said(capsys):
    """Runs the verb; returns (standard output, standard error)."""

    def say(*arguments, code=0):
        assert run(["library", *map(str, arguments)]) == code
        return capsys.readouterr()

    return say


def test_studies_are_listed_newest_first(data, said):
    out, error = said("--store", data)

    assert [line.split()[:3] for line in out.splitlines()] == [
        ["2024-01-03", "MR", "Patient2^Test"],
        ["2024-01-02", "CT", "Patient1^Test"],
    ]
    assert "1 series, 3 objects" in out
    assert error == ""


def test_a_query_chooses(data, said):
    out, _ = said("list", "mod:CT", "patient1", "--store", data)

    assert [line.split()[2] for line in out.splitlines()] == ["Patient1^Test"]


def test_json_has_studies_with_their_series(data, said):
    out, _ = said("list", "--json", "--order", "name", "--store", data)

    first, second = json.loads(out)["studies"]
    assert (first["uid"], second["instances"]) == (f"{STUDY}.1", 3)
    assert [series["modality"] for series in second["series"]] == ["MR"]
    assert "id" not in first
    assert "id" not in first["series"][0]


def test_nothing_found_is_said_with_code_1(data, said):
    out, error = said("list", "nobody", "--store", data, code=1)

    assert out == ""
    assert error == "lightbox library: No study is found.\n"


def test_what_a_query_does_not_understand_is_said(data, said):
    out, error = said("list", "date:someday", "--store", data)

    assert len(out.splitlines()) == 2
    assert "date: takes" in error


def test_no_library_is_said_and_none_is_made(tmp_path, said):
    _, error = said("--store", tmp_path / "nowhere", code=1)

    assert error.startswith("lightbox library: There is no library here.")
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("arguments", [["destroy"], ["--order", "chaos"], ["--what"]])
def test_bad_usage_is_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        run(["library", *arguments])

    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_a_query_for_another_verb_is_code_2(data, said):
    _, error = said("check", "smith", "--store", data, code=2)

    assert "takes no query" in error


def test_check_is_content_with_a_sound_library(data, said):
    out, _ = said("check", "--store", data)

    assert out.startswith("2 studies, 5 objects; 5 stored files, 0 taken into the list, 0 missing")


def test_check_takes_in_what_is_not_listed_and_tells_what_is_gone(data, said):
    (data / NAME).unlink()
    assert json.loads(said("check", "--json", "--store", data).out)["added"] == 5

    os.unlink(next(data.glob("studies/*/*/*.dcm")))
    found = json.loads(said("check", "--json", "--store", data, code=1).out)
    assert (found["files"], found["missing"]) == (4, 1)


def test_rebuild_makes_the_same_list(data, said):
    before = said("--json", "--store", data).out

    out, _ = said("rebuild", "--store", data)

    assert "5 stored files" in out
    assert said("--json", "--store", data).out == before


def test_a_damaged_list_is_said_and_made_anew(data, said):
    (data / NAME).write_bytes(b"SQLite format 3\0" + bytes(5000))

    out, error = said("rebuild", "--store", data)

    assert out.startswith("2 studies, 5 objects")
    assert "was damaged" in error
    assert "aside-1" in error


def test_a_file_that_cannot_be_read_is_said(data, said):
    next(data.glob("studies/*/*/*.dcm")).write_bytes(b"no DICOM")

    _, error = said("rebuild", "--store", data, code=1)

    assert len(error.splitlines()) == 1


def test_control_characters_of_a_name_do_not_reach_the_terminal(tmp_path, said):
    store, index = open_library(tmp_path / "data")
    receive_study(store, 1, 1, StudyDescription="red \x1b[31m\x07\r\n")
    index.close()

    out, _ = said("--store", tmp_path / "data")

    assert out.rstrip("\n").isprintable()
    assert "red" in out


# What is received is in the list at once; what a crash left is found at the receiver's start.


@pytest.fixture
def receiver(data):
    process = ReceiverProcess(data)
    yield process
    process.close()


def test_what_is_received_is_listed_while_the_receiver_runs(data, receiver, tmp_path, said):
    paths = ct_series(tmp_path / "out", 4, PatientName="Arrived^Now")
    dcmtk(
        "storescu", "-aet", "MODALITY1", "-aec", "LIGHTBOX", "127.0.0.1", str(receiver.port), *paths
    )

    out, _ = said("list", "arrived ae:modality1", "--json", "--store", data)

    (study,) = json.loads(out)["studies"]
    assert (study["instances"], study["stored"], study["new"]) == (4, 4, True)


def test_the_receiver_finds_what_is_not_listed(data, said):
    (data / NAME).unlink()

    process = ReceiverProcess(data)
    try:
        _, index = open_library(data)
        until(lambda: index.totals().instances == 5)
        index.close()
    finally:
        process.close()

    assert said("check", "--store", data).out.startswith("2 studies, 5 objects; 5 stored files, 0")
