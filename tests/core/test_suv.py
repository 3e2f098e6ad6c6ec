"""SUV by weight, by the worked steps of QIBA's vendor-neutral pseudo-code (PS3.3 C.8.9.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

import pytest

from viewer.core.suv import SuvFacts, mean_rate_time_s, suv_by_weight

NOON = datetime(2026, 3, 1, 12)
# 70 kg and 400 MBq of a nuclide of 1 hour, 2 hours before the scan: 100 MBq are left.
FACTS = SuvFacts(
    units="BQML",
    corrections=("NORM", "ATTN", "DECY"),
    decay_correction="START",
    weight_kg=70.0,
    injections=1,
    dose_bq=4e8,
    half_life_s=3600.0,
    injected_time=time(10),
    series=NOON,
    acquisition=NOON,
)


def at(hour, minute=0, day=1):
    return datetime(2026, 3, day, hour, minute)


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        pytest.param({}, 7e4 / 1e8, id="start"),
        pytest.param({"decay_correction": "ADMIN"}, 7e4 / 4e8, id="admin-has-no-decay"),
        pytest.param(
            {"decay_correction": "ADMIN", "half_life_s": None, "injected_time": None},
            7e4 / 4e8, id="admin-needs-no-times",
        ),
        # 18F as scanners write it: 350 MBq, 75 kg, 60 min: 350e6 x 2^(-3600/6588) = 239.65 MBq.
        pytest.param(
            {"half_life_s": 6588.0, "dose_bq": 3.5e8, "weight_kg": 75.0, "injected_time": time(11)},
            75e3 / 239.6461e6, id="fluorine",
        ),
        pytest.param(
            {"series": at(0, 30), "acquisition": at(0, 30), "injected_time": time(23, 30)},
            7e4 / 2e8, id="over-midnight",
        ),
        pytest.param(
            {"injected_time": None, "injected": at(11, 0)}, 7e4 / 2e8, id="with-its-day"
        ),
        pytest.param(
            {"injected": at(8), "injected_time": time(11)}, 7e4 / 2.5e7, id="its-day-goes-first"
        ),
        pytest.param({"acquisition": at(12, 30)}, 7e4 / 1e8, id="a-later-bed-position"),
        pytest.param({"acquisition": None}, 7e4 / 1e8, id="series-time-alone"),
        pytest.param(
            {"series": at(18), "scan": at(11)}, 7e4 / 2e8, id="late-series-with-ge-scan-time"
        ),
        pytest.param(
            {"series": at(18), "acquisition": at(11)}, 7e4 / 2e8, id="late-series-falls-back"
        ),
        pytest.param(
            {"series": at(18), "corrected_to": at(11)}, 7e4 / 2e8, id="enhanced-says-it-outright"
        ),
        pytest.param({"units": "GML", "suv_type": "BW", "weight_kg": None}, 1.0, id="gml"),
        pytest.param({"units": "GML", "decay_correction": "NONE"}, 1.0, id="gml-as-is"),
        pytest.param({"units": "CNTS", "counts_to_suv": 0.25}, 0.25, id="philips-suv-factor"),
        pytest.param(
            {"units": "CNTS", "counts_to_bqml": 3.0}, 3 * 7e4 / 1e8, id="philips-activity-factor"
        ),
        pytest.param(
            {"units": "CNTS", "counts_to_suv": 0.0, "counts_to_bqml": 3.0}, 3 * 7e4 / 1e8,
            id="philips-zero-is-not-known",
        ),
    ],
)  # fmt: skip
def test_factor(changes, factor):
    scale = suv_by_weight(replace(FACTS, **changes))

    assert scale.why_not == ""
    assert scale.factor == pytest.approx(factor, rel=1e-6)
    assert scale.how


def test_a_late_series_is_traced_back_by_the_mean_count_rate():
    """The bed began 20 minutes after the scan did: the start is found again to the second."""
    duration = 180.0
    reference = 1200.0 + mean_rate_time_s(duration, 3600.0)
    facts = replace(
        FACTS, series=at(18), acquisition=at(12, 20), reference_s=reference, duration_s=duration
    )

    scale = suv_by_weight(facts)

    assert scale.factor == pytest.approx(7e4 / 1e8, rel=1e-6)


# A Siemens file of 5 minutes 18F states 149605.344 ms, as single/1.dcm of the shared files does.
def test_the_mean_rate_time_is_what_a_scanner_writes():
    assert mean_rate_time_s(300.0, 6586.2) == pytest.approx(149.60534445734, abs=2e-2)
    assert mean_rate_time_s(300.0, 1e15) == pytest.approx(150.0)


@pytest.mark.parametrize(
    ("changes", "words", "keyword"),
    [
        ({"units": ""}, "Units are not given", "Units"),
        ({"units": "PROPCPS"}, "Units are PROPCPS", "Units"),
        ({"units": "GML", "suv_type": "LBM"}, "type LBM, not by weight", "SUVType"),
        ({"units": "CNTS"}, "no factor to activity", "Units"),
        ({"corrections": ("DECY",)}, "not corrected for attenuation", "CorrectedImage"),
        ({"corrections": ("ATTN",)}, "not corrected for decay", "CorrectedImage"),
        ({"decay_correction": "NONE"}, "Decay Correction is NONE", "DecayCorrection"),
        ({"decay_correction": ""}, "Decay Correction is not given", "DecayCorrection"),
        ({"weight_kg": None}, "Patient's Weight is not given", "PatientWeight"),
        ({"weight_kg": 0.0}, "Patient's Weight is 0", "PatientWeight"),
        ({"dose_bq": None}, "Total Dose is not given", "RadionuclideTotalDose"),
        ({"dose_bq": 370.0}, "hardly be becquerels", "RadionuclideTotalDose"),
        ({"half_life_s": -1.0}, "Half Life is -1", "RadionuclideHalfLife"),
        ({"injections": 2}, "2 radiopharmaceuticals", "RadiopharmaceuticalInformationSequence"),
        ({"series": None, "acquisition": None}, "neither Series nor", "SeriesTime"),
        ({"injected_time": None}, "Start Time is not given", "RadiopharmaceuticalStartTime"),
        ({"weight_kg": 1e306}, "beyond all bounds", "RadiopharmaceuticalStartTime"),
        ({"units": "CNTS", "counts_to_suv": -2.0}, "beyond all bounds", "Units"),
        ({"series": at(18), "reference_s": 1e300, "duration_s": 1e300}, "beyond all", "Units"),
        ({"series": at(18), "reference_s": 1.0, "duration_s": 1e300, "half_life_s": 5e-324},
         "beyond all", "Units"),
        ({"series": NOON.replace(year=1, month=1, day=1), "injected_time": time(13),
          "acquisition": None}, "beyond all", "Units"),
        ({"injected": at(13)}, "later than the scan", "RadiopharmaceuticalStartDateTime"),
        ({"injected": at(0, day=1).replace(year=2025)}, "hours before the scan",
         "RadiopharmaceuticalStartDateTime"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_refused_in_words(changes, words, keyword):
    scale = suv_by_weight(replace(FACTS, **changes))

    assert scale.factor is None
    assert words in scale.why_not
    assert scale.keyword == keyword


@pytest.mark.parametrize(
    ("changes", "assumed"),
    [
        pytest.param({}, True, id="day-of-injection"),
        pytest.param({"injected": at(10)}, False, id="nothing"),
        pytest.param({"injected": at(10), "series": at(18)}, True, id="acquisition-for-the-scan"),
        pytest.param({"units": "GML"}, True, id="gml-without-a-type"),
        pytest.param({"units": "GML", "suv_type": "BW"}, False, id="gml-with-one"),
    ],
)
def test_assumptions_are_marked(changes, assumed):
    assert suv_by_weight(replace(FACTS, **changes)).assumed is assumed
