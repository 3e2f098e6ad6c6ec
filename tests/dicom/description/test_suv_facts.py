"""From the attributes of a PET file to its SUV by weight, read-out, presets and trace."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.data import EXPLICIT_LITTLE, IMPLICIT_LITTLE
from tests.dicom.light_data import described, image
from viewer.core.light import DisplayChoice, choose_voi, to_light
from viewer.core.presets import find_preset
from viewer.core.readout import read_pixel
from viewer.core.readout_text import value_text
from viewer.core.trace import StepKind, explain

STORED = np.array([[0, 50], [100, 200]], np.uint16)
DRUG = {
    "RadiopharmaceuticalStartTime": "100000.00",
    "RadionuclideTotalDose": 4e8,
    "RadionuclideHalfLife": 3600,
}


def pet(drug=None, private=(), **changes) -> Dataset:
    """70 kg, 400 MBq two half-lives before the scan: 1 Bq/ml is 0.0007 g/ml."""
    attributes = {
        "Modality": "PT",
        "Units": "BQML",
        "CorrectedImage": ["ATTN", "DECY"],
        "DecayCorrection": "START",
        "PatientWeight": 70,
        "SeriesDate": "20260301",
        "SeriesTime": "120000",
        "AcquisitionDate": "20260301",
        "AcquisitionTime": "120000",
        "RescaleSlope": 10,
        "RescaleIntercept": 0,
        "RadiopharmaceuticalInformationSequence": [{**DRUG, **(drug or {})}],
    }
    result = image(STORED, **{**attributes, **changes})
    for group, creator, element, vr, value in private:
        result.private_block(group, creator, create=True).add_new(element, vr, value)
    return result


def with_day(moment):
    return {"RadiopharmaceuticalStartDateTime": moment}


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, IMPLICIT_LITTLE])
@pytest.mark.parametrize(
    ("source", "factor"),
    [
        pytest.param(lambda: pet(), 7e-4, id="times"),
        pytest.param(lambda: pet(with_day("20260301110000")), 3.5e-4, id="date-time"),
        pytest.param(
            lambda: pet(with_day("20260301090000+0000"), TimezoneOffsetFromUTC="+0200"),
            3.5e-4, id="other-time-zone",
        ),
        pytest.param(
            lambda: pet(with_day("20260301110000+0200")), 3.5e-4, id="offset-on-the-same-clock"
        ),
        pytest.param(
            lambda: pet({"RadiopharmaceuticalStartTime": "233000"}, SeriesTime="003000"),
            3.5e-4, id="over-midnight",
        ),
        pytest.param(
            lambda: pet(
                private=[(9, "GEMS_PETD_01", 0x0D, "DT", "20260301110000.00")], SeriesTime="180000"
            ),
            3.5e-4, id="ge",
        ),
        pytest.param(
            lambda: pet(
                private=[(0x7053, "Philips PET Private Group", 0, "DS", "0.5")], Units="CNTS"
            ),
            0.5, id="philips-suv",
        ),
        pytest.param(
            lambda: pet(
                private=[(0x7053, "Philips PET Private Group", 9, "DS", "2.0")], Units="CNTS"
            ),
            14e-4, id="philips-activity",
        ),
        pytest.param(
            lambda: pet(
                Units=None, CorrectedImage=None, DecayCorrection=None, RescaleType="BQML",
                AttenuationCorrected="YES", DecayCorrected="YES", SeriesTime="180000",
                DecayCorrectionDateTime="20260301110000",
            ),
            3.5e-4, id="enhanced",
        ),
    ],
)  # fmt: skip
def test_a_file_gives_its_factor(tmp_path, source, factor, syntax):
    suv = described(tmp_path, source(), syntax=syntax).suv

    assert suv.why_not == ""
    assert suv.factor == pytest.approx(factor)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        pytest.param(
            lambda: pet(private=[(0x7053, "Somebody else", 0, "DS", "0.5")], Units="CNTS"),
            "no factor", id="another-creator",
        ),
        pytest.param(lambda: pet(CorrectedImage="NORM"), "attenuation", id="uncorrected"),
        pytest.param(lambda: pet(PatientWeight=b"heavy"), "Weight is not given", id="no-number"),
        pytest.param(lambda: pet({"RadiopharmaceuticalStartTime": ""}), "Start Time", id="no-time"),
        pytest.param(
            lambda: pet(SeriesDate=b"20261399", AcquisitionDate=b"x"), "neither Series", id="no-day"
        ),
        pytest.param(
            lambda: pet(RadiopharmaceuticalInformationSequence=None), "Total Dose", id="no-drug"
        ),
    ],
)  # fmt: skip
def test_a_file_without_suv_says_why(tmp_path, source, words):
    suv = described(tmp_path, source()).suv

    assert suv.factor is None
    assert words in suv.why_not


def test_only_pet_has_suv(tmp_path):
    assert described(tmp_path, pet(Modality="NM")).suv is None


def test_the_read_out_shows_it_or_why_not(tmp_path):
    known = described(tmp_path, pet())
    unknown = described(tmp_path, pet(PatientWeight=0))

    assert value_text(read_pixel(STORED, known, (1.5, 1.5))) == (
        "(2, 2)  2000 BQML  SUVbw 1.4  stored 200"
    )
    assert "SUV unknown" in value_text(read_pixel(STORED, unknown, (1.5, 1.5)))


def test_presets_are_converted_to_modality_values(tmp_path):
    description = described(tmp_path, pet(PatientWeight=700))  # SUV 0, 3.5, 7 and 14

    choice = find_preset("suv7").choice_for(description)
    light = to_light(STORED, description, DisplayChoice(choice))

    assert light.ravel().tolist() == [0, 128, 255, 255]
    assert choice.window.width == pytest.approx(7 / 7e-3)


def test_presets_in_suv_need_suv(tmp_path):
    assert find_preset("suv7").choice_for(described(tmp_path, pet(Units="CNTS"))) is None
    assert find_preset("suv7").choice_for(None) is None
    assert find_preset("lung").choice_for(None) is not None


@pytest.mark.parametrize(
    ("changes", "words", "kind"),
    [
        ({}, "1 BQML is 0.0007 g/ml: 70 kg, 400 MBq, 120 min of decay", StepKind.ASSUMED),
        ({"Units": "GML", "SUVType": "BW"}, "1 GML is 1 g/ml", StepKind.RAN),
        ({"DecayCorrection": "NONE"}, "not known: Decay Correction is NONE", StepKind.IGNORED),
    ],
)
def test_the_trace_tells_it(tmp_path, changes, words, kind):
    description = described(tmp_path, pet(**changes))

    trace = explain(description, DisplayChoice(), choose_voi(STORED, description))

    (step,) = [step for step in trace if step.name == "SUV by weight"]
    assert words in step.what
    assert step.kind is kind


@pytest.mark.shared_data
@pytest.mark.parametrize(
    ("name", "factor"),
    [
        # 1000 W / (D x 2^(-t / T)): 69.7344 kg, 178340011.6 Bq, 3976.921 s of 6586.2 s
        pytest.param(
            "1.dcm", 69734.4 / (178340011.59668 * 2 ** (-3976.921 / 6586.2)), id="siemens"
        ),
        # 90 kg, 474592928 Bq, 5316 s of 6588 s
        pytest.param("GH184.dcm", 9e4 / (474592928 * 2 ** (-5316 / 6588)), id="ge"),
    ],
)
def test_real_files(shared_data, name, factor):
    import os

    from viewer.dicom.datasets.dataset import open_file
    from viewer.dicom.description.describe import describe_frame
    from viewer.dicom.files.source import FileRef

    file = open_file(FileRef(os.fsencode(shared_data / "single" / name)))

    assert describe_frame(file, 0).suv.factor == pytest.approx(factor, rel=1e-9)
