"""`lightbox render`: the command line as a user meets it."""

from __future__ import annotations

import json
import os
import stat

import numpy as np
import pytest
from PIL import Image

from tests.data import write_dataset
from tests.dicom.light_data import RAMP, image, put_overlay
from viewer.cli import run

CORNER = np.ones((2, 2), bool)


@pytest.fixture
def ramp(tmp_path):
    source = image(
        RAMP, WindowCenter=[2048, 100], WindowWidth=[4096, 1], RescaleSlope=1, RescaleIntercept=0
    )
    put_overlay(source, CORNER, origin=(1, 1))
    return write_dataset(tmp_path / "ramp.dcm", source)


@pytest.fixture
def frames(tmp_path):
    stack = np.stack([np.full((4, 4), value, np.uint8) for value in (10, 20, 30)])
    return write_dataset(tmp_path / "frames.dcm", image(stack, WindowCenter=128, WindowWidth=256))


def picture(path):
    with Image.open(path) as opened:
        return np.asarray(opened)


def render(source, out, *options):
    return run(["render", str(source), str(out), *options])


@pytest.mark.parametrize(
    ("options", "white_from"),
    [
        pytest.param(["--file-window", "2"], 100, id="file-window"),
        pytest.param(["--window", "1", "3000"], 3000, id="window"),
        pytest.param(["--window", "1", "-5"], 0, id="negative-center"),
        pytest.param(["--window", "1", "-5e0"], 0, id="negative-center-in-powers-of-ten"),
        pytest.param(["--preset", "stroke"], 59, id="preset"),
    ],
)
def test_the_window_asked_for_is_used(ramp, tmp_path, options, white_from):
    assert render(ramp, tmp_path / "o.png", *options, "--no-overlays") == 0

    shown = picture(tmp_path / "o.png")
    assert int(np.argmax(shown.reshape(-1) == 255)) == white_from


def test_one_output_pixel_per_stored_pixel_with_overlays_unless_told_otherwise(ramp, tmp_path):
    render(ramp, tmp_path / "with.png")
    render(ramp, tmp_path / "without.png", "--no-overlays")

    shown, bare = picture(tmp_path / "with.png"), picture(tmp_path / "without.png")
    assert shown.shape == RAMP.shape
    assert (shown[:2, :2] == 255).all()
    assert (bare[:2, :2] < 9).all()
    assert np.array_equal(shown[2:], bare[2:])


def test_min_max_spans_the_frame_s_own_values(tmp_path):
    source = image(np.array([[100, 150, 200, 65000]], np.uint16), PixelPaddingValue=65000)
    path = write_dataset(tmp_path / "m.dcm", source)

    render(path, tmp_path / "o.png", "--min-max")

    assert picture(tmp_path / "o.png").tolist() == [[0, 128, 255, 0]]


@pytest.mark.parametrize(("frame", "value"), [("1", 10), ("3", 30)])
def test_frames_count_from_one(frames, tmp_path, frame, value):
    assert render(frames, tmp_path / "o.png", "--frame", frame) == 0
    assert (picture(tmp_path / "o.png") == value).all()


@pytest.mark.parametrize(
    "options",
    [
        ["--frame", "0"],
        ["--window", "0", "40"],
        ["--window", "-5", "40"],
        ["--window", "nan", "40"],
        ["--file-window", "0"],
        ["--preset", "spleen"],
    ],
)
def test_bad_usage_is_exit_2_and_one_line(ramp, tmp_path, capsys, options):
    assert render(ramp, tmp_path / "o.png", *options) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "o.png").exists()


@pytest.mark.parametrize("arguments", [["a.dcm"], ["--min-max", "--file-window", "1", "a", "b"]])
def test_words_that_do_not_go_together_are_exit_2(arguments):
    try:
        code = run(["render", *arguments])
    except SystemExit as ended:
        code = ended.code

    assert code == 2


@pytest.mark.parametrize(
    ("options", "word"),
    [
        pytest.param(["--frame", "9"], "frame", id="no-such-frame"),
        pytest.param(["--file-window", "9"], "window", id="no-such-window"),
        pytest.param(["--voi-lut", "1"], "VOI LUT", id="no-voi-lut"),
        pytest.param(["--preset", "suv5"], "SUV", id="suv-of-something-else"),
    ],
)
def test_what_the_file_does_not_have_is_exit_1_and_one_line(ramp, tmp_path, capsys, options, word):
    assert render(ramp, tmp_path / "o.png", *options) == 1

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert word in lines[0]


def test_a_text_file_and_a_missing_one_are_exit_1(tmp_path):
    (tmp_path / "notes.dcm").write_text("nothing here")

    assert render(tmp_path / "notes.dcm", tmp_path / "o.png") == 1
    assert render(tmp_path / "none.dcm", tmp_path / "o.png") == 1


