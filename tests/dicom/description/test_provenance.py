"""The whole way of a real frame is told, decoder and damage included."""

from __future__ import annotations

import os

import numpy as np
import pytest
from pydicom.data import get_testdata_file

from tests.data import write_dataset
from tests.dicom.light_data import image
from viewer.core.light import DisplayChoice
from viewer.core.trace import StepKind, trace_text
from viewer.dicom.datasets.dictionary import tag_of
from viewer.dicom.description.provenance import provenance
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.pixels.frames import FrameReader
from viewer.errors import ViewerError


@pytest.fixture
def reader():
    reader = FrameReader()
    yield reader
    reader.close()


def load(reader, path):
    return reader.load(FrameRef(FileRef(os.fsencode(path))))


def test_a_ct_tells_its_way(reader):
    text = trace_text(provenance(load(reader, get_testdata_file("CT_small.dcm", download=False))))

    assert "Explicit VR Little Endian (1.2.840.10008.1.2.1), decoded by numpy" in text
    assert "stored x 1 + -1024 HU (RescaleSlope)" in text
    assert "Padding: stored values -2000 are no image (PixelPaddingValue)" in text
    assert "Window guessed: the file gives no window" in text


def test_what_only_the_values_show_is_a_note(reader, tmp_path):
    source = image(np.zeros((4, 4), np.uint32))
    del source.PixelData
    source.add_new("FloatPixelData", "OF", np.full(16, np.nan, "<f4").tobytes())

    trace = provenance(load(reader, write_dataset(tmp_path / "nan.dcm", source)), DisplayChoice())

    notes = [step for step in trace if step.name == "Note"]
    assert any("16 of 16 pixels are not finite" in step.what for step in notes)
    assert all(step.kind is StepKind.ASSUMED for step in notes)


@pytest.mark.shared_data
@pytest.mark.parametrize("folder", ["single", "colour", "lut-overlay", "projection", "multiframe"])
def test_each_step_of_real_files_leads_to_an_attribute_there_could_be(shared_data, reader, folder):
    told = 0
    for path in sorted((shared_data / folder).iterdir()):
        try:
            trace = provenance(load(reader, path))
        except ViewerError:
            continue  # other tests say which files cannot be shown
        told += 1
        for step in trace:
            assert not step.keyword or tag_of(step.keyword) is not None, (path.name, step)
            assert "\n" not in step.what
            assert "nan" not in step.what.lower().split()

    assert told > 3
