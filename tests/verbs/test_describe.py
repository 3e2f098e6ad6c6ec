"""`lightbox describe`: the JSON of the contract, the text, the exit codes."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.data import ct_dataset, ct_series, set_pixels, write_ct, write_dataset
from viewer.cli import run

STACK_KEYS = {
    "frames", "rows", "columns", "transfer_syntax", "photometric", "letters", "spacing_mm",
    "spacing_source", "slice_spacing_mm", "window", "cine",
}  # fmt: skip


@pytest.fixture
def described(capsys):
    """Runs the verb on paths and returns what it printed as JSON."""

    def describe(*paths, code=0):
        assert run(["describe", *map(str, paths), "--json"]) == code
        return json.loads(capsys.readouterr().out)

    return describe


def the_stack(data):
    (patient,) = data["patients"]
    (study,) = patient["studies"]
    (series,) = study["series"]
    (stack,) = series["stacks"]
    return stack


def write_clip(path, frames=5, **attributes):
    made = ct_dataset(
        Modality="US", SOPClassUID="1.2.840.10008.5.1.4.1.1.3.1", ImagePositionPatient=None,
        ImageOrientationPatient=None, **attributes,
    )  # fmt: skip
    return write_dataset(path, set_pixels(made, np.zeros((frames, 4, 4, 3), np.uint8)))


def test_every_key_is_there(tmp_path, described):
    ct_series(tmp_path, 3)

    data = described(tmp_path)

    assert {"patients", "skipped", "problems"} == set(data)
    patient = data["patients"][0]
    study = patient["studies"][0]
    series = study["series"][0]
    assert set(patient) == {"id", "name", "studies"}
    assert {"uid", "date", "description", "series"} <= set(study)
    assert {"uid", "number", "modality", "description", "stacks"} <= set(series)
    assert set(the_stack(data)) >= STACK_KEYS
    assert (patient["id"], patient["name"], study["date"]) == ("P1", "Phantom^Test", "20260102")
    assert (series["number"], series["modality"]) == (1, "CT")


def test_a_ct_series(tmp_path, described):
    paths = ct_series(tmp_path, 3, step_mm=2.5)

    stack = the_stack(described(tmp_path))

    assert stack["frames"] == [{"path": str(path), "frame": 1} for path in paths]
    assert (stack["rows"], stack["columns"], stack["photometric"]) == (16, 16, "MONOCHROME2")
    assert stack["transfer_syntax"] == "1.2.840.10008.1.2.1"
    assert stack["letters"] == {"top": "A", "bottom": "P", "left": "R", "right": "L"}
    assert (stack["spacing_mm"], stack["spacing_source"]) == ([0.7, 0.7], "patient")
    assert stack["slice_spacing_mm"] == 2.5
    assert stack["window"] == {"width": 400, "center": 40, "source": "file"}
    assert stack["cine"] is None


def test_what_a_file_does_not_say_is_null(tmp_path, described):
    write_ct(
        tmp_path / "a", ImagePositionPatient=None, ImageOrientationPatient=None,
        PixelSpacing=None, WindowCenter=None, WindowWidth=None,
    )  # fmt: skip

    stack = the_stack(described(tmp_path))

    assert stack["letters"] is None
    assert (stack["spacing_mm"], stack["spacing_source"]) == (None, "unknown")
    assert stack["slice_spacing_mm"] is None


def test_without_a_window_in_the_file_the_viewers_own_is_told(tmp_path, described):
    write_ct(tmp_path / "a", WindowCenter=None, WindowWidth=None)

    window = the_stack(described(tmp_path))["window"]

    assert window["source"] == "auto"
    assert window["width"] > 1


def test_patient_orientation_gives_letters_too(tmp_path, described):
    write_ct(
        tmp_path / "a", ImagePositionPatient=None, ImageOrientationPatient=None,
        PatientOrientation=["A", "FR"],
    )  # fmt: skip

    assert the_stack(described(tmp_path))["letters"] == {
        "top": "HL", "bottom": "FR", "left": "P", "right": "A",
    }  # fmt: skip


def test_a_clip_has_frame_numbers_from_one_and_a_rate(tmp_path, described):
    path = write_clip(tmp_path / "a", FrameTime=40, PreferredPlaybackSequencing=1)

    stack = the_stack(described(tmp_path))

    assert stack["frames"] == [{"path": str(path), "frame": n} for n in (1, 2, 3, 4, 5)]
    assert stack["cine"] == {"fps": 25, "source": "Frame Time", "sequencing": "sweep"}
    assert stack["window"] is None


def test_an_object_without_pixels(tmp_path, described):
    made = ct_dataset(SOPClassUID="1.2.840.10008.5.1.4.1.1.88.33", Modality="SR", Rows=None)
    del made.PixelData
    write_dataset(tmp_path / "a", made)

    stack = the_stack(described(tmp_path))

    assert (stack["label"], stack["is_image"], stack["rows"], stack["letters"]) == (
        "SR", False, None, None,
    )  # fmt: skip


def test_what_is_no_dicom_is_skipped_with_a_reason(tmp_path, described):
    ct_series(tmp_path, 1)
    (tmp_path / "notes.txt").write_text("Not an image at all, but a fairly long text. " * 10)

    data = described(tmp_path)

    (skipped,) = data["skipped"]
    assert skipped["path"] == str(tmp_path / "notes.txt")
    assert "text" in skipped["reason"]


def test_nothing_readable_is_exit_code_one_and_one_line(tmp_path, capsys):
    assert run(["describe", str(tmp_path / "gone"), "--json"]) == 1

    printed = capsys.readouterr()
    assert json.loads(printed.out)["patients"] == []
    assert len(printed.err.strip().splitlines()) == 1


def test_no_path_is_bad_usage(capsys):
    with pytest.raises(SystemExit) as ended:
        run(["describe"])

    assert ended.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_pixels_that_cannot_be_read_are_a_problem_and_the_rest_is_told(tmp_path, described):
    made = ct_dataset(WindowCenter=None, WindowWidth=None)
    made.PixelData = b"\0" * 10
    write_dataset(tmp_path / "a", made)

    data = described(tmp_path)

    assert the_stack(data)["letters"]["top"] == "A"
    assert data["problems"]


def test_a_missing_slice_is_among_the_problems(tmp_path, described):
    ct_series(tmp_path, 5)[2].unlink()

    problems = described(tmp_path)["problems"]

    assert [p["what"] for p in problems] == ["1 slice missing: gap after image 2."]


def test_text_is_for_people(tmp_path, capsys):
    ct_series(tmp_path, 3)

    assert run(["describe", str(tmp_path)]) == 0

    text = capsys.readouterr().out
    assert "Phantom^Test, P1" in text
    assert "3 images, 16 × 16, top A bottom P left R right L" in text
    assert "window 400 at 40 (file)" in text


def test_control_characters_of_a_file_never_reach_the_terminal(tmp_path, capsys):
    made = ct_dataset()
    made["SeriesDescription"]._value = "red\x1b[31m\x07alert"
    write_dataset(tmp_path / "a", made)

    run(["describe", str(tmp_path)])

    text = capsys.readouterr().out
    assert "\x1b" not in text
    assert "\x07" not in text


def test_why_explains_the_steps(tmp_path, capsys):
    path = write_ct(tmp_path / "a")

    assert run(["describe", "--why", str(path)]) == 0

    assert "Window" in capsys.readouterr().out


def test_why_of_nothing_is_exit_code_one(tmp_path, capsys):
    assert run(["describe", "--why", str(tmp_path / "gone")]) == 1

    assert str(tmp_path / "gone") in capsys.readouterr().err


def test_no_toolkit_is_imported(tmp_path):
    ct_series(tmp_path, 1)
    code = (
        "import sys; from viewer.cli import run; "
        f"run(['describe', {str(tmp_path)!r}, '--json']); "
        "assert not [m for m in sys.modules if 'PySide' in m or 'pyqtgraph' in m]"
    )

    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)


def test_a_large_folder_is_described_by_one_file_for_each_stack(tmp_path, described, monkeypatch):
    import viewer.dicom.dataset

    ct_series(tmp_path, 40)
    opened = []
    real = viewer.dicom.dataset.open_file
    monkeypatch.setattr(
        viewer.dicom.dataset, "open_file", lambda ref: (opened.append(ref), real(ref))[1]
    )

    described(tmp_path)

    assert len(opened) == 1


def test_all_real_files_are_described(shared_data, described):
    data = described(shared_data / "projection", shared_data / "enhanced", shared_data / "nonimage")

    stacks = [
        stack
        for patient in data["patients"]
        for study in patient["studies"]
        for series in study["series"]
        for stack in series["stacks"]
    ]
    assert len(stacks) > 30
    assert all(set(stack) >= STACK_KEYS for stack in stacks)
    assert all(frame["frame"] >= 1 for stack in stacks for frame in stack["frames"])
