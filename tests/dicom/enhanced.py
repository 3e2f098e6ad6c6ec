"""Enhanced multi-frame objects made in code (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from pydicom.dataset import Dataset

from tests.data import AXIAL, FRAME_OF_REFERENCE_UID, ct_dataset, dataset, set_pixels

ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"


def enhanced(
    frames: Sequence[dict[str, Any]],
    shared: dict[str, Any] | None = None,
    pointers: Sequence[int] = (),
    **attributes: Any,
) -> Dataset:
    """An Enhanced MR object.

    Args:
        frames: for each frame its functional groups; the short words "position",
            "orientation" and "content" (a dictionary of the Frame Content macro) are spelt out.
        shared: the shared groups in the same words; axial when left out.
        pointers: Dimension Index Pointers as tags.
    """
    result = ct_dataset(
        SOPClassUID=ENHANCED_MR,
        Modality="MR",
        ImageType=["ORIGINAL", "PRIMARY", "VOLUME", "NONE"],
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        PixelSpacing=None,
        FrameOfReferenceUID=FRAME_OF_REFERENCE_UID,
    )
    set_pixels(result, np.zeros((len(frames), 4, 4), np.int16))
    result.NumberOfFrames = len(frames)
    groups = shared if shared is not None else {"orientation": AXIAL}
    result.SharedFunctionalGroupsSequence = [_groups(groups)]
    result.PerFrameFunctionalGroupsSequence = [_groups(frame) for frame in frames]
    if pointers:
        result.DimensionIndexSequence = [dataset(DimensionIndexPointer=tag) for tag in pointers]
    for keyword, value in attributes.items():
        setattr(result, keyword, value)
    return result


def _groups(words: dict[str, Any]) -> Dataset:
    spelt: dict[str, Any] = {}
    for word, value in words.items():
        if word == "position":
            spelt["PlanePositionSequence"] = [{"ImagePositionPatient": [float(v) for v in value]}]
        elif word == "orientation":
            spelt["PlaneOrientationSequence"] = [
                {"ImageOrientationPatient": [float(v) for v in value]}
            ]
        elif word == "content":
            spelt["FrameContentSequence"] = [value]
        else:
            spelt[word] = [value]
    return dataset(**spelt)
