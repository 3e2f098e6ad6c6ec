"""The sample study is what the first-time user sees: it must be right as well as pretty."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from viewer.dicom.sample import sample_study
from viewer.dicom.sample.ct import ct_slices


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sample_study(tmp_path_factory.mktemp("sample"))


def test_the_study_has_what_the_readme_promises(study: Path) -> None:
    counts = {folder.name: len(list(folder.glob("*.dcm"))) for folder in study.glob("??")}
    clip = pydicom.dcmread(study / "US/IM00001.dcm")
    film = pydicom.dcmread(study / "DX/IM00001.dcm")

    assert counts == {"CT": 120, "MR": 28, "US": 1, "DX": 1}
    assert (clip.NumberOfFrames, clip.FrameTime) == (60, 40)
    assert [region.PhysicalUnitsXDirection for region in clip.SequenceOfUltrasoundRegions] == [3, 4]
    assert film.PhotometricInterpretation == "MONOCHROME1"
    assert film.pixel_array[5, 5] > film.pixel_array[700, 512]  # air is stored high


def test_a_second_call_writes_nothing(study: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in study.rglob("*.dcm")}

    assert sample_study(study.parent) == study
    assert {path: path.stat().st_mtime_ns for path in study.rglob("*.dcm")} == before


def test_an_older_edition_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("viewer.dicom.sample.SERIES", ())
    (tmp_path / "study" / "edition-0").mkdir(parents=True)

    sample_study(tmp_path / "study")

    assert [path.name for path in (tmp_path / "study").iterdir()] == ["edition-2"]


def test_uids_repeat_and_every_slice_has_its_own(study: Path) -> None:
    first = next(ct_slices())
    uids = [
        pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID
        for path in sorted(study.rglob("*.dcm"))
    ]

    assert first.SOPInstanceUID == uids[0]
    assert len(set(uids)) == len(uids) == 150


def test_the_left_of_the_patient_is_at_the_right_of_the_ct(study: Path) -> None:
    abdomen = pydicom.dcmread(study / "CT/IM00010.dcm").pixel_array - 1024.0
    chest = pydicom.dcmread(study / "CT/IM00043.dcm").pixel_array - 1024.0
    columns = np.broadcast_to(np.arange(512), (512, 512))
    blood = chest[100:300] > 180

    assert abdomen[260, 180] == pytest.approx(110, abs=40)  # liver: patient's right, image left
    assert abdomen[210, 350] < -900  # gas in the stomach: patient's left
    assert columns[100:300][blood].mean() > 256  # the heart's blood: patient's left


def test_the_mr_is_oblique_about_two_axes(study: Path) -> None:
    ds = pydicom.dcmread(study / "MR/IM00001.dcm", stop_before_pixels=True)
    cosines = np.array(ds.ImageOrientationPatient, float).reshape(2, 3)

    assert cosines @ cosines.T == pytest.approx(np.eye(2), abs=1e-6)
    assert np.count_nonzero(np.abs(cosines) > 0.2) == 5
