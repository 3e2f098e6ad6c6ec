"""Patients, studies, series and stacks out of files made here (rules 38, 39, 61, 68, 69)."""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from tests.data import (
    CORONAL,
    EXPLICIT_BIG,
    ct_dataset,
    ct_series,
    set_pixels,
    write_ct,
    write_dataset,
)
from tests.dicom.enhanced import enhanced
from viewer.core.cine import RateSource
from viewer.dicom.files.scan import Found, scan
from viewer.library.afterwards import with_details
from viewer.library.catalog import Catalog
from viewer.library.clips import clip_rate

SR = "1.2.840.10008.5.1.4.1.1.88.33"
ULTRASOUND_CLIP = "1.2.840.10008.5.1.4.1.1.3.1"


def catalog_of(*paths):
    catalog = Catalog()
    catalog.add(with_details(scan(paths)))
    return catalog


def stacks_of(*paths):
    return [stack for series in catalog_of(*paths).series for stack in series.stacks]


def names(stack):
    return [os.path.basename(ref.file.path).decode() for ref in stack.frames]


def labels(stacks):
    return sorted(stack.label for stack in stacks)


def write_clip(path, frames=4, number=1, **attributes):
    made = ct_dataset(
        instance_number=number, Modality="US", SOPClassUID=ULTRASOUND_CLIP,
        ImagePositionPatient=None, ImageOrientationPatient=None, **attributes,
    )  # fmt: skip
    return write_dataset(path, set_pixels(made, np.zeros((frames, 4, 4), np.uint8)))


def test_a_folder_of_slices_is_one_stack_in_patient_order(tmp_path):
    ct_series(tmp_path, 5, step_mm=2.5)

    (stack,) = stacks_of(tmp_path)

    assert names(stack) == [f"IM000{n}.dcm" for n in range(1, 6)]
    assert stack.slice_spacing_mm == 2.5
    assert (stack.rows, stack.columns, stack.modality, stack.label) == (16, 16, "CT", "")
    assert stack.problems == ()


def test_order_is_by_position_though_numbers_and_names_say_otherwise(tmp_path):
    for number, height in ((1, 10), (2, 30), (3, 20)):
        write_ct(tmp_path / f"{number}.dcm", instance_number=number, position=(0, 0, height))

    (stack,) = stacks_of(tmp_path)

    assert names(stack) == ["1.dcm", "3.dcm", "2.dcm"]
    assert stack.positions_mm == (10, 20, 30)


def test_the_same_instance_number_twice_falls_back_on_acquisition_time(tmp_path):
    for name, clock in (("a", "120000"), ("b", "110000")):
        write_ct(
            tmp_path / name, instance_uid=f"1.2.{ord(name)}", ImagePositionPatient=None,
            AcquisitionTime=clock,
        )  # fmt: skip

    assert names(stacks_of(tmp_path / "a", tmp_path / "b")[0]) == ["b", "a"]
    assert names(stacks_of(tmp_path / "b", tmp_path / "a")[0]) == ["b", "a"]


# Rule 68: Patient ID + issuer + exact name.
@pytest.mark.parametrize(
    ("first", "second", "patients"),
    [
        pytest.param({}, {}, 1, id="same"),
        pytest.param({}, {"PatientID": "P2"}, 2, id="other-id"),
        pytest.param({}, {"IssuerOfPatientID": "B"}, 2, id="other-issuer"),
        pytest.param({}, {"PatientName": "Phantom^Toast"}, 2, id="other-name"),
        pytest.param({}, {"PatientBirthDate": "19800101"}, 1, id="id-decides"),
        pytest.param(
            {"PatientID": ""}, {"PatientID": "", "PatientBirthDate": "19800101"}, 2, id="no-id"
        ),
        pytest.param(
            {"PatientID": "", "PatientName": ""},
            {"PatientID": "", "PatientName": "", "study_uid": "1.9"}, 2, id="two-unknown",
        ),
        pytest.param({"PatientName": "Phantom^Test "}, {}, 1, id="padding-is-no-name"),
    ],
)  # fmt: skip
def test_who_is_one_patient(tmp_path, first, second, patients):
    write_ct(tmp_path / "a", instance_number=1, **first)
    write_ct(tmp_path / "b", instance_number=2, **second)

    assert len(catalog_of(tmp_path).patients) == patients


def test_one_id_under_two_names_is_told(tmp_path):
    write_ct(tmp_path / "a", instance_number=1)
    write_ct(tmp_path / "b", instance_number=2, PatientName="Other")

    assert any("kept apart" in p.what for p in catalog_of(tmp_path).problems)


