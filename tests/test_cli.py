"""The command line as a shell meets it: exit codes, one line of error, odd terminals and names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile

import pytest

from tests.data import write_ct
from viewer.cli import run
from viewer.verbs.named_file import file_named, path_of

ODD_NAME = b"b\xe9te.dcm"


def shell(*arguments: str | bytes, **options: object) -> subprocess.CompletedProcess[bytes]:
    call = [sys.executable, "-m", "viewer", *arguments]
    return subprocess.run(call, stderr=subprocess.PIPE, timeout=60, check=False, **options)


def paths_in(described: dict) -> list[str]:
    return [
        frame["path"]
        for patient in described["patients"]
        for study in patient["studies"]
        for series in study["series"]
        for stack in series["stacks"]
        for frame in stack["frames"]
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["describe"], id="no-path"),
        pytest.param(["describe", "--bogus", "a"], id="unknown-option"),
        pytest.param(["render", "a", "b", "--frame", "x"], id="not-a-number"),
        pytest.param(["render", "a", "b", "--preset", "lung", "--min-max"], id="two-windows"),
        pytest.param(["tags"], id="no-file"),
        pytest.param(["--bogus"], id="window-option"),
    ],
)
def test_bad_usage_is_exit_2_and_one_line(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        run(arguments)

    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("option", [["--min-max"], ["--frame", "2"], ["--no-overlays"]])
def test_a_list_takes_no_option_that_it_would_ignore(tmp_path, capsys, option):
    (tmp_path / "jobs.json").write_text("[]")

    assert run(["render", "--list", str(tmp_path / "jobs.json"), *option]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("verb", ["render", "tags"])
def test_an_error_names_the_file(tmp_path, capsys, verb):
    more = [str(tmp_path / "o.png")] if verb == "render" else []

    assert run([verb, str(tmp_path / "no\x1bne.dcm"), *more]) == 1

    told = capsys.readouterr().err
    assert "ne.dcm: " in told
    assert "\x1b" not in told


@pytest.mark.parametrize("verb", [["describe", "--json"], ["tags", "--json"], ["tags"]])
def test_a_full_disk_is_one_line(tmp_path, verb):
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    source = write_ct(tmp_path / "a.dcm")

    with open("/dev/full", "wb") as full:
        ended = shell(*verb, str(source), stdout=full)

    assert ended.returncode == 1
    assert ended.stderr.count(b"\n") == 1


def test_a_closed_output_is_no_error(tmp_path):
    source = write_ct(tmp_path / "a.dcm")
    script = f'"{sys.executable}" -m viewer describe "{source}" >&-'

    ended = subprocess.run(["sh", "-c", script], stderr=subprocess.PIPE, timeout=60, check=False)

    assert (ended.returncode, ended.stderr) == (0, b"")


def test_a_terminal_without_the_letters_gets_marks(tmp_path):
    source = write_ct(tmp_path / "a.dcm", SpecificCharacterSet="ISO_IR 192", PatientName="王^小东")
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}

    ended = shell("describe", str(source), stdout=subprocess.PIPE, env=ascii_only)

    assert ended.returncode == 0
    assert b"?^??" in ended.stdout


def test_a_name_in_another_encoding_comes_back_as_it_was(tmp_path):
    path = os.path.join(os.fsencode(tmp_path), ODD_NAME)
    try:
        write_ct(os.fsdecode(path))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    ended = shell("describe", "--json", path, stdout=subprocess.PIPE)
    (told,) = paths_in(json.loads(ended.stdout))

    assert os.fsencode(told) == path
    assert path_of(file_named(told)) == told


def test_a_member_of_an_archive_is_rendered_by_the_name_describe_gives(tmp_path, capsys):
    write_ct(tmp_path / "a.dcm")
    with zipfile.ZipFile(tmp_path / "disc!1.zip", "w") as archive:
        archive.write(tmp_path / "a.dcm", "DICOM/IM!1")
    run(["describe", "--json", str(tmp_path / "disc!1.zip")])
    (told,) = paths_in(json.loads(capsys.readouterr().out))

    assert run(["render", told, str(tmp_path / "member.png")]) == 0
    assert run(["render", str(tmp_path / "a.dcm"), str(tmp_path / "file.png")]) == 0
    assert (tmp_path / "member.png").read_bytes() == (tmp_path / "file.png").read_bytes()
    assert run(["tags", told]) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a display")
def test_a_window_without_a_display_is_one_line():
    bare = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }

    ended = shell(stdout=subprocess.PIPE, env=bare)

    assert ended.returncode == 1
    assert ended.stderr.count(b"\n") == 1
