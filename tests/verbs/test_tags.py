"""`lightbox tags`: a readable listing, DICOM JSON, one line for what goes wrong."""

from __future__ import annotations

import json

import pytest

from tests.data import ct_dataset, write_ct, write_dataset
from viewer.cli import run


def test_elements_are_listed_one_by_one(tmp_path, capsys):
    path = write_ct(tmp_path / "a.dcm", RequestAttributesSequence=None)

    assert run(["tags", str(path)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert "(0010,0010) PN PatientName: Phantom^Test" in lines
    assert lines[0].startswith("(0002,0000) UL FileMetaInformationGroupLength: ")


def test_control_characters_are_escaped(tmp_path, capsys):
    item = ct_dataset()
    item.add_new("PatientComments", "LT", "a\x1b[31m\nforged line")

    run(["tags", str(write_dataset(tmp_path / "a.dcm", item))])

    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert "PatientComments: a␛[31m␊forged line" in out


def test_json_is_the_dicom_model(tmp_path, capsys):
    path = write_ct(tmp_path / "a.dcm", rows=64, columns=64)

    assert run(["tags", str(path), "--json"]) == 0

    captured = capsys.readouterr()
    model = json.loads(captured.out)
    assert model["00100020"] == {"vr": "LO", "Value": ["P1"]}
    assert model["7FE00010"] == {"vr": "OW"}
    assert "left out" in captured.err


@pytest.mark.parametrize("name", ["gone.dcm", "words.txt"])
def test_errors_are_one_line(tmp_path, capsys, name):
    (tmp_path / "words.txt").write_text("no elements here, only words\n" * 20)

    assert run(["tags", str(tmp_path / name)]) == 1

    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.strip().splitlines()) == 1
    assert captured.err.startswith("lightbox tags: ")