def test_files_without_uids_stay_together_by_what_they_have(tmp_path):
    for number in (1, 2, 3):
        made = ct_dataset(instance_number=number, position=(0, 0, number))
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
            del made[keyword]
        write_dataset(tmp_path / str(number), made)
    other = ct_dataset(instance_number=9, SeriesNumber=7, SeriesInstanceUID=None)
    write_dataset(tmp_path / "other", other)

    catalog = catalog_of(tmp_path)

    assert sorted(len(series.headers) for series in catalog.series) == [1, 3]


# Rule 39: sizes, orientations, frames of reference and localizers are never mixed.
@pytest.mark.parametrize(
    ("different", "expected"),
    [
        pytest.param({"orientation": CORONAL}, ["axial", "coronal"], id="orientation"),
        pytest.param({"rows": 8}, ["16 × 16", "16 × 8"], id="size"),
        pytest.param(
            {"FrameOfReferenceUID": "1.2.3"}, ["position set 1", "position set 2"], id="reference"
        ),
        pytest.param(
            {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, ["", "localizer"], id="localizer"
        ),
    ],
)
def test_what_parts_a_series(tmp_path, different, expected):
    ct_series(tmp_path / "a", 2)
    write_ct(tmp_path / "b", instance_number=3, position=(0, 0, 10), **different)

    assert labels(stacks_of(tmp_path / "a", tmp_path / "b")) == expected


@pytest.mark.parametrize(
    ("keyword", "values", "expected"),
    [
        ("EchoNumbers", (1, 2), ["echo 1", "echo 2"]),
        ("EchoTime", (10, 80), ["TE 10 ms", "TE 80 ms"]),
        ("DiffusionBValue", (0.0, 800.0), ["b 0", "b 800"]),
        ("TemporalPositionIdentifier", (1, 2), ["time 1", "time 2"]),
        ("TriggerTime", (0, 40), ["trigger 0 ms", "trigger 40 ms"]),
        ("ImageType", (["ORIGINAL", "PRIMARY", "M"], ["ORIGINAL", "PRIMARY", "P"]), ["M", "P"]),
        ("AcquisitionTime", ("101500", "101600"), ["time 1", "time 2"]),
        ("SeriesDescription", ("a", "b"), ["object 1", "object 2"]),
    ],
)
def test_twins_are_a_further_dimension(tmp_path, keyword, values, expected):
    for part, value in enumerate(values):
        for slice_number in range(2 if keyword != "SeriesDescription" else 1):
            write_ct(
                tmp_path / f"{part}{slice_number}",
                instance_number=10 * part + slice_number,
                position=(0, 0, 5 * slice_number),
                **{keyword: value},
            )

    assert labels(stacks_of(tmp_path)) == expected


def test_a_missing_slice_is_told(tmp_path):
    files = ct_series(tmp_path, 6)
    files[3].unlink()

    (stack,) = stacks_of(tmp_path)

    assert stack.missing == 1
    assert [p.what for p in stack.problems] == ["1 slice missing: gap after image 3."]


def test_uneven_and_tilted_stacks_are_told(tmp_path):
    for number, (y, z) in enumerate([(0, 0), (2, 5), (4, 10), (7, 17)]):
        write_ct(tmp_path / str(number), instance_number=number, position=(0, y, z))

    (stack,) = stacks_of(tmp_path)

    assert [p.what.split(":")[0] for p in stack.problems] == [
        "The distance between slices is uneven",
        "The slices are shifted against each other",
    ]


def test_a_clip_is_a_stack_of_its_own_in_its_own_order(tmp_path):
    write_clip(tmp_path / "a", 4, 1, FrameTime=40)
    write_clip(tmp_path / "b", 3, 2)

    stacks = stacks_of(tmp_path)

    assert labels(stacks) == ["clip 1", "clip 2"]
    assert sorted([f.frame for f in s.frames] for s in stacks) == [[0, 1, 2], [0, 1, 2, 3]]
    assert {clip_rate(s).source for s in stacks} == {RateSource.FRAME_TIME, RateSource.DEFAULT}


def test_slices_are_no_clip(tmp_path):
    ct_series(tmp_path, 3)

    assert clip_rate(stacks_of(tmp_path)[0]) is None


def test_slices_in_one_object_are_no_clip(tmp_path):
    write_dataset(tmp_path / "a", volume())

    assert clip_rate(stacks_of(tmp_path)[0]) is None


def test_a_copy_in_another_transfer_syntax_is_shown_as_well(tmp_path):
    write_ct(tmp_path / "a")
    write_ct(tmp_path / "b", syntax=EXPLICIT_BIG)

    assert catalog_of(tmp_path).receipt.conflicts == 1


# Rule 61.
def test_a_concatenation_joins_by_frame_offset(tmp_path):
    for name, offset in (("a", 3), ("b", 0)):
        write_clip(
            tmp_path / name, 3, ord(name), ConcatenationUID="1.2.3",
            ConcatenationFrameOffsetNumber=offset,
        )  # fmt: skip

    (stack,) = stacks_of(tmp_path)

    assert names(stack) == ["b"] * 3 + ["a"] * 3


def volume(times=1, heights=(5, 0, 10)):
    return enhanced(
        [
            {"position": (0, 0, z), "content": {"TemporalPositionIndex": t + 1}}
            for t in range(times)
            for z in heights
        ]
    )


# Rule 59: not encoding order.
def test_enhanced_frames_are_ordered_by_place(tmp_path):
    write_dataset(tmp_path / "a", volume())

    (stack,) = stacks_of(tmp_path)

    assert [ref.frame for ref in stack.frames] == [1, 0, 2]
    assert stack.slice_spacing_mm == 5


def test_enhanced_time_points_are_stacks(tmp_path):
    write_dataset(tmp_path / "a", volume(times=2))

    stacks = stacks_of(tmp_path)

    assert labels(stacks) == ["time 1", "time 2"]
    assert [[ref.frame for ref in stack.frames] for stack in stacks] == [[1, 0, 2], [4, 3, 5]]


def test_an_enhanced_object_shows_before_its_geometry_is_read(tmp_path):
    write_dataset(tmp_path / "a", volume())
    catalog = Catalog()
    items = with_details(scan([tmp_path]))

    catalog.add([next(items)])
    (series,) = catalog.series
    key = series.stacks[0].key
    before = [ref.frame for ref in series.stacks[0].frames]
    change = catalog.add(items)

    assert before == [0, 1, 2]
    assert change.changed == [series]
    assert [ref.frame for ref in catalog.stack(key).frames] == [1, 0, 2]


def test_an_object_that_lies_about_its_frames_is_bounded(tmp_path):
    made = ct_dataset(ImagePositionPatient=None)
    made.NumberOfFrames = 2_000_000_000
    write_dataset(tmp_path / "a", made)

    assert len(stacks_of(tmp_path)[0].frames) < 300_000


@pytest.mark.parametrize(
    ("sop_class", "modality", "label"),
    [
        (SR, "SR", "SR"),
        ("1.2.840.10008.5.1.4.1.1.88.59", "KO", "KO"),
        ("1.2.840.10008.5.1.4.1.1.11.1", "PR", "PR"),
        ("1.2.840.10008.5.1.4.1.1.481.3", "RTSTRUCT", "RTSTRUCT"),
        ("1.2.840.10008.5.1.4.1.1.481.10", "RTPLAN", "RT"),
        ("1.2.840.10008.5.1.4.1.1.104.1", "DOC", "PDF"),
        ("1.2.840.10008.5.1.4.1.1.9.1.1", "ECG", "ECG"),
        ("1.2.840.10008.5.1.4.1.1.66", "OT", "raw data"),
        ("1.2.3.4", "XX", "XX"),
    ],
)
def test_objects_that_are_no_images_are_in_the_tree(tmp_path, sop_class, modality, label):
    made = ct_dataset(SOPClassUID=sop_class, Modality=modality, Rows=None, Columns=None)
    del made.PixelData
    write_dataset(tmp_path / "a", made)

    (stack,) = stacks_of(tmp_path)

    assert (stack.is_image, stack.label, len(stack.frames)) == (False, label, 1)


def test_an_image_without_its_pixels_is_told(tmp_path):
    made = ct_dataset(Rows=None, Columns=None)
    del made.PixelData
    write_dataset(tmp_path / "a", made)

    assert "no pixel data" in stacks_of(tmp_path)[0].problems[0].what


# Rule 69.
def test_an_exact_copy_is_shown_once(tmp_path):
    ct_series(tmp_path, 3)
    shutil.copy(tmp_path / "IM0002.dcm", tmp_path / "copy.dcm")

    catalog = catalog_of(tmp_path)

    assert sum(len(series.headers) for series in catalog.series) == 3
    assert (catalog.receipt.copies, catalog.receipt.conflicts) == (1, 0)


def test_the_same_uid_with_other_pixels_is_a_conflict_and_both_are_shown(tmp_path):
    write_ct(tmp_path / "a", pixels=np.zeros((4, 4), np.int16))
    write_ct(tmp_path / "b", pixels=np.ones((4, 4), np.int16))

    catalog = catalog_of(tmp_path)

    assert sum(len(series.headers) for series in catalog.series) == 2
    assert (catalog.receipt.copies, catalog.receipt.conflicts) == (0, 1)
    assert any("same SOP Instance UID" in p.what for p in catalog.problems)


def test_copies_of_an_earlier_scan_are_compared_too(tmp_path):
    write_ct(tmp_path / "a" / "1", pixels=np.zeros((4, 4), np.int16))
    write_ct(tmp_path / "b" / "1", pixels=np.ones((4, 4), np.int16))
    catalog = catalog_of(tmp_path / "a")

    catalog.add(with_details(scan([tmp_path / "b"]), catalog.first_with))

    assert (catalog.receipt.copies, catalog.receipt.conflicts) == (0, 1)


def test_a_copy_with_a_rewritten_header_is_still_a_copy(tmp_path):
    write_ct(tmp_path / "a")
    write_ct(tmp_path / "b", InstitutionName="Elsewhere General Hospital")

    assert catalog_of(tmp_path).receipt.copies == 1


def test_the_same_uid_at_another_place_is_a_conflict(tmp_path):
    write_ct(tmp_path / "a")
    write_ct(tmp_path / "b", position=(0, 0, 99))

    assert catalog_of(tmp_path).receipt.conflicts == 1


def test_scanning_a_folder_again_changes_nothing(tmp_path):
    ct_series(tmp_path, 3)
    shutil.copy(tmp_path / "IM0002.dcm", tmp_path / "copy.dcm")
    catalog = catalog_of(tmp_path)

    change = catalog.add(with_details(scan([tmp_path])))

    assert not change
    assert (catalog.found, catalog.receipt.copies) == (4, 1)


def test_changes_say_what_is_new_and_what_grew(tmp_path):
    ct_series(tmp_path / "a", 3)
    ct_series(tmp_path / "b", 1, series_uid="1.5", SeriesNumber=2)
    items = [item for item in scan([tmp_path / "a", tmp_path / "b"]) if isinstance(item, Found)]
    catalog = Catalog()

    first, second, third = (catalog.add([item]) for item in (items[0], items[1], items[3]))

    assert (len(first.patients), len(first.studies), len(first.series)) == (1, 1, 1)
    assert (second.series, second.changed) == ([], first.series)
    assert (third.patients, third.studies, len(third.series)) == ([], [], 1)


def test_stacks_keep_their_identity_while_they_grow(tmp_path):
    ct_series(tmp_path, 4)
    items = list(scan([tmp_path]))
    catalog = Catalog()
    catalog.add(items[2:])
    (series,) = catalog.series
    stack = series.stacks[0]
    key = stack.key

    catalog.add(items[:2])

    assert series.stacks[0] is stack
    assert catalog.stack(key) is stack
    assert len(stack.frames) == 4


def test_a_stack_survives_when_its_series_is_split(tmp_path):
    for echo in (1, 2):
        ct_series(tmp_path / str(echo), 3, EchoNumbers=echo, series_uid="1.7")
        for number, path in enumerate(sorted((tmp_path / str(echo)).iterdir())):
            write_ct(
                path, instance_number=10 * echo + number, position=(0, 0, number),
                EchoNumbers=echo, series_uid="1.7",
            )  # fmt: skip
    catalog = catalog_of(tmp_path / "1")
    (series,) = catalog.series
    stack = series.stacks[0]

    catalog.add(scan([tmp_path / "2"]))

    assert stack in series.stacks
    assert labels(series.stacks) == ["echo 1", "echo 2"]


def test_what_cannot_be_read_is_in_the_receipt(tmp_path):
    ct_series(tmp_path, 2)
    (tmp_path / "notes.txt").write_text("Call the ward about bed 7, please. " * 20)
    catalog = catalog_of(tmp_path, tmp_path / "gone")

    assert len(catalog.skipped) == 2
    assert {p.where for p in catalog.problems} == {
        str(tmp_path / "notes.txt"),
        str(tmp_path / "gone"),
    }
    assert "2 DICOM files found, 2 shown with 2 images." in catalog.receipt.text
    assert sum(count for _, count in catalog.receipt.skipped) == 2


def test_two_objects_with_one_uid_stay_two_stacks_however_often_they_are_split(tmp_path):
    write_clip(tmp_path / "clip", frames=9)
    catalog = catalog_of(tmp_path)
    (series,) = catalog.series
    first = list(series.stacks)
    write_ct(tmp_path / "one.dcm")

    catalog.add(with_details(scan([tmp_path / "one.dcm"])))

    assert sorted(len(stack.frames) for stack in series.stacks) == [1, 9]
    assert len({stack.key for stack in series.stacks}) == 2
    assert first[0] in series.stacks


def replace_file(path, **attributes):
    """Another object under the name of a file, and the time of its change told apart."""
    before = path.stat().st_mtime_ns
    write_ct(path, **attributes)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_a_file_that_holds_another_object_now_is_read_anew(tmp_path):
    ct_series(tmp_path, 3)
    catalog = catalog_of(tmp_path)
    replace_file(tmp_path / "IM0002.dcm", PatientName="Other", PatientID="O", study_uid="1.8",
                 series_uid="1.8.1", instance_uid="1.8.1.1")  # fmt: skip

    change = catalog.add(with_details(scan([tmp_path])))

    assert [patient.name for patient in catalog.patients][1:] == ["Other"]
    assert [len(s.stacks[0].frames) for s in catalog.series] == [2, 1]
    assert (len(change.series), len(change.changed), change.gone) == (1, 1, [])
    assert [os.path.basename(ref.path) for ref in change.replaced] == [b"IM0002.dcm"]
    assert catalog.found == 3


def test_what_lost_its_only_file_is_gone(tmp_path):
    write_ct(tmp_path / "a")
    catalog = catalog_of(tmp_path)
    (old,) = catalog.patients
    replace_file(tmp_path / "a", PatientName="Other", PatientID="O", study_uid="1.8",
                 series_uid="1.8.1", instance_uid="1.8.1.1")  # fmt: skip

    change = catalog.add(with_details(scan([tmp_path])))

    assert [patient.name for patient in catalog.patients] == ["Other"]
    assert change.gone[-1] is old
    assert len(change.gone) == 3
    assert len(list(catalog.series)) == 1


def test_new_attributes_of_the_same_object_replace_the_old_ones(tmp_path):
    write_ct(tmp_path / "a", SeriesNumber=1)
    catalog = catalog_of(tmp_path)
    (series,) = catalog.series
    (stack,) = series.stacks
    replace_file(tmp_path / "a", SeriesNumber=1, Rows=8, Columns=8, ContentTime="120000")

    change = catalog.add(with_details(scan([tmp_path])))

    assert (list(catalog.series), change.changed) == ([series], [series])
    assert series.stacks == [stack]
    assert stack.headers[0].text("ContentTime") == "120000"


def test_a_copy_takes_the_place_of_the_file_that_was_replaced(tmp_path):
    write_ct(tmp_path / "a", instance_uid="1.9.1")
    shutil.copy(tmp_path / "a", tmp_path / "b")
    catalog = catalog_of(tmp_path)
    replace_file(tmp_path / "a", instance_uid="1.9.2", position=(0, 0, 50))

    catalog.add(with_details(scan([tmp_path])))

    (series,) = catalog.series
    assert sorted(names(series.stacks[0])) == ["a", "b"]
    assert (catalog.found, catalog.receipt.copies) == (2, 0)


def test_stacks_of_several_positions_are_numbered_in_the_order_shown(tmp_path):
    write_ct(tmp_path / "a", instance_number=9, FrameOfReferenceUID="1.2.9")
    write_ct(tmp_path / "b", instance_number=2, FrameOfReferenceUID="1.2.2")

    assert [stack.label for stack in stacks_of(tmp_path)] == ["position set 1", "position set 2"]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        pytest.param((3, 5), "2 slices missing: gaps after images 3 and 4.", id="two"),
        pytest.param(
            range(2, 16, 2), "7 slices missing: gaps after images 1, 2, 3, 4, 5 and others.",
            id="many",
        ),
    ],
)  # fmt: skip
def test_several_gaps_are_told_in_a_sentence(tmp_path, missing, words):
    files = ct_series(tmp_path, 40)
    for place in missing:
        files[place if len(missing) == 2 else place - 1].unlink()

    (stack,) = stacks_of(tmp_path)

    assert [p.what for p in stack.problems] == [words]


def test_one_image_at_the_place_of_another_lies_there(tmp_path):
    ct_series(tmp_path, 3)
    write_ct(tmp_path / "twin", instance_number=4, instance_uid="1.9.9", position=(0, 0, 5))

    (stack,) = stacks_of(tmp_path)

    assert "1 image lies at the same place as another one." in [p.what for p in stack.problems]