def test_a_picture_is_whole_or_not_there(ramp, tmp_path, capsys):
    assert render(ramp, tmp_path / "missing" / "o.png") == 1
    assert "written" in capsys.readouterr().err

    umask = os.umask(0o027)
    try:
        render(ramp, tmp_path / "o.png")
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "o.png").stat().st_mode) == 0o640
    assert list(tmp_path.glob(".*part")) == []


def jobs_file(tmp_path, jobs):
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps(jobs))
    return path


def run_list(tmp_path, capsys, jobs):
    code = run(["render", "--list", str(jobs_file(tmp_path, jobs))])
    return code, [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_list_goes_on_after_a_failure_and_keeps_its_order(ramp, frames, tmp_path, capsys):
    jobs = [
        {"path": str(frames), "out": str(tmp_path / "1.png"), "frame": 2},
        {"path": str(tmp_path / "none.dcm"), "out": str(tmp_path / "2.png")},
        {"path": str(frames), "out": str(tmp_path / "3.png"), "frame": 99},
        {"path": str(ramp), "out": str(tmp_path / "4.png"), "window": [1, -5], "overlays": False},
        {"path": str(ramp), "out": str(tmp_path / "5.png"), "file_window": 2, "overlays": False},
        {"path": str(ramp), "out": str(tmp_path / "6.png"), "min_max": True, "voi_lut": None},
    ]

    code, lines = run_list(tmp_path, capsys, jobs)

    assert code == 0
    assert [line["path"] for line in lines] == [job["path"] for job in jobs]
    assert [line["ok"] for line in lines] == [True, False, False, True, True, True]
    assert [line["frame"] for line in lines] == [2, 1, 99, 1, 1, 1]
    assert all(set(line) == {"path", "frame", "ok", "error"} for line in lines)
    assert all(bool(line["error"]) is not line["ok"] for line in lines)
    assert (picture(tmp_path / "4.png") == 255).all()
    assert picture(tmp_path / "5.png")[1, 36] == 255


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(7, id="no-object"),
        pytest.param({"out": "x.png"}, id="no-path"),
        pytest.param({"path": "a\0b", "out": "x.png"}, id="path-with-nul"),
        pytest.param({"path": "\ud800", "out": "x.png"}, id="path-that-is-no-text"),
        pytest.param({"path": 5, "out": "x.png"}, id="path-is-a-number"),
        pytest.param({"path": "a", "out": "x.png", "frame": 0}, id="frame-0"),
        pytest.param({"path": "a", "out": "x.png", "frame": "1"}, id="frame-as-text"),
        pytest.param({"path": "a", "out": "x.png", "frame": True}, id="frame-as-truth"),
        pytest.param({"path": "a", "out": "x.png", "window": [1]}, id="half-a-window"),
        pytest.param({"path": "a", "out": "x.png", "window": "wide"}, id="window-as-text"),
        pytest.param({"path": "a", "out": "x.png", "wnidow": [1, 2]}, id="misspelt"),
        pytest.param({"path": "a", "out": "x.png", "window": ["1", True]}, id="window-of-words"),
        pytest.param({"path": "a", "out": "x.png", "preset": 3}, id="preset-as-number"),
        pytest.param({"path": "a", "out": "x.png", "min_max": "false"}, id="truth-as-text"),
        pytest.param({"path": "a", "out": "x.png", "overlays": 0}, id="truth-as-number"),
        pytest.param(
            {"path": "a", "out": "x.png", "min_max": True, "file_window": 1}, id="two-windows"
        ),
    ],
)
def test_a_nonsensical_job_is_a_failed_line(tmp_path, capsys, job):
    code, lines = run_list(tmp_path, capsys, [job])

    assert code == 1
    assert lines[0]["ok"] is False
    assert lines[0]["error"]


@pytest.mark.parametrize("text", ["", "{", '{"path": "a"}', "\x00", "[" * 99_999])
def test_a_list_that_is_none_is_exit_2(tmp_path, text):
    (tmp_path / "jobs.json").write_text(text)

    assert run(["render", "--list", str(tmp_path / "jobs.json")]) == 2
    assert run(["render", "--list", str(tmp_path / "none.json")]) == 2


def test_colour_is_written_as_rgb_and_takes_no_window(tmp_path):
    pixels = np.random.default_rng(1).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    path = write_dataset(tmp_path / "rgb.dcm", image(pixels))

    render(path, tmp_path / "o.png", "--min-max")

    assert np.array_equal(picture(tmp_path / "o.png"), pixels)
