"""`lightbox echo`, `send`, `find` and `get` as a script uses them, against a real archive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.data import ct_series, write_ct
from tests.net.archives import Archive, free_port, run_orthanc
from viewer.cli import VERBS, run
from viewer.dicom.files.source import FileRef
from viewer.library.index import NAME, Index
from viewer.net.outgoing import read_outgoing

STUDY = "1.2.826.0.1.3680043.10.999.50"
Outcome = tuple[int, str, str]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    with run_orthanc(tmp_path_factory.mktemp("orthanc")) as running:
        yield running


@pytest.fixture
def call(archive: Archive, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run a verb on the archive: exit code, standard output and error."""

    def run_verb(verb: str, *arguments: object) -> Outcome:
        address = f"127.0.0.1:{archive.peer.port}"
        code = run([verb, address, "--called", "ORTHANC", *map(str, arguments)])
        out, err = capsys.readouterr()
        return code, out, err

    return run_verb


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def data_set(path: Path | str) -> bytes:
    return b"".join(read_outgoing(FileRef(str(path).encode())).chunks())


def test_an_echo(call: Callable[..., Outcome]) -> None:
    code, out, err = call("echo")

    assert (code, err) == (0, "")
    assert "OFFIS_DCMTK" in out  # what Orthanc is built with
    assert " answered in " in out


def test_an_echo_as_json(call: Callable[..., Outcome]) -> None:
    code, out, _ = call("echo", "--json")

    (answer,) = objects(out)
    assert code == 0
    assert answer["echo_ms"] > 0


@pytest.mark.parametrize("verb", ["echo", "find"])
def test_an_unreachable_server_is_one_clear_line(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"127.0.0.1:{free_port()}"

    code = run([verb, address])

    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert err.startswith(f"lightbox {verb}: {address}: nothing listens at")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ["echo", "nonsense"],
        ["echo", "host:0"],
        ["echo", "host:104", "--called", "A" * 17],
        ["echo", "host:104", "--ae-title", ""],
        ["echo", "host:104", "--timeout", "0"],
        ["find", "host:104", "--most", "0"],
        ["send", "::1:104", "x"],
        ["get", "host", "--study", "1.2"],
    ],
)
def test_bad_usage_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"lightbox {arguments[0]}: ")
    assert err.count("\n") == 1


def test_there_and_back_again(call: Callable[..., Outcome], tmp_path: Path) -> None:
    files = ct_series(tmp_path / "in", 4, study_uid=STUDY, series_uid=STUDY + ".1", PatientID="V1")
    store = tmp_path / "store"

    sent = call("send", tmp_path / "in")
    found = call("find", "--id", "V1", "--json")
    got = call("get", "--study", STUDY, "--store", store, "--json")

    assert sent == (0, "4 sent, 0 failed, 0 skipped of 4.\n", "")
    assert [each["study_uid"] for each in objects(found[1])] == [STUDY]
    assert (got[0], got[2]) == (0, "")
    paths = [each["path"] for each in objects(got[1])]
    assert sorted(map(data_set, paths)) == sorted(map(data_set, files))
    index = Index(store / NAME)
    try:
        assert [study.uid for study in index.studies()] == [STUDY]
    finally:
        index.close()


def test_what_is_found_is_a_line_each(call: Callable[..., Outcome], tmp_path: Path) -> None:
    name = "Evil^\x1b[31mName"
    path = write_ct(
        tmp_path / "a.dcm",
        study_uid=STUDY + ".9",
        series_uid=STUDY + ".9.1",
        PatientName=name,
        PatientID="V9",
    )
    call("send", path)

    code, out, _ = call("find", "--id", "V9")

    assert code == 0
    (line,) = out.splitlines()
    assert line.split("\t")[0] == "20260102"
    assert line.endswith(STUDY + ".9")
    assert "\x1b" not in out


def test_nothing_found_is_said(call: Callable[..., Outcome], tmp_path: Path) -> None:
    assert call("find", "--id", "NOBODY")[0] == 1
    code, out, err = call("get", "--study", "1.2.3.4", "--store", tmp_path / "s")

    assert code == 1
    assert out == "0 received, 0 failed, 0.0 MB.\n"
    assert "has nothing of this study" in err


def test_a_mixed_folder_sends_what_it_can(call: Callable[..., Outcome], tmp_path: Path) -> None:
    write_ct(tmp_path / "a.dcm")
    write_ct(tmp_path / "nameless.dcm", SOPInstanceUID=None)
    (tmp_path / "notes.txt").write_text("hello")

    code, out, err = call("send", tmp_path)

    assert code == 1
    assert out == "1 sent, 0 failed, 1 skipped of 2.\n"
    assert "notes.txt: It is a text file" in err
    assert "nameless.dcm: It does not say what object it is." in err


def test_nothing_to_send_is_told(call: Callable[..., Outcome], tmp_path: Path, capsys) -> None:
    code, out, err = call("send", tmp_path)

    assert (code, out) == (1, "")
    assert "Nothing readable was found" in err


@pytest.mark.parametrize("verb", ["echo", "send", "find", "get"])
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run([verb, "--help"])

    assert ended.value.code == 0
    assert VERBS[verb] in capsys.readouterr().out
