"""What real files rarely hold, from file to picture, against the standard's own formulas.

The same cases stand in the gallery beside DCMTK's pictures.
"""

from __future__ import annotations

import os

import numpy as np
import pytest

from tests.gallery.cases import made_cases
from viewer.dicom.description.render import render
from viewer.dicom.files.source import FileRef, FrameRef
from viewer.dicom.pixels.frames import FrameReader


@pytest.fixture(scope="module")
def reader():
    reader = FrameReader()
    yield reader
    reader.close()


@pytest.mark.parametrize("case", [pytest.param(c, id=c.name) for c in made_cases()])
def test_the_picture_is_the_standards(reader, tmp_path, case):
    path = case.file(tmp_path)

    picture = render(reader.load(FrameRef(FileRef(os.fsencode(path)), case.frame)))

    assert picture.shape == case.picture.shape
    assert np.abs(picture.astype(int) - case.picture).max() <= case.within
