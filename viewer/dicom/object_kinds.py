"""What kind of object a SOP Class is: a picture, or something else with a name of its own."""

from __future__ import annotations

from functools import lru_cache

_STORAGE = "1.2.840.10008.5.1.4.1.1."

# Beginnings of SOP Class UIDs (PS3.4 B.5) of objects that are not pictures, and their short names.
# The longest beginning wins.
_NOT_PICTURES = {
    _STORAGE + "88.": "SR",
    _STORAGE + "88.59": "KO",
    _STORAGE + "11.": "PR",
    _STORAGE + "9.": "waveform",
    _STORAGE + "9.1.": "ECG",
    _STORAGE + "4.2": "spectroscopy",
    _STORAGE + "66": "raw data",
    _STORAGE + "66.1": "REG",
    _STORAGE + "66.2": "fiducials",
    _STORAGE + "66.3": "REG",
    _STORAGE + "66.5": "surface segmentation",
    _STORAGE + "66.6": "tractography",
    _STORAGE + "67": "real world values",
    _STORAGE + "68.": "surface scan",
    _STORAGE + "78.": "refraction",
    _STORAGE + "79.": "macular grid",
    _STORAGE + "80.": "visual field",
    _STORAGE + "104.1": "PDF",
    _STORAGE + "104.2": "CDA",
    _STORAGE + "104.3": "STL model",
    _STORAGE + "104.4": "OBJ model",
    _STORAGE + "104.5": "OBJ material",
    _STORAGE + "200.": "CT protocol",
    _STORAGE + "201.": "inventory",
    _STORAGE + "481.3": "RTSTRUCT",
    _STORAGE + "481.4": "RT treatment record",
    _STORAGE + "481.5": "RTPLAN",
    _STORAGE + "481.6": "RT treatment record",
    _STORAGE + "481.7": "RT treatment record",
    _STORAGE + "481.8": "RTPLAN",
    _STORAGE + "481.9": "RT treatment record",
    _STORAGE + "481.1": "RT",
    "1.2.840.10008.5.1.4.34.": "RT instruction",
    "1.2.840.10008.5.1.4.38.": "hanging protocol",
    "1.2.840.10008.5.1.4.39.": "colour palette",
    "1.2.840.10008.5.1.4.43.": "implant template",
    "1.2.840.10008.5.1.4.44.": "implant template",
    "1.2.840.10008.5.1.4.45.": "implant template",
    "1.3.12.2.1107.5.9.1": "raw data",  # Siemens CSA non-image
}
# Pictures among the beginnings above: ophthalmic images 77 are not there; RT Image and Dose are.
_PICTURES = {
    _STORAGE + "481.1": "RTIMAGE",
    _STORAGE + "481.2": "RTDOSE",
    _STORAGE + "66.4": "SEG",
    _STORAGE + "66.7": "SEG",
    _STORAGE + "66.8": "SEG",
    _STORAGE + "30": "parametric map",
}


def kind_of(sop_class_uid: str) -> str:
    """Short name of an object that is not a plain image ("SR", "SEG"), or empty."""
    if sop_class_uid in _PICTURES:
        return _PICTURES[sop_class_uid]
    return _not_a_picture(sop_class_uid)


def is_picture(sop_class_uid: str, has_pixels: bool, rows: int) -> bool:
    """Whether an object shows in a viewport as frames of pixels.

    An image whose pixel data is missing is still one: the viewport says what is wrong with it.
    """
    if sop_class_uid in _PICTURES:
        return True
    return not _not_a_picture(sop_class_uid) and (has_pixels or rows > 0)


@lru_cache(maxsize=256)  # asked for each file of a scan, with few different answers
def _not_a_picture(sop_class_uid: str) -> str:
    # Exact UIDs as well as beginnings: 66 must not catch 66.4, 481.1 catches 481.10 and on.
    best = ""
    for beginning in _NOT_PICTURES:
        whole = sop_class_uid == beginning
        inside = beginning.endswith(".") and sop_class_uid.startswith(beginning)
        newer_rt = beginning == _STORAGE + "481.1" and sop_class_uid.startswith(beginning)
        if (whole or inside or newer_rt) and len(beginning) > len(best):
            best = beginning
    return _NOT_PICTURES.get(best, "")
