"""The cine attributes, by the fast header and by the whole data set."""

from __future__ import annotations

import math
import os

import numpy as np
import pytest

from tests.data import ct_dataset, set_pixels, write_dataset
from tests.dicom.enhanced import enhanced
from viewer.core.cine import RateSource, frame_rate
from viewer.dicom.cine_facts import facts_of_dataset, facts_of_header, seconds_of
from viewer.dicom.dataset import open_file
from viewer.dicom.header import read_header
from viewer.dicom.source import FileRef


def clip(tmp_path, **attributes):
    made = ct_dataset(
        Modality="US", SOPClassUID="1.2.840.10008.5.1.4.1.1.3.1", ImagePositionPatient=None,
        ImageOrientationPatient=None, **attributes,
    )  # fmt: skip
    set_pixels(made, np.zeros((4, 4, 4), np.uint8))
    return FileRef(os.fsencode(write_dataset(tmp_path / "clip.dcm", made)))


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param(
            {"FrameTime": 40, "FrameIncrementPointer": 0x00181063},
            {"frame_time_ms": 40, "pointer": ("FrameTime",)}, id="frame-time",
        ),
        pytest.param(
            {"FrameTimeVector": [0, 30, 40, 30], "FrameIncrementPointer": 0x00181065},
            {"frame_time_vector_ms": (0, 30, 40, 30), "pointer": ("FrameTimeVector",)}, id="vector",
        ),
        pytest.param(
            {"CineRate": 12, "RecommendedDisplayFrameRate": 15, "PreferredPlaybackSequencing": 1},
            {"cine_rate_fps": 12, "recommended_fps": 15, "sweep": True}, id="rates-and-sweep",
        ),
        pytest.param(
            {"StartTrim": 2, "StopTrim": 3}, {"start_trim": 2, "stop_trim": 3}, id="trims"
        ),
        pytest.param(
            {"FrameIncrementPointer": [0x00540010, 0x00540020]},
            {"pointer": ("EnergyWindowVector", "DetectorVector")}, id="two-pointers",
        ),
        pytest.param({"FrameDelay": 500}, {"frame_time_ms": None}, id="delay-is-no-rate"),
    ],
)  # fmt: skip
def test_header_and_data_set_say_the_same(tmp_path, attributes, expected):
    ref = clip(tmp_path, **attributes)

    quick = facts_of_header(read_header(ref))
    whole = facts_of_dataset(open_file(ref).dataset, 4)

    assert quick == whole
    assert {name: getattr(quick, name) for name in expected} == expected


# Rule 55.
def test_frame_delay_never_makes_a_rate(tmp_path):
    rate = frame_rate(facts_of_header(read_header(clip(tmp_path, FrameDelay=500))))

    assert rate.source is RateSource.DEFAULT


def test_enhanced_frames_play_at_the_pace_they_were_acquired():
    made = enhanced(
        [
            {"content": {"FrameAcquisitionDateTime": f"20260102101500.{tenth}00000"}}
            for tenth in (0, 2, 4)
        ]
    )

    rate = frame_rate(facts_of_dataset(made, 3))

    assert rate.source is RateSource.ACQUISITION
    assert rate.fps == pytest.approx(5, abs=1e-3)


@pytest.mark.parametrize(
    ("date", "time", "seconds"),
    [
        ("", "101500", 36900),
        ("", "10:15:00", 36900),
        ("", "10", 36000),
        ("", "101500.25", 36900.25),
        ("", "101500.250000+0100", 36900.25),
        ("", "", math.nan),
        ("", "noon", math.nan),
    ],
)
def test_times_of_day(date, time, seconds):
    assert seconds_of(date, time) == pytest.approx(seconds, nan_ok=True)


def test_days_order_times():
    assert seconds_of("20260201", "0001") - seconds_of("2026.01.31", "2359") == 120
